"""The crowd: exact shares, the same each time, and rows that hold what was drawn."""

from __future__ import annotations

from datetime import datetime

import pytest
from peewee import Database

import clock
from demo import alliance, crowd
from models.people import Follower, FollowPeriod, Person, SubscriptionConsent, TopicOptIn

SHARES = {
    "is_unfollowed": 0.05,
    "is_blocking": 0.02,
    "is_window_open": 0.15,
    "has_consent": 0.30,
    "is_opted_in": 0.40,
    "has_mass_used": 0.20,
}


@pytest.mark.parametrize("count", [20, 500, 1234])
def test_the_shares_are_exact(count: int) -> None:
    drawn = crowd.states(count)

    assert {name: sum(getattr(state, name) for state in drawn) for name in SHARES} == {
        name: round(count * share) for name, share in SHARES.items()
    }
    assert len({state.openid for state in drawn}) == count
    assert {len(state.openid) for state in drawn} == {28}


def test_whoever_left_neither_blocks_nor_has_a_window() -> None:
    for state in crowd.states(1000):
        assert state.is_unfollowed + state.is_blocking + state.is_window_open <= 1


def test_a_seed_gives_the_same_crowd_and_another_a_different_one() -> None:
    assert crowd.states(300) == crowd.states(300)
    assert crowd.states(300) != crowd.states(300, seed=20)


@pytest.mark.usefixtures("noon")
def test_the_tables_hold_what_was_drawn_once(db: Database, noon: datetime) -> None:
    alliance.load(people=0)
    drawn = crowd.fill(100)
    assert crowd.fill(100) == drawn

    by_openid = {row.openid: row for row in Follower.select()}
    assert set(by_openid) == {state.openid for state in drawn}
    assert Person.select().count() == FollowPeriod.select().count() == 100
    for state in drawn:
        row = by_openid[state.openid]
        assert row.person_id is not None
        assert (row.window_until is not None and row.window_until > clock.utc_now()) is state.is_window_open
        assert (row.mass_received == 4) is state.has_mass_used
        assert row.is_following or state.is_unfollowed
    unseen = [state for state in drawn if state.is_unfollowed and by_openid[state.openid].is_following]
    assert 0 < len(unseen) < sum(state.is_unfollowed for state in drawn)
    assert SubscriptionConsent.select().count() == 30
    assert TopicOptIn.select().where(TopicOptIn.is_on).count() == 40 * 3
