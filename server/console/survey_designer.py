"""问卷设计: what stands beside a questionnaire's form: preview on a phone, check, library, corrections."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import nh3
from flask import Blueprint, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as HttpResponse

from models.alliance import TIER_WORDS, MemberUnit
from models.people import ROLE_WORDS
from models.surveys import QUESTION_KIND_WORDS, SCALE_ENDS, QuestionKind, Questionnaire, QuestionnaireStatus
from server.console import conflicts, forms, questionnaire_form
from server.console.forms import Form
from server.console.guard import me, requires
from server.console.listing import choices
from services.errors import Conflict, Invalid
from services.surveys import (
    chat_text,
    conditions,
    corrections,
    flow_check,
    library,
    page_answers,
    pages,
    questionnaires,
    sheet,
)
from services.surveys.sheet import Asked, Sheet

bp = Blueprint("survey_designer", __name__, url_prefix="/console/surveys")
MENU = ()
Answer = str | HttpResponse | tuple[str, int]

OWN_LABELS = {
    "title": "标题",
    "intro": "开头的话",
    "thanks": "结束的话",
    "is_anonymous": "匿名",
    "is_shared": "供其他学校取题",
    "closes_at": "截止时间",
}
FIELD_LABELS = {
    "text": "题目",
    "kind": "题型",
    "options": "选项",
    "other": "可自己写的选项",
    "required": "必答",
    "minimum": "下限",
    "maximum": "上限",
    "low_words": "最小的意思",
    "high_words": "最大的意思",
    "help_text": "说明",
    "section": "节标题",
    "matrix_text": "表格标题",
    "joined": "与上一题同一张表格",
    "if-how": "显示条件",
    "if-0-on": "显示条件",
    "if-0-options": "显示条件的选项",
}


@bp.post("/preview")
@requires("surveys.manage")
def preview() -> Answer:
    """The form as it is written so far: on a phone in chat and as a page, and what is wrong with its way."""
    form = forms.submitted()
    values, wrong = _valued(form)
    questions = sheet.draft(values)
    return render_template(
        "console/surveys/preview.html",
        bubbles=[bubble(text) for text in chat_text.preview(questions)],
        problems=sorted([*wrong, *flow_check.check(questions)], key=lambda each: each.position),
        blocks=_blocks(questions),
        passed_over=page_answers.PASSED_OVER,
        asked_when=conditions_in_words(questions.questions),
    )


@bp.get("/library")
@requires("surveys.manage")
def show_library() -> Answer:
    """Questionnaires to take from; with `from` the questions of one."""
    chosen, text = request.args.get("from", type=int), request.args.get("look", "")
    asked = library.questions(chosen, actor=me()) if chosen else []
    return render_template(
        "console/surveys/library.html",
        rows=list(library.questionnaires(actor=me(), text=text)),
        chosen=chosen,
        look=text,
        asked=[(each, library.section_of(each, asked)) for each in asked],
        kind_words=QUESTION_KIND_WORDS,
    )


@bp.get("/<int:survey_id>/correct")
@requires("surveys.manage")
def correct(survey_id: int) -> Answer:
    questionnaire = questionnaires.find(survey_id, actor=me())
    if questionnaire.status is not QuestionnaireStatus.OPEN:
        flash("只有进行中的问卷才需要更正；草稿请直接修改", "warning")
        return redirect(url_for("console.surveys.show", survey_id=survey_id))
    texts = {f"question-{each.id}": each.text for each in sheet.of(survey_id).questions}
    texts |= {f"option-{c.id}": c.text for each in sheet.of(survey_id).questions for c in each.choices}
    return _correction_form(questionnaire, forms.filled(texts))


@bp.post("/<int:survey_id>/correct")
@requires("surveys.manage")
def keep_correction(survey_id: int) -> Answer:
    questionnaire = questionnaires.find(survey_id, actor=me())
    form = forms.submitted()
    changes = {
        (kind, int(number)): form.text(name)
        for name in form.values
        for kind, _, number in [name.partition("-")]
        if kind in ("question", "option") and number.isdecimal()
    }
    try:
        count = corrections.correct(questionnaire, changes, note=form.text("note"), actor=me())
    except (Invalid, Conflict) as wrong:
        form.fail(wrong)
        return _correction_form(questionnaire, form), 422
    flash(f"已更正 {count} 处，正在填写的人马上看到新的文字", "success")
    return redirect(url_for("console.surveys.show", survey_id=survey_id))


def _correction_form(questionnaire: Questionnaire, form: Form) -> str:
    return render_template(
        "console/surveys/correct.html",
        questionnaire=questionnaire,
        form=form,
        questions=sheet.of(questionnaire.id).questions,
    )


def take(form: Form, questions: questionnaire_form.Questions) -> str:
    """Add the questions ticked in the library where its button was pressed; what to look at, or ""."""
    if form.text("do") not in ("take", "take-all"):
        return ""
    chosen = form.integer("from") or 0
    positions = (
        [each.position for each in library.questions(chosen, actor=me())]
        if form.text("do") == "take-all"
        else form.integers("take")
    )
    stored = questionnaire_form.for_services(questions, Form())
    new = library.taken(chosen, positions, actor=me(), after=len(questions))
    shown = questionnaire_form.shown([*(_kinded(each) for each in stored), *new])
    at = len(questions)
    questions += shown[at:]
    return f"question-{at}" if len(questions) > at else "questions"


def offered(questions: questionnaire_form.Questions) -> dict[str, Any]:
    """What the form's template chooses from."""
    units = MemberUnit.select(MemberUnit.id, MemberUnit.short_name).order_by(MemberUnit.order_no)
    return {
        "kinds": choices(QUESTION_KIND_WORDS),
        "scale_ends": SCALE_ENDS,
        "option_words": [questionnaire_form.option_words(questions, no) for no in range(len(questions))],
        "is_words": conditions.IS_WORDS,
        "known_words": conditions.KNOWN_WORDS,
        "known": {
            "units": [(str(unit.id), unit.short_name) for unit in units],
            "tiers": choices(TIER_WORDS),
            "roles": choices(ROLE_WORDS),
        },
    }


