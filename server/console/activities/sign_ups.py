"""Who comes, and who waits. Names are masked: people of other schools are among them."""

from __future__ import annotations

from typing import Any

from flask import render_template
from peewee import Case, ModelSelect

from models.activities import SIGN_UP_WORDS, Activity, SignUp, SignUpStatus
from models.alliance import MemberUnit
from models.people import Person
from server.console import words
from server.console.activities import Answer, bp
from server.console.activities.frame import counts, frame
from server.console.guard import me, requires, scope
from server.console.list_routes import serve
from server.console.listing import Column, Filter, Listing, badge, choices
from services import activities
from services.activities import waiting as queues
from services.masking import mask_name

SOURCE_WORDS = {
    "page": "网页",
    "chat_link": "公众号",
    "chat_word": "公众号",
    "console": "后台",
    "unit": "单位报送",
    "mini": "小程序",
}
TURNS = Case(None, [(SignUp.status == each, number) for number, each in enumerate(SignUpStatus)], 99)


def _of(activity_id: int) -> Activity:
    return activities.find(activity_id, actor=me(), to_manage=True)


def _rows(activity_id: int) -> ModelSelect[Any]:
    query = SignUp.select(SignUp, Person, MemberUnit).join(Person).join(MemberUnit)
    return query.where(SignUp.activity == _of(activity_id).id)


def _full_name(row: SignUp) -> str:
    """Unmasked for the person's own school and the alliance only."""
    name = row.person.name
    return name if scope() in (None, row.person.member_unit_id) else mask_name(name)


LIST = Listing(
    name="sign_ups",
    title="报名名单",
    permission="activities.view",
    export_permission="activities.manage",
    subject=lambda activity_id: _of(activity_id),
    rows=_rows,
    columns=(
        Column("姓名", lambda row: mask_name(row.person.name), css="nowrap", full=_full_name),
        Column("单位", lambda row: row.person.member_unit.short_name, sort=MemberUnit.order_no),
        Column("状态", lambda row: badge(row.status, SIGN_UP_WORDS)),
        Column(
            "时间",
            lambda row: words.local_time(row.moved_at),
            sort=SignUp.moved_at,
            css="nowrap",
            on_phone=False,
        ),
        Column("来源", lambda row: SOURCE_WORDS.get(row.source, row.source), on_phone=False),
    ),
    filters=(
        Filter("status", "状态", choices(SIGN_UP_WORDS), lambda value: SignUp.status == SignUpStatus(value)),
    ),
    order=(TURNS, MemberUnit.order_no, MemberUnit.id, SignUp.moved_at, SignUp.id),
    page_size=50,
    empty="还没有人报名。发布后可以新建推送通知会员。",
)
serve(bp, LIST, at="/<int:activity_id>/sign-ups", index="sign_ups")


@bp.get("/<int:activity_id>/sign-ups")
@requires("activities.view")
def sign_ups(activity_id: int) -> Answer:
    activity = _of(activity_id)
    return render_template(
        "console/activities/sign_ups.html",
        **frame(activity),
        page=LIST.page(),
        counts=counts(activity),
        sign_up_statuses=SignUpStatus,
    )


@bp.get("/<int:activity_id>/waiting")
@requires("activities.view")
def waiting(activity_id: int) -> Answer:
    activity = _of(activity_id)
    offered = activities.sign_ups(activity, actor=me(), statuses=[SignUpStatus.OFFERED])
    waits = activities.sign_ups(activity, actor=me(), statuses=[SignUpStatus.WAITING])
    turns = {row.id: turn for turn, row in enumerate(queues.queue(activity), 1)}
    waits = [row for row in waits if row.id in turns]
    return render_template(
        "console/activities/waiting.html",
        **frame(activity),
        offered=offered,
        waits=sorted(((turns[row.id], row) for row in waits), key=lambda pair: pair[0]),
        mask_name=mask_name,
    )
