"""Crowds are drawn by a seed; what they mean in a survey is what the product gets to know."""

from __future__ import annotations

import time

import pytest

from sandbox.survey_reading import read
from sandbox.testing import Sandbox, running_sandbox
from tests.sandbox.conftest import Callback
from tests.sandbox.survey_product import SurveyProduct

SHARES = {"unfollowed": 0.05, "blocked": 0.02, "window_open": 0.15, "consents": 0.30, "mass_used": 0.20}


def test_shares_are_exact_and_the_same_for_the_same_seed() -> None:
    told = []
    for _ in range(2):
        with running_sandbox() as sandbox:
            made = sandbox.post("/_sandbox/crowd", {"members": 200, "seed": 7, **SHARES})
            told.append(sandbox.get("/_sandbox/crowd"))
            assert {name: made[name] for name in SHARES} == {
                "unfollowed": 10,
                "blocked": 4,
                "window_open": 30,
                "consents": 60,
                "mass_used": 40,
            }
    assert told[0] == told[1]


def test_what_is_said_of_a_member_wins_over_the_draw(sandbox: Sandbox) -> None:
    row = {
        "openid": "oOne",
        "name": "王强",
        "unfollowed": False,
        "blocked": True,
        "consents": 2,
        "mass_used": 3,
    }

    sandbox.post("/_sandbox/crowd", {"members": [row], "unfollowed": 1})

    person = sandbox.person("oOne")
    assert person["following"]
    assert person["blocking"]
    assert person["consents"] == {"ONE_NOTICE|0": 2}
    assert person["mass_received"]["count"] == 3


def finished(sandbox: Sandbox) -> dict[str, object]:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        told: dict[str, object] = sandbox.get("/_sandbox/crowd/survey")
        if told["finished"]:
            return told
        time.sleep(0.05)
    raise TimeoutError("the crowd did not finish")


@pytest.mark.parametrize("double", [False, True])
def test_the_product_understands_what_each_person_meant(callback: Callback, double: bool) -> None:
    product = SurveyProduct()
    callback.reply = product
    with running_sandbox(callback=callback) as sandbox:
        openids = sandbox.post("/_sandbox/crowd", {"members": 40, "seed": 3})["openids"]
        sandbox.post("/_sandbox/crowd/survey", {"openids": openids, "seed": 5, "double": double})

        told = finished(sandbox)

        assert told["states"] == {"done": 40}, told["stuck"]
        assert told["unequal_repeats"] == 0
        assert told["went_back"]
        truth = sandbox.get("/_sandbox/crowd/survey/truth")
        assert truth == {openid: product.understood(openid) for openid in openids}


def test_who_gets_no_question_is_stuck_with_the_reason(sandbox: Sandbox) -> None:
    sandbox.post("/_sandbox/crowd", {"members": ["oOne"]})
    sandbox.post("/_sandbox/crowd/survey", {"openids": ["oOne"]})

    told = finished(sandbox)

    assert told["states"] == {"stuck": 1}
    assert "no text came back" in str(told["stuck"])


def test_a_question_is_read_with_options_that_lost_their_links() -> None:
    question = read(
        "【2/6】最关心 &lt;什么&gt;？（多选）\n1. 基层治理 ✓已选\n2. 党史\n请选 2 项，点完后点“选好了”。"
    )

    assert question is not None
    assert (question.text, question.kind) == ("最关心 <什么>？", "多选")
    assert [(o.number, o.text, o.is_chosen) for o in question.options] == [
        (1, "基层治理", True),
        (2, "党史", False),
    ]
    assert question.limits() == (2, 2)
