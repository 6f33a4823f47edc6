"""Every named scenario, started by one call: what must be replayable, and that it ends."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import RemoteDisconnected
from typing import Any

import pytest

from sandbox.scenarios import SCENARIOS
from sandbox.testing import Sandbox, running_sandbox
from tests.sandbox.conftest import Callback
from tests.sandbox.test_mini_program import MiniCallback

TEMPLATE = "/cgi-bin/message/template/send"
CUSTOM = "/cgi-bin/message/custom/send"
MASS = "/cgi-bin/message/mass/sendall"
SALON = {"thing1": {"value": "沙龙"}, "time2": {"value": "14:00"}, "thing3": {"value": "报告厅"}}


@pytest.fixture
def pushed() -> MiniCallback:
    return MiniCallback()


@pytest.fixture
def sandbox(callback: Callback, pushed: MiniCallback) -> Iterator[Sandbox]:
    with running_sandbox(callback=callback, mini_callback=pushed, mini="") as running:
        yield running


def play(sandbox: Sandbox, name: str, **told: Any) -> list[str]:
    answer = sandbox.post(f"/_sandbox/scenarios/{name}", told)
    did: list[str] = answer["did"]
    return did


def template(sandbox: Sandbox, openid: str, **more: Any) -> int:
    body = {"touser": openid, "template_id": "TPL_SALON", "data": SALON, **more}
    return int(sandbox.call(TEMPLATE, body)["errcode"])


def custom(sandbox: Sandbox, openid: str) -> int:
    body = {"touser": openid, "msgtype": "text", "text": {"content": "您好"}}
    return int(sandbox.call(CUSTOM, body)["errcode"])


def mass(sandbox: Sandbox, key: str) -> dict[str, Any]:
    body = {"filter": {"is_to_all": True}, "msgtype": "text", "text": {"content": "通知"}, "clientmsgid": key}
    told: dict[str, Any] = sandbox.call(MASS, body)
    return told


def test_a_push_comes_twice_with_one_msg_id(sandbox: Sandbox, callback: Callback) -> None:
    play(sandbox, "duplicate-push", openid=sandbox.add())

    assert len(callback.received) == 2
    assert len({message["MsgId"] for message in callback.received}) == 1


def test_an_unheard_reply_brings_the_push_again(sandbox: Sandbox, callback: Callback) -> None:
    openid = sandbox.add()

    play(sandbox, "slow-reply", openid=openid)

    assert len({message["MsgId"] for message in callback.received}) == 1
    assert len(callback.received) == 2
    assert sandbox.get("/_sandbox/wire", what="push", bad="1")["wire"][0]["attempt"] == 1


def test_the_event_overtakes_the_answer(sandbox: Sandbox, callback: Callback) -> None:
    play(sandbox, "event-before-response")

    assert template(sandbox, sandbox.add()) == 0

    assert len(callback.events("TEMPLATESENDJOBFINISH")) == 1


def test_hostile_content_goes_out_as_it_was_typed(sandbox: Sandbox) -> None:
    openid = sandbox.add()

    play(sandbox, "control-characters", openid=openid)

    xml = sandbox.get("/_sandbox/wire", what="push")["wire"][0]["xml"]
    assert "\x00\x08\x1f]]]]><![CDATA[><Content>越界" in xml


def test_two_subscriptions_come_as_an_array(sandbox: Sandbox, pushed: MiniCallback) -> None:
    play(sandbox, "list-as-array", openid=sandbox.add())

    assert [row["SubscribeStatusString"] for row in pushed.received[0]["List"]] == ["accept", "accept"]


def test_an_event_nobody_knows(sandbox: Sandbox, callback: Callback) -> None:
    play(sandbox, "unknown-event", openid=sandbox.add())

    assert callback.received[0]["Event"] == "sandbox_event_of_tomorrow"


def test_a_first_mass_send_answers_45065_though_it_was_done(sandbox: Sandbox) -> None:
    openid = sandbox.add()
    play(sandbox, "duplicate-clientmsgid")

    told = mass(sandbox, "n1")

    assert (told["errcode"], len(sandbox.chat(openid))) == (45065, 1)
    assert (
        sandbox.call("/cgi-bin/message/mass/get", {"msg_id": told["msg_id"]})["msg_status"] == "SEND_SUCCESS"
    )


def test_another_client_kills_the_token(sandbox: Sandbox) -> None:
    token, mini = sandbox.token(), sandbox.token("mini")
    play(sandbox, "token-killed", app="official")

    assert sandbox.get("/cgi-bin/getcallbackip", access_token=token)["errcode"] == 40001
    assert "errcode" not in sandbox.get("/cgi-bin/getcallbackip", access_token=mini)


def test_the_quota_ends_and_comes_back_at_midnight(sandbox: Sandbox) -> None:
    sandbox.post("/_sandbox/clock", {"time": 1735689600, "rate": 0})
    openid = sandbox.add()
    play(sandbox, "quota-mid-campaign", left=2)

    assert [template(sandbox, openid) for _ in range(3)] == [0, 0, 45009]

    sandbox.advance(16 * 3600)  # 08:00 in Shanghai; midnight there is 16:00 UTC
    assert template(sandbox, openid) == 0


def test_consents_are_used_up(sandbox: Sandbox) -> None:
    openid = sandbox.add()
    sandbox.mini_consent(openid, "SUB_SURVEY")

    play(sandbox, "consent-used-up")

    data = {"thing1": {"value": "需求"}, "time2": {"value": "18:00"}, "thing3": {"value": "三分钟"}}
    body = {"touser": sandbox.mini_openid(openid), "template_id": "SUB_SURVEY", "data": data}
    assert sandbox.mini_call("/cgi-bin/message/subscribe/send", body)["errcode"] == 43101


def test_the_minute_passes_between_two_sends(sandbox: Sandbox) -> None:
    openid = sandbox.add()
    play(sandbox, "window-passes", openid=openid)

    assert [custom(sandbox, openid) for _ in range(2)] == [0, 45015]


def test_the_nth_recipient_has_left(sandbox: Sandbox) -> None:
    openids = [sandbox.add(name) for name in "甲乙丙丁"]
    play(sandbox, "nth-unfollowed", n=3)

    assert [template(sandbox, openid) for openid in openids] == [0, 0, 43004, 0]
    assert sandbox.call("/cgi-bin/user/info", openid=openids[2])["subscribe"] == 0


def test_figures_are_not_ready_all_morning(sandbox: Sandbox) -> None:
    sandbox.post("/_sandbox/clock", {"time": 1735693200, "rate": 0})  # 09:00 in Shanghai on 1 January 2025
    body = {"begin_date": "2024-12-31", "end_date": "2024-12-31"}
    path = "/datacube/getusersummary"
    assert sandbox.call(path, body) == {"list": []}

    play(sandbox, "data-not-ready")

    assert sandbox.call(path, body)["errcode"] == 61503
    sandbox.advance(3 * 3600)
    assert sandbox.call(path, body) == {"list": []}


@pytest.mark.parametrize(("how", "count"), [("doubled", 2), ("missing", 0), ("shuffled", 1), ("late", 1)])
def test_events_go_astray(sandbox: Sandbox, callback: Callback, how: str, count: int) -> None:
    play(sandbox, f"events-{how}", times=1, **({"delay_ms": 1} if how == "late" else {}))
    template(sandbox, sandbox.add())
    sandbox.settle()

    assert len(callback.events("TEMPLATESENDJOBFINISH")) == count


@pytest.mark.parametrize(("name", "delivered"), [("drop-before", 0), ("drop-after", 1)])
def test_the_connection_breaks(sandbox: Sandbox, name: str, delivered: int) -> None:
    openid = sandbox.add()
    play(sandbox, name)

    with pytest.raises((RemoteDisconnected, ConnectionError)):
        template(sandbox, openid)

    assert len(sandbox.chat(openid)) == delivered


def test_the_platform_refuses_for_a_while(sandbox: Sandbox) -> None:
    sandbox.post("/_sandbox/clock", {"rate": 0})
    openid = sandbox.add()
    play(sandbox, "system-busy", times=1)
    assert [template(sandbox, openid) for _ in range(2)] == [-1, 0]
    play(sandbox, "rate-limited", limit=1)
    assert [template(sandbox, openid) for _ in range(2)] == [0, 45011]
    sandbox.request("DELETE", "/_sandbox/scenarios")
    play(sandbox, "account-punished")
    assert template(sandbox, openid) == 48004
    sandbox.request("DELETE", "/_sandbox/scenarios")
    play(sandbox, "sent-too-often", openid=openid)
    assert [template(sandbox, openid), template(sandbox, sandbox.add("乙"))] == [43117, 0]
    play(sandbox, "minor-protected", openid=openid)
    assert custom(sandbox, openid) == 70000
    play(sandbox, "slow-platform", times=1, delay_ms=1)
    assert template(sandbox, sandbox.add("丙")) == 0


def test_secrets_and_addresses(sandbox: Sandbox) -> None:
    options = sandbox.platform.options
    query = {"grant_type": "client_credential", "appid": options.app_id, "secret": options.app_secret}
    play(sandbox, "ip-not-listed")
    assert sandbox.get("/cgi-bin/token", **query)["errcode"] == 40164
    play(sandbox, "secret-frozen")
    assert sandbox.get("/cgi-bin/token", **query)["errcode"] == 40243

    sandbox.request("DELETE", "/_sandbox/scenarios")

    assert "access_token" in sandbox.get("/cgi-bin/token", **query)


def test_mass_and_publishing_are_refused_afterwards(sandbox: Sandbox, callback: Callback) -> None:
    openid = sandbox.add()
    play(sandbox, "mass-refused")
    told = mass(sandbox, "n1")
    sandbox.settle()
    assert (told["errcode"], sandbox.chat(openid)) == (0, [])
    assert callback.events("MASSSENDJOBFINISH")[0]["Status"] == "err(40001)"

    play(sandbox, "publish-refused")
    assert sandbox.platform.publishing.next_status == 4


def test_all_scenarios_are_listed_and_unknown_words_refused(sandbox: Sandbox) -> None:
    listed = sandbox.get("/_sandbox/scenarios")["scenarios"]

    assert {row["name"] for row in listed} == set(SCENARIOS)
    assert all(row["title"] and row["about"] for row in listed)
    assert "不认识" in sandbox.post("/_sandbox/scenarios/mass-refused", {"tims": 1})["error"]
    assert "没有情景" in sandbox.post("/_sandbox/scenarios/none", {})["error"]
    assert "openid" in sandbox.post("/_sandbox/scenarios/minor-protected", {"openid": "oNo"})["error"]
