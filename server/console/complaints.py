"""投诉建议: what came, by when an answer is due, who has it, every step, the answer."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from markupsafe import Markup
from peewee import Expression
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as HttpResponse

import clock
from models.complaints import (
    AWAITS_ANSWER,
    COMPLAINT_ACT_WORDS,
    COMPLAINT_KIND_WORDS,
    COMPLAINT_MOVES,
    COMPLAINT_STATUS_WORDS,
    Complaint,
    ComplaintStatus,
)
from models.inbound import STAFF_REPLY_STATUS_WORDS
from server.console import forms, outbound
from server.console.areas import MenuEntry
from server.console.forms import Form
from server.console.guard import me, requires, scope
from server.console.inbox import MINE, NOBODYS, SECRETARIAT, chosen_hands, hands_offered
from server.console.list_routes import serve
from server.console.listing import Column, Filter, Listing, choices
from server.console.row_history import serve_history
from server.console.todo import SHOWN, Line, Todo, Waiting
from services import complaints, masking, staff_replies
from services.errors import Conflict, DomainError, Invalid

bp = Blueprint("complaints", __name__, url_prefix="/console/complaints")
MENU = MenuEntry("调研", "投诉建议", "complaints.index", "complaints.manage", "message-report", 30)
Answer = str | HttpResponse | tuple[str, int]

STATUS_COLOURS = {
    ComplaintStatus.RECEIVED: "azure",
    ComplaintStatus.IN_HAND: "orange",
    ComplaintStatus.ANSWERED: "teal",
    ComplaintStatus.REOPENED: "red",
    ComplaintStatus.CLOSED: "secondary",
}
DUE_SOON_DAYS = 3


def sender(complaint: Complaint) -> str:
    if complaint.hides_name:
        return "不具名"
    if complaint.person is None:
        return "未绑定的关注者"
    return f"{masking.mask_name(complaint.person.name)}（{complaint.person.member_unit.short_name}）"


def status_badge(complaint: Complaint) -> Markup:
    colour = STATUS_COLOURS[complaint.status]
    return Markup('<span class="badge bg-{}-lt">{}</span>').format(
        colour, COMPLAINT_STATUS_WORDS[complaint.status]
    )


def due_words(complaint: Complaint) -> Markup:
    """By when, and how many days remain; told in words, helped by a colour."""
    if complaint.status not in AWAITS_ANSWER:
        return Markup('<span class="text-secondary">已答复</span>') if complaint.answer else Markup("—")
    left = (complaint.due_on - clock.local_today()).days
    day = f"{complaint.due_on.month}月{complaint.due_on.day}日"
    if left < 0:
        return Markup('<span class="badge bg-red-lt">{} 已超 {} 天</span>').format(day, -left)
    told = "今天到期" if left == 0 else f"还有 {left} 天"
    colour = "orange" if left <= DUE_SOON_DAYS else "green"
    return Markup('<span class="badge bg-{}-lt">{} {}</span>').format(colour, day, told)


def _text(complaint: Complaint) -> Markup:
    text = complaint.text.replace("\n", " / ")
    return Markup('<span class="long-text">{}</span>').format(text if len(text) <= 50 else text[:49] + "…")


def _address(complaint: Complaint) -> str:
    return url_for(".show", complaint_id=complaint.id)


def _due_is(value: str) -> Expression:
    if value == "late":
        return complaints.late()
    waits = Complaint.status.in_(list(AWAITS_ANSWER))
    return waits if value == "waits" else ~waits


def _in_hands_of(value: str) -> Any:
    return Complaint.assigned_to == me().id if value == MINE else Complaint.assigned_to.is_null()


LIST = Listing(
    name="complaints",
    title="投诉建议",
    permission="complaints.manage",
    rows=lambda: complaints.search(actor=me()),
    columns=(
        Column("内容", _text, link=lambda row: _address(row), css="long"),
        Column("编号", complaints.receipt, link=lambda row: _address(row), on_phone=False, css="nowrap"),
        Column("类别", lambda row: COMPLAINT_KIND_WORDS[row.kind], on_phone=False, css="nowrap"),
        Column("来自", sender, on_phone=False, css="nowrap"),
        Column("答复期限", due_words, sort=Complaint.due_on, css="nowrap"),
        Column(
            "经办",
            lambda row: (
                row.assigned_to.display_name
                if row.assigned_to
                else (row.member_unit.short_name if row.member_unit else SECRETARIAT)
            ),
            on_phone=False,
            css="nowrap",
        ),
        Column("状态", status_badge, on_phone=False, css="nowrap"),
        Column(
            "收到",
            lambda row: f"{clock.to_local(row.created_at):%Y-%m-%d}",
            sort=Complaint.created_at,
            is_extra=True,
        ),
    ),
    filters=(
        Filter("status", "状态", choices(COMPLAINT_STATUS_WORDS), lambda value: Complaint.status == value),
        Filter("due", "期限", [("waits", "待答复"), ("late", "已超期"), ("done", "不用再答")], _due_is),
        Filter("kind", "类别", choices(COMPLAINT_KIND_WORDS), lambda value: Complaint.kind == value),
        Filter("who", "经办", [(MINE, "我"), (NOBODYS, "还没有人")], _in_hands_of),
    ),
    search=complaints.numbered,
    search_hint="编号",
    order=(Complaint.status.in_(list(AWAITS_ANSWER)).desc(), Complaint.due_on.asc(), Complaint.id.desc()),
    empty="还没有投诉建议。会员在公众号发送“投诉 …”“建议 …”，或在个人主页提交，都会出现在这里。",
)
serve(bp, LIST)
serve_history(
    bp,
    "complaint_id",
    Complaint,
    "complaints.manage",
    find=lambda row_id: complaints.find(row_id, actor=me()),
    name=complaints.receipt,
)


@bp.get("/")
@requires("complaints.manage")
def index() -> str:
    return render_template("console/complaints/index.html", page=LIST.page())


@bp.get("/<int:complaint_id>")
@requires("complaints.manage")
def show(complaint_id: int) -> Answer:
    complaint = complaints.find(complaint_id, actor=me())
    return _page(complaint, _fresh(complaint))


@bp.post("/<int:complaint_id>/answer")
@requires("complaints.manage")
def answer(complaint_id: int) -> Answer:
    """Answer it; what was typed stays in the form whatever refuses it."""
    complaint = complaints.find(complaint_id, actor=me())
    form = forms.submitted()
    try:
        reply = complaints.answer(
            complaint,
            form.raw("text"),
            version=form.integer("version") or 0,
            once=form.text("once"),
            actor=me(),
        )
    except (Invalid, Conflict) as refusal:
        form.fail(refusal)
        complaint = complaints.find(complaint_id, actor=me())
        form.values = MultiDict(form.values.to_dict() | {"version": str(complaint.version)})
        return _page(complaint, form), 409 if isinstance(refusal, Conflict) else 422
    if reply is None:
        flash("答复已保存，会通知对方，并在对方的“我的投诉”里显示", "success")
    else:
        outbound.send(reply)
    return redirect(url_for(".show", complaint_id=complaint_id))


@bp.post("/<int:complaint_id>/take")
@requires("complaints.manage")
def take(complaint_id: int) -> HttpResponse:
    return _act(
        complaint_id, "已开始办理", lambda row, form: complaints.take(row, version=_version(form), actor=me())
    )


@bp.post("/<int:complaint_id>/contact")
@requires("complaints.manage")
def contact(complaint_id: int) -> Answer:
    """The phone at which the member wishes to be called; who looked is kept."""
    complaint = complaints.find(complaint_id, actor=me())
    phone = complaints.see_contact(complaint, actor=me())
    return _page(complaint, _fresh(complaint), phone=phone)


@bp.post("/<int:complaint_id>/hand-over")
@requires("complaints.manage")
def hand_over(complaint_id: int) -> HttpResponse:
    def act(row: Complaint, form: Form) -> None:
        unit_id, account_id = chosen_hands(form)
        complaints.hand_over(
            row,
            unit_id=unit_id,
            account_id=account_id,
            note=form.text("note"),
            version=_version(form),
            actor=me(),
        )

    answer = _act(complaint_id, "已转办", act)
    bound = scope()
    still_mine = (
        bound is None
        or Complaint.select().where(Complaint.id == complaint_id, Complaint.member_unit == bound).exists()
    )
    return answer if still_mine else redirect(url_for(".index"))


@bp.post("/<int:complaint_id>/close")
@requires("complaints.manage")
def close(complaint_id: int) -> HttpResponse:
    return _act(
        complaint_id,
        "已办结",
        lambda row, form: complaints.close(
            row, reason=form.text("reason"), version=_version(form), actor=me()
        ),
    )


@bp.post("/<int:complaint_id>/reopen")
@requires("complaints.manage")
def reopen(complaint_id: int) -> HttpResponse:
    return _act(
        complaint_id,
        "已重新办理，答复期限重新计算",
        lambda row, form: complaints.reopen(
            row, reason=form.text("reason"), version=_version(form), actor=me()
        ),
    )


def _act(complaint_id: int, said: str, act: Callable[[Complaint, Form], None]) -> HttpResponse:
    complaint = complaints.find(complaint_id, actor=me())
    try:
        act(complaint, forms.submitted())
        flash(said, "success")
    except DomainError as refusal:
        flash(refusal.message, "warning")
    return redirect(url_for(".show", complaint_id=complaint_id))


def _version(form: Form) -> int:
    return form.integer("version") or 0


def _fresh(complaint: Complaint) -> Form:
    return forms.filled({"version": complaint.version, "once": secrets.token_urlsafe(16), "text": ""})


def _page(complaint: Complaint, form: Form, *, phone: str = "") -> str:
    moves = COMPLAINT_MOVES[complaint.status]
    return render_template(
        "console/complaints/show.html",
        complaint=complaint,
        form=form,
        phone=phone,
        masked_phone=masking.mask_phone(complaint.contact),
        receipt=complaints.receipt(complaint),
        sender=sender(complaint),
        due=due_words(complaint),
        status=status_badge(complaint),
        kind_word=COMPLAINT_KIND_WORDS[complaint.kind],
        steps=complaints.steps_of(complaint),
        act_words=COMPLAINT_ACT_WORDS,
        reply_words=STAFF_REPLY_STATUS_WORDS,
        reason_words=staff_replies.reason_words,
        moves=moves,
        statuses=ComplaintStatus,
        hands=hands_offered("complaints.manage"),
        in_hands=complaint.member_unit.short_name if complaint.member_unit else SECRETARIAT,
        most_bytes=complaints.ANSWER_BYTES,
    )


def _late() -> Waiting:
    return _waiting("超过期限还没有答复的投诉建议", complaints.late(), "late", is_pressing=True)


def _open() -> Waiting:
    on_time = Complaint.status.in_(list(AWAITS_ANSWER)) & (Complaint.due_on >= clock.local_today())
    return _waiting("等待答复的投诉建议", on_time, "waits", is_pressing=False)


def _waiting(title: str, condition: Expression, due: str, *, is_pressing: bool) -> Waiting:
    query = complaints.search(actor=me()).where(condition).order_by(Complaint.due_on, Complaint.id)
    lines = [
        Line(
            each.text[:40],
            url_for("console.complaints.show", complaint_id=each.id),
            f"{each.due_on.month}月{each.due_on.day}日前答复",
        )
        for each in query.limit(SHOWN)
    ]
    url = url_for("console.complaints.index", due=due)
    return Waiting(title, "message-report", query.order_by().count(), lines, url, is_pressing)


TODO = (
    Todo("complaints.manage", _late, 15),
    Todo("complaints.manage", _open, 58),
)
