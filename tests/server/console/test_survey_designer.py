"""The designer: each kind written and read back, arranged, checked, previewed, taken over, mended."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from models.accounts import AccountRoleKind
from models.audit import AuditEntry
from models.surveys import Correction, Question, Questionnaire
from server.console import questionnaire_form
from server.console.forms import Form
from services.errors import Invalid
from services.surveys import corrections, drafting, library, questionnaires, sheet
from tests.factories import make_account, make_unit
from tests.factories.surveys import (
    day,
    free_text,
    if_chosen,
    make_questionnaire,
    number,
    picture,
    ranking,
    scale,
    single,
    with_other,
)
from tests.server.console.conftest import SignIn
from tests.server.console.test_surveys import typed

pytestmark = pytest.mark.usefixtures("noon", "db")


def everything() -> list[dict[str, Any]]:
    table = {"matrix": 7, "matrix_text": "对这次班的评价"}
    return [
        single(options=({"text": "上午", "quota": 30}, {"text": "下午"}), section="一、时间"),  # type: ignore[arg-type]
        with_other(condition=if_chosen(1, 1), help_text="可以不选"),
        scale("内容", **table),
        scale("老师", **table),
        ranking(maximum=2),
        day(
            minimum=20270101,
            condition={"any": [{"question": 3, "is": "more", "number": 3}, {"tiers": ["1"]}]},
        ),
        picture(is_required=False),
        free_text("{{6}}行吗？", condition={"all": [{"question": 6, "is": "less", "number": 20270401}]}),
    ]


def as_form(questions: list[dict[str, Any]]) -> MultiDict[str, str]:
    shown: MultiDict[str, str] = MultiDict()
    for name, value in questionnaire_form.fields(questionnaire_form.shown(questions)).items():
        for each in value if isinstance(value, list) else [value]:
            shown.add(name, str(each))
    return shown


def test_what_is_stored_comes_back_from_its_own_form() -> None:
    survey = make_questionnaire(*everything(), is_open=False, is_anonymous=False)
    stored = drafting.values_of(survey)["questions"]

    form = Form(as_form(stored))
    back = questionnaire_form.for_services(questionnaire_form.read(form), form)

    assert not form.errors
    again = make_questionnaire(*back, is_open=False, is_anonymous=False)
    told = drafting.values_of(again)["questions"]
    assert [each.pop("matrix") is None for each in told] == [each.pop("matrix") is None for each in stored]
    assert told == stored


def arranged(do: str, *questions: dict[str, Any], **more: str) -> list[dict[str, Any]]:
    survey = make_questionnaire(*questions, is_open=False, is_anonymous=False)
    form = Form(as_form(drafting.values_of(survey)["questions"]))
    form.values.update({"do": do, **more})
    found = questionnaire_form.read(form)
    questionnaire_form.arrange(found, form)
    again = Form()
    return [*questionnaire_form.for_services(found, again), {"removed": form.values.get("removed", "")}]


def test_conditions_and_piped_answers_follow_their_question_when_it_moves() -> None:
    questions = [single(), number("第二？"), free_text("{{1}}怎么样？", condition=if_chosen(1, 2))]

    moved = arranged("order-1,0,2", *questions)

    assert [each["text"] for each in moved[:3]] == ["第二？", "您最需要的专题？", "{{2}}怎么样？"]
    assert moved[2]["condition"] == {"all": [{"question": 2, "is": "chosen", "options": [2]}]}
    assert arranged("question-0-down", *questions)[:3] == moved[:3]


def test_a_question_taken_away_comes_back_with_all_that_asked_about_it() -> None:
    questions = [single(), number("第二？"), free_text(condition=if_chosen(1, 2))]
    survey = make_questionnaire(*questions, is_open=False)
    form = Form(as_form(drafting.values_of(survey)["questions"]))
    before = questionnaire_form.for_services(questionnaire_form.read(form), Form())

    found = questionnaire_form.read(form)
    form.values["do"] = "question-0-remove"
    questionnaire_form.arrange(found, form)
    gone = questionnaire_form.for_services(found, Form())
    assert gone[1]["condition"]["all"][0]["question"] == 0
    assert json.loads(form.values["removed"])["at"] == 0
    form.values["do"] = "undo"
    questionnaire_form.arrange(found, form)

    assert questionnaire_form.for_services(found, Form()) == before


def test_a_copy_stands_behind_and_a_row_joins_its_table() -> None:
    copied = arranged("question-0-copy", single(section="一"), free_text(condition=if_chosen(1, 1)))
    assert [each["text"] for each in copied[:3]] == ["您最需要的专题？", "您最需要的专题？", "您的建议？"]
    assert copied[2]["condition"]["all"][0]["question"] == 1

    rows = arranged("question-0-row", scale("内容", matrix=1, matrix_text="评价"))
    assert [(each["text"], each["matrix"], each["kind"]) for each in rows[:2]] == [
        ("内容", 1, "scale"),
        ("", 1, "scale"),
    ]


def test_the_form_shows_a_condition_in_words_and_saves_it(sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    condition = {
        "question-1-if-how": "all",
        "question-1-if-0-on": "q0",
        "question-1-if-0-is": "chosen",
        "question-1-if-0-options": ["乡村振兴"],
        "question-1-if-1-on": "tiers",
        "question-1-if-1-options": ["1"],
    }

    answer = client.post("/console/surveys/new", data=typed(**condition))

    survey = Questionnaire.get()
    assert answer.location == f"/console/surveys/{survey.id}"
    kept = Question.get(Question.position == 2).condition
    assert kept == {"all": [{"question": 1, "is": "chosen", "options": [2]}, {"tiers": ["1"]}]}
    form = client.get(f"/console/surveys/{survey.id}/edit").text
    assert re.search(r'name="question-1-if-0-options" value="乡村振兴" checked', form)
    assert "第1题选了“乡村振兴”，并且层级是" in client.get(answer.location).text


def test_the_preview_shows_phone_and_page_and_names_what_is_wrong(sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    wrong = {"question-0-if-0-on": "q1", "question-0-if-0-is": "answered", "question-1-text": ""}

    page = html.unescape(client.post("/console/surveys/preview", data=typed(**wrong)).text)

    assert "第1题的显示条件用到了第2题，它不在前面" in page
    gone = {"question-1-if-0-on": "gone", "question-1-if-0-is": "chosen"}
    assert (
        "第2题的显示条件用到了已删除的题" in client.post("/console/surveys/preview", data=typed(**gone)).text
    )
    assert "请把第2题移到前面" in page
    assert "【2/2】（还没有写题目）（数字）" in page
    assert 'class="survey-tick"' in page
    assert not Questionnaire.select().exists()


def test_errors_are_told_on_the_draft_and_opening_is_refused(sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    survey = make_questionnaire(single(), free_text(condition=if_chosen(2, 1)), is_open=False)

    assert "它不在前面" in client.get(f"/console/surveys/{survey.id}").text
    client.post(f"/console/surveys/{survey.id}/open")
    assert Questionnaire.get().status == "draft"


def test_questions_are_taken_from_ones_own_and_shared_questionnaires_alone() -> None:
    mine, theirs = make_unit(), make_unit()
    actor = make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=mine)
    own = make_questionnaire(
        single(section="一"), free_text("{{1}}？", condition=if_chosen(1, 2)), number(), member_unit=mine
    )
    shared = make_questionnaire(title="共享的", is_shared=True, member_unit=theirs)
    make_questionnaire(title="他们自己的", member_unit=theirs)

    assert {row.id for row in library.questionnaires(actor=actor)} == {own.id, shared.id}
    assert [row.id for row in library.questionnaires(actor=actor, text="专题")] == [shared.id, own.id]
    taken = library.taken(own.id, [1, 2], actor=actor, after=4)
    assert [each["text"] for each in taken] == ["您最需要的专题？", "{{5}}？"]
    assert taken[1]["condition"] == {"all": [{"question": 5, "is": "chosen", "options": [2]}]}
    assert library.taken(own.id, [2], actor=actor, after=4)[0]["condition"] is None


def test_taken_questions_stand_in_the_form(sign_in: SignIn) -> None:
    unit = make_unit()
    client = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=unit))
    survey = make_questionnaire(single(), with_other("还有？"), member_unit=unit)

    listed = client.get(f"/console/surveys/library?from={survey.id}").text
    assert 'name="take" value="2"' in listed
    page = client.post(
        "/console/surveys/arrange", data=typed(**{"do": "take", "from": str(survey.id), "take": ["2"]})
    ).text

    assert 'name="question-2-text" value="还有？"' in page
    assert 'name="question-2-other" value="其他"' in page


def test_a_slip_of_the_pen_is_mended_while_open_and_another_question_is_not(sign_in: SignIn) -> None:
    account = make_account(AccountRoleKind.SECRETARIAT)
    survey = make_questionnaire(single("您最需要的专提？"), number())
    asked = sheet.of(survey.id).questions[0]
    client = sign_in(account)
    at = f"/console/surveys/{survey.id}/correct"
    assert 'value="您最需要的专提？"' in client.get(at).text

    refused = client.post(at, data={f"question-{asked.id}": "您几岁了呢", "note": "换题"})
    assert refused.status_code == 422
    assert "改动太大" in refused.text
    mended = client.post(
        at,
        data={
            f"question-{asked.id}": "您最需要的专题？",
            f"option-{asked.choices[0].id}": "基层治理",
            "note": "错字",
        },
    )

    assert mended.status_code == 302
    assert sheet.of(survey.id).questions[0].id == asked.id
    assert sheet.of(survey.id).questions[0].text == "您最需要的专题？"
    kept = Correction.get()
    assert (kept.was, kept.now, kept.note) == ("您最需要的专提？", "您最需要的专题？", "错字")
    assert AuditEntry.select().where(AuditEntry.action == "questionnaire.corrected").count() == 1
    assert "“您最需要的专提？”改为“您最需要的专题？”" in client.get(f"/console/surveys/{survey.id}").text


def test_a_correction_wants_a_note_and_an_open_questionnaire() -> None:
    actor = make_account(AccountRoleKind.SECRETARIAT)
    survey = make_questionnaire(single())
    asked = sheet.of(survey.id).questions[0]

    with pytest.raises(Invalid) as told:
        corrections.correct(survey, {("question", asked.id): "您最需要的专题"}, note=" ", actor=actor)
    assert told.value.fields == {"note": "请写明改了什么、为什么"}


@pytest.mark.parametrize(
    ("was", "now", "small"),
    [("乡真", "乡镇", True), ("满意", "不满意", True), ("基层治理", "乡村振兴", False), ("甲", "乙", False)],
)
def test_what_is_a_small_correction(was: str, now: str, small: bool) -> None:
    assert corrections.is_small(was, now) is small


@pytest.mark.parametrize(
    ("was", "now", "is_taken"),
    [
        ("您满意吗？", "您不满意吗？", False),
        ("您没有参加过培训吗？", "您有参加过培训吗？", False),
        ("每年3天合适吗？", "每年5天合适吗？", False),
        ("每年13天合适吗？", "每年31天合适吗？", False),
        ("每年３天和适吗？", "每年3天合适吗？", True),
    ],
)
def test_a_correction_that_turns_the_meaning_is_refused(was: str, now: str, is_taken: bool) -> None:
    actor = make_account(AccountRoleKind.SECRETARIAT)
    survey = make_questionnaire(single(was))
    (asked,) = sheet.of(survey.id).questions

    told: dict[str, str] = {}
    try:
        corrections.correct(survey, {("question", asked.id): now}, note="错字", actor=actor)
    except Invalid as wrong:
        told = wrong.fields

    assert told == ({} if is_taken else {f"question-{asked.id}": corrections.TURNED})
    assert sheet.of(survey.id).questions[0].text == (now if is_taken else was)


def test_two_who_change_one_draft_see_the_difference_field_by_field(sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    client.post("/console/surveys/new", data=typed())
    survey = Questionnaire.get()
    opened = client.get(f"/console/surveys/{survey.id}/edit").text
    was = html.unescape(re.search(r'name="was" value="([^"]*)"', opened)[1])  # type: ignore[index]
    theirs = drafting.values_of(survey)
    theirs["questions"][0]["text"] = "最想听什么？"
    theirs["title"] = "新标题"
    questionnaires.update(survey, theirs, version=1, actor=None)

    mine = typed(version="1", was=was, **{"question-0-text": "最缺哪一课？"})
    answer = client.post(f"/console/surveys/{survey.id}/edit", data=mine)

    assert answer.status_code == 409
    assert "第1题题目" in answer.text
    assert "最缺哪一课？" in answer.text
    assert "最想听什么？" in answer.text
    assert "您没有动过的标题，已换成现在的内容" in answer.text
