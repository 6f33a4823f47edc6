"""Tokens: who dies when, and the order of the platform's checks."""

from __future__ import annotations

import re

import pytest

from sandbox.testing import Sandbox, running_sandbox


def stable(sandbox: Sandbox, **more: object) -> dict[str, object]:
    options = sandbox.platform.options
    body = {"grant_type": "client_credential", "appid": options.app_id, "secret": options.app_secret, **more}
    told: dict[str, object] = sandbox.post("/cgi-bin/stable_token", body)
    return told


def plain(sandbox: Sandbox) -> str:
    options = sandbox.platform.options
    told = sandbox.get(
        "/cgi-bin/token", grant_type="client_credential", appid=options.app_id, secret=options.app_secret
    )
    return str(told["access_token"])


def errcode(sandbox: Sandbox, token: object) -> int:
    return int(sandbox.get("/cgi-bin/getcallbackip", access_token=str(token)).get("errcode", 0))


def test_a_new_plain_token_leaves_the_old_one_five_minutes(sandbox: Sandbox) -> None:
    first, second = plain(sandbox), plain(sandbox)

    assert first != second
    assert errcode(sandbox, first) == 0
    sandbox.advance(301)
    assert errcode(sandbox, first) == 42001
    assert errcode(sandbox, second) == 0


def test_the_stable_token_stays_until_five_minutes_before_its_end(sandbox: Sandbox) -> None:
    first = stable(sandbox)["access_token"]
    sandbox.advance(6000)
    again = stable(sandbox)
    assert again["access_token"] == first
    assert 1190 <= int(str(again["expires_in"])) <= 1200

    sandbox.advance(1000)
    second = stable(sandbox)["access_token"]

    assert second != first
    assert errcode(sandbox, first) == 0


def test_a_forced_refresh_kills_at_once_but_not_twice_in_thirty_seconds(sandbox: Sandbox) -> None:
    first = stable(sandbox)["access_token"]
    second = stable(sandbox, force_refresh=True)["access_token"]
    too_soon = stable(sandbox, force_refresh=True)["access_token"]

    assert errcode(sandbox, first) == 40001
    assert second == too_soon != first


def test_the_two_kinds_of_token_do_not_touch_each_other(sandbox: Sandbox) -> None:
    kept = stable(sandbox)["access_token"]
    plain(sandbox)
    plain(sandbox)

    assert errcode(sandbox, kept) == 0


def test_a_missing_and_an_unknown_token_are_told_apart(sandbox: Sandbox) -> None:
    assert sandbox.get("/cgi-bin/getcallbackip")["errcode"] == 41001
    assert errcode(sandbox, "made up") == 40014


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"appid": "wx1"}, 40013),
        ({"secret": "no"}, 40125),
        ({"grant_type": "x"}, 40002),
        ({"secret": ""}, 41004),
    ],
)
def test_wrong_credentials_are_refused(sandbox: Sandbox, change: dict[str, str], expected: int) -> None:
    assert stable(sandbox, **change)["errcode"] == expected


def test_an_error_carries_a_rid_and_status_200(sandbox: Sandbox) -> None:
    told = sandbox.get("/cgi-bin/no/such/path")

    assert told["errcode"] == 40066
    assert re.search(r" rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$", told["errmsg"])


def test_checks_come_in_the_platforms_order() -> None:
    path = "/cgi-bin/message/template/send"
    with running_sandbox(kind="subscription", limits={"/cgi-bin/message/custom/send": 0}) as sandbox:
        token = sandbox.token()
        assert sandbox.get(path)["errcode"] == 43002
        assert sandbox.post(path, {})["errcode"] == 41001
        assert sandbox.request("POST", path, b"", access_token=token)["errcode"] == 44002
        assert sandbox.request("POST", path, b"{", access_token=token)["errcode"] == 47001
        assert sandbox.request("POST", path, b'{"a":"\\u4f60"}', access_token=token)["errcode"] == 40033
        assert sandbox.call(path, {"touser": 1})["errcode"] == 48001
        assert sandbox.call("/cgi-bin/message/custom/send", {"touser": 1})["errcode"] == 45009


def test_quotas_open_again_at_midnight_in_shanghai() -> None:
    with running_sandbox(limits={"/cgi-bin/menu/get": 2}) as sandbox:
        sandbox.post("/_sandbox/clock", {"time": 1735660800 - 60, "rate": 0})  # 23:59 in Shanghai
        codes = [sandbox.call("/cgi-bin/menu/get")["errcode"] for _ in range(3)]
        assert codes == [46003, 46003, 45009]
        told = sandbox.call("/cgi-bin/openapi/quota/get", {"cgi_path": "/cgi-bin/menu/get"})
        assert told["quota"] == {"daily_limit": 2, "used": 2, "remain": 0}

        sandbox.advance(60)

        assert sandbox.call("/cgi-bin/menu/get")["errcode"] == 46003
