"""导入导出 of a survey: questions and answers as Excel, papers keyed in, another tool's answers."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as HttpResponse

from models.survey_analysis import ResponseImportStatus
from models.surveys import QUESTION_KIND_WORDS, Questionnaire, QuestionnaireStatus
from server.console import exports, forms
from server.console.guard import can, me, requires, scope
from services import alliance
from services.errors import Conflict, Invalid
from services.roster.workbook import MOST_BYTES
from services.surveys import answers_file, papers, questionnaires, questions_file, response_files, sheet
from services.surveys.courses import WrongCell

bp = Blueprint("survey_exchange", __name__, url_prefix="/console/surveys")
MENU = ()
Answer = str | HttpResponse | tuple[str, int]
SHOWN_WRONG = 100


@bp.get("/<int:survey_id>/exchange")
@requires("surveys.view")
def index(survey_id: int) -> Answer:
    return _index(questionnaires.find(survey_id, actor=me()), forms.Form())


@bp.get("/<int:survey_id>/questions.xlsx")
@requires("surveys.view")
def questions(survey_id: int) -> HttpResponse:
    questionnaire = questionnaires.find(survey_id, actor=me())
    return exports.download(
        questions_file.export(questionnaire, actor=me()), f"题目-{questionnaire.title}.xlsx"
    )


@bp.get("/<int:survey_id>/answers.xlsx")
@requires("surveys.view")
def answers(survey_id: int) -> HttpResponse:
    questionnaire = questionnaires.find(survey_id, actor=me())
    return exports.download(
        answers_file.export(questionnaire, actor=me()), f"回答-{questionnaire.title}.xlsx"
    )


@bp.get("/from-excel")
@requires("surveys.manage")
def from_excel() -> Answer:
    return _from_excel(forms.Form())


@bp.post("/from-excel")
@requires("surveys.manage")
def create_from_excel() -> Answer:
    """A new draft with the questions of a file."""
    form = forms.submitted()
    try:
        made = questions_file.read_in(*_sent(), actor=me())
    except questions_file.WrongQuestions as wrong:
        form.fail(wrong)
        return _from_excel(form, wrong.cells), 422
    except Invalid as wrong:
        form.fail(wrong)
        return _from_excel(form), 422
    flash("题目已读入，存为草稿。请核对题目、填写问谁和截止时间", "success")
    return redirect(url_for("console.surveys.edit", survey_id=made.id))


@bp.get("/questions-template.xlsx")
@requires("surveys.manage")
def template() -> HttpResponse:
    return exports.download(questions_file.template(), "题目模板.xlsx")


@bp.get("/<int:survey_id>/paper")
@requires("surveys.manage")
def paper(survey_id: int) -> Answer:
    return _paper(questionnaires.find(survey_id, actor=me()), forms.Form())


@bp.post("/<int:survey_id>/paper")
@requires("surveys.manage")
def key_paper(survey_id: int) -> Answer:
    questionnaire, form = questionnaires.find(survey_id, actor=me()), forms.submitted()
    keyed = {each.id: form.raw(f"question-{each.id}") for each in sheet.of(survey_id).questions}
    try:
        done = papers.key(
            questionnaire,
            form.text("sheet_no"),
            form.integer("unit"),
            keyed,
            replaces=form.flag("replaces"),
            actor=me(),
        )
    except papers.KeyedOtherwise as otherwise:
        form.errors |= otherwise.fields
        form.message = otherwise.message
        return _paper(questionnaire, form, differs=True), 409
    except (Invalid, Conflict) as wrong:
        form.fail(wrong)
        return _paper(questionnaire, form), 422
    if done.is_counted:
        flash(f"{done.sheet_no} 两次录入一致，已计入", "success")
    else:
        flash(f"{done.sheet_no} 已录第一遍，最好换一个人再录一遍，两遍一致才计入", "info")
    return redirect(url_for(".paper", survey_id=survey_id, unit=form.text("unit") or None))


@bp.post("/<int:survey_id>/files")
@requires("surveys.manage")
def upload(survey_id: int) -> Answer:
    questionnaire, form = questionnaires.find(survey_id, actor=me()), forms.submitted()
    try:
        kept = response_files.read_in(questionnaire, *_sent(), actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _index(questionnaire, form), 422
    return redirect(url_for(".file", survey_id=survey_id, file_id=kept.id))


@bp.get("/<int:survey_id>/files/<int:file_id>")
@requires("surveys.manage")
def file(survey_id: int, file_id: int) -> Answer:
    """What each column is, and what writing the file would do."""
    questionnaire = questionnaires.find(survey_id, actor=me())
    kept = response_files.find(questionnaire, file_id, actor=me())
    rows = response_files.rows_of(kept)
    found = response_files.preview(kept) if rows else None
    wrong = found.wrong if found else [WrongCell(**cell) for cell in kept.report.get("wrong", [])]
    return render_template(
        "console/surveys/file.html",
        questionnaire=questionnaire,
        kept=kept,
        rows=rows[1 : response_files.SHOWN + 1],
        headings=rows[0] if rows else [],
        total=max(0, len(rows) - 1),
        choices=response_files.choices(sheet.of(survey_id)),
        found=found,
        wrong=wrong[:SHOWN_WRONG],
        hidden=max(0, len(wrong) - SHOWN_WRONG),
        is_waiting=kept.status is ResponseImportStatus.READ,
        is_applied=kept.status is ResponseImportStatus.APPLIED,
    )


@bp.post("/<int:survey_id>/files/<int:file_id>")
@requires("surveys.manage")
def map_file(survey_id: int, file_id: int) -> Answer:
    questionnaire, form = questionnaires.find(survey_id, actor=me()), forms.submitted()
    kept = response_files.find(questionnaire, file_id, actor=me())
    mapping = {
        name.removeprefix("column-"): value
        for name, value in form.values.items()
        if name.startswith("column-") and value
    }
    response_files.set_mapping(kept, mapping, actor=me())
    flash("已按您选的对应关系重新检查", "success")
    return redirect(url_for(".file", survey_id=survey_id, file_id=file_id))


@bp.post("/<int:survey_id>/files/<int:file_id>/apply")
@requires("surveys.manage")
def apply_file(survey_id: int, file_id: int) -> Answer:
    questionnaire = questionnaires.find(survey_id, actor=me())
    kept = response_files.find(questionnaire, file_id, actor=me())
    flash(f"已写入 {response_files.apply(kept, actor=me())} 份答卷", "success")
    return redirect(url_for(".file", survey_id=survey_id, file_id=file_id))


@bp.post("/<int:survey_id>/files/<int:file_id>/discard")
@requires("surveys.manage")
def discard_file(survey_id: int, file_id: int) -> Answer:
    questionnaire = questionnaires.find(survey_id, actor=me())
    response_files.discard(response_files.find(questionnaire, file_id, actor=me()), actor=me())
    flash("已放弃这个文件，读取的内容已清除", "warning")
    return redirect(url_for(".index", survey_id=survey_id))


def _sent() -> tuple[bytes, str]:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid(fields={"file": "请先选择一个 Excel 文件"})
    return sent.read(MOST_BYTES + 1), sent.filename


def _index(questionnaire: Questionnaire, form: forms.Form) -> str:
    is_own = scope() in (None, questionnaire.member_unit_id)
    is_open = questionnaire.status != QuestionnaireStatus.DRAFT
    return render_template(
        "console/surveys/exchange.html",
        questionnaire=questionnaire,
        form=form,
        may_take=can("surveys.manage") and is_own and is_open,
        is_open=is_open,
    )


def _from_excel(form: forms.Form, wrong: list[WrongCell] | None = None) -> str:
    return render_template("console/surveys/from_excel.html", form=form, wrong=wrong or [])


def _paper(questionnaire: Questionnaire, form: forms.Form, *, differs: bool = False) -> str:
    if not form.values:
        form = forms.filled({"unit": request.args.get("unit", "")})
    return render_template(
        "console/surveys/paper.html",
        questionnaire=questionnaire,
        form=form,
        questions=sheet.of(questionnaire.id).questions,
        kind_words=QUESTION_KIND_WORDS,
        units=[(unit.id, unit.short_name) for unit in alliance.listed()],
        waiting=papers.waiting(questionnaire),
        differs=differs,
    )
