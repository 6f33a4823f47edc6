"""The mini program's chapters against the sandbox, and what it cannot do against a stand-in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from config import Settings
from sandbox.testing import Sandbox, running_sandbox
from tests.wechat.stand_in import CUT, Raw, StandIn
from wechat import mini_codes, mini_login, subscription_messages
from wechat.client import Timeouts
from wechat.errors import OutcomeUnknown, Refused, TryLater
from wechat.mini_program import MiniProgram, make_mini_program
from wechat.subscription_messages import NO_CONSENT, SubscribeMessage
from wechat.token_stores import MemoryTokenStore

VALUES = {
    "thing1": "基层治理讲座",
    "time2": "2026年11月25日 14:00",
    "thing3": "报告厅",
    "thing4": "请准时参加",
}


def program_of(url: str) -> MiniProgram:
    return make_mini_program(Settings(wechat_api_url=url), MemoryTokenStore(), timeouts=Timeouts(1.0, 1.0))


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


def test_a_login_code_is_good_once(sandbox: Sandbox) -> None:
    openid = sandbox.add()
    program, code = program_of(sandbox.url), sandbox.mini_login(openid)

    identity = program.identity(code)

    assert identity.openid == sandbox.mini_openid(openid)
    assert identity.unionid
    assert "openid" not in repr(identity)
    with pytest.raises(Refused) as refusal:
        program.identity(code)
    assert refusal.value.errcode == mini_login.CODE_USED


def test_an_invented_code_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(Refused) as refusal:
        program_of(sandbox.url).identity("no-such-code")
    assert refusal.value.errcode == 40029


def test_a_code_picture_is_a_picture(sandbox: Sandbox) -> None:
    picture = program_of(sandbox.url).code_picture("u=7&k=ab12", "pages/index/index")

    assert picture.startswith((b"\x89PNG", b"\xff\xd8\xff"))


def test_a_page_that_is_not_there_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(Refused) as refusal:
        program_of(sandbox.url).code_picture("u=7", "pages/nowhere/nowhere")
    assert refusal.value.errcode == 41030


@pytest.mark.parametrize(
    ("scene", "page"),
    [("", "pages/a"), ("x" * 33, "pages/a"), ("%20", "pages/a"), ("a", "/pages/a"), ("a", "p?b=1")],
)
def test_a_scene_or_page_that_cannot_be_is_never_sent(sandbox: Sandbox, scene: str, page: str) -> None:
    with pytest.raises(ValueError, match=r"scene|page"):
        program_of(sandbox.url).code_picture(scene, page)


def test_each_consent_is_one_message(sandbox: Sandbox) -> None:
    openid = sandbox.add()
    program = program_of(sandbox.url)
    message = SubscribeMessage(sandbox.mini_openid(openid), "SUB_ACTIVITY", VALUES, page="pages/index/index")
    sandbox.mini_consent(openid, "SUB_ACTIVITY")

    assert program.send_subscribe_message(message)
    with pytest.raises(Refused) as refusal:
        program.send_subscribe_message(message)
    assert refusal.value.errcode == NO_CONSENT


def test_a_lost_answer_to_a_message_is_unknown_and_to_a_picture_is_not(platform: StandIn) -> None:
    platform.answer(subscription_messages.PATH, CUT)
    platform.answer(mini_codes.PATH, CUT)
    program = program_of(platform.url)

    with pytest.raises(OutcomeUnknown):
        program.send_subscribe_message(SubscribeMessage("mU1", "SUB_ACTIVITY", VALUES))
    with pytest.raises(TryLater):
        program.code_picture("u=7", "pages/a")


def test_a_dead_token_is_renewed_once_for_a_picture(platform: StandIn) -> None:
    platform.tokens("token-1", "token-2")
    platform.answer(mini_codes.PATH, {"errcode": 42001, "errmsg": "expired"}, Raw(b"\x89PNG..."))

    assert program_of(platform.url).code_picture("u=7", "pages/a") == b"\x89PNG..."
    assert [seen.query["access_token"] for seen in platform.calls(mini_codes.PATH)] == ["token-1", "token-2"]


@pytest.mark.parametrize("raw", [Raw(b"<html>", 502), Raw(b"<html>")])
def test_what_is_no_picture_may_be_asked_for_again(platform: StandIn, raw: Raw) -> None:
    platform.answer(mini_codes.PATH, raw)

    with pytest.raises(TryLater):
        program_of(platform.url).code_picture("u=7", "pages/a")
