"""What a school does first, told until it is done: people, binding, something to read, a push."""

from __future__ import annotations

from typing import Any

from flask import url_for
from peewee import ModelSelect

from models.activities import Activity
from models.bindings import UnitBinding
from models.messaging import Campaign, ContentKind
from models.notices import Notice
from models.people import Person
from server.console.guard import can, scope
from server.console.todo import Line, Todo, Waiting

TITLE = "从这里开始"


def _steps() -> Waiting:
    """What the account may do and its school has not done: five queries; none for the alliance's staff."""
    unit = scope()
    lines = _undone(unit) if unit is not None else []
    return Waiting(TITLE, "flag", len(lines), lines)


def _undone(unit: int) -> list[Line]:
    lines = []
    if can("people.import") and not _any(Person.select().where(Person.member_unit == unit)):
        lines.append(
            Line("导入本单位的名单", url_for("console.rosters.index"), "有了名单，会员才能核对身份、收到推送")
        )
    has_code = (UnitBinding.qr_url != "") | (UnitBinding.mini_code_key != "")
    is_ready = (UnitBinding.member_unit == unit) & has_code
    if can("bindings.manage") and not _any(UnitBinding.select().where(is_ready)):
        lines.append(
            Line("生成绑定二维码，打印出来", url_for("console.bindings.units"), "会员扫码、核对后绑定微信")
        )
    written = any(_any(model.select().where(model.member_unit == unit)) for model in (Activity, Notice))
    if can("activities.manage") and not written:
        lines.append(
            Line("写第一场活动", url_for("console.activities.new"), "或一条通知公告；发布后会员在手机上看到")
        )
    pushed = Campaign.select().where(
        Campaign.member_unit == unit, Campaign.content_kind != ContentKind.AUTOMATIC_NOTICE
    )
    if can("campaigns.manage") and not _any(pushed):
        lines.append(
            Line("建第一个推送", url_for("console.campaigns.new"), "把发布的内容主动告诉大家，三审后发送")
        )
    return lines


def _any(query: ModelSelect[Any]) -> bool:
    return bool(query.exists())


TODO = Todo("home.view", _steps, 1)
