"""Feedback: asked the day after, one vote each, anonymous, shown from five on."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from peewee import Database

import clock
from models.accounts import AccountRoleKind
from models.activities import Activity, Feedback, FeedbackVote
from models.automatic_notices import AutomaticNoticePerson
from models.check_ins import CheckIn, CheckInWay
from models.messaging import Campaign
from models.people import Person
from services.activities import feedback
from services.activities.feedback import AlreadyVoted, FeedbackClosed
from services.errors import Invalid, NotFound
from tests.factories import make_account, make_activity, make_person, make_sign_up

pytestmark = pytest.mark.usefixtures("noon")
GOOD = dict.fromkeys(feedback.ITEMS, "4")


@pytest.fixture
def over(db: Database, noon: datetime) -> Activity:
    return make_activity(starts_at=noon - timedelta(hours=3))


def came(activity: Activity) -> Person:
    person = make_person()
    make_sign_up(activity, person)
    return person


def test_a_vote_counts_once_and_leads_to_nobody(over: Activity) -> None:
    person = came(over)

    feedback.give(over, person, GOOD, "讲得好")
    with pytest.raises(AlreadyVoted):
        feedback.give(over, person, GOOD)

    assert Feedback.select().count() == FeedbackVote.select().count() == 1
    columns = set(Feedback._meta.fields)
    assert columns == {"id", "activity", *feedback.ITEMS, "text"}
    assert set(FeedbackVote._meta.fields) == {"id", "activity", "person"}
    assert not feedback.may_give(over, person)


def test_nothing_is_shown_of_fewer_than_five(over: Activity) -> None:
    for _ in range(4):
        feedback.give(over, came(over), GOOD, "很好")
    told = feedback.results(over, actor=None)
    assert (told.votes, told.items, told.texts, told.is_shown) == (4, [], [], False)

    feedback.give(over, came(over), GOOD | {"place": "1"}, "停车难")

    told = feedback.results(over, actor=None)
    assert told.is_shown
    assert [item.votes[4] for item in told.items] == [5, 5, 5, 4, 5]
    assert told.items[3].satisfied == 0.8
    assert sorted(told.texts) == ["停车难", "很好", "很好", "很好", "很好"]


@pytest.mark.parametrize("value", ["", "0", "5", "满意", "44"])
def test_an_item_without_a_grade_is_named(over: Activity, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        feedback.give(over, came(over), GOOD | {"place": value})

    assert refused.value.fields == {"place": "请给“场地与环境”选一项"}
    assert FeedbackVote.select().count() == 0


def test_who_was_not_there_has_no_vote(over: Activity, noon: datetime) -> None:
    walk_in = make_person()
    CheckIn.create(
        activity=over, person=walk_in, way=CheckInWay.SIX_DIGITS, at=noon, moved_at=noon, is_walk_in=True
    )

    feedback.give(over, walk_in, GOOD)
    with pytest.raises(NotFound):
        feedback.give(over, make_person(), GOOD)

    assert FeedbackVote.get().person == walk_in


def test_it_is_open_from_the_end_for_a_fortnight(db: Database, noon: datetime) -> None:
    activity = make_activity(starts_at=noon)
    person = came(activity)
    with pytest.raises(FeedbackClosed):
        feedback.give(activity, person, GOOD)

    clock.set_fixed(noon + timedelta(days=14, hours=2))
    with pytest.raises(FeedbackClosed):
        feedback.give(activity, person, GOOD)


def test_the_day_after_who_came_is_asked_once(over: Activity, noon: datetime) -> None:
    person = came(over)
    assert feedback.ask_due() == 0

    clock.set_fixed(noon + timedelta(hours=22))

    assert (feedback.ask_due(), feedback.ask_due()) == (1, 0)
    assert AutomaticNoticePerson.get().person == person
    assert Campaign.get().notice.url == f"/m/activities/{over.id}/feedback"


def test_results_are_for_the_holding_unit(over: Activity) -> None:
    with pytest.raises(NotFound):
        feedback.results(over, actor=make_account(AccountRoleKind.SCHOOL_ADMIN))

    assert feedback.results(over, actor=make_account(AccountRoleKind.SECRETARIAT)).votes == 0
