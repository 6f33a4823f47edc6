"""Questionnaires: written, changed, opened, closed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

import clock
from models.accounts import AccountRoleKind
from models.audit import AuditEntry
from models.surveys import Conversation, Question, Questionnaire, QuestionnaireStatus
from services.errors import Conflict, IllegalMove, Invalid, NotFound, StaleState
from services.surveys import drafting, questionnaires, sheet
from tests.factories import make_account, make_follower, make_unit
from tests.factories.surveys import (
    free_text,
    make_questionnaire,
    multiple,
    number,
    scale,
    single,
    survey_values,
)

pytestmark = pytest.mark.usefixtures("db", "noon")


def test_a_draft_keeps_its_questions_in_order() -> None:
    editor = make_account(AccountRoleKind.SECRETARIAT)

    made = questionnaires.create(survey_values(), actor=editor)

    asked = sheet.of(made.id).questions
    assert [(each.no, each.kind.value, each.is_required) for each in asked] == [
        (1, "single", True), (2, "multiple", True), (3, "number", True), (4, "text", False),
    ]  # fmt: skip
    assert [choice.text for choice in asked[1].choices] == ["讲授", "研讨", "现场", "线上"]
    assert (made.status, made.member_unit_id) == (QuestionnaireStatus.DRAFT, editor.member_unit_id)
    assert AuditEntry.select().where(AuditEntry.action == "questionnaire.created").count() == 1


def test_every_wrong_field_is_named_at_once() -> None:
    bad = survey_values(
        single(text=" "),
        single(options=("只有一个", " ")),
        multiple(options=("甲", "甲")),
        multiple(minimum=3, maximum=2),
        multiple(maximum=9),
        number(minimum=5, maximum=1),
        {"kind": "drawing", "text": "画"},
        title=" ", thanks="谢" * 201, audience={},
    )  # fmt: skip

    with pytest.raises(Invalid) as told:
        questionnaires.create(bad, actor=make_account(AccountRoleKind.SECRETARIAT))

    assert set(told.value.fields) == {
        "title", "thanks", "audience", "questions.0.text", "questions.1.options", "questions.2.options",
        "questions.3.minimum", "questions.4.maximum", "questions.5.minimum", "questions.6.kind",
    }  # fmt: skip
    assert Questionnaire.select().count() == Question.select().count() == 0


def test_without_a_question_it_is_refused() -> None:
    with pytest.raises(Invalid) as told:
        questionnaires.create(
            survey_values() | {"questions": []}, actor=make_account(AccountRoleKind.SECRETARIAT)
        )

    assert told.value.fields == {"questions": "请至少添加一道题"}


def test_an_update_replaces_the_questions_and_raises_the_version() -> None:
    editor = make_account(AccountRoleKind.SECRETARIAT)
    made = questionnaires.create(survey_values(), actor=editor)

    changed = questionnaires.update(made, survey_values(free_text("只问一句？")), version=1, actor=editor)

    assert changed.version == 2
    assert [each.text for each in sheet.of(made.id).questions] == ["只问一句？"]
    with pytest.raises(Conflict):
        questionnaires.update(made, survey_values(), version=1, actor=editor)


def test_questions_are_frozen_once_open() -> None:
    editor = make_account(AccountRoleKind.SECRETARIAT)
    made = make_questionnaire()

    with pytest.raises(Conflict, match="不能再改"):
        questionnaires.update(made, survey_values(), version=1, actor=editor)


def test_opening_makes_the_blind_key_and_closing_destroys_it(noon: datetime) -> None:
    made = make_questionnaire(is_open=False)
    named = make_questionnaire(is_anonymous=False)

    questionnaires.open(made, actor=None)
    key = Questionnaire.get_by_id(made.id).blind_key
    Conversation.create(follower=make_follower(), questionnaire=made, moved_at=noon)
    questionnaires.close(made, actor=None)

    closed = Questionnaire.get_by_id(made.id)
    assert len(key or "") >= 40
    assert (closed.blind_key, closed.status) == (None, QuestionnaireStatus.CLOSED)
    assert Conversation.select().count() == 0
    assert Questionnaire.get_by_id(named.id).blind_key is None


def test_moves_follow_the_state_machine_and_one_of_two_wins() -> None:
    made = make_questionnaire()
    stale = Questionnaire.get_by_id(made.id)
    questionnaires.close(made, actor=None)

    with pytest.raises(IllegalMove):
        questionnaires.open(made, actor=None)
    with pytest.raises(StaleState):
        questionnaires.close(stale, actor=None)


def test_opening_needs_an_end_that_is_to_come() -> None:
    late = make_questionnaire(is_open=False, closes_at=clock.utc_now())

    with pytest.raises(Invalid) as told:
        questionnaires.open(late, actor=None)

    assert "closes_at" in told.value.fields


def test_what_is_past_its_end_is_closed_by_the_job() -> None:
    due = make_questionnaire(closes_at=clock.utc_now() + timedelta(hours=1))
    make_questionnaire(closes_at=clock.utc_now() + timedelta(hours=3)), make_questionnaire()
    clock.advance(timedelta(hours=2))

    assert (questionnaires.close_due(), questionnaires.close_due()) == (1, 0)
    assert Questionnaire.get_by_id(due.id).status is QuestionnaireStatus.CLOSED


def test_a_school_sees_and_reaches_only_its_own() -> None:
    mine, other = make_account(AccountRoleKind.SCHOOL_ADMIN), make_account(AccountRoleKind.SCHOOL_ADMIN)
    made = questionnaires.create(survey_values(), actor=mine)

    assert made.audience == {"units": [mine.member_unit_id]}
    assert list(questionnaires.search(actor=other)) == []
    for act in (
        lambda: questionnaires.find(made.id, actor=other),
        lambda: questionnaires.update(made, survey_values(), version=1, actor=other),
        lambda: questionnaires.open(made, actor=other),
        lambda: questionnaires.copy(made, actor=other),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_copy_is_a_draft_with_the_same_questions() -> None:
    editor = make_account(AccountRoleKind.SECRETARIAT)
    made = make_questionnaire(member_unit=editor.member_unit)

    copied = questionnaires.copy(made, actor=editor)

    assert copied.status is QuestionnaireStatus.DRAFT
    assert drafting.values_of(copied)["questions"] == drafting.values_of(made)["questions"]


def test_a_scale_needs_five_or_ten_steps_and_words_for_both_ends_or_none() -> None:
    unit = make_unit()
    wrong = [scale(most=7), scale(ends=("差", "")), scale(ends=("长" * 13, "好"))]

    with pytest.raises(Invalid) as refused:
        questionnaires.create(survey_values(*wrong), actor=None, member_unit=unit)
    made = questionnaires.create(
        survey_values(scale(most=10, ends=("", "")), scale(maximum=None)), actor=None, member_unit=unit
    )

    assert refused.value.fields == {
        "questions.0.maximum": "评分请选 1 至 5 或 1 至 10",
        "questions.1.high_words": "请写明两端各是什么意思，或者都不写",
        "questions.2.low_words": "最多12字",
    }
    assert [len(asked.steps) for asked in sheet.of(made.id).questions] == [10, 5]


def test_a_copy_keeps_the_ends_of_a_scale() -> None:
    actor = make_account(AccountRoleKind.SECRETARIAT)
    made = questionnaires.create(survey_values(scale()), actor=actor)

    (copied,) = sheet.of(questionnaires.copy(made, actor=actor).id).questions

    assert (copied.low_words, copied.high_words, copied.maximum) == ("很不满意", "非常满意", 5)
