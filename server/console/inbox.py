"""收件箱: what nobody understood, the chat around it, an answer while the window is open, other hands."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from peewee import fn
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as HttpResponse

import clock
from models.alliance import MemberUnit
from models.inbound import STAFF_REPLY_STATUS_WORDS, InboxItem, InboxStatus, StaffReply, StaffReplyStatus
from models.people import Follower
from server.console import forms, outbound, words
from server.console.areas import MenuEntry
from server.console.bulk_acts import BulkAct
from server.console.forms import Form
from server.console.guard import me, requires, scope
from server.console.list_routes import serve
from server.console.listing import Column, Filter, Listing, badge, choices
from server.console.row_history import serve_history
from server.console.todo import SHOWN, Line, Todo, Waiting
from services import hands, inbox, inbox_threads, masking, saved_replies, staff_replies
from services.errors import Conflict, DomainError, Invalid, NotFound

bp = Blueprint("inbox", __name__, url_prefix="/console/inbox")
MENU = MenuEntry("调研", "收件箱", "inbox.index", "inbox.manage", "inbox", 20)
Answer = str | HttpResponse | tuple[str, int]

STATUS_WORDS = {InboxStatus.OPEN: "待处理", InboxStatus.DONE: "已处理"}
SECRETARIAT = "联盟秘书处"
MINE, NOBODYS = "mine", "nobody"
WINDOWS = [("open", "窗口还开着"), ("soon", "六小时内关闭"), ("shut", "窗口已关闭")]
SOON = timedelta(hours=6)


def _window_is(value: str) -> Any:
    now = clock.utc_now()
    is_open = (Follower.window_until > now) & (Follower.window_left > 0) & (Follower.is_following == True)  # noqa: E712
    if value == "soon":
        is_open &= Follower.window_until <= now + SOON
    open_ones = Follower.select(Follower.id).where(is_open)
    return InboxItem.follower.not_in(open_ones) if value == "shut" else InboxItem.follower.in_(open_ones)


# Sorted by without a join: the list counts and skips through its own table alone.
_WINDOW_UNTIL = fn.NULLIF(
    Follower.select(Follower.window_until).where(Follower.id == InboxItem.follower), None
)


def _in_hands_of(value: str) -> Any:
    return InboxItem.assigned_to == me().id if value == MINE else InboxItem.assigned_to.is_null()


def sender(item: InboxItem) -> str:
    person = item.follower.person
    if person is None:
        return "未绑定的关注者"
    return f"{masking.mask_name(person.name)}（{person.member_unit.short_name}）"


def _text(item: InboxItem) -> Markup:
    text = item.text if len(item.text) <= 60 else item.text[:59] + "…"
    return Markup('<span class="long-text">{}</span>').format(text.replace("\n", " / "))


def _window_badge(item: InboxItem) -> Markup:
    """The time that remains, told by words and helped by a colour."""
    window = staff_replies.window(item.follower)
    if not window.is_open:
        return Markup('<span class="badge bg-secondary-lt">已关闭</span>')
    is_soon = window.remains <= SOON
    hours, rest = divmod(int(window.remains.total_seconds()), 3600)
    left = f"{hours} 小时" if hours else f"{rest // 60} 分钟"
    # the count stands on the item's page, and here where there is room
    return Markup(
        '<span class="badge bg-{}-lt">剩 {}<span class="d-none d-md-inline">，{} 条</span></span>'
    ).format("orange" if is_soon else "green", left, window.left)


def _state(item: InboxItem) -> Markup:
    if item.status is InboxStatus.OPEN and item.replied_at is not None:
        return Markup('<span class="badge bg-teal-lt">已回复</span>')
    return badge(item.status, STATUS_WORDS)


LIST = Listing(
    name="inbox",
    title="收件箱",
    permission="inbox.manage",
    rows=lambda: inbox.items(actor=me()),
    keys=lambda: inbox.keys(actor=me()),
    bulk=(
        BulkAct(
            "done",
            "处理完了",
            "inbox.manage",
            do=lambda row, _: inbox.done(row, actor=me()),
            why_not=lambda row: "已经处理" if row.status is InboxStatus.DONE else "",
            undo=lambda row, _: inbox.reopen(row, actor=me()),
            icon="check",
        ),
        BulkAct(
            "reopen",
            "重新打开",
            "inbox.manage",
            do=lambda row, _: inbox.reopen(row, actor=me()),
            why_not=lambda row: "本来就没有处理" if row.status is InboxStatus.OPEN else "",
            undo=lambda row, _: inbox.done(row, actor=me()),
            icon="arrow-back-up",
        ),
    ),
    columns=(
        Column("内容", _text, link=lambda row: url_for(".show", item_id=row.id), css="long"),
        Column("来自", sender, on_phone=False, css="nowrap"),
        Column("类别", lambda row: inbox.KIND_WORDS.get(row.kind, row.kind), on_phone=False, css="nowrap"),
        Column(
            "收到",
            lambda row: words.ago(row.created_at),
            sort=InboxItem.created_at,
            on_phone=False,
            css="nowrap",
        ),
        Column("客服窗口", _window_badge, sort=_WINDOW_UNTIL, css="nowrap"),
        Column(
            "经办",
            lambda row: row.assigned_to.display_name if row.assigned_to else "",
            on_phone=False,
            css="nowrap",
        ),
        Column("状态", _state, on_phone=False, css="nowrap"),
    ),
    filters=(
        Filter("status", "状态", choices(STATUS_WORDS), lambda value: InboxItem.status == value),
        Filter("kind", "类别", list(inbox.KIND_WORDS.items()), lambda value: InboxItem.kind == value),
        Filter("window", "客服窗口", WINDOWS, _window_is),
        Filter("who", "经办", [(MINE, "我"), (NOBODYS, "还没有人")], _in_hands_of),
    ),
    order=(InboxItem.created_at.desc(), InboxItem.id.desc()),
    empty="没有待处理的消息。会员发来、机器人没看懂的话和图片会出现在这里。",
)
serve(bp, LIST)
serve_history(
    bp,
    "item_id",
    InboxItem,
    "inbox.manage",
    find=lambda row_id: inbox.find(row_id, actor=me()),
    name=lambda row: f"来信 {row.id}",
)


@bp.get("/")
@requires("inbox.manage")
def index() -> str:
    return render_template("console/inbox/index.html", page=LIST.page())


@bp.get("/<int:item_id>")
@requires("inbox.manage")
def show(item_id: int) -> Answer:
    item = inbox.find(item_id, actor=me())
    return _page(item, _fresh(item))


@bp.get("/<int:item_id>/window")
@requires("inbox.manage", is_poll=True)
def window(item_id: int) -> str:
    item = inbox.find(item_id, actor=me())
    return render_template(
        "console/inbox/window.html", item=item, window=staff_replies.window(item.follower), soon=SOON
    )


@bp.post("/<int:item_id>/reply")
@requires("inbox.manage")
def reply(item_id: int) -> Answer:
    """Answer; what was typed stays in the form whatever refuses it."""
    item = inbox.find(item_id, actor=me())
    form = forms.submitted()
    try:
        made = inbox.reply(
            item,
            form.raw("text"),
            version=form.integer("version") or 0,
            once=form.text("once"),
            actor=me(),
            as_rider=form.flag("as_rider"),
            is_done=form.flag("is_done"),
        )
    except (Invalid, Conflict) as refusal:
        form.fail(refusal)
        item = inbox.find(item_id, actor=me())
        form.values = MultiDict(form.values.to_dict() | {"version": str(item.version)})
        return _page(item, form), 409 if isinstance(refusal, Conflict) else 422
    outbound.send(made)
    return redirect(url_for(".show", item_id=item_id))


@bp.post("/<int:item_id>/done")
@requires("inbox.manage")
def done(item_id: int) -> HttpResponse:
    return _act(item_id, "已标为处理完", lambda item: inbox.done(item, actor=me()))


@bp.post("/<int:item_id>/reopen")
@requires("inbox.manage")
def reopen(item_id: int) -> HttpResponse:
    return _act(item_id, "已重新打开", lambda item: inbox.reopen(item, actor=me()))


@bp.post("/<int:item_id>/hand-over")
@requires("inbox.manage")
def hand_over(item_id: int) -> HttpResponse:
    unit_id, account_id = chosen_hands(forms.submitted())
    version = forms.submitted().integer("version") or 0

    def act(item: InboxItem) -> None:
        inbox.hand_over(item, unit_id=unit_id, account_id=account_id, version=version, actor=me())

    answer = _act(item_id, "已转出", act)
    is_mine = scope() is None or unit_id == scope()
    return answer if is_mine else redirect(url_for(".index"))


@bp.post("/replies/<int:reply_id>/<what>")
@requires("inbox.manage")
def decide(reply_id: int, what: str) -> HttpResponse:
    """What a person decides about a reply that failed, waits, or whose fate is unknown."""
    found = StaffReply.get_or_none(StaffReply.id == reply_id)
    if found is None or found.inbox_item_id is None or what not in DECISIONS:
        raise NotFound()
    item = inbox.find(found.inbox_item_id, actor=me())
    try:
        DECISIONS[what](found)
    except Conflict as conflict:
        flash(conflict.message, "warning")
    return redirect(url_for(".show", item_id=item.id))


def _again(found: StaffReply) -> None:
    outbound.send(staff_replies.again(found, actor=me()))


def _hold(found: StaffReply) -> None:
    staff_replies.hold(found, actor=me())
    outbound.tell(found)


def _withdraw(found: StaffReply) -> None:
    staff_replies.withdraw(found, actor=me())
    flash("这条回复已撤下，不会再发", "success")


def _arrived(found: StaffReply) -> None:
    staff_replies.arrived(found, actor=me())
    flash("已记为送到", "success")


DECISIONS = {"again": _again, "hold": _hold, "withdraw": _withdraw, "arrived": _arrived}


def chosen_hands(form: Form) -> tuple[int | None, int | None]:
    """Unit and account as `unit:12`, `unit:` (the secretariat) or `account:12:5` tells them."""
    kind, _, rest = form.text("to").partition(":")
    unit, _, account = rest.partition(":")
    if kind not in ("unit", "account"):
        raise Invalid("请选择转给谁")
    return (int(unit) if unit.isdecimal() else None), (int(account) if account.isdecimal() else None)


def hands_offered(permission: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """To whom a matter can be handed: the secretariat, units, and people in them, in groups."""
    bound = scope()
    units: list[tuple[str, str]] = [("unit:", SECRETARIAT)]
    query = MemberUnit.select().where(MemberUnit.valid_to.is_null()).order_by(MemberUnit.order_no)
    if bound is not None:
        query = query.where(MemberUnit.id == bound)
    units += [(f"unit:{unit.id}", unit.short_name) for unit in query]
    people = []
    for account, reaches in hands.holders(permission):
        if bound is None or reaches == bound:
            where = SECRETARIAT if reaches is None else account.member_unit.short_name
            people.append((f"account:{reaches or ''}:{account.id}", f"{account.display_name}（{where}）"))
    return [("单位", units), ("经办人", people)]


def _act(item_id: int, said: str, act: Any) -> HttpResponse:
    item = inbox.find(item_id, actor=me())
    try:
        act(item)
        flash(said, "success")
    except DomainError as refusal:
        flash(refusal.message, "warning")
    back = request.form.get("back", "")
    if back or request.form.get("to_list"):
        return redirect(f"{url_for('.index')}?{back}" if back else url_for(".index"))
    return redirect(url_for(".show", item_id=item_id))


def _fresh(item: InboxItem) -> Form:
    return forms.filled(
        {"version": item.version, "once": secrets.token_urlsafe(16), "is_done": True, "text": ""}
    )


def _page(item: InboxItem, form: Form) -> str:
    return render_template(
        "console/inbox/show.html",
        item=item,
        form=form,
        sender=sender(item),
        turns=inbox_threads.of(item, actor=me()),
        reads_all=inbox_threads.may_read(item, actor=me()),
        window=staff_replies.window(item.follower),
        soon=SOON,
        kind_words=inbox.KIND_WORDS,
        status_words=STATUS_WORDS,
        statuses=InboxStatus,
        reply_words=STAFF_REPLY_STATUS_WORDS,
        reply_statuses=StaffReplyStatus,
        reason_words=staff_replies.reason_words,
        saved=list(saved_replies.visible(actor=me())),
        hands=hands_offered("inbox.manage"),
        in_hands=item.member_unit.short_name if item.member_unit else SECRETARIAT,
        most=staff_replies.MOST_BYTES // 3,
    )


def _waiting() -> Waiting:
    query = inbox.items(actor=me(), status=InboxStatus.OPEN)
    total, closing = inbox.counts(actor=me())
    lines = [
        Line(item.text[:40], url_for("console.inbox.show", item_id=item.id), words.ago(item.created_at))
        for item in query.limit(SHOWN)
    ]
    title = f"没有处理的来信（{closing} 条窗口快关闭）" if closing else "没有处理的来信"
    return Waiting(title, "mail", total, lines, url_for("console.inbox.index", status="open"), bool(closing))


TODO = (Todo("inbox.manage", _waiting, 60),)
