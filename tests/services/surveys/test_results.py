"""Counts, and what small groups do not tell."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

import clock
from models.accounts import AccountRoleKind
from models.alliance import MemberUnit
from models.surveys import QuestionKind, Questionnaire
from services.errors import NotAllowed, NotFound
from services.surveys import chat_links, conversations, results, sheet, tables
from services.surveys.sheet import Asked
from tests.factories import make_account, make_member, make_unit
from tests.factories.surveys import free_text, make_questionnaire, multiple, number, scale, single

pytestmark = pytest.mark.usefixtures("db", "noon")


def answer(survey: Questionnaire, unit: MemberUnit, *said: str) -> None:
    member = make_member(unit=unit)
    begin = chat_links.menu_id(survey.id, 0, chat_links.START)
    conversations.tapped(member, member.person, begin, at=clock.utc_now())
    for words in said:
        assert conversations.typed(member, member.person, words, words, at=clock.utc_now()) is not None


def filled(*sizes: int, **values: object) -> tuple[Questionnaire, list[MemberUnit]]:
    """A survey answered by so many people of so many units."""
    survey = make_questionnaire(single(), multiple(), number(), free_text(is_required=False), **values)  # type: ignore[arg-type]
    units = [make_unit() for _ in sizes]
    for unit, size in zip(units, sizes, strict=True):
        for no in range(size):
            answer(
                survey,
                unit,
                "1" if no % 2 else "2",
                "1 2" if no else "3",
                str(no),
                "跳过" if no else "多办研讨",
            )
    return survey, units


def test_choices_numbers_and_texts_are_counted() -> None:
    survey, _ = filled(6)
    answer(survey, make_unit(), "3", "4")  # not finished: its answers count all the same

    found = results.results(survey, actor=None)

    assert (found.started, found.completed, found.meant) == (7, 6, 7)
    one, two, three, four = found.questions or []
    assert [(bar.label, bar.count) for bar in one.bars] == [("基层治理", 3), ("乡村振兴", 3), ("党史", 1)]
    assert [bar.count for bar in two.bars] == [5, 5, 1, 1]
    assert (two.answered, two.bars[0].share) == (7, 5 / 7)
    assert (three.answered, three.mean, three.least, three.greatest) == (6, 2.5, 0, 5)
    assert [(bar.label, bar.count) for bar in three.bars] == [(str(no), 1) for no in range(6)]
    assert four.answered == 1
    text_question = sheet.of(survey.id).questions[3]
    assert results.texts(survey, text_question.id, actor=None) == ["多办研讨"]


def test_a_scale_shows_every_step_its_ends_and_the_mean() -> None:
    survey = make_questionnaire(scale())
    for given in ("5", "5", "3", "1", "2"):
        answer(survey, make_unit(), given)

    (result,) = results.results(survey, actor=None).questions or []

    assert [(bar.label, bar.count) for bar in result.bars] == [
        ("1 很不满意", 1),
        ("2", 1),
        ("3", 1),
        ("4", 0),
        ("5 非常满意", 2),
    ]
    assert (result.answered, result.mean) == (5, 3.2)


def test_many_different_numbers_become_a_dozen_spans() -> None:
    values = np.repeat(np.arange(100), 2)
    asked = Asked(1, 1, QuestionKind.NUMBER, "几天？")

    codes, labels = tables._number_codes(asked, values, values >= 0)

    counts = np.bincount(codes).tolist()
    assert (labels[0], counts[0], labels[-1]) == ("0 至 8", 18, "99 至 99")
    assert (sum(counts), len(labels)) == (200, tables.MOST_BARS)


def test_fewer_than_five_anonymous_responses_tell_nothing() -> None:
    survey, _ = filled(4)

    found = results.results(survey, actor=None)

    assert (found.started, found.questions) == (4, None)
    assert results.texts(survey, sheet.of(survey.id).questions[3].id, actor=None) == []


def test_a_named_survey_tells_its_totals_whatever_the_number() -> None:
    survey, _ = filled(2, is_anonymous=False)

    assert results.results(survey, actor=None).questions is not None


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ((5, 6, 7), [5, 6, 7]),
        ((5, 4, 7), [None, None, 7]),  # 4 alone would follow from the rest
        ((5, 3, 2), [5, None, None]),
        ((9, 1), [None, None]),
        ((4,), [None]),
    ],
)
def test_a_small_unit_is_not_told_nor_what_would_tell_it(
    sizes: Iterable[int], told: list[int | None]
) -> None:
    survey, units = filled(*sizes)

    found = results.results(survey, actor=None)

    assert [unit.count for unit in found.units] == told
    for unit, count in zip(units, told, strict=True):
        if count is None:
            with pytest.raises(NotAllowed):
                results.results(survey, actor=None, unit_id=unit.id)
            assert (
                results.texts(survey, sheet.of(survey.id).questions[3].id, actor=None, unit_id=unit.id) == []
            )
        else:
            assert results.results(survey, actor=None, unit_id=unit.id).started == count


def test_one_units_results_are_its_own() -> None:
    survey, units = filled(5, 6, is_anonymous=False)

    found = results.results(survey, actor=None, unit_id=units[0].id)

    assert found.questions is not None
    assert [bar.count for bar in found.questions[0].bars] == [2, 3, 0]


def test_one_units_results_are_of_this_survey_alone() -> None:
    survey, (unit, _) = filled(5, 6, is_anonymous=False)
    other = make_questionnaire(
        single(), multiple(), number(), free_text(is_required=False), is_anonymous=False
    )
    for _ in range(5):
        answer(other, unit, "1", "1 2", "9", "另一份")

    found = results.results(survey, actor=None, unit_id=unit.id).questions or []
    words = results.texts(survey, found[3].asked.id, actor=None, unit_id=unit.id)

    assert [[bar.count for bar in each.bars] for each in found[:2]] == [[2, 3, 0], [4, 4, 1, 0]]
    assert (found[1].answered, found[2].greatest, found[3].answered, words) == (5, 4, 1, ["多办研讨"])


def test_another_school_sees_no_results() -> None:
    survey, _ = filled(5)

    with pytest.raises(NotFound):
        results.results(survey, actor=make_account(AccountRoleKind.SCHOOL_ADMIN))


def test_the_number_of_statements_does_not_grow_with_the_responses(count_statements: object) -> None:
    few, _ = filled(5)
    counted = count_statements(lambda: results.results(few, actor=None))  # type: ignore[operator]
    many, _ = filled(15, 9)

    assert count_statements(lambda: results.results(many, actor=None)) == counted  # type: ignore[operator]


def test_the_words_of_another_questionnaire_are_not_told() -> None:
    theirs, _ = filled(6)
    ours, _ = filled(6)
    question_id = sheet.of(theirs.id).questions[3].id

    with pytest.raises(NotFound):
        results.texts(ours, question_id, actor=None)
