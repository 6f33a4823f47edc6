from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from peewee import Database

from models.people import Follower, FollowPeriod
from services import followers
from tests.factories import make_follower, make_member

APP = "wxapp"
pytestmark = pytest.mark.usefixtures("db")


def _again(follower: Follower) -> Follower:
    return Follower.get_by_id(follower.id)


def test_a_follow_reported_twice_opens_one_period(noon: datetime) -> None:
    first = followers.followed(APP, "o1", scene="qrscene_1", at=noon)
    again = followers.followed(APP, "o1", scene="qrscene_1", at=noon)

    assert first.id == again.id
    assert again.is_following
    assert [(p.followed_at, p.scene) for p in first.follow_periods] == [(noon, "qrscene_1")]


def test_leaving_and_coming_back_makes_two_periods_and_keeps_the_binding(noon: datetime) -> None:
    member = make_member()
    followers.unfollowed(member.app_id, member.openid, at=noon + timedelta(hours=1))
    followers.followed(member.app_id, member.openid, at=noon + timedelta(hours=2))

    back = _again(member)
    assert back.is_following
    assert back.person_id == member.person_id
    ends = [p.unfollowed_at for p in FollowPeriod.select().order_by(FollowPeriod.id)]
    assert ends == [noon + timedelta(hours=1), None]


def test_late_reports_change_nothing(noon: datetime) -> None:
    follower = followers.followed(APP, "o2", at=noon)
    followers.unfollowed(APP, "o2", at=noon - timedelta(minutes=5))
    assert _again(follower).is_following

    followers.unfollowed(APP, "o2", at=noon + timedelta(minutes=5))
    followers.followed(APP, "o2", at=noon + timedelta(minutes=1))
    assert not _again(follower).is_following


def test_leaving_shuts_the_window(noon: datetime) -> None:
    follower = followers.followed(APP, "o3", at=noon)
    followers.seen(follower, at=noon)

    followers.unfollowed(APP, "o3", at=noon + timedelta(seconds=1))

    assert not followers.spend_window(follower.id)
    assert followers.unfollowed(APP, "never-known", at=noon) is None


def test_a_message_opens_five_sends_for_48_hours(noon: datetime) -> None:
    follower = make_follower()

    followers.seen(follower, at=noon)

    assert _again(follower).window_until == noon + timedelta(hours=48)
    assert [followers.spend_window(follower.id) for _ in range(6)] == [True] * 5 + [False]


def test_a_tap_opens_a_minute_but_never_shortens_a_window(noon: datetime) -> None:
    follower = make_follower()
    followers.tapped(follower, at=noon)
    assert (_again(follower).window_until, _again(follower).window_left) == (noon + timedelta(minutes=1), 3)

    followers.seen(follower, at=noon)
    followers.tapped(follower, at=noon + timedelta(minutes=2))
    assert (_again(follower).window_until, _again(follower).window_left) == (noon + timedelta(hours=48), 5)


def test_an_older_message_does_not_turn_the_window_back(noon: datetime) -> None:
    follower = make_follower()
    followers.seen(follower, at=noon)
    followers.spend_window(follower.id)

    followers.seen(follower, at=noon - timedelta(minutes=1))

    assert _again(follower).window_left == 4
    assert _again(follower).last_message_at == noon


def test_who_followed_before_us_is_recognised(noon: datetime, db: Database) -> None:
    new = followers.recognise(APP, "o9", at=noon)

    assert new.is_following
    assert followers.recognise(APP, "o9", at=noon).id == new.id
    assert followers.member_of(new) is None
    member = make_member()
    assert followers.member_of(member) == member.person
