"""Message templates (模板): which of the account's templates carries what."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models.messaging import BASIS_WORDS, Basis, ContentKind, TemplateMapping
from models.people import TOPIC_WORDS, Topic
from server.console import conflicts, forms, words
from server.console.areas import MenuEntry
from server.console.forms import Form
from server.console.guard import me, requires
from server.console.list_routes import serve
from server.console.listing import Column, Listing, choices
from server.console.row_history import serve_history
from server.console.todo import SHOWN, Line, Todo, Waiting
from services import wechat_account
from services.errors import Invalid, NotFound, StaleState
from services.messaging import template_library, template_mappings
from wechat.errors import WeChatError

bp = Blueprint("templates", __name__, url_prefix="/console/templates")
MENU = MenuEntry("推送", "消息模板", "templates.index", "templates.manage", "template", 40)


def _faulty() -> Waiting:
    faults = template_library.faults()
    lines = [
        Line(each.mapping.name, url_for("console.templates.edit", mapping_id=each.mapping.id), each.why)
        for each in faults[:SHOWN]
    ]
    url = url_for("console.templates.index")
    return Waiting("用不了的消息模板", "template", len(faults), lines, url, is_pressing=bool(faults))


TODO = (Todo("templates.manage", _faulty, order=30),)

Answer = str | tuple[str, int] | Response
KIND_WORDS = {
    ContentKind.ACTIVITY: "活动",
    ContentKind.E_JOURNAL_ISSUE: "期刊",
    ContentKind.AUTOMATIC_NOTICE: "自动通知",
}

LIST = Listing(
    name="templates",
    title="消息模板",
    permission="templates.manage",
    rows=lambda: TemplateMapping.select(),
    columns=(
        Column("名称", "name", link=lambda row: url_for("console.templates.edit", mapping_id=row.id)),
        Column("模板标题", "title"),
        Column("内容", lambda row: KIND_WORDS.get(row.content_kind, words.NOTHING), on_phone=False),
        Column("发给", lambda row: BASIS_WORDS[row.basis]),
        Column("主题", lambda row: TOPIC_WORDS[row.topic] if row.topic else "不限", on_phone=False),
        Column("模板编号", "template_id", on_phone=False),
        Column("状态", lambda row: "启用" if row.is_active else "停用"),
    ),
    order=(TemplateMapping.name,),
    empty="还没有模板。在公众平台申请到模板后，把它的编号和字段填在这里，推送才能用模板消息。",
)
serve(bp, LIST)
serve_history(
    bp,
    "mapping_id",
    TemplateMapping,
    "templates.manage",
    find=lambda row_id: _find(row_id),
    name=lambda row: row.name,
    owner=lambda row: None,
)


LABELS = {
    "name": "名称",
    "template_id": "模板编号",
    "title": "模板标题",
    "basis": "发给",
    "content_kind": "内容",
    "topic": "主题",
    "fields": "字段",
    "is_active": "启用",
}
CHOICES = {
    "basis": choices(BASIS_WORDS),
    "content_kind": choices(KIND_WORDS),
    "topic": choices(TOPIC_WORDS),
    "is_active": [("1", "是")],
}


@bp.get("/")
@requires("templates.manage")
def index() -> str:
    return render_template(
        "console/templates/index.html",
        page=LIST.page(),
        faults=template_library.faults(),
        library=template_library.templates(),
        is_known=template_library.is_known(),
    )


@bp.post("/sync")
@requires("templates.manage")
def sync() -> Answer:
    """Ask WeChat for the account's library; nothing changes when it does not answer."""
    try:
        told = template_library.sync(wechat=wechat_account.gateway(), actor=me())
    except WeChatError as error:
        flash(f"没有同步：{error}", "danger")
        return redirect(url_for(".index"))
    news = [f"新增 {len(told.added)} 个"] if told.added else []
    news += [f"已删除 {len(told.gone)} 个"] if told.gone else []
    news += [f"停用了 {'、'.join(told.stopped)}"] if told.stopped else []
    flash(f"公众号现有 {told.total} 个模板" + ("，" + "，".join(news) if news else "，没有变化"), "success")
    return redirect(url_for(".index"))


@bp.get("/new")
@requires("templates.manage")
def new() -> Answer:
    """With `template`, the id, the title and the keys of one of the account's templates are filled in."""
    values: dict[str, Any] = {"is_active": True, "basis": Basis.OPT_IN}
    template = template_library.find(request.args.get("template", ""))
    if template is not None:
        lines = "\n".join(f"{key}=" for key in template.fields)
        values |= {"template_id": template.template_id, "title": template.title, "fields": lines}
    return _page(forms.filled(values), None)


@bp.post("/new")
@requires("templates.manage")
def create() -> Answer:
    return _save(None)


@bp.get("/<int:mapping_id>")
@requires("templates.manage")
def edit(mapping_id: int) -> Answer:
    mapping = _find(mapping_id)
    return _page(_form_of(mapping), mapping)


@bp.post("/<int:mapping_id>")
@requires("templates.manage")
def update(mapping_id: int) -> Answer:
    return _save(_find(mapping_id))


def _form_of(mapping: TemplateMapping) -> Form:
    form = forms.of(mapping, *LABELS, "version")
    form.values["fields"] = "\n".join(f"{key}={value}" for key, value in mapping.fields.items())
    return form


def _save(mapping: TemplateMapping | None) -> Answer:
    form = forms.submitted()
    try:
        template_mappings.save(mapping, _read(form), version=form.integer("version"), actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _page(form, mapping), 422
    except StaleState as stale:
        if mapping is None:
            raise
        form.fail(stale)
        fresh = _find(mapping.id)
        conflicts.tell(form, mapping, _form_of(fresh), LABELS, choices=CHOICES)
        return _page(form, fresh), 409
    flash("已保存，下一次推送起使用", "success")
    return redirect(url_for(".index"))


def _read(form: Form) -> dict[str, Any]:
    values = {
        "name": form.text("name"),
        "template_id": form.text("template_id"),
        "title": form.text("title"),
        "basis": form.choice("basis", Basis),
        "content_kind": form.choice("content_kind", ContentKind),
        "topic": form.choice("topic", Topic, required=""),
        "fields": _fields(form),
        "is_active": form.flag("is_active"),
    }
    form.check()
    return values


def _fields(form: Form) -> dict[str, str]:
    """One `key=value` a line."""
    found = {}
    for line in form.raw("fields").replace("＝", "=").splitlines():
        key, is_pair, value = line.partition("=")
        if is_pair:
            found[key.strip()] = value.strip()
        elif line.strip():
            form.errors["fields"] = f"“{line.strip()}”缺少等号，每行应像 thing1=title"
    return found


def _find(mapping_id: int) -> TemplateMapping:
    """Templates belong to the account of the alliance, not to a school."""
    mapping = TemplateMapping.get_or_none(TemplateMapping.id == mapping_id)
    if mapping is None:
        raise NotFound()
    return mapping


def _page(form: Form, mapping: TemplateMapping | None) -> str:
    return render_template(
        "console/templates/form.html",
        form=form,
        mapping=mapping,
        kinds=choices(KIND_WORDS),
        bases=choices(BASIS_WORDS, template_mappings.BASES),
        topics=choices(TOPIC_WORDS),
        library=template_library.templates(),
        known=[(KIND_WORDS[kind], list(names.items())) for kind, names in template_mappings.VALUES.items()],
    )
