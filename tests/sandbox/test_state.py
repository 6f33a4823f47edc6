"""The clock, faults, the snapshot, menus, and answers to nonsense."""

from __future__ import annotations

import json
import time
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.endpoints import ENDPOINTS
from sandbox.options import parse
from sandbox.testing import Sandbox, running_sandbox


def test_the_clock_moves_and_tells_the_product(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    with running_sandbox(clock_file=str(file)) as sandbox:
        sandbox.post("/_sandbox/clock", {"time": 1735689600, "rate": 0})
        assert sandbox.get("/_sandbox/clock")["shanghai"] == "2025-01-01 08:00:00"
        sandbox.post("/_sandbox/clock", {"advance_seconds": 90})

        told = json.loads(file.read_text())

        assert (told["time"], told["rate"]) == (1735689690, 0)
        assert abs(told["set_at"] - time.time()) < 5
        assert "error" in sandbox.post("/_sandbox/clock", {"rate": -1})


def test_state_survives_a_restart(tmp_path: Path) -> None:
    state = str(tmp_path / "sandbox.json")
    with running_sandbox(
        state=state, event_delay_ms=60_000, callback=lambda *_: (200, b"success")
    ) as sandbox:
        openid = sandbox.add("陈思远")
        sandbox.say(openid, "你好")
        data = {"thing1": {"value": "甲"}, "time2": {"value": "14:00"}, "thing3": {"value": "乙"}}
        body = {"touser": openid, "template_id": "TPL_SALON", "data": data, "client_msg_id": "c1"}
        first = sandbox.call("/cgi-bin/message/template/send", body)
        sandbox.call("/cgi-bin/menu/create", {"button": [{"type": "click", "name": "我的", "key": "MINE"}]})
        token, before = sandbox.token(), sandbox.person(openid)

    with running_sandbox(
        state=state, event_delay_ms=60_000, callback=lambda *_: (200, b"success")
    ) as sandbox:
        after = sandbox.person(openid)
        assert after["chat"] == before["chat"]
        assert after["windows"]["message"]["messages_left"] == 5
        assert sandbox.call("/cgi-bin/menu/get")["menu"]["button"][0]["key"] == "MINE"
        assert sandbox.token() == token
        assert sandbox.call("/cgi-bin/message/template/send", body)["msgid"] == first["msgid"]
        assert sandbox.platform.pushes.pending == 1


def test_a_broken_snapshot_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.json"
    state.write_text("{")
    with pytest.raises(RuntimeError) as failure, running_sandbox(state=str(state)):
        pytest.fail("it started")
    assert "remove it" in str(failure.value.__cause__)


def test_a_call_can_be_refused_delayed_or_dropped(sandbox: Sandbox) -> None:
    path = "/cgi-bin/message/custom/send"
    openid = sandbox.add()
    sandbox.say(openid, "你好")
    body = {"touser": openid, "msgtype": "text", "text": {"content": "您好"}}
    sandbox.fault(path=path, errcode=45009, times=2)
    assert [sandbox.call(path, body)["errcode"] for _ in range(3)] == [45009, 45009, 0]

    sandbox.fault(path=path, delay_ms=200)
    began = time.monotonic()
    sandbox.call(path, body)
    assert time.monotonic() - began > 0.2

    for drop, expected in (("before", 2), ("after", 3)):
        sandbox.fault(path=path, drop=drop)
        with pytest.raises((RemoteDisconnected, ConnectionError)):
            sandbox.call(path, body)
        assert len([m for m in sandbox.chat(openid) if m["by"] == "account"]) == expected


def test_killed_tokens_are_no_longer_the_latest(sandbox: Sandbox) -> None:
    token = sandbox.token()

    assert sandbox.fault(kill_tokens=True) == {"killed": 1}

    assert sandbox.get("/cgi-bin/menu/get", access_token=token)["errcode"] == 40001


def test_a_set_latency_is_kept() -> None:
    with running_sandbox(latency_ms=80) as sandbox:
        began = time.monotonic()
        sandbox.token()
        assert 0.075 <= time.monotonic() - began < 0.5  # ± 5 ms: answers due within 2 ms leave together


@pytest.mark.parametrize(
    ("button", "errcode"),
    [
        ([], 40016),
        ([{"type": "click", "name": "太长的菜单名字", "key": "A"}], 40018),
        ([{"type": "click", "name": "我的"}], 40019),
        ([{"type": "dance", "name": "我的"}], 40017),
        ([{"name": "学习", "sub_button": [{"type": "click", "name": "讲座", "key": "K"}] * 6}], 40023),
        ([{"name": "学习", "sub_button": [{"type": "view", "name": "讲座", "url": "ftp://x"}]}], 40054),
    ],
)
def test_menus_are_checked(sandbox: Sandbox, button: object, errcode: int) -> None:
    assert sandbox.call("/cgi-bin/menu/create", {"button": button})["errcode"] == errcode


def test_a_menu_is_told_in_both_shapes(sandbox: Sandbox) -> None:
    sub = {"type": "click", "name": "近期讲座", "key": "LECTURES"}
    sandbox.call("/cgi-bin/menu/create", {"button": [{"name": "学习", "sub_button": [sub]}]})

    assert sandbox.call("/cgi-bin/menu/get")["menu"]["button"][0]["sub_button"][0]["key"] == "LECTURES"
    told = sandbox.call("/cgi-bin/get_current_selfmenu_info")["selfmenu_info"]["button"][0]
    assert told["sub_button"] == {"list": [sub]}
    sandbox.call("/cgi-bin/menu/delete")
    assert sandbox.call("/cgi-bin/menu/get")["errcode"] == 46003


def test_followers_come_in_pages_and_without_names(sandbox: Sandbox) -> None:
    openids = sandbox.post("/_sandbox/crowd", {"members": 10_002})["openids"]

    first = sandbox.call("/cgi-bin/user/get")
    second = sandbox.call("/cgi-bin/user/get", next_openid=first["next_openid"])

    assert first["count"] == 10_000
    assert second["data"]["openid"] == openids[10_000:]
    told = sandbox.call("/cgi-bin/user/info", openid=openids[0])
    assert (told["subscribe"], told["nickname"]) == (1, "")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    *("touser", "template_id", "data", "url", "scene", "title", "msgtype", "text", "mpnews", "media_id"),
    *("button", "openid", "openid_list", "tagid", "tag", "articles", "filter", "clientmsgid", "msg_id"),
    *("article_idx", "user_list", "index", "client_msg_id", "miniprogram", "command", "cgi_path"),
)


