"""Half-yearly surveys: each round opened once, from the last version, with its reminders and invitation."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

import clock
from models.accounts import Account, AccountRoleKind
from models.audit import AuditEntry
from models.fieldwork import SurveyRound, SurveySeries
from models.messaging import Campaign
from models.surveys import Question, Questionnaire, QuestionnaireStatus
from services.errors import Conflict, Invalid, NotFound
from services.surveys import drafting, fieldwork, half_yearly, questionnaires
from tests.factories import make_account, make_person, make_unit
from tests.factories.surveys import make_questionnaire

pytestmark = pytest.mark.usefixtures("db", "noon")  # 23 November 2026

MARCH = datetime(2027, 3, 1, 1, 0)  # 9:00 in Shanghai


def _secretary() -> Account:
    return make_account(AccountRoleKind.SECRETARIAT)


def _values(**values: object) -> dict[str, object]:
    return {
        "name": "学员需求征集", "first_opens": "03-01", "second_opens": "09-01", "open_days": 21,
        "first_reminder_days": 7, "second_reminder_days": 14, "is_active": True,
    } | values  # fmt: skip


def _series(actor: Account, **values: object) -> SurveySeries:
    model = make_questionnaire(is_open=False, member_unit=actor.member_unit)
    return half_yearly.create(_values(model=model.id, **values), actor=actor)


def test_a_round_opens_itself_once_with_reminders_and_an_invitation_to_review() -> None:
    made = _series(_secretary())
    make_person()
    assert half_yearly.next_opening(made) == date(2027, 3, 1)
    clock.set_fixed(MARCH - timedelta(minutes=1))
    assert half_yearly.open_due() == 0

    clock.set_fixed(MARCH)
    assert half_yearly.open_due() == 1
    assert half_yearly.open_due() == 0

    (held,) = half_yearly.rounds_of(made)
    opened = held.questionnaire
    assert (held.half_year, opened.title) == ("2027H1", "学员需求征集（2027年上半年）")
    assert (opened.status, opened.closes_at) == (QuestionnaireStatus.OPEN, MARCH + timedelta(days=21))
    assert [row.remind_at - MARCH for row in fieldwork.reminders_of(opened)] == [
        timedelta(days=7),
        timedelta(days=14),
    ]
    assert [campaign.questionnaire_id for campaign in Campaign.select()] == [opened.id]
    assert half_yearly.next_opening(made) == date(2027, 9, 1)
    assert AuditEntry.select().where(AuditEntry.action == "survey_series.opened").count() == 1


def test_the_next_round_is_made_from_the_last_version() -> None:
    actor = _secretary()
    made = _series(actor)
    clock.set_fixed(MARCH)
    half_yearly.open_due()
    (first,) = half_yearly.rounds_of(made)
    Question.update(text="改过的题目？").where(
        Question.questionnaire == first.questionnaire_id, Question.position == 1
    ).execute()

    clock.set_fixed(datetime(2027, 9, 1, 1, 0))
    assert half_yearly.open_due() == 1

    second = half_yearly.rounds_of(made)[0]
    assert second.half_year == "2027H2"
    assert drafting.values_of(second.questionnaire)["questions"][0]["text"] == "改过的题目？"


def test_a_clock_that_stood_still_opens_late_and_an_old_half_year_is_let_go() -> None:
    made = _series(_secretary(), second_opens="")
    clock.set_fixed(MARCH + timedelta(days=10))

    assert half_yearly.open_due() == 1
    (held,) = half_yearly.rounds_of(made)
    assert [row.no for row in fieldwork.reminders_of(held.questionnaire)] == [1]  # the 7th day is over

    other = _series(_secretary())
    clock.set_fixed(MARCH + timedelta(days=40))
    assert half_yearly.open_due() == 0
    assert half_yearly.rounds_of(other) == []


def test_a_series_that_rests_or_was_made_after_the_day_opens_nothing() -> None:
    _series(_secretary(), is_active=False)
    clock.set_fixed(MARCH + timedelta(days=1))
    made = _series(_secretary())

    assert half_yearly.open_due() == 0
    assert half_yearly.next_opening(made) == date(2027, 9, 1)


def test_what_hinders_a_round_is_told_and_leaves_nothing_half_made() -> None:
    actor = _secretary()
    made = _series(actor)
    Questionnaire.update(audience={"units": [999]}).execute()
    clock.set_fixed(MARCH)

    assert half_yearly.open_due() == 0

    held = SurveyRound.get()
    assert (held.questionnaire, held.failure) == (None, "所选单位不存在，请重新选择")
    assert Questionnaire.select().count() == 1
    assert half_yearly.last_version(made).id == made.model_id


def test_the_series_of_an_account_put_out_of_use_opens_nothing_and_says_why() -> None:
    actor = _secretary()
    _series(actor)
    Account.update(is_active=False).where(Account.id == actor.id).execute()
    clock.set_fixed(MARCH)

    assert half_yearly.open_due() == 0

    held = SurveyRound.get()
    assert held.questionnaire is None
    assert held.failure == half_yearly.AUTHOR_LEFT
    assert not Campaign.select().exists()
    assert [each.status for each in Questionnaire.select()] == [QuestionnaireStatus.DRAFT]


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"name": " "}, {"name"}),
        ({"first_opens": "07-01"}, {"first_opens"}),
        ({"first_opens": "3月1日"}, {"first_opens"}),
        ({"first_opens": "", "second_opens": ""}, {"first_opens"}),
        ({"open_days": 1}, {"open_days"}),
        ({"first_reminder_days": 30, "second_reminder_days": None}, {"first_reminder_days"}),
        ({"first_reminder_days": 10, "second_reminder_days": 9}, {"second_reminder_days"}),
        ({"first_reminder_days": None}, {"first_reminder_days"}),
    ],
)
def test_each_wrong_field_is_named(values: dict[str, object], wrong: set[str]) -> None:
    with pytest.raises(Invalid) as told:
        _series(_secretary(), **values)

    assert set(told.value.fields) == wrong


def test_another_school_neither_sees_nor_uses_it() -> None:
    made = _series(_secretary())
    other = make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=make_unit())

    with pytest.raises(NotFound):
        half_yearly.find(made.id, actor=other)
    with pytest.raises(Invalid) as told:
        half_yearly.create(_values(model=made.model_id), actor=other)
    assert set(told.value.fields) == {"model"}


def test_of_two_who_change_it_at_once_one_is_told() -> None:
    actor = _secretary()
    made = _series(actor)

    half_yearly.update(made, _values(model=made.model_id, open_days=30), version=1, actor=actor)
    with pytest.raises(Conflict):
        half_yearly.update(made, _values(model=made.model_id, open_days=40), version=1, actor=actor)

    assert SurveySeries.get().open_days == 30
    assert questionnaires.find(made.model_id, actor=actor).status is QuestionnaireStatus.DRAFT
