from __future__ import annotations

from datetime import datetime, timedelta

import pytest

import clock
from models.accounts import AccountRoleKind
from models.people import Consent, Topic, TopicOptIn
from services import opt_ins
from services.errors import NotAllowed, NotFound
from tests.factories import make_account, make_person

pytestmark = pytest.mark.usefixtures("db")


def test_topics_are_off_until_asked_for(noon: datetime) -> None:
    person = make_person()
    assert opt_ins.topics_of(person) == set()

    assert opt_ins.set_topic(person, Topic.SALON, True, source="chat_word")

    assert opt_ins.topics_of(person) == {Topic.SALON}
    row = TopicOptIn.get()
    assert (row.changed_at, row.source) == (noon, "chat_word")


def test_every_change_is_kept_and_a_repeat_is_none(noon: datetime) -> None:
    person = make_person()
    opt_ins.set_topic(person, Topic.LECTURE, True, source="chat_word")
    assert not opt_ins.set_topic(person, Topic.LECTURE, True, source="page")
    clock.advance(timedelta(hours=1))
    assert opt_ins.set_topic(person, Topic.LECTURE, False, source="chat_link")
    assert not opt_ins.set_topic(person, Topic.E_JOURNAL, False, source="chat_word")

    said = [(c.topic, c.is_granted, c.source) for c in opt_ins.history_of(person)]
    assert said == [(Topic.LECTURE, False, "chat_link"), (Topic.LECTURE, True, "chat_word")]
    assert opt_ins.topics_of(person) == set()


def test_an_account_can_only_switch_off_and_only_its_own_people() -> None:
    person = make_person()
    own = make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=person.member_unit)
    other = make_account(AccountRoleKind.SCHOOL_ADMIN)
    opt_ins.set_topic(person, Topic.SURVEY, True, source="page")

    with pytest.raises(NotAllowed):
        opt_ins.set_topic(person, Topic.LECTURE, True, source="console", actor=own)
    with pytest.raises(NotFound):
        opt_ins.set_topic(person, Topic.SURVEY, False, source="console", actor=other)
    assert opt_ins.set_topic(person, Topic.SURVEY, False, source="console", actor=own)

    assert Consent.select().count() == 2
