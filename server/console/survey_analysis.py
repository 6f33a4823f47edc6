"""What is made of a survey's results: cross tables, themes, the demand list, comparison, reports."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as HttpResponse

import clock
from models.survey_analysis import THEME_RUN_STATUS_WORDS, ThemeRunStatus
from models.surveys import Questionnaire
from server.console import exports, forms, survey_results
from server.console.guard import can, me, requires, scope
from services import list_exports
from services.errors import Conflict, DomainError, Invalid
from services.surveys import changes_made, comparison, cross_tables, questionnaires, report, results, sheet
from services.surveys import demand as demand_lists
from services.surveys import themes as survey_themes
from services.surveys.small_groups import SMALL_GROUP
from services.surveys.workbooks import book

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


@bp.get("/demand")
@requires("surveys.view")
def demand(survey_id: int) -> Answer:
    """Topics by wish, unit and people, against the catalogue."""
    questionnaire = questionnaires.find(survey_id, actor=me())
    return render_template(
        "console/surveys/demand.html",
        questionnaire=questionnaire,
        asked=demand_lists.questions(questionnaire),
        found=demand_lists.demand(questionnaire, request.args.get("question", type=int), actor=me()),
        small=SMALL_GROUP,
    )


@bp.get("/demand.xlsx")
@requires("surveys.view")
def demand_excel(survey_id: int) -> HttpResponse:
    questionnaire = questionnaires.find(survey_id, actor=me())
    found = demand_lists.demand(questionnaire, request.args.get("question", type=int), actor=me())
    if found is None:
        raise Invalid("回答太少，还没有需求清单可导出")
    list_exports.taken("需求清单", len(found.wishes), conditions=questionnaire.title, actor=me())
    return exports.download(book([report.demand_page(found)]), f"需求清单-{questionnaire.title}.xlsx")


@bp.get("/compare")
@requires("surveys.view")
def compare(survey_id: int) -> Answer:
    """This survey beside an earlier one, question by question where they are the same."""
    questionnaire = questionnaires.find(survey_id, actor=me())
    offered = comparison.earlier(questionnaire, actor=me())
    wanted = request.args.get("with", type=int) or (offered[0][0].id if offered else 0)
    return render_template(
        "console/surveys/compare.html",
        questionnaire=questionnaire,
        offered=offered,
        wanted=wanted,
        found=comparison.compare(questionnaire, wanted, actor=me()) if wanted else None,
        small=SMALL_GROUP,
    )


@bp.get("/leaders")
@requires("surveys.view")
def leaders(survey_id: int) -> Answer:
    """One page in plain words, to be printed."""
    questionnaire = questionnaires.find(survey_id, actor=me())
    gathered = report.gather(questionnaire, actor=me())
    return render_template(
        "console/surveys/leaders.html",
        questionnaire=questionnaire,
        report=gathered,
        findings=report.findings(gathered),
        changes=changes_made.of(questionnaire),
        today=clock.local_today(),
        small=SMALL_GROUP,
    )


@bp.get("/report.xlsx")
@requires("surveys.view")
def report_excel(survey_id: int) -> HttpResponse:
    questionnaire = questionnaires.find(survey_id, actor=me())
    content = report.excel(report.gather(questionnaire, actor=me()), actor=me())
    return exports.download(content, f"报告-{questionnaire.title}.xlsx")


@bp.get("/report.docx")
@requires("surveys.view")
def report_word(survey_id: int) -> HttpResponse:
    questionnaire = questionnaires.find(survey_id, actor=me())
    content = report.word(report.gather(questionnaire, actor=me()), actor=me())
    return exports.download(content, f"报告-{questionnaire.title}.docx", exports.DOCX)


@bp.get("/changes")
@requires("surveys.view")
def changes(survey_id: int) -> Answer:
    questionnaire = questionnaires.find(survey_id, actor=me())
    kept = changes_made.of(questionnaire)
    form = forms.of(kept, "text", "is_shown", "version") if kept else forms.filled({"version": 0})
    return _changes(questionnaire, form)


@bp.post("/changes")
@requires("surveys.manage")
def write_changes(survey_id: int) -> Answer:
    questionnaire, form = questionnaires.find(survey_id, actor=me()), forms.submitted()
    try:
        changes_made.write(
            questionnaire,
            form.raw("text"),
            is_shown=form.flag("is_shown"),
            version=form.integer("version") or 0,
            actor=me(),
        )
    except (Invalid, Conflict) as wrong:
        form.fail(wrong)
        return _changes(questionnaire, form), 409 if isinstance(wrong, Conflict) else 422
    flash("已保存" + ("，会员在“我的问卷”里能看到" if form.flag("is_shown") else "，会员还看不到"), "success")
    return redirect(url_for(".changes", survey_id=survey_id))


@bp.post("/changes/campaign")
@requires("campaigns.manage")
def changes_campaign(survey_id: int) -> Answer:
    """A push to those who answered, as a draft."""
    questionnaire = questionnaires.find(survey_id, actor=me())
    campaign = changes_made.draft_campaign(questionnaire, actor=me())
    flash("已生成通知和推送草稿，请先发布通知，再核对推送、送审", "success")
    return redirect(url_for("console.campaigns.show", campaign_id=campaign.id))


def _changes(questionnaire: Questionnaire, form: forms.Form) -> str:
    return render_template(
        "console/surveys/changes.html",
        questionnaire=questionnaire,
        form=form,
        kept=changes_made.of(questionnaire),
        longest=changes_made.LONGEST,
        may_edit=can("surveys.manage") and scope() in (None, questionnaire.member_unit_id),
        may_push=can("campaigns.manage") and can("notices.manage"),
    )
