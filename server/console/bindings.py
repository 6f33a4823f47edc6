"""绑定: requests that wait for a liaison, and each unit's way in (word, QR code, sheet to print)."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import segno
from flask import Blueprint, flash, redirect, render_template, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from models.alliance import MemberUnit
from models.bindings import (
    BINDING_REQUEST_KIND_WORDS,
    BINDING_REQUEST_STATUS_WORDS,
    DIALOGUE,
    BindingRequest,
    BindingRequestKind,
    BindingRequestStatus,
    UnitBinding,
)
from models.people import Follower, Person
from server.console import forms, words
from server.console.areas import MenuEntry
from server.console.guard import me, requires
from server.console.list_routes import serve
from server.console.listing import Column, Filter, Listing, choices
from server.console.todo import SHOWN, Line, Todo, Waiting
from services import alliance, binding_decisions, bindings, identities, invite_codes, people, unit_bindings
from services.errors import Conflict, Invalid, StaleState
from services.masking import mask_name, mask_phone
from services.unit_bindings import QRNotMade

bp = Blueprint("bindings", __name__, url_prefix="/console/bindings")
MENU = (
    MenuEntry("成员", "绑定申请", "bindings.index", "bindings.manage", "link", 22),
    MenuEntry("成员", "绑定二维码", "bindings.units", "bindings.manage", "qrcode", 24),
)
Answer = str | Response | tuple[str, int]


def _waiting() -> Waiting:
    query = binding_decisions.waiting(me())
    lines = [
        Line(
            BINDING_REQUEST_KIND_WORDS[row.kind],
            url_for("console.bindings.show", request_id=row.id),
            f"{row.member_unit.short_name if row.member_unit else '跨单位'} · {words.ago(row.moved_at)}",
        )
        for row in query.limit(SHOWN)
    ]
    url = url_for("console.bindings.index", status=BindingRequestStatus.OPEN.value)
    return Waiting("等我处理的绑定申请", "link", query.order_by().count(), lines, url)


TODO = (Todo("bindings.manage", _waiting, order=40),)

WAY_WORDS = {
    "qr": "扫单位二维码",
    "word": "发送单位口令",
    "page": "网页",
    "mini": "小程序",
    "unionid": "系统识别",
}
SHOWN_STATUSES = {
    status: word for status, word in BINDING_REQUEST_STATUS_WORDS.items() if status not in DIALOGUE
}
COLOURS = {
    BindingRequestStatus.OPEN: "orange",
    BindingRequestStatus.APPROVED: "green",
    BindingRequestStatus.REFUSED: "red",
}
MOST_OTHERS = 500


def _units() -> list[tuple[str, str]]:
    return [(str(unit.id), unit.short_name) for unit in alliance.choices(me())]


def _name(row: Any) -> str:
    if row.kind is BindingRequestKind.CONFLICT:
        return f"{mask_name(row.person.name)}（两个身份）" if row.person is not None else "两个身份"
    return row.name or (row.person.name if row.person is not None else "（已删除）")


def _status(row: Any) -> Markup:
    colour = COLOURS.get(row.status, "secondary")
    return Markup('<span class="badge bg-{}-lt">{}</span>').format(
        colour, BINDING_REQUEST_STATUS_WORDS[row.status]
    )


LIST = Listing(
    name="bindings",
    title="绑定申请",
    permission="bindings.manage",
    rows=lambda: binding_decisions.listed(me()),
    columns=(
        Column("申请人", _name, link=lambda row: url_for(".show", request_id=row.id), css="nowrap"),
        Column("情况", lambda row: BINDING_REQUEST_KIND_WORDS[row.kind]),
        Column(
            "单位", lambda row: row.member_unit.short_name if row.member_unit else "跨单位", on_phone=False
        ),
        Column("方式", lambda row: WAY_WORDS.get(row.way, row.way), on_phone=False),
        Column(
            "时间",
            lambda row: words.local_time(row.moved_at),
            sort=BindingRequest.moved_at,
            on_phone=False,
            css="nowrap",
        ),
        Column("状态", _status),
    ),
    filters=(
        Filter("status", "状态", choices(SHOWN_STATUSES), lambda value: BindingRequest.status == value),
        Filter("unit", "单位", _units, lambda value: BindingRequest.member_unit == int(value)),
        Filter(
            "kind", "情况", choices(BINDING_REQUEST_KIND_WORDS), lambda value: BindingRequest.kind == value
        ),
    ),
    order=(BindingRequest.moved_at.desc(), BindingRequest.id.desc()),
    empty="没有绑定申请。名单里核对不到的、须联络员同意的绑定会出现在这里。",
)
serve(bp, LIST)


@bp.get("/")
@requires("bindings.manage")
def index() -> str:
    return render_template("console/bindings/index.html", page=LIST.page())


@bp.get("/<int:request_id>")
@requires("bindings.manage")
def show(request_id: int) -> Answer:
    return _page(_find(request_id))


@bp.post("/<int:request_id>/approve")
@requires("bindings.manage")
def approve(request_id: int) -> Answer:
    """Bind to the person chosen: who was matched, or somebody else of the unit."""
    request_row, form = _find(request_id), forms.submitted()
    try:
        person_id = form.integer("person", required="请选择要绑定到哪一位")
        form.check()
        person = binding_decisions.approve(
            request_row, person_id or 0, reason=form.text("reason"), actor=me()
        )
    except (Invalid, Conflict) as wrong:
        return _again(request_row, form, wrong)
    flash(f"已绑定到{person.name}，系统会告诉本人", "success")
    return redirect(url_for(".index", status=BindingRequestStatus.OPEN.value))


@bp.post("/<int:request_id>/create")
@requires("bindings.manage")
def create(request_id: int) -> Answer:
    """Add the applicant to the roster and bind."""
    request_row, form = _find(request_id), forms.submitted()
    try:
        person = binding_decisions.create(
            request_row,
            name=form.text("name"),
            phone=form.text("phone"),
            position=form.text("position"),
            actor=me(),
        )
    except (Invalid, Conflict) as wrong:
        return _again(request_row, form, wrong)
    flash(f"已新增{person.name}并完成绑定，系统会告诉本人", "success")
    return redirect(url_for(".index", status=BindingRequestStatus.OPEN.value))


@bp.post("/<int:request_id>/refuse")
@requires("bindings.manage")
def refuse(request_id: int) -> Answer:
    request_row, form = _find(request_id), forms.submitted()
    try:
        binding_decisions.refuse(request_row, reason=form.text("reason"), actor=me())
    except (Invalid, Conflict) as wrong:
        return _again(request_row, form, wrong)
    flash("已处理，理由会告诉本人", "success")
    return redirect(url_for(".index", status=BindingRequestStatus.OPEN.value))


@bp.post("/people/<int:person_id>/rebind")
@requires("bindings.manage")
def rebind(person_id: int) -> str:
    """A lost phone or a new WeChat: the old binding ends, the fresh code is shown once."""
    person = people.find(person_id, actor=me())
    code = bindings.rebind(person, reason=forms.submitted().text("reason"), actor=me())
    return render_template(
        "console/bindings/rebound.html",
        person=person,
        code=f"{code[:4]} {code[4:]}",
        code_words=f"绑定 {code}",
        days=invite_codes.VALID_FOR.days,
    )


@bp.get("/units")
@requires("bindings.manage")
def units() -> Answer:
    """Whoever has one unit is there at once."""
    mine = alliance.choices(me())
    if len(mine) == 1:
        row = unit_bindings.of_unit(mine[0].id, actor=me())
        return _unit_page(row, forms.of(row, "word", "needs_approval"))
    rows = {row.member_unit_id: row for row in unit_bindings.all_of(me())}
    return render_template("console/bindings/units.html", rows=[(unit, rows.get(unit.id)) for unit in mine])


@bp.get("/units/<int:unit_id>")
@requires("bindings.manage")
def unit(unit_id: int) -> Answer:
    row = unit_bindings.of_unit(unit_id, actor=me())
    return _unit_page(row, forms.of(row, "word", "needs_approval"))


@bp.post("/units/<int:unit_id>")
@requires("bindings.manage")
def change_unit(unit_id: int) -> Answer:
    row, form = unit_bindings.of_unit(unit_id, actor=me()), forms.submitted()
    try:
        unit_bindings.change(
            row, word=form.text("word"), needs_approval=form.flag("needs_approval"), actor=me()
        )
    except Invalid as wrong:
        form.fail(wrong)
        return _unit_page(row, form), 422
    flash("已保存", "success")
    return redirect(url_for(".unit", unit_id=unit_id))


@bp.post("/units/<int:unit_id>/qr")
@requires("bindings.manage")
def make_qr(unit_id: int) -> Response:
    row = unit_bindings.of_unit(unit_id, actor=me())
    try:
        unit_bindings.make_qr(row, actor=me())
        flash("二维码已生成，长期有效", "success")
    except QRNotMade as failed:
        flash(failed.message, "danger")
    return redirect(url_for(".unit", unit_id=unit_id))


@bp.post("/units/<int:unit_id>/mini-code")
@requires("bindings.manage")
def make_mini_code(unit_id: int) -> Response:
    row = unit_bindings.of_unit(unit_id, actor=me())
    try:
        unit_bindings.make_mini_code(row, actor=me())
        flash("小程序码已生成，长期有效", "success")
    except QRNotMade as failed:
        flash(failed.message, "danger")
    return redirect(url_for(".unit", unit_id=unit_id))


@bp.get("/units/<int:unit_id>/sheet")
@requires("bindings.manage")
def sheet(unit_id: int) -> str:
    """One page to print and put up: the unit's name, its code, what to do."""
    row = unit_bindings.of_unit(unit_id, actor=me())
    picture, mini_code = _picture(row.qr_url), _mini_code(row)
    return render_template("console/bindings/sheet.html", row=row, picture=picture, mini_code=mini_code)


