"""通知公告: the list, the form, publishing, taking back, the way to a campaign."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models.notices import NOTICE_STATUS_WORDS, Notice, NoticeStatus
from server.console import conflicts, forms, words
from server.console.areas import MenuEntry
from server.console.guard import can, me, requires, scope
from server.console.list_routes import serve
from server.console.listing import Column, Filter, Listing, badge, choices
from services import alliance
from services.errors import Invalid, StaleState
from services.html import as_typed
from services.publishing import notice_files, notices

bp = Blueprint("notices", __name__, url_prefix="/console/notices")
MENU = MenuEntry("推送", "通知公告", "notices.index", "notices.view", "speakerphone", 30)
Answer = str | Response | tuple[str, int]
LABELS = {
    "title": "标题",
    "body": "正文",
    "issued_by": "落款",
    "member_unit": "发布单位",
    "is_shared": "面向全联盟",
}

LIST = Listing(
    name="notices",
    title="通知公告",
    permission="notices.view",
    rows=lambda: notices.visible(actor=me()),
    columns=(
        Column(
            "标题",
            "title",
            sort=Notice.title,
            link=lambda row: url_for("console.notices.show", notice_id=row.id),
            css="long",
        ),
        Column("单位", lambda row: row.member_unit.short_name, on_phone=False),
        Column("范围", lambda row: "全联盟" if row.is_shared else "本单位", on_phone=False, css="nowrap"),
        Column(
            "发布时间", lambda row: words.local_time(row.published_at), sort=Notice.published_at, css="nowrap"
        ),
        Column("状态", lambda row: badge(row.status, NOTICE_STATUS_WORDS)),
    ),
    filters=(
        Filter("status", "状态", choices(NOTICE_STATUS_WORDS), lambda value: Notice.status == value),
        Filter("from", "发布从", (), lambda day: Notice.published_at >= day, kind="day"),
        Filter("to", "到", (), lambda day: Notice.published_at < day, kind="day_after"),
    ),
    search=(Notice.title, Notice.issued_by),
    search_hint="标题、落款",
    order=(Notice.id.desc(),),
    empty="还没有通知公告。点“新建通知”写第一条。",
)
serve(bp, LIST)


@bp.get("/")
@requires("notices.view")
def index() -> Answer:
    return render_template("console/notices/index.html", page=LIST.page())


@bp.get("/new")
@requires("notices.manage")
def new() -> Answer:
    return _form(forms.filled({"is_shared": True, "member_unit": me().member_unit_id}))


@bp.post("/new")
@requires("notices.manage")
def create() -> Answer:
    form = forms.submitted()
    try:
        notice = notices.create(_values(form), actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _form(form), 422
    flash("已存为草稿。看一看手机上的样子，没有问题就发布", "success")
    return redirect(url_for(".show", notice_id=notice.id))


@bp.get("/<int:notice_id>")
@requires("notices.view")
def show(notice_id: int) -> Answer:
    return page(notices.find(notice_id, actor=me()), forms.filled({}))


@bp.get("/<int:notice_id>/edit")
@requires("notices.manage")
def edit(notice_id: int) -> Answer:
    notice = notices.find(notice_id, actor=me(), to_manage=True)
    return _form(_form_of(notice), notice)


@bp.post("/<int:notice_id>/edit")
@requires("notices.manage")
def update(notice_id: int) -> Answer:
    notice, form = notices.find(notice_id, actor=me(), to_manage=True), forms.submitted()
    try:
        notices.update(notice, _values(form), version=form.integer("version") or 0, actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _form(form, notice), 422
    except StaleState as stale:
        form.fail(stale)
        fresh = notices.find(notice_id, actor=me(), to_manage=True)
        conflicts.tell(form, notice, _form_of(fresh), _labels(), choices=_choices())
        return _form(form, fresh, is_stale=True), 409
    flash("已保存", "success")
    return redirect(url_for(".show", notice_id=notice_id))


@bp.post("/<int:notice_id>/publish")
@requires("notices.manage")
def publish(notice_id: int) -> Answer:
    notice = notices.find(notice_id, actor=me(), to_manage=True)
    try:
        notices.publish(notice, actor=me(), wording_override=request.form.get("reason", ""))
    except Invalid as wrong:
        flash(f"还不能发布：{wrong.message}", "danger")
        return redirect(url_for(".show", notice_id=notice_id))
    flash("已发布，会员现在可以看到。要主动告诉大家，请新建推送", "success")
    return redirect(url_for(".show", notice_id=notice_id))


@bp.post("/<int:notice_id>/withdraw")
@requires("notices.manage")
def withdraw(notice_id: int) -> Answer:
    notice = notices.find(notice_id, actor=me(), to_manage=True)
    notices.withdraw(notice, request.form.get("reason", ""), actor=me())
    flash("已撤回，会员不再能看到；已经推送出去的消息收不回来", "warning")
    return redirect(url_for(".show", notice_id=notice_id))


def _values(form: forms.Form) -> dict[str, Any]:
    values: dict[str, Any] = {
        "title": form.text("title", required="请填写标题"),
        "issued_by": form.text("issued_by"),
        "body_html": form.raw("body"),
        "is_shared": form.flag("is_shared"),
    }
    if scope() is None:
        values["member_unit"] = form.integer("member_unit", required="请选择发布单位")
    form.check()
    return values


def _form_of(notice: Notice) -> forms.Form:
    form = forms.of(notice, "title", "issued_by", "member_unit", "is_shared", "version")
    form.values["body"] = as_typed(notice.body_html)
    return form


def _labels() -> dict[str, str]:
    return {name: label for name, label in LABELS.items() if name != "member_unit" or scope() is None}


def _units() -> list[tuple[str, str]]:
    """Only the alliance's own staff choose whose notice it is."""
    return [(str(unit.id), unit.name) for unit in alliance.choices(me())] if scope() is None else []


def _choices() -> conflicts.Choices:
    return {"member_unit": _units(), "is_shared": [("1", "是")]}


def _form(form: forms.Form, notice: Notice | None = None, *, is_stale: bool = False) -> str:
    if "body_html" in form.errors:
        form.errors["body"] = form.errors.pop("body_html")
    return render_template(
        "console/notices/form.html",
        form=form,
        notice=notice,
        units=_units(),
        is_stale=is_stale,
        is_published=notice is not None and notice.status is NoticeStatus.PUBLISHED,
    )


def page(notice: Notice, form: forms.Form) -> str:
    """One notice; `form` is that of a file to be added."""
    is_own = scope() in (None, notice.member_unit_id)
    return render_template(
        "console/notices/show.html",
        notice=notice,
        form=form,
        files=notice_files.of(notice),
        kinds_words=notice_files.KINDS_WORDS,
        most_megabytes=notice_files.MAX_BYTES // 1024 // 1024,
        accept=",".join(f".{each}" for each in notice_files.KINDS),
        signature=notices.signature(notice),
        findings=notices.findings(notice),
        statuses=NoticeStatus,
        status_words=NOTICE_STATUS_WORDS,
        may_edit=is_own and can("notices.manage"),
        may_push=notice.status is NoticeStatus.PUBLISHED and can("campaigns.manage"),
    )


# The views of its files register themselves on `bp`.
from server.console import notice_files as _files  # noqa: E402, F401
