"""Signed links: once, for five minutes, to a member page."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from peewee import Database

import clock
import config
from models.operations import UsedLink
from services import member_links
from services.errors import NotFound
from tests.factories import make_member

pytestmark = pytest.mark.usefixtures("noon")


def token_of(url: str) -> str:
    return url.removeprefix(f"{config.settings().public_url}/m/open/")


def test_a_link_lets_its_follower_in_once(db: Database) -> None:
    follower = make_member()
    token = token_of(member_links.make(follower.id, "/m/issues/3?type=large"))

    assert member_links.use(token) == (follower, "/m/issues/3?type=large")
    with pytest.raises(member_links.LinkUsed) as refused:
        member_links.use(token)

    assert refused.value.details["follower_id"] == follower.id
    assert UsedLink.select().count() == 1


def test_two_links_made_in_the_same_second_both_work(db: Database) -> None:
    follower = make_member()
    first, second = member_links.make(follower.id), member_links.make(follower.id)

    assert member_links.use(token_of(first)) == member_links.use(token_of(second))


def test_a_link_ends_after_five_minutes(db: Database) -> None:
    token = token_of(member_links.make(make_member().id))
    clock.advance(timedelta(minutes=5, seconds=1))

    with pytest.raises(member_links.LinkExpired):
        member_links.use(token)

    assert UsedLink.select().count() == 0


def test_a_changed_link_is_broken(db: Database) -> None:
    token = token_of(member_links.make(make_member().id))

    for changed in (token[:-2] + "xx", token[1:], "", "a.b", "中文"):
        with pytest.raises(member_links.LinkBroken):
            member_links.use(changed)


def test_a_link_of_a_follower_that_is_gone_lets_nobody_in(db: Database) -> None:
    with pytest.raises(NotFound):
        member_links.use(token_of(member_links.make(10**9)))


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/m/",
        "//evil.example/m/",
        "/console/",
        "/m/../console/",
        "/m/\\evil",
        "m/",
        "/m/\n",
    ],
)
def test_a_link_leads_to_member_pages_only(path: str) -> None:
    with pytest.raises(ValueError):
        member_links.make(1, path)


def test_used_links_are_forgotten_after_a_while(db: Database, noon: datetime) -> None:
    member_links.use(token_of(member_links.make(make_member().id)))

    assert member_links.forget_used(noon) == 0
    assert member_links.forget_used(noon + timedelta(days=1)) == 1