def _find(request_id: int) -> BindingRequest:
    return binding_decisions.find(request_id, actor=me())


def _again(request_row: BindingRequest, form: forms.Form, wrong: Invalid | Conflict) -> Answer:
    """What was typed stays; a conflict means that somebody was faster, so the page is read anew."""
    form.fail(wrong)
    status = 409 if isinstance(wrong, (Conflict, StaleState)) else 422
    return _page(_find(request_row.id), form), status


def _page(request_row: BindingRequest, form: forms.Form | None = None) -> str:
    found = binding_decisions.candidates(request_row, actor=me())
    shown = form or forms.filled(
        {"name": request_row.name or "", "person": found[0].id if len(found) == 1 else None}
    )
    typed = shown.shown("q").strip()
    return render_template(
        "console/bindings/show.html",
        row=request_row,
        form=shown,
        applicant=_name(request_row),
        kind_word=BINDING_REQUEST_KIND_WORDS[request_row.kind],
        status_word=BINDING_REQUEST_STATUS_WORDS[request_row.status],
        way_word=WAY_WORDS.get(request_row.way, request_row.way),
        is_open=request_row.status is BindingRequestStatus.OPEN,
        is_conflict=request_row.kind is BindingRequestKind.CONFLICT,
        candidates=[_candidate(person, request_row) for person in found],
        others=_others(request_row, found, typed),
    )