def tell_conflict(form: Form, questionnaire: Questionnaire, fresh: Form) -> None:
    """Mine beside theirs, field by field, in the words of the form."""
    labels = dict(OWN_LABELS)
    count = max(len(questionnaire_form.read(each)) for each in (form, fresh))
    for no in range(count):
        labels |= {f"question-{no}-{name}": f"第{no + 1}题{label}" for name, label in FIELD_LABELS.items()}
    kinds = {f"question-{no}-kind": choices(QUESTION_KIND_WORDS) for no in range(count)}
    conflicts.tell(form, questionnaire, fresh, labels, choices=kinds)


def conditions_in_words(questions: Iterable[Asked]) -> dict[int, str]:
    """Who is asked each question that not everybody is asked, by its position."""
    asked = list(questions)
    if not any(each.condition for each in asked):
        return {}
    units = MemberUnit.select(MemberUnit.id, MemberUnit.short_name)
    names = {unit.id: unit.short_name for unit in units}
    return {
        each.position: conditions.in_words(each.condition, asked, names) for each in asked if each.condition
    }


def bubble(text: str) -> Markup:
    """Chat text as a phone shows it; its links are seen but lead nowhere from here."""
    clean = nh3.clean(text, tags={"a"}, attributes={"a": set()}, link_rel=None)
    return Markup(clean.replace("\n", "<br>"))  # noqa: S704 - sanitised


def _valued(form: Form) -> tuple[list[dict[str, Any]], list[flow_check.Problem]]:
    """The questions as they are written, whatever is still wrong with them, and conditions half written."""
    values = questionnaire_form.for_services(questionnaire_form.read(form), form)
    wrong = []
    for no, each in enumerate(values, 1):
        terms = conditions.terms(each["condition"])
        if any(term.get("question") == 0 for term in terms):
            why = f"第{no}题的显示条件用到了已删除的题"
            each["condition"] = None
        else:
            each["condition"], why = conditions.checked(each["condition"])
            why = f"第{no}题：{why}" if why else ""
        if why:
            wrong.append(flow_check.Problem(no, why, "请在“谁会看到这一题”里改好，或去掉这一条"))
    return values, wrong


def _kinded(values: dict[str, Any]) -> dict[str, Any]:
    """A question of the form as one that was stored."""
    options = [{"is_other": False, "quota": None} | one for one in values["options"]]
    return values | {"kind": QuestionKind(values["kind"]), "options": options}


def _blocks(questions: Sheet) -> list[list[pages.Field]]:
    fields = [pages.Field(asked, (), "", page_answers.limits_words(asked)) for asked in questions.questions]
    return pages.blocks(fields)
