"""Follower tags: made, adopted, put on by fifties, taken off, and what happens when the platform says no."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from peewee import Database

import clock
import config
from models.people import Follower, PersonRole, PersonRoleKind, Topic
from models.tags import FollowerTag, Tagging
from sandbox.testing import Sandbox, running_sandbox
from services import follower_tags
from tests.factories import make_follower, make_opt_in, make_person, make_unit
from wechat.gateway import Gateway, make_gateway
from wechat.token_stores import MemoryTokenStore

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def sandbox(db: Database, noon: object) -> Iterator[Sandbox]:
    with running_sandbox() as running:
        running.post("/_sandbox/clock", {"time": clock.timestamp()})
        yield running


@pytest.fixture
def wechat(sandbox: Sandbox) -> Gateway:
    settings = config.settings().model_copy(update={"wechat_api_url": sandbox.url})
    return make_gateway(settings, MemoryTokenStore())


def member(sandbox: Sandbox, *roles: PersonRoleKind, **values: Any) -> Follower:
    person = make_person(**values)
    for role in roles:
        PersonRole.create(
            person=person, member_unit=person.member_unit, role=role, valid_from=date(2020, 1, 1)
        )
    return make_follower(person=person, openid=sandbox.add(person.name))


def tags_of(sandbox: Sandbox, follower: Follower) -> set[str]:
    names = {tag["id"]: tag["name"] for tag in sandbox.call("/cgi-bin/tags/get")["tags"]}
    told = sandbox.call("/cgi-bin/tags/getidlist", {"openid": follower.openid})
    return {names[each] for each in told["tagid_list"]}


def calls(sandbox: Sandbox, path: str) -> int:
    return sum(sandbox.get("/_sandbox/stats")["calls"].get(path, {}).values())


def test_roles_topics_and_units_become_tags_and_go_with_them(sandbox: Sandbox, wechat: Gateway) -> None:
    unit = make_unit(short_name="乐余")
    teacher = member(sandbox, PersonRoleKind.INSTRUCTOR, member_unit=unit)
    both = member(sandbox, PersonRoleKind.LIAISON, PersonRoleKind.INSTRUCTOR, member_unit=unit)
    make_opt_in(teacher.person, Topic.LECTURE)
    stranger = make_follower(openid=sandbox.add("路人"))

    first = follower_tags.sync(wechat=wechat)

    assert first is not None
    assert first.problems == []
    assert tags_of(sandbox, teacher) == {"教师", "单位-乐余", "订阅讲座"}
    assert tags_of(sandbox, both) == {"教师", "工作人员", "单位-乐余"}
    assert tags_of(sandbox, stranger) == set()
    made = calls(sandbox, "/cgi-bin/tags/members/batchtagging")
    assert follower_tags.sync(wechat=wechat) == follower_tags.Outcome()
    assert calls(sandbox, "/cgi-bin/tags/members/batchtagging") == made  # nothing differs: nothing is sent

    Follower.update(person=None).where(Follower.id == both.id).execute()
    PersonRole.update(valid_to=date(2026, 11, 1)).where(PersonRole.person == teacher.person).execute()
    follower_tags.sync(wechat=wechat)

    assert tags_of(sandbox, both) == set()
    assert tags_of(sandbox, teacher) == {"单位-乐余", "订阅讲座"}


def test_fifty_followers_a_call(sandbox: Sandbox, wechat: Gateway) -> None:
    unit = make_unit()
    for _ in range(61):
        member(sandbox, member_unit=unit)

    outcome = follower_tags.sync(wechat=wechat)

    assert outcome is not None
    assert outcome.put_on == 61
    assert calls(sandbox, "/cgi-bin/tags/members/batchtagging") == 2


def test_who_is_refused_is_left_out_and_the_others_are_not(sandbox: Sandbox, wechat: Gateway) -> None:
    unit = make_unit(short_name="乐余")
    good = member(sandbox, member_unit=unit)
    gone = member(sandbox, member_unit=unit)
    sandbox.act(gone.openid, "unfollow")  # we have not heard of it yet

    outcome = follower_tags.sync(wechat=wechat)

    assert outcome is not None
    assert (outcome.put_on, outcome.left_out, outcome.problems) == (1, 1, [])
    assert tags_of(sandbox, good) == {"单位-乐余"}
    assert Tagging.select().count() == 1


def test_a_tag_of_that_name_is_adopted_and_one_deleted_by_hand_is_made_again(
    sandbox: Sandbox, wechat: Gateway
) -> None:
    by_hand = sandbox.call("/cgi-bin/tags/create", {"tag": {"name": "教师"}})["tag"]["id"]
    teacher = member(sandbox, PersonRoleKind.INSTRUCTOR)
    follower_tags.sync(wechat=wechat)
    assert FollowerTag.get(FollowerTag.key == follower_tags.INSTRUCTOR).tag_id == by_hand

    sandbox.call("/cgi-bin/tags/delete", {"tag": {"id": by_hand}})
    follower_tags.sync(wechat=wechat)

    assert "教师" in tags_of(sandbox, teacher)


def test_never_more_than_a_hundred(sandbox: Sandbox, wechat: Gateway) -> None:
    for n in range(90):
        sandbox.call("/cgi-bin/tags/create", {"tag": {"name": f"手工{n}"}})
    for _ in range(12):
        make_unit()

    outcome = follower_tags.sync(wechat=wechat)

    assert outcome is not None
    assert len(sandbox.call("/cgi-bin/tags/get")["tags"]) == 100
    assert "标签已满 100 个" in outcome.problems[0]


@pytest.mark.parametrize(
    ("errcode", "told"), [(-1, "下次接着同步"), (45169, "下次接着同步"), (48001, "微信没有答应")]
)
def test_a_run_that_breaks_off_goes_on_the_next_time(
    sandbox: Sandbox, wechat: Gateway, errcode: int, told: str
) -> None:
    teacher = member(sandbox, PersonRoleKind.INSTRUCTOR)
    sandbox.fault(path="/cgi-bin/tags/members/batchtagging", errcode=errcode, times=1)

    first = follower_tags.sync(wechat=wechat)
    assert first is not None
    assert told in first.problems[0]
    wechat.capabilities.turn_on("tags")
    follower_tags.sync(wechat=wechat)

    assert "教师" in tags_of(sandbox, teacher)


def test_an_account_without_the_right_is_told_so_and_calls_nothing(sandbox: Sandbox) -> None:
    settings = config.settings().model_copy(update={"wechat_api_url": sandbox.url, "wechat_verified": False})

    outcome = follower_tags.sync(wechat=make_gateway(settings, MemoryTokenStore()))

    assert outcome is not None
    assert outcome.problems == ["公众号未认证，没有用户标签权限"]
    assert calls(sandbox, "/cgi-bin/tags/get") == 0


def test_after_a_binding_the_role_tag_comes_within_minutes(sandbox: Sandbox, wechat: Gateway) -> None:
    assert follower_tags.sync_recent(wechat=wechat) is None
    member(sandbox)  # an ordinary member needs no tag of a role
    assert follower_tags.sync_recent(wechat=wechat) is None
    assert calls(sandbox, "/cgi-bin/tags/get") == 0
    liaison = member(sandbox, PersonRoleKind.LIAISON)

    outcome = follower_tags.sync_recent(wechat=wechat)

    assert outcome is not None
    assert tags_of(sandbox, liaison) == {"工作人员"}
    assert not follower_tags.anybody_recent()
    Follower.update(person=None).where(Follower.id == liaison.id).execute()
    follower_tags.sync_recent(wechat=wechat)
    assert tags_of(sandbox, liaison) == set()


def test_who_left_and_came_back_is_tagged_anew(sandbox: Sandbox, wechat: Gateway) -> None:
    teacher = member(sandbox, PersonRoleKind.INSTRUCTOR)
    follower_tags.sync(wechat=wechat)
    Follower.update(is_following=False).execute()
    follower_tags.sync(wechat=wechat)
    assert Tagging.select().count() == 0

    clock.advance(timedelta(days=1))
    Follower.update(is_following=True).execute()
    outcome = follower_tags.sync(wechat=wechat)

    assert outcome is not None
    assert outcome.put_on == 2
    assert "教师" in tags_of(sandbox, teacher)
