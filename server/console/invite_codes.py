"""邀请码: codes for many people at once, the list of those not used yet, their export."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models.alliance import MemberUnit
from models.people import InviteCode, Person
from server.console import words
from server.console.areas import MenuEntry
from server.console.bulk_acts import BulkAct
from server.console.exports import xlsx
from server.console.guard import me, requires
from server.console.list_routes import serve
from server.console.listing import Column, Filter, Listing
from server.console.people import LIST as PEOPLE_LIST
from services import alliance, bindings, invite_codes, people
from services.errors import Invalid
from services.invite_codes import MOST_AT_ONCE

bp = Blueprint("invite_codes", __name__, url_prefix="/console/invite-codes")
MENU = MenuEntry("成员", "邀请码", "invite_codes.index", "people.manage", "ticket", 30)

HEADINGS = ("单位", "姓名", "邀请码", "在公众号里发送", "有效期至")


def _units() -> list[tuple[str, str]]:
    return [(str(unit.id), unit.short_name) for unit in alliance.choices(me())]


LIST = Listing(
    name="invite_codes",
    title="邀请码",
    permission="people.manage",
    rows=lambda: invite_codes.outstanding(me()),
    bulk=(
        BulkAct(
            "revoke",
            "作废",
            "people.manage",
            do=lambda row, _: invite_codes.revoke(row.person, actor=me()),
            told="作废后不能恢复，需要时重新发一个。",
            icon="ban",
            css="btn btn-outline-danger",
        ),
    ),
    columns=(
        Column("姓名", lambda row: row.person.name, link=lambda row: _person_url(row), css="nowrap"),
        Column("单位", lambda row: row.person.member_unit.short_name),
        Column(
            "发放时间",
            lambda row: words.local_time(row.created_at),
            sort=InviteCode.created_at,
            on_phone=False,
        ),
        Column(
            "有效期至", lambda row: words.local_day(row.expires_at), sort=InviteCode.expires_at, css="nowrap"
        ),
    ),
    filters=(Filter("unit", "单位", _units, lambda value: Person.member_unit == int(value)),),
    search=(Person.name,),
    search_hint="姓名",
    order=(MemberUnit.order_no, MemberUnit.id, Person.name, InviteCode.id),
    empty="没有待使用的邀请码。在“人员”里勾选后点“发邀请码”。",
)
serve(bp, LIST)


@bp.get("/")
@requires("people.manage")
def index() -> str:
    return render_template("console/people/invite_codes.html", page=LIST.page())


@bp.post("/issue")
@requires("people.manage")
def issue() -> Response:
    """For the ticked people, or (`all`) for everybody found who has no WeChat bound yet."""
    if request.form.get("all"):
        found: Any = PEOPLE_LIST.narrowed(people.search(me(), is_bound=False), request.form)
        ids = [row.id for row in found.limit(MOST_AT_ONCE + 1)]
        if not ids:
            raise Invalid("查询结果里没有尚未绑定微信的人，不需要发邀请码")
    else:
        ids = [int(value) for value in request.form.getlist("person") if value.isdecimal()]
    issued = bindings.issue_codes(ids, actor=me())
    flash(
        f"已为 {len(issued)} 人生成邀请码，{invite_codes.VALID_FOR.days} 天内有效；请导出后分发给本人",
        "success",
    )
    return redirect(url_for(".index"))


@bp.get("/codes.xlsx")
@requires("people.manage")
def export() -> Response:
    order: Any = LIST.order
    rows: Any = LIST.narrowed(invite_codes.outstanding(me())).order_by(*order)
    return xlsx("邀请码", HEADINGS, [_cells(row) for row in invite_codes.handed_out(rows, actor=me())])


def _cells(row: InviteCode) -> tuple[str, ...]:
    code = str(row.code)
    return (
        row.person.member_unit.short_name,
        row.person.name,
        f"{code[:4]} {code[4:]}",
        f"绑定 {code}",
        words.local_day(row.expires_at),
    )


def _person_url(row: Any) -> str:
    return url_for("console.people.show", person_id=row.person_id)
