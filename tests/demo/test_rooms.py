"""What a new user finds in the rooms after `make run`: an activity to check in to, letters, complaints."""

from __future__ import annotations

from datetime import datetime

import pytest
from peewee import Database

from bot import dispatcher
from demo import alliance, content, rooms
from models.accounts import Account
from models.activities import Activity, SignUp
from models.automatic_notices import AutomaticNotice
from models.complaints import Complaint, ComplaintStatus
from models.inbound import InboxItem
from models.people import Person
from services import check_ins
from services.activities import reminders
from tests.bot.conftest import message
from tests.factories import make_follower


@pytest.fixture
def loaded(db: Database, noon: datetime) -> None:
    alliance.load(people=20)
    for person in list(Person.select().order_by(Person.id).limit(len(content.LETTERS))):
        make_follower(person=person)


def say(openid: str, text: str) -> None:
    assert dispatcher.answer(message(openid, text)) is not None


def test_the_rooms_are_filled_once_and_marked(loaded: None) -> None:
    assert len(rooms.enliven(say)) == 2
    assert rooms.enliven(say) == []

    activity = Activity.get(Activity.title == content.TODAY["title"])
    assert activity.is_sample
    assert check_ins.may_open(activity)
    assert SignUp.select().where(SignUp.activity == activity).count() == 20
    check_ins.open_(activity, by=Account.get(Account.username == "mishu"))
    assert {row.is_sample for row in InboxItem.select()} == {True}
    assert {row.is_sample for row in Complaint.select()} == {True}
    assert (InboxItem.select().count(), Complaint.select().count()) == (2, 4)
    assert Complaint.select().where(Complaint.status == ComplaintStatus.IN_HAND).count() == 1
    assert reminders.remind_due() == AutomaticNotice.select().count() == 0


def test_what_real_people_write_is_no_sample(db: Database, noon: datetime) -> None:
    real = make_follower(person=None)
    say(real.openid, "请问食堂几点开饭")
    say(real.openid, "投诉 食堂太挤")

    assert not InboxItem.get().is_sample
    assert not Complaint.get().is_sample