@pytest.fixture(scope="module")
def shared() -> object:
    with running_sandbox() as running:
        running.add("甲", "oKnown")
        yield running


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(sorted(ENDPOINTS)),
    body=st.dictionaries(st.sampled_from(FIELDS), st.just("oKnown") | JSON, max_size=5),
    data=st.binary(max_size=40),
    is_raw=st.booleans(),
)
def test_nonsense_is_always_answered_in_the_platforms_shape(
    shared: Sandbox, path: str, body: dict[str, object], data: bytes, is_raw: bool
) -> None:
    raw = data if is_raw else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    connection = HTTPConnection(urlsplit(shared.url).netloc, timeout=10)
    method = ENDPOINTS[path].methods[0]
    connection.request(method, f"{path}?access_token={shared.token()}", raw)
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()

    assert answer.status == 200
    assert told.get("errcode", 0) != -1, (path, body)


def test_options_come_from_flags_and_environment() -> None:
    options = parse(
        ["--port", "9", "--limit", "/a=3"], {"SANDBOX_KIND": "subscription", "SANDBOX_VERIFIED": "false"}
    )

    assert (options.port, options.kind, options.verified, options.limits) == (
        9,
        "subscription",
        False,
        {"/a": 3},
    )


def test_a_wrong_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--kind", "personal"], {})
    assert "service, subscription" in capsys.readouterr().err
