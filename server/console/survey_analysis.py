"""What is made of a survey's results: cross tables, themes, the demand list, comparison, reports."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as HttpResponse

from models.survey_analysis import THEME_RUN_STATUS_WORDS, ThemeRunStatus
from server.console import survey_results
from server.console.guard import can, me, requires
from services.errors import DomainError
from services.surveys import cross_tables, questionnaires, results, sheet
from services.surveys import themes as survey_themes
from services.surveys.small_groups import SMALL_GROUP

bp = Blueprint("survey_analysis", __name__, url_prefix="/console/surveys/<int:survey_id>")
MENU = ()
Answer = str | HttpResponse | tuple[str, int]


@bp.get("/cross")
@requires("surveys.view")
def cross(survey_id: int) -> Answer:
    """One question by unit, role or another question; the filters of the results narrow it."""
    questionnaire = questionnaires.find(survey_id, actor=me())
    narrowing = survey_results.asked_for()
    whole = results.results(questionnaire, actor=me())
    asked = cross_tables.crossable(questionnaire)
    wanted = request.args.get("question", type=int) or (asked[0].id if asked else 0)
    by = request.args.get("by", cross_tables.BY_UNIT)
    table, untold = None, ""
    if asked and whole.questions is not None:
        try:
            table = cross_tables.cross(questionnaire, wanted, by, narrowing=narrowing, actor=me())
        except DomainError as error:
            untold = error.message
    return render_template(
        "console/surveys/cross.html",
        questionnaire=questionnaire,
        found=whole,
        narrowing=narrowing,
        narrowed=survey_results.in_words(questionnaire, whole, narrowing),
        offered=survey_results.offered(questionnaire),
        asked=asked,
        wanted=wanted,
        by=by,
        ways=cross_tables.ways(questionnaire),
        table=table,
        untold=untold,
        small=SMALL_GROUP,
    ), (403 if untold else 200)


@bp.get("/themes/<int:question_id>")
@requires("surveys.view")
def themes(survey_id: int, question_id: int) -> Answer:
    """Keywords and themes of a text question; while they are worked out the page asks again by itself."""
    questionnaire = questionnaires.find(survey_id, actor=me())
    run = survey_themes.of_question(questionnaire, question_id)
    is_under_way = run is not None and run.status in (ThemeRunStatus.WAITING, ThemeRunStatus.RUNNING)
    return render_template(
        "console/surveys/themes.html",
        questionnaire=questionnaire,
        asked=sheet.of(survey_id).question(question_id),
        run=run,
        is_under_way=is_under_way,
        status_words=THEME_RUN_STATUS_WORDS,
        themes=survey_themes.found(run) if run is not None and run.done_at else [],
        may_ask=can("surveys.manage"),
        small=SMALL_GROUP,
    )


@bp.post("/themes/<int:question_id>")
@requires("surveys.manage")
def ask_themes(survey_id: int, question_id: int) -> Answer:
    questionnaire = questionnaires.find(survey_id, actor=me())
    survey_themes.ask(questionnaire, question_id, actor=me())
    flash("已开始整理，几十秒内完成；本页会自己刷新进度", "success")
    return redirect(url_for(".themes", survey_id=survey_id, question_id=question_id))


@bp.get("/themes/<int:question_id>/<int:no>")
@requires("surveys.view")
def theme(survey_id: int, question_id: int, no: int) -> Answer:
    """The sentences behind one theme, twenty a page."""
    questionnaire = questionnaires.find(survey_id, actor=me())
    run = survey_themes.of_question(questionnaire, question_id)
    if run is None:
        return redirect(url_for(".themes", survey_id=survey_id, question_id=question_id))
    number = max(1, request.args.get("page", 1, type=int))
    found, sentences = survey_themes.sentences(run, no, page=number)
    return render_template(
        "console/surveys/theme.html",
        questionnaire=questionnaire,
        asked=sheet.of(survey_id).question(question_id),
        theme=found,
        sentences=sentences,
        number=number,
        has_more=number * survey_themes.SENTENCES_SHOWN < found.size,
    )
