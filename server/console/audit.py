"""The audit trail (审计): read, proved and exported by the audit administrator, changed by nobody."""

from __future__ import annotations

from itertools import islice

from flask import Blueprint, redirect, render_template, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from models.audit import AuditEntry
from models.base import db
from server.console import words
from server.console.areas import MenuEntry
from server.console.audit_words import action, details, subject
from server.console.guard import me, requires
from server.console.list_routes import serve
from server.console.listing import Column, Filter, Listing
from services import audit

bp = Blueprint("audit", __name__, url_prefix="/console/audit")
MENU = MenuEntry("系统", "审计记录", "audit.index", "audit.view", "shield-check", 30)

SHOWN_BREAKS = 20


def _action_choices() -> list[tuple[str, str]]:
    return sorted(((code, action(code)) for code in audit.actions()), key=lambda choice: choice[1])


def _subject(entry: AuditEntry) -> str:
    return subject(entry.subject_kind, entry.subject_id)


def _details(entry: AuditEntry) -> Markup:
    return Markup('<span class="long-text">{}</span>').format(details(entry.details))


LIST = Listing(
    name="audit",
    title="审计记录",
    permission="audit.view",
    rows=lambda: AuditEntry.select(),
    columns=(
        Column("编号", "id", sort=AuditEntry.id, css="number", on_phone=False),
        Column("时间", lambda entry: words.local_time(entry.at), sort=AuditEntry.at, css="nowrap"),
        Column("账号", "account_name"),
        Column("操作", lambda entry: action(entry.action), sort=AuditEntry.action, css="nowrap"),
        Column("对象", _subject, on_phone=False),
        Column("详情", _details, on_phone=False),
        Column("来自", "address", on_phone=False),
        Column("操作代码", "action", on_phone=False, is_extra=True),
        Column("校验码", "hash", on_phone=False, is_extra=True),
    ),
    filters=(
        Filter("action", "操作", _action_choices, lambda code: AuditEntry.action == code),
        Filter("since", "从", (), lambda moment: AuditEntry.at >= moment, kind="day"),
        Filter("until", "到", (), lambda moment: AuditEntry.at < moment, kind="day_after"),
    ),
    search=(AuditEntry.account_name, AuditEntry.subject_kind, AuditEntry.subject_id, AuditEntry.address),
    search_hint="账号、对象、地址",
    order=(AuditEntry.id.desc(),),
    page_size=50,
    empty="还没有审计记录。账号登录、修改、审核、发送后会记在这里。",
)
serve(bp, LIST)


@bp.get("/")
@requires("audit.view")
def index() -> str:
    return render_template("console/audit/index.html", page=LIST.page())


@bp.post("/verify")
@requires("audit.view")
def verify() -> str:
    """Walk the whole chain; what does not fit is named."""
    broken = list(islice(audit.verify(), SHOWN_BREAKS))
    total = AuditEntry.select().count()
    with db.atomic():
        audit.record("audit.verified", None, actor=me(), broken=len(broken))
    return render_template("console/audit/verified.html", broken=broken, total=total, limit=SHOWN_BREAKS)


@bp.get("/verify")
@requires("audit.view")
def verified() -> BaseResponse:
    """Reloading the result of a proof goes back to the list."""
    return redirect(url_for(".index"))
