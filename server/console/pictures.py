"""图片库: pictures with their right to be shown, where they are used, and the choice of one for a text."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models.activities import Activity
from models.messaging import Campaign
from models.notices import Notice
from models.pictures import PICTURE_LICENCE_WORDS, Picture, PictureLicence
from models.publishing import EJournalIssue
from server.console import conflicts, forms
from server.console.areas import MenuEntry
from server.console.forms import Form
from server.console.guard import find, me, requires, scope
from server.console.listing import Filter, Listing, choices
from services import pictures
from services.errors import Invalid, StaleState
from services.pictures import Use

bp = Blueprint("pictures", __name__, url_prefix="/console/pictures")
MENU = MenuEntry("推送", "图片库", "pictures.index", "pictures.manage", "photo", 60)
Answer = str | Response | tuple[str, int]
LABELS = {
    "alt": "图上是什么",
    "licence": "授权",
    "source": "来源",
    "shows_people": "图中有能认出的人",
    "people_agreed": "图中的人同意公开使用",
    "is_shared": "其他单位也可以使用",
}
YES = [("1", "是")]
CHOICES = {
    "licence": choices(PICTURE_LICENCE_WORDS),
    **dict.fromkeys(("shows_people", "people_agreed", "is_shared"), YES),
}

SHARED = (("own", "本单位"), ("shared", "联盟共享"))
RIGHTS = (("clear", "可以发布"), ("stops", "不能发布"))


def _is_clear(value: str) -> Any:
    is_unclear = (Picture.licence == PictureLicence.UNCLEAR) | (Picture.shows_people & ~Picture.people_agreed)
    return ~is_unclear if value == "clear" else is_unclear


LIST = Listing(
    columns=(),
    filters=(
        Filter("licence", "授权", choices(PICTURE_LICENCE_WORDS), lambda value: Picture.licence == value),
        Filter("right", "能否发布", RIGHTS, _is_clear),
        Filter(
            "shared",
            "范围",
            SHARED,
            lambda value: (
                Picture.is_shared if value == "shared" else Picture.member_unit == me().member_unit_id
            ),
        ),
    ),
    search=(Picture.alt, Picture.source, Picture.file_name),
    search_hint="图片说明、来源、文件名",
    order=(Picture.id.desc(),),
    page_size=24,
    empty="图片库还没有图片。点“上传图片”，写明图上是什么、来自哪里。",
)


@bp.get("/")
@requires("pictures.manage")
def index() -> Answer:
    return render_template(
        "console/pictures/index.html",
        page=LIST.page(pictures.visible(actor=me())),
        licence_words=PICTURE_LICENCE_WORDS,
        address=pictures.address,
    )


@bp.get("/new")
@requires("pictures.manage")
def new() -> Answer:
    return _form(forms.filled({}))


@bp.post("/new")
@requires("pictures.manage")
def create() -> Answer:
    form = forms.submitted()
    try:
        picture = _store(form)
    except Invalid as wrong:
        form.fail(wrong)
        return _form(form), 422
    flash(
        "图片已入库" if picture.is_licensed else "图片已入库，但授权还不清楚，用到它的内容不能送审和发布",
        "success",
    )
    return redirect(url_for(".show", picture_id=picture.id))


@bp.get("/choose")
@requires("pictures.manage")
def choose() -> Answer:
    """What the editor's dialog shows: the library to choose from and a form to upload one."""
    return _chooser(forms.filled({}))


@bp.post("/choose")
@requires("pictures.manage")
def upload() -> Answer:
    """Upload from the editor's dialog: the address and the words to put into the text."""
    form = forms.submitted()
    try:
        picture = _store(form)
    except Invalid as wrong:
        form.fail(wrong)
        return _chooser(form)  # 200: the dialog is answered by its own form
    return jsonify(url=pictures.address(picture), alt=picture.alt, stops=not picture.is_licensed)


@bp.get("/<int:picture_id>")
@requires("pictures.manage")
def show(picture_id: int) -> Answer:
    picture = find(Picture, picture_id)
    return _page(picture, forms.of(picture, *LABELS, "version"))


@bp.post("/<int:picture_id>")
@requires("pictures.manage")
def update(picture_id: int) -> Answer:
    picture, form = find(Picture, picture_id), forms.submitted()
    try:
        values = _values(form)
        pictures.update(picture, values, version=form.integer("version") or 0, actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _page(picture, form), 422
    except StaleState as stale:
        form.fail(stale)
        fresh = find(Picture, picture_id)
        conflicts.tell(form, fresh, forms.of(fresh, *LABELS, "version"), LABELS, choices=CHOICES)
        return _page(fresh, form), 409
    flash("已保存", "success")
    return redirect(url_for(".show", picture_id=picture_id))


@bp.post("/<int:picture_id>/remove")
@requires("pictures.manage")
def remove(picture_id: int) -> Answer:
    pictures.remove(find(Picture, picture_id), actor=me())
    flash("图片已删除", "success")
    return redirect(url_for(".index"))


def _values(form: Form) -> dict[str, Any]:
    return {
        "alt": form.text("alt"),
        "licence": form.choice("licence", PictureLicence, required=""),
        "source": form.text("source"),
        "shows_people": form.flag("shows_people"),
        "people_agreed": form.flag("people_agreed"),
        "is_shared": form.flag("is_shared"),
    }


def _store(form: Form) -> Picture:
    return pictures.store(request.files.get("file"), actor=me(), **_values(form))


def _form(form: Form) -> str:
    return render_template("console/pictures/form.html", form=form, licences=choices(PICTURE_LICENCE_WORDS))


def _chooser(form: Form) -> str:
    return render_template(
        "console/pictures/choose.html",
        form=form,
        page=LIST.page(pictures.visible(actor=me())),
        licences=choices(PICTURE_LICENCE_WORDS),
        address=pictures.address,
    )


def _page(picture: Picture, form: Form) -> str:
    is_own = scope() in (None, picture.member_unit_id)
    return render_template(
        "console/pictures/show.html",
        picture=picture,
        form=form,
        is_own=is_own,
        licences=choices(PICTURE_LICENCE_WORDS),
        licence_words=PICTURE_LICENCE_WORDS,
        address=pictures.address(picture),
        uses=[(use.kind, use.title, _page_of(use)) for use in pictures.uses(picture, actor=me())]
        if is_own
        else [],
    )


def _page_of(use: Use) -> str:
    """The page where the text can be changed; "" where it belongs to another unit."""
    row = use.row
    bound = scope()
    if isinstance(row, Activity):
        is_ours = bound in (None, row.member_unit_id)
        return url_for("console.activities.show", activity_id=row.id) if is_ours else ""
    if isinstance(row, Campaign):
        is_ours = bound in (None, row.member_unit_id)
        return url_for("console.campaigns.show", campaign_id=row.id) if is_ours else ""
    if isinstance(row, Notice):
        is_ours = bound in (None, row.member_unit_id)
        return url_for("console.notices.show", notice_id=row.id) if is_ours else ""
    issue_id = row.id if isinstance(row, EJournalIssue) else row.column.issue_id
    return url_for("console.e_journals.show", issue_id=issue_id)
