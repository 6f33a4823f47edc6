"""常用受众和名单: audiences and lists of persons, kept for use again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from models.audiences import PersonList, SavedAudience
from models.messaging import Campaign
from server.console import audience_form, forms, words
from server.console.areas import MenuEntry
from server.console.forms import Form
from server.console.guard import find, me, requires, scope
from server.console.list_routes import serve
from server.console.listing import Column, Listing
from services import masking
from services.errors import Conflict, Invalid
from services.messaging import audiences, kept_audiences, person_lists, saved_audiences

bp = Blueprint("audiences", __name__, url_prefix="/console/audiences")
MENU = (MenuEntry("推送", "受众和名单", "audiences.index", "campaigns.manage", "users-group", 30),)
Answer = str | Response | tuple[str, int]
SHOWN = 200


def _whose(row: SavedAudience | PersonList) -> str:
    return f"{row.member_unit.short_name}{'（全联盟可用）' if row.is_shared else ''}"


def _sizes(rows: list[PersonList]) -> None:
    found = person_lists.sizes([row.id for row in rows])
    for row in rows:
        vars(row)["size"] = found.get(row.id, 0)


LIST = Listing(
    name="audiences",
    title="常用受众",
    permission="campaigns.manage",
    rows=lambda: saved_audiences.visible(actor=me()).order_by(),
    columns=(
        Column(
            "名称",
            "name",
            sort=SavedAudience.name,
            link=lambda row: url_for("console.audiences.edit", saved_id=row.id),
        ),
        Column("发给谁", lambda row: audiences.in_words(row.definition), css="long", on_phone=False),
        Column("谁的", _whose, css="nowrap"),
    ),
    search=(SavedAudience.name,),
    search_hint="名称",
    order=(SavedAudience.name, SavedAudience.id),
    empty="还没有常用受众。经常发给同一群人时，点“新建常用受众”存下来，写推送时直接选。",
)
LISTS = Listing(
    name="person_lists",
    title="名单",
    permission="campaigns.manage",
    rows=lambda: person_lists.visible(actor=me()).order_by(),
    prepare=_sizes,
    columns=(
        Column(
            "名称",
            "name",
            sort=PersonList.name,
            link=lambda row: url_for("console.audiences.show_list", list_id=row.id),
        ),
        Column("为什么", "reason", css="long", on_phone=False),
        Column("人数", lambda row: f"{row.size:,}" if scope() in (None, row.member_unit_id) else "—"),
        Column("谁的", _whose, css="nowrap"),
        Column("建于", lambda row: words.local_time(row.created_at), css="nowrap", on_phone=False),
    ),
    search=(PersonList.name, PersonList.reason),
    search_hint="名称、原因",
    order=(PersonList.name, PersonList.id),
    empty="还没有名单。有人要求不再接收、另行通知的，建一份名单，写推送时在“不发给某些人”里选它。",
)
serve(bp, LIST)
serve(bp, LISTS, at="/lists", index="lists")


@bp.get("/")
@requires("campaigns.manage")
def index() -> str:
    return render_template("console/audiences/index.html", page=LIST.page())


@bp.get("/count")
@requires("campaigns.manage")
def count() -> str:
    """The live count and sample beside the fields."""
    return audience_form.counted(Form(request.args))


@bp.get("/new")
@requires("campaigns.manage")
def new() -> str:
    """`?campaign=12` begins with the audience of that campaign."""
    known = request.args.get("campaign", "")
    began: dict[str, Any] = {"reach": "some"}
    if known.isdecimal():
        began = audience_form.values_of(find(Campaign, int(known)).audience)
    return _form(forms.filled(began), None)


@bp.post("/new")
@requires("campaigns.manage")
def create() -> Answer:
    form = forms.submitted()
    try:
        saved_audiences.create(
            name=form.text("name"),
            definition=audience_form.read(form),
            is_shared=form.flag("is_shared"),
            actor=me(),
        )
    except Invalid as wrong:
        form.fail(wrong)
        return _form(form, None), 422
    flash("常用受众已保存，写推送时可以直接选", "success")
    return redirect(url_for(".index"))


@bp.get("/<int:saved_id>")
@requires("campaigns.manage")
def edit(saved_id: int) -> str:
    saved = saved_audiences.find(saved_id, actor=me())
    values = {"name": saved.name, "is_shared": saved.is_shared, "version": saved.version}
    return _form(forms.filled(values | audience_form.values_of(saved.definition)), saved)


@bp.post("/<int:saved_id>")
@requires("campaigns.manage")
def update(saved_id: int) -> Answer:
    saved, form = saved_audiences.find(saved_id, actor=me()), forms.submitted()
    try:
        saved_audiences.update(
            saved,
            name=form.text("name"),
            definition=audience_form.read(form),
            is_shared=form.flag("is_shared"),
            version=form.integer("version") or 0,
            actor=me(),
        )
    except (Invalid, Conflict) as refusal:
        fresh = saved_audiences.find(saved_id, actor=me())
        return _form(_failed(form, refusal, fresh.version), fresh), _status(refusal)
    flash("常用受众已保存；已经写好的推送不变", "success")
    return redirect(url_for(".index"))


@bp.post("/<int:saved_id>/remove")
@requires("campaigns.manage")
def remove(saved_id: int) -> Response:
    saved_audiences.remove(saved_audiences.find(saved_id, actor=me()), actor=me())
    flash("常用受众已删除；用过它的推送不受影响", "success")
    return redirect(url_for(".index"))


@bp.get("/lists")
@requires("campaigns.manage")
def lists() -> str:
    return render_template("console/audiences/lists.html", page=LISTS.page())


@bp.get("/lists/new")
@requires("campaigns.manage")
def new_list() -> str:
    return _list_form(Form(), None)


@bp.post("/lists/new")
@requires("campaigns.manage")
def create_list() -> Answer:
    form = forms.submitted()
    try:
        row = person_lists.create(
            name=form.text("name"), reason=form.text("reason"), is_shared=form.flag("is_shared"), actor=me()
        )
    except Invalid as wrong:
        form.fail(wrong)
        return _list_form(form, None), 422
    flash("名单已建好，现在把人加进来", "success")
    return redirect(url_for(".show_list", list_id=row.id))


@bp.get("/lists/<int:list_id>")
@requires("campaigns.manage")
def show_list(list_id: int) -> str:
    return _list_page(person_lists.find(list_id, actor=me()), Form())


@bp.get("/lists/<int:list_id>/edit")
@requires("campaigns.manage")
def edit_list(list_id: int) -> str:
    row = person_lists.find(list_id, actor=me())
    return _list_form(forms.of(row, "name", "reason", "is_shared", "version"), row)


@bp.post("/lists/<int:list_id>/edit")
@requires("campaigns.manage")
def update_list(list_id: int) -> Answer:
    row, form = person_lists.find(list_id, actor=me()), forms.submitted()
    try:
        person_lists.update(
            row,
            name=form.text("name"),
            reason=form.text("reason"),
            is_shared=form.flag("is_shared"),
            version=form.integer("version") or 0,
            actor=me(),
        )
    except (Invalid, Conflict) as refusal:
        fresh = person_lists.find(list_id, actor=me())
        return _list_form(_failed(form, refusal, fresh.version), fresh), _status(refusal)
    flash("名单已保存", "success")
    return redirect(url_for(".show_list", list_id=list_id))


@bp.post("/lists/<int:list_id>/add")
@requires("campaigns.manage")
def add_people(list_id: int) -> Answer:
    """Paste names or phones, one person a line."""
    row, form = person_lists.find(list_id, actor=me()), forms.submitted()
    try:
        found = person_lists.add_pasted(row, form.raw("people"), actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _list_page(row, form), 422
    left = [*found.ambiguous, *found.unknown]
    flash(f"认出 {len(found.person_ids)} 人，已在名单里", "success" if not left else "warning")
    return _list_page(row, Form(MultiDict({"people": "\n".join(left)})), found)


@bp.post("/lists/<int:list_id>/people/<int:person_id>/remove")
@requires("campaigns.manage")
def take_off(list_id: int, person_id: int) -> Response:
    person_lists.take_off(person_lists.find(list_id, actor=me()), person_id, actor=me())
    flash("已移出名单", "success")
    return redirect(url_for(".show_list", list_id=list_id))


@bp.post("/lists/<int:list_id>/remove")
@requires("campaigns.manage")
def remove_list(list_id: int) -> Response:
    person_lists.remove(person_lists.find(list_id, actor=me()), actor=me())
    flash("名单已删除", "success")
    return redirect(url_for(".lists"))


def _failed(form: Form, refusal: Invalid | Conflict, version: int) -> Form:
    form.fail(refusal)
    form.values["version"] = str(version)
    return form


def _status(refusal: Invalid | Conflict) -> int:
    return 409 if isinstance(refusal, Conflict) else 422


def _form(form: Form, saved: SavedAudience | None) -> str:
    return render_template(
        "console/audiences/form.html",
        form=form,
        saved=saved,
        offer=audience_form.offered(),
        may_change=saved is None or kept_audiences.may_change(saved, actor=me()),
        may_share=scope() is None,
    )


def _list_form(form: Form, row: PersonList | None) -> str:
    return render_template("console/audiences/list_form.html", form=form, row=row, may_share=scope() is None)


def _list_page(row: PersonList, form: Form, found: person_lists.Matched | None = None) -> str:
    people = person_lists.members(row, actor=me())
    return render_template(
        "console/audiences/list.html",
        row=row,
        form=form,
        found=found,
        count=people.count(),
        shown=SHOWN,
        people=[
            (member.person_id, masking.mask_name(member.person.name), member.person.member_unit.short_name)
            for member in people.limit(SHOWN)
        ],
        may_change=kept_audiences.may_change(row, actor=me()),
    )
