"""需求征集: questionnaires written, opened, closed, previewed as chat, and what came of them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from peewee import fn
from werkzeug.wrappers import Response as HttpResponse

from models.surveys import (
    QUESTION_KIND_WORDS,
    QUESTIONNAIRE_STATUS_WORDS,
    Questionnaire,
    QuestionnaireStatus,
    Response,
)
from server.console import audience_form, exports, forms, questionnaire_form, survey_designer, survey_results
from server.console.areas import MenuEntry
from server.console.forms import Form
from server.console.guard import can, me, requires
from server.console.list_routes import serve
from server.console.listing import Column, Filter, Listing, badge, choices
from server.console.row_history import serve_history
from server.console.words import local_time
from services import sharing
from services.errors import Conflict, DomainError, Invalid
from services.messaging import audiences
from services.surveys import chat_text, corrections, drafting, pictures, questionnaires, results, sheet

bp = Blueprint("surveys", __name__, url_prefix="/console/surveys")
MENU = MenuEntry("调研", "需求征集", "surveys.index", "surveys.view", "clipboard-list", 10)
Answer = str | HttpResponse | tuple[str, int]


def _count_answers(rows: list[Any]) -> None:
    counted: Any = (
        Response.select(Response.questionnaire, fn.COUNT(Response.id))
        .where(Response.questionnaire.in_([row.id for row in rows]))
        .group_by(Response.questionnaire)
        .tuples()
    )
    counts = dict(counted)
    for row in rows:
        row.answered = counts.get(row.id, 0)


LIST = Listing(
    name="surveys",
    title="需求征集",
    permission="surveys.view",
    rows=lambda: questionnaires.search(actor=me()),
    prepare=_count_answers,
    columns=(
        Column("标题", "title", sort=Questionnaire.title, link=lambda row: _address(row)),
        Column("单位", lambda row: row.member_unit.short_name, on_phone=False),
        Column("方式", lambda row: "匿名" if row.is_anonymous else "实名", on_phone=False),
        Column("回答", lambda row: row.answered, css="number", on_phone=False),
        Column(
            "截止",
            lambda row: local_time(row.closes_at) if row.closes_at else "不限",
            sort=Questionnaire.closes_at,
            css="nowrap",
        ),
        Column("状态", lambda row: badge(row.status, QUESTIONNAIRE_STATUS_WORDS)),
    ),
    filters=(
        Filter(
            "status", "状态", choices(QUESTIONNAIRE_STATUS_WORDS), lambda value: Questionnaire.status == value
        ),
    ),
    search=(Questionnaire.title,),
    order=(Questionnaire.created_at.desc(), Questionnaire.id.desc()),
    search_hint="标题",
    empty="还没有问卷。点“新建问卷”写第一份。",
)
serve(bp, LIST)
serve_history(
    bp,
    "survey_id",
    Questionnaire,
    "surveys.view",
    find=lambda row_id: questionnaires.find(row_id, actor=me()),
    name=lambda row: row.title,
)


@bp.get("/")
@requires("surveys.view")
def index() -> Answer:
    return render_template("console/surveys/index.html", page=LIST.page())


@bp.get("/new")
@requires("surveys.manage")
def new() -> Answer:
    form = forms.filled({"is_anonymous": True, "reach": "everyone"})
    return _form(form, [questionnaire_form.empty()])


@bp.post("/new")
@requires("surveys.manage")
def create() -> Answer:
    form = forms.submitted()
    questions = questionnaire_form.read(form)
    try:
        questionnaire = questionnaires.create(_values(form, questions), actor=me())
    except Invalid as wrong:
        return _failed(form, questions, wrong)
    flash("已存为草稿。请预览核对，再点“开放填写”", "success")
    return redirect(url_for(".show", survey_id=questionnaire.id))


@bp.post("/arrange")
@requires("surveys.manage")
def arrange() -> Answer:
    """Add, remove or move a question of the form; nothing is saved."""
    form = forms.submitted()
    questions = questionnaire_form.read(form)
    focus = questionnaire_form.arrange(questions, form)
    focus = survey_designer.take(form, questions) or focus
    survey_id = form.integer("survey")
    questionnaire = questionnaires.find(survey_id, actor=me()) if survey_id else None
    return _form(form, questions, questionnaire, focus=focus)


@bp.get("/audience")
@requires("surveys.manage")
def audience() -> Answer:
    """How many are meant, and ten of them, masked: shown while the form is filled in."""
    return audience_form.counted(Form(request.args))


@bp.get("/<int:survey_id>")
@requires("surveys.view")
def show(survey_id: int) -> Answer:
    questionnaire = questionnaires.find(survey_id, actor=me())
    questions = sheet.of(survey_id)
    return render_template(
        "console/surveys/show.html",
        questionnaire=questionnaire,
        questions=questions.questions,
        bubbles=[survey_designer.bubble(text) for text in chat_text.preview(questions)],
        intro=survey_designer.bubble("\n".join(chat_text.intro(questionnaire, len(questions.questions)))),
        thanks=survey_designer.bubble(chat_text.finished(questionnaire)),
        kind_words=QUESTION_KIND_WORDS,
        status_words=QUESTIONNAIRE_STATUS_WORDS,
        statuses=QuestionnaireStatus,
        audience=audiences.in_words(questionnaire.audience),
        meant=audiences.persons(questionnaire.audience).count(),
        answered=Response.select().where(Response.questionnaire == survey_id).count(),
        problems=questionnaires.problems(questionnaire, questions),
        corrections=corrections.of(questionnaire),
        asked_when=survey_designer.conditions_in_words(questions.questions),
        may_edit=can("surveys.manage"),
        group_text=sharing.text_of(questionnaire) if questionnaires.is_open(questionnaire) else "",
    )


@bp.get("/<int:survey_id>/edit")
@requires("surveys.manage")
def edit(survey_id: int) -> Answer:
    questionnaire = questionnaires.find(survey_id, actor=me())
    if questionnaire.status is not QuestionnaireStatus.DRAFT:
        flash("问卷已经开放或结束，题目不能再改；可以复制一份再改", "warning")
        return redirect(url_for(".show", survey_id=survey_id))
    form = _stored(questionnaire)
    return _form(form, questionnaire_form.read(form), questionnaire)


def _stored(questionnaire: Questionnaire) -> Form:
    """The form of a questionnaire as it is kept."""
    values = drafting.values_of(questionnaire)
    told = questionnaire.audience
    names = ("title", "intro", "thanks", "is_anonymous", "closes_at", "is_shared")
    return forms.filled(
        {name: values[name] for name in names}
        | audience_form.values_of(told)
        | {"reach": "everyone" if _is_all(told) else "some", "version": questionnaire.version}
        | questionnaire_form.fields(questionnaire_form.shown(values["questions"]))
    )


@bp.post("/<int:survey_id>/edit")
@requires("surveys.manage")
def update(survey_id: int) -> Answer:
    questionnaire = questionnaires.find(survey_id, actor=me())
    form = forms.submitted()
    questions = questionnaire_form.read(form)
    try:
        values = _values(form, questions)
        questionnaires.update(questionnaire, values, version=form.integer("version") or 0, actor=me())
    except (Invalid, Conflict) as wrong:
        fresh = questionnaires.find(survey_id, actor=me())
        if isinstance(wrong, Conflict) and fresh.status is QuestionnaireStatus.DRAFT:
            survey_designer.tell_conflict(form, questionnaire, _stored(fresh))
            return _form(form, questionnaire_form.read(form), fresh), 409
        return _failed(form, questions, wrong, questionnaire)
    flash("已保存", "success")
    return redirect(url_for(".show", survey_id=survey_id))


@bp.post("/<int:survey_id>/open")
@requires("surveys.manage")
def open_up(survey_id: int) -> Answer:
    questionnaires.open(questionnaires.find(survey_id, actor=me()), actor=me())
    flash("已开放。会员发送“需求征集”或点菜单就能填写；要通知大家，请新建一个推送任务", "success")
    return redirect(url_for(".show", survey_id=survey_id))


@bp.post("/<int:survey_id>/close")
@requires("surveys.manage")
def close(survey_id: int) -> Answer:
    questionnaires.close(questionnaires.find(survey_id, actor=me()), actor=me())
    flash("已结束，不再接受回答", "success")
    return redirect(url_for(".results", survey_id=survey_id))


@bp.post("/<int:survey_id>/copy")
@requires("surveys.manage")
def copy(survey_id: int) -> Answer:
    copied = questionnaires.copy(questionnaires.find(survey_id, actor=me()), actor=me())
    flash("已复制为新的草稿，请修改标题和截止时间", "success")
    return redirect(url_for(".edit", survey_id=copied.id))


@bp.get("/<int:survey_id>/results", endpoint="results")
@requires("surveys.view")
def show_results(survey_id: int) -> Answer:
    return survey_results.page(questionnaires.find(survey_id, actor=me()))


@bp.get("/<int:survey_id>/results/<int:question_id>")
@requires("surveys.view")
def texts(survey_id: int, question_id: int) -> Answer:
    """The words given to one question, fifty a page."""
    questionnaire = questionnaires.find(survey_id, actor=me())
    unit_id, number = request.args.get("unit", type=int), max(1, request.args.get("page", 1, type=int))
    found = results.texts(questionnaire, question_id, actor=me(), unit_id=unit_id, page=number)
    shown = pictures.listed(questionnaire, question_id, actor=me(), page=number)
    return render_template(
        "console/surveys/texts.html",
        questionnaire=questionnaire,
        asked=sheet.of(survey_id).question(question_id),
        texts=found,
        number=number,
        pictures=shown,
        has_more=len(found) == results.TEXTS_SHOWN or len(shown) == pictures.SHOWN,
        unit_id=unit_id,
    )


@bp.get("/<int:survey_id>/pictures/<int:answer_id>")
@requires("surveys.view")
def picture(survey_id: int, answer_id: int) -> HttpResponse:
    """A picture given as an answer, to be saved."""
    data = pictures.content(questionnaires.find(survey_id, actor=me()), answer_id, actor=me())
    return exports.download(data, f"图片-{survey_id}-{answer_id}.jpg", "image/jpeg")


def _address(questionnaire: Questionnaire) -> str:
    return url_for(".show", survey_id=questionnaire.id)


def _is_all(audience: dict[str, Any]) -> bool:
    """Everybody of the alliance, or (a school's own) everybody of the unit."""
    bound = audiences.bound(me())
    chosen = {name: value for name, value in audience.items() if name != audiences.LEFT_OUT}
    return bool(chosen.get("everyone")) or (bound is not None and chosen == {"units": [bound]})


def _values(form: Form, questions: questionnaire_form.Questions) -> dict[str, Any]:
    values = {
        "title": form.text("title"),
        "intro": form.text("intro"),
        "thanks": form.text("thanks"),
        "is_anonymous": form.flag("is_anonymous"),
        "is_shared": form.flag("is_shared"),
        "closes_at": form.moment("closes_at"),
        "audience": audience_form.read(form),
        "questions": questionnaire_form.for_services(questions, form),
    }
    form.check()
    return values


def _failed(
    form: Form,
    questions: questionnaire_form.Questions,
    wrong: DomainError,
    questionnaire: Questionnaire | None = None,
) -> tuple[str, int]:
    form.fail(wrong)
    questionnaire_form.place_errors(form)
    return _form(form, questions, questionnaire), 409 if isinstance(wrong, Conflict) else 422


def _form(
    form: Form,
    questions: questionnaire_form.Questions,
    questionnaire: Questionnaire | None = None,
    focus: str = "",
) -> str:
    return render_template(
        "console/surveys/form.html",
        form=form,
        questions=questions,
        questionnaire=questionnaire,
        focus=focus,
        **survey_designer.offered(questions),
        offer=audience_form.offered(),
    )
