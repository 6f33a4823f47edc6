"""常用语: wordings for answers, kept for use again."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as HttpResponse

from models.inbound import SavedReply
from server.console import conflicts, forms
from server.console.areas import MenuEntry
from server.console.forms import Form
from server.console.guard import me, requires, scope
from server.console.list_routes import serve
from server.console.listing import Column, Listing
from services import saved_replies
from services.errors import Invalid, StaleState

bp = Blueprint("saved_replies", __name__, url_prefix="/console/saved-replies")
MENU: tuple[MenuEntry, ...] = ()
Answer = str | HttpResponse | tuple[str, int]
LABELS = {"title": "名称", "text": "内容"}


def _title(row: SavedReply) -> Markup | str:
    """A link where the account may change it: a school does not change the alliance's."""
    if scope() is not None and row.member_unit_id != scope():
        return str(row.title)
    return Markup('<a href="{}">{}</a>').format(url_for(".edit", saved_id=row.id), row.title)


LIST = Listing(
    name="saved_replies",
    title="常用语",
    permission="inbox.manage",
    rows=lambda: saved_replies.visible(actor=me()),
    columns=(
        Column("名称", _title, sort=SavedReply.title),
        Column("内容", lambda row: row.text if len(row.text) <= 60 else row.text[:59] + "…", css="long"),
        Column("谁能用", lambda row: "全联盟" if row.member_unit_id is None else "本单位", css="nowrap"),
    ),
    search=(SavedReply.title, SavedReply.text),
    search_hint="名称、内容",
    order=(SavedReply.title.asc(), SavedReply.id.asc()),
    empty="还没有常用语。点“新建常用语”写第一条，回复来信时选用。",
)

serve(bp, LIST)


@bp.get("/")
@requires("inbox.manage")
def index() -> str:
    return render_template("console/saved_replies/index.html", page=LIST.page())


@bp.get("/new")
@requires("inbox.manage")
def new() -> str:
    return _form(forms.filled({}), None)


@bp.post("/new")
@requires("inbox.manage")
def create() -> Answer:
    form = forms.submitted()
    try:
        saved_replies.create(title=form.text("title"), text=form.raw("text"), actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _form(form, None), 422
    flash("常用语已保存", "success")
    return redirect(url_for(".index"))


@bp.get("/<int:saved_id>")
@requires("inbox.manage")
def edit(saved_id: int) -> str:
    saved = saved_replies.find_own(saved_id, actor=me())
    return _form(forms.of(saved, *LABELS, "version"), saved)


@bp.post("/<int:saved_id>")
@requires("inbox.manage")
def update(saved_id: int) -> Answer:
    saved = saved_replies.find_own(saved_id, actor=me())
    form = forms.submitted()
    try:
        saved_replies.update(
            saved,
            title=form.text("title"),
            text=form.raw("text"),
            version=form.integer("version") or 0,
            actor=me(),
        )
    except Invalid as wrong:
        form.fail(wrong)
        return _form(form, saved), 422
    except StaleState as stale:
        form.fail(stale)
        fresh = saved_replies.find_own(saved_id, actor=me())
        conflicts.tell(form, fresh, forms.of(fresh, *LABELS, "version"), LABELS)
        return _form(form, fresh), 409
    flash("常用语已保存", "success")
    return redirect(url_for(".index"))


@bp.post("/<int:saved_id>/remove")
@requires("inbox.manage")
def remove(saved_id: int) -> HttpResponse:
    saved_replies.remove(saved_replies.find_own(saved_id, actor=me()), actor=me())
    flash("常用语已删除", "success")
    return redirect(url_for(".index"))


def _form(form: Form, saved: SavedReply | None) -> str:
    return render_template(
        "console/saved_replies/form.html", form=form, saved=saved, is_alliance=scope() is None
    )
