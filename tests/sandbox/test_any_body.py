"""Any body to any interface or control: always an answer in its own shape, never a failure of ours."""

from __future__ import annotations

import asyncio
import json
import random
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.endpoints import ENDPOINTS, Call, Takes, answer
from sandbox.errors import MESSAGES, PlatformError
from sandbox.reasons import reason_of
from sandbox.testing import Sandbox
from sandbox.web import ROUTES, BadRequest, Missing, Request
from tests.sandbox.exploring import HOSTILE, SAMPLES, World, prepare

PATHS = sorted(ENDPOINTS)
CONTROLS = [
    (pattern, act) for method, pattern, act in ROUTES if method == "POST" and pattern[0] == "_sandbox"
]
NAMES = sorted({name for sample in SAMPLES.values() for name in sample})
FIELDS = (
    *("members", "seed", "never_reads", "blocks_after", "taps_menu", "reads", "delay", "openids", "start"),
    *("path", "push", "how", "times", "errcode", "skip", "time", "rate", "advance_seconds", "per_minute"),
    *("content", "key", "href", "id", "scene", "text", "url", "name", "names", "people", "follow", "double"),
    *(
        "template_ids",
        "answers",
        "data",
        "latitude",
        "longitude",
        "place",
        "scanned",
        "seconds",
        "limit",
        "n",
    ),
    *("ip_list", "frozen", "kill_tokens", "blocking", "app", "openid", "scopes", "settings", "concurrency"),
)
WORDS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=12))
VALUES = st.recursive(
    st.one_of(WORDS, st.sampled_from(HOSTILE)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
)


def written(body: Any) -> bytes:
    """As a client writes it, numbers of any size too."""
    return json.dumps(body, ensure_ascii=False).encode()


def altered(sample: Any, value: Any, dice: random.Random) -> Any:
    """The sample with something in it replaced by this value."""
    if isinstance(sample, dict) and sample and dice.random() < 0.8:
        name = dice.choice(list(sample))
        return {**sample, name: altered(sample[name], value, dice)}
    if isinstance(sample, list) and sample and dice.random() < 0.7:
        return [altered(sample[0], value, dice), *sample[1:]]
    return value


@settings(max_examples=300, deadline=None)
@given(path=st.sampled_from(PATHS), value=VALUES, seed=st.integers(0, 2**32), raw=st.binary(max_size=40))
def test_interfaces_answer_every_body_in_their_own_shape(
    path: str, value: Any, seed: int, raw: bytes
) -> None:
    dice, world = random.Random(seed), World()
    prepare(world, path)
    body = altered(world.good(path), value, dice)

    given_ = body if isinstance(body, dict) else {"list": body}
    is_json = ENDPOINTS[path].takes is Takes.JSON
    told = [world.call(path, written(given_) if is_json else given_), world.call(path, raw)]

    assert all(errcode == 0 or errcode in MESSAGES for errcode in told)


@settings(max_examples=200, deadline=None)
@given(control=st.sampled_from(CONTROLS), body=st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=5))
def test_controls_refuse_what_makes_no_sense(control: tuple[list[str], Any], body: dict[str, Any]) -> None:
    pattern, act = control
    world = World()
    world.platform.pushes.callback_of("official").has_address = False
    world.platform.pushes.callback_of("mini").has_address = False
    names = {"openid": world.person.openid, "app": "official", "name": "drop-after"}
    arguments = {piece[1:-1]: names.get(piece[1:-1], "x") for piece in pattern if piece.startswith("{")}
    if act.__name__ in ("start", "make") and isinstance(body.get("members"), int):
        body = {**body, "members": min(body["members"], 20)}
    request = Request("POST", "/", {}, written(body), {}, arguments)

    async def told() -> Any:
        try:
            return await asyncio.wait_for(act(world.platform, request), 5)
        except (BadRequest, Missing, PlatformError) as refusal:
            return str(refusal)

    assert asyncio.run(told()) is not None


def test_each_code_of_the_contracts_classes_can_be_ordered(sandbox: Sandbox) -> None:
    """§14: by a fault; the answer has the platform's words and a rid, and the wire page says why."""
    openid = sandbox.add()
    body = {"touser": openid, "msgtype": "text", "text": {"content": "您好"}}
    for errcode in sorted(MESSAGES):
        sandbox.fault(path="/cgi-bin/message/custom/send", errcode=errcode)
        told = sandbox.call("/cgi-bin/message/custom/send", body)
        assert told["errcode"] == errcode
        assert re.search(r" rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$", told["errmsg"])
        assert reason_of(errcode)


def test_the_wire_tells_the_quota_left_and_why_a_call_was_refused(sandbox: Sandbox) -> None:
    sandbox.post("/_sandbox/limits", {"/cgi-bin/user/get": 2})
    for _ in range(3):
        sandbox.call("/cgi-bin/user/get")

    rows = sandbox.get("/_sandbox/wire?path=/cgi-bin/user/get")["wire"]

    assert [(row["errcode"], row["left"]) for row in rows] == [(45009, 0), (0, 0), (0, 1)]
    assert {row["app"] for row in rows} == {"official"}
    assert rows[0]["reason"] == "今天的额度用完了，北京时间零点恢复"


def test_unknown_paths_answer_as_the_platform_does() -> None:
    world = World()
    for path in ("/cgi-bin/nothing", "/wxa/nothing", "/datacube/nothing"):
        with pytest.raises(PlatformError, match=r"^40066 invalid url"):
            answer(world.platform, Call("POST", path, {}))