def _candidate(person: Person, request_row: BindingRequest) -> dict[str, Any]:
    held = identities.bound_in(request_row.follower.app_id, person)
    return {
        "id": person.id,
        "name": person.name,
        "phone": mask_phone(person.phone),
        "position": person.position,
        "unit": person.member_unit.short_name,
        "loses": held is not None and held.id != request_row.follower_id,
    }


def _others(request_row: BindingRequest, found: list[Person], typed: str) -> list[tuple[str, str]]:
    """Everybody else of the unit without a WeChat, to link to; by name."""
    if request_row.member_unit_id is None or request_row.kind is BindingRequestKind.CONFLICT:
        return []
    known = {person.id for person in found}
    rows = people.search(me(), unit=request_row.member_unit_id, text=typed, is_bound=False)
    return [
        (str(person.id), f"{person.name}　{mask_phone(person.phone)}　{person.position}".strip())
        for person in rows.order_by(Person.name, Person.id).limit(MOST_OTHERS)
        if person.id not in known
    ]


def _unit_page(row: Any, form: forms.Form) -> str:
    waiting = binding_decisions.waiting(me()).where(BindingRequest.member_unit == row.member_unit)
    return render_template(
        "console/bindings/unit.html",
        row=row,
        form=form,
        picture=_picture(row.qr_url),
        can_make_qr=unit_bindings.can_make_qr(),
        mini_code=_mini_code(row),
        can_make_mini_code=unit_bindings.can_make_mini_code(),
        waiting=waiting.order_by().count(),
        bound=_bound(row.member_unit),
    )


def _bound(unit: MemberUnit) -> tuple[int, int]:
    """How many of the unit's people have a WeChat bound, and how many there are."""
    everybody = Person.select().where(Person.member_unit == unit, Person.erased_at.is_null())
    bound = Follower.select(Follower.person).where(Follower.person.is_null(False))
    return everybody.where(Person.id.in_(bound)).count(), everybody.count()


def _picture(content: str) -> Markup:
    """The code drawn here: nothing is fetched from WeChat by the browser."""
    if not content:
        return Markup("")
    drawn = segno.make(content, error="m").svg_inline(border=2, omitsize=True, svgclass="qr-picture")
    return Markup(drawn)  # noqa: S704 - segno's own drawing, nothing typed in it


def _mini_code(row: UnitBinding) -> str:
    """The mini program's code as an image's address; "" where none was made."""
    picture = unit_bindings.mini_code(row)
    if picture is None:
        return ""
    kind = "png" if picture.startswith(unit_bindings.PNG) else "jpeg"
    return f"data:image/{kind};base64,{b64encode(picture).decode()}"
