"""Narrowed results and cross tables: counts, roles, and what an anonymous survey leaves out."""

from __future__ import annotations

import pytest

from models.people import PersonRoleKind
from models.surveys import Answer, Questionnaire, Response, ResponseStatus
from services.errors import Invalid, NotAllowed
from services.surveys import cross_tables, results, sheet
from services.surveys.results import Narrowing
from tests.factories import make_unit
from tests.factories.surveys import make_questionnaire, multiple, ranking, scale, single

pytestmark = pytest.mark.usefixtures("db", "noon")
TRAINEE, LIAISON = PersonRoleKind.TRAINEE, PersonRoleKind.LIAISON


def respond(survey: Questionnaire, unit_id: int, role: PersonRoleKind, *given: object) -> None:
    """One response; a question's answer is the place of an option, several, or a number of a scale."""
    number = Response.select().count()
    response = Response.create(
        questionnaire=survey,
        respondent=f"r{number}",
        member_unit=unit_id,
        role=role,
        status=ResponseStatus.COMPLETED,
    )
    for asked, said in zip(sheet.of(survey.id).questions, given, strict=True):
        if asked.kind == "ranking":
            for place, no in enumerate(said, 1):  # type: ignore[arg-type,var-annotated]
                Answer.create(
                    response=response, question=asked.id, option_no=asked.choices[no].id, number=place
                )
        elif asked.choices:
            for no in said if isinstance(said, tuple) else (said,):
                Answer.create(response=response, question=asked.id, option_no=asked.choices[no].id)
        else:
            Answer.create(response=response, question=asked.id, number=said)


@pytest.fixture
def survey() -> Questionnaire:
    """Two units: 10 trainees who choose the first topic, 10 liaisons who choose the second; and 8, 6."""
    made = make_questionnaire(single(), multiple(), scale())
    one, two = make_unit(short_name="甲"), make_unit(short_name="乙")
    for unit, trainees, liaisons in ((one, 10, 10), (two, 8, 6)):
        for _ in range(trainees):
            respond(made, unit.id, TRAINEE, 0, (0, 1), 5)
        for _ in range(liaisons):
            respond(made, unit.id, LIAISON, 1, (0,), 3)
    return made


def test_filters_combine(survey: Questionnaire) -> None:
    unit_id = cross_tables.answer_columns.of(survey).units[0]
    first = sheet.of(survey.id).questions[0].choices[0].id

    found = results.results(
        survey, actor=None, narrowing=Narrowing(unit_id=unit_id, role=TRAINEE, option_id=first)
    )

    assert found.started == 10
    assert found.questions is not None
    one, two, three = found.questions
    assert [bar.count for bar in one.bars] == [10, 0, 0]
    assert [bar.count for bar in two.bars] == [10, 10, 0, 0]
    assert (three.mean, three.bars[4].count) == (5.0, 10)


def test_a_question_is_crossed_by_unit_role_and_another_question(survey: Questionnaire) -> None:
    topic, _, satisfied = sheet.of(survey.id).questions

    by_unit = cross_tables.cross(survey, topic.id, "unit", actor=None)
    by_role = cross_tables.cross(survey, satisfied.id, "role", actor=None)
    by_topic = cross_tables.cross(survey, satisfied.id, str(topic.id), actor=None)

    assert [(line.label, line.counts, line.answered) for line in by_unit.lines] == [
        ("甲", (10, 10, 0), 20),
        ("乙", (8, 6, 0), 14),
    ]
    assert {line.label: line.mean for line in by_role.lines} == {"学员": 5.0, "联络员": 3.0}
    assert [line.mean for line in by_topic.lines] == [5.0, 3.0]
    with pytest.raises(Invalid):
        cross_tables.cross(survey, topic.id, str(topic.id), actor=None)


def test_a_small_cell_is_hidden_with_what_would_give_it(survey: Questionnaire) -> None:
    topic = sheet.of(survey.id).questions[0]
    unit_id = cross_tables.answer_columns.of(survey).units[0]
    for _ in range(2):
        respond(survey, unit_id, TRAINEE, 2, (0,), 4)

    (first, second) = cross_tables.cross(survey, topic.id, "unit", actor=None).lines
    narrowed = results.results(survey, actor=None, unit_id=unit_id).questions or []

    assert first.counts[2] is None
    assert second.counts[2] is None
    assert sum(count is None for count in first.counts) == 2
    assert [bar.count for bar in narrowed[0].bars] == list(first.counts)
    whole = results.results(survey, actor=None).questions or []
    assert [bar.count for bar in whole[0].bars] == [18, 16, 2]  # of all together it is told


def test_a_group_too_small_is_refused(survey: Questionnaire) -> None:
    unit_id = cross_tables.answer_columns.of(survey).units[0]
    rare = sheet.of(survey.id).questions[0].choices[2].id
    respond(survey, unit_id, TRAINEE, 2, (0,), 4)

    with pytest.raises(NotAllowed):
        results.results(survey, actor=None, narrowing=Narrowing(option_id=rare))


def test_a_ranking_tells_first_places_mean_places_and_borda() -> None:
    survey = make_questionnaire(ranking())
    unit = make_unit()
    for order in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (0, 1, 2), (2, 1, 0)):
        respond(survey, unit.id, TRAINEE, order)

    (result,) = results.results(survey, actor=None).questions or []

    assert [bar.count for bar in result.bars] == [3, 1, 1]
    assert [bar.mean_place for bar in result.bars] == [1.6, 2.0, 2.4]
    assert [bar.points for bar in result.bars] == [pytest.approx(2.4), pytest.approx(2.0), pytest.approx(1.6)]
