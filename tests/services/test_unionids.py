"""The nightly asking who is whom, against the local WeChat."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

import clock
import config
from models.people import Follower
from sandbox.testing import Sandbox, running_sandbox
from services import consents, identities, unionids
from tests.factories import make_follower, make_person
from wechat.gateway import Gateway, make_gateway
from wechat.token_stores import MemoryTokenStore

pytestmark = pytest.mark.usefixtures("db", "noon")


@pytest.fixture
def wechat() -> Iterator[tuple[Sandbox, Gateway]]:
    with running_sandbox() as running:
        settings = config.settings().model_copy(update={"wechat_api_url": running.url})
        gateway = make_gateway(settings, MemoryTokenStore())
        yield running, gateway
        gateway.close()


def member(openid: str) -> Follower:
    person = make_person()
    consents.keep(person, is_granted=True, source="chat", at=clock.utc_now())
    return make_follower(person=person, openid=openid)


def test_members_and_the_mini_programs_followers_come_together(wechat: tuple[Sandbox, Gateway]) -> None:
    sandbox, gateway = wechat
    known = member(sandbox.add())
    unionid = sandbox.call("/cgi-bin/user/info", openid=known.openid)["unionid"]
    assert unionids.ask(wechat=gateway) == 0  # nobody to bring together: nothing is asked
    mini = make_follower(app_id=config.settings().mini_app_id, unionid=unionid)

    assert unionids.ask(wechat=gateway) == 1

    assert Follower.get_by_id(mini.id).person_id == known.person_id
    assert unionids.ask(wechat=gateway) == 0


def test_an_account_that_tells_none_is_asked_once(
    wechat: tuple[Sandbox, Gateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, gateway = wechat
    for _ in range(2):
        member(sandbox.add(follow=False))  # WeChat tells no unionid of who does not follow
    make_follower(app_id=config.settings().mini_app_id, unionid="u1")
    monkeypatch.setattr(unionids, "MOST_AT_ONCE", 1)
    asked: list[list[str]] = []
    get = gateway.user_infos.get
    monkeypatch.setattr(gateway.user_infos, "get", lambda openids: asked.append(openids) or get(openids))

    assert unionids.ask(wechat=gateway) == 0

    assert len(asked) == 1
    with pytest.raises(ValueError):
        get(["o"] * 101)


def test_an_openid_that_is_no_more_does_not_hold_up_the_others(wechat: tuple[Sandbox, Gateway]) -> None:
    sandbox, gateway = wechat
    gone, known = member("oGone"), member(sandbox.add())
    make_follower(app_id=config.settings().mini_app_id, unionid="u1")

    assert unionids.ask(wechat=gateway) == 1

    assert Follower.get_by_id(known.id).unionid is not None
    assert Follower.get_by_id(gone.id).unionid is None


def test_soon_after_a_binding_the_mini_program_knows_the_person(wechat: tuple[Sandbox, Gateway]) -> None:
    sandbox, gateway = wechat
    before = member(sandbox.add())
    Follower.update(bound_at=clock.utc_now() - timedelta(days=2)).where(Follower.id == before.id).execute()
    assert not unionids.anybody_recent()
    known = member(sandbox.add())
    unionid = sandbox.call("/cgi-bin/user/info", openid=known.openid)["unionid"]
    assert unionids.anybody_recent()

    assert unionids.ask_recent(wechat=gateway) == 1
    mini = make_follower(app_id=config.settings().mini_app_id, is_following=False)
    identities.learn_unionid(mini, unionid)  # as the phone's sign-in does

    assert mini.person_id == known.person_id
    assert Follower.get_by_id(before.id).unionid is None


def test_who_is_bound_in_the_mini_program_is_known_soon_after_following(
    wechat: tuple[Sandbox, Gateway],
) -> None:
    sandbox, gateway = wechat
    follower = make_follower(openid=sandbox.add())
    assert not unionids.anybody_recent()  # the mini program has no members
    unionid = sandbox.call("/cgi-bin/user/info", openid=follower.openid)["unionid"]
    person = make_person()
    consents.keep(person, is_granted=True, source="mini", at=clock.utc_now())
    make_follower(app_id=config.settings().mini_app_id, unionid=unionid, person=person, is_following=False)

    assert unionids.ask_recent(wechat=gateway) == 1

    assert Follower.get_by_id(follower.id).person_id == person.id


def test_a_phone_that_nobody_is_known_to_have_is_asked_about(wechat: tuple[Sandbox, Gateway]) -> None:
    sandbox, gateway = wechat
    bound_long_ago = member(sandbox.add())
    Follower.update(bound_at=clock.utc_now() - timedelta(days=9)).where(
        Follower.id == bound_long_ago.id
    ).execute()
    unionid = sandbox.call("/cgi-bin/user/info", openid=bound_long_ago.openid)["unionid"]
    mini = make_follower(app_id=config.settings().mini_app_id, unionid=unionid, is_following=False)

    assert unionids.ask_recent(wechat=gateway) == 1

    assert Follower.get_by_id(mini.id).person_id == bound_long_ago.person_id


def test_an_account_that_may_not_ask_is_left_in_peace(wechat: tuple[Sandbox, Gateway]) -> None:
    sandbox, _ = wechat
    member(sandbox.add())
    settings = config.settings().model_copy(update={"wechat_api_url": sandbox.url, "wechat_verified": False})

    assert unionids.ask_recent(wechat=make_gateway(settings, MemoryTokenStore())) == 0
