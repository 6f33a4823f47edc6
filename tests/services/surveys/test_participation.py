"""Participation: that a person took part, in chat and on the page, never what was said."""

from __future__ import annotations

from datetime import timedelta

import pytest
from peewee import Database

import clock
from models.people import Follower
from models.surveys import Disposition, Participation, Questionnaire, Response
from services.surveys import conversations, pages, participation, questionnaires, sheet
from services.surveys.pages import Brought
from tests.factories import make_member
from tests.factories.surveys import make_questionnaire, number

pytestmark = pytest.mark.usefixtures("noon")


def dispositions(questionnaire: Questionnaire) -> dict[int, Disposition]:
    rows = Participation.select().where(Participation.questionnaire == questionnaire.id)
    return {row.person_id: row.disposition for row in rows}


def answer_on_page(member: Follower, questionnaire: Questionnaire) -> None:
    brought = {
        asked.id: Brought(["5"], pages.mark(asked, [])) for asked in sheet.of(questionnaire.id).questions
    }
    saved = pages.save(questionnaire.id, member, member.person, brought, submits=True)
    assert saved.is_completed


@pytest.mark.usefixtures("db")
def test_chat_notes_the_beginning_and_the_end() -> None:
    member, survey = make_member(), make_questionnaire(number())

    conversations.start(member, member.person, at=clock.utc_now())
    assert dispositions(survey) == {member.person_id: Disposition.BEGUN}
    conversations.typed(member, member.person, "7", "7", at=clock.utc_now())

    assert dispositions(survey) == {member.person_id: Disposition.COMPLETED}


@pytest.mark.usefixtures("db")
def test_the_page_notes_the_same_and_a_change_of_mind_adds_nothing() -> None:
    member, survey = make_member(), make_questionnaire(number())

    answer_on_page(member, survey)
    answer_on_page(member, survey)

    assert dispositions(survey) == {member.person_id: Disposition.COMPLETED}
    assert Response.select().count() == 1


@pytest.mark.usefixtures("db")
def test_who_answered_is_told_by_when_the_questionnaire_was_open() -> None:
    old, begun, recent = make_member(), make_member(), make_member()
    first = make_questionnaire(number())
    answer_on_page(old, first)
    questionnaires.close(first, actor=None)
    half_year_ago = clock.utc_now() + timedelta(days=1)
    clock.set_fixed(clock.utc_now() + timedelta(days=180))
    second = make_questionnaire(number())
    answer_on_page(recent, second)
    participation.begun(second, begun.person_id)

    found = [row.person_id for row in participation.persons_who_answered(half_year_ago)]

    assert found == [recent.person_id]


def test_closing_leaves_no_order_by_which_a_response_would_be_found(own_database: Database) -> None:
    survey = make_questionnaire(number())
    members = [make_member() for _ in range(12)]
    for member in members:
        answer_on_page(member, survey)

    questionnaires.close(survey, actor=None)

    hidden = "ctid" if type(own_database).__name__ == "PostgresqlDatabase" else "id"
    rows = own_database.execute_sql(f"SELECT id, person_id FROM participation ORDER BY {hidden}").fetchall()
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    assert {row[1] for row in rows} == {member.person_id for member in members}
    if hidden == "ctid":
        stamps = own_database.execute_sql("SELECT DISTINCT xmin::text FROM participation").fetchall()
        assert len(stamps) == 1
    else:
        kept = own_database.execute_sql(
            "SELECT sql FROM sqlite_master WHERE name = 'participation'"
        ).fetchone()
        assert kept[0].endswith("WITHOUT ROWID")
