"""How many calls at once: fewer when WeChat says so or slows, more while it answers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wechat.pace import Pace


def test_a_burst_of_refusals_is_one_cut() -> None:
    pace = Pace(100, floor=2)
    for _ in range(100):  # all that were under way when the limit was met
        pace.too_often()

    assert pace.now().connections == 50
    assert pace.now().why.endswith("（45011）")


def test_it_comes_back_by_one_a_round() -> None:
    pace = Pace(100)
    pace.too_often()
    for _ in range(51):
        pace.answered(0.05)

    assert pace.now().connections == 51
    assert pace.room == pace._limit  # no reading ahead while it is held back


def test_slow_answers_cut_too() -> None:
    pace = Pace(100, slow_seconds=2)
    for _ in range(10):
        pace.answered(0.1)
    assert pace.now().connections == 100
    for _ in range(60):
        pace.answered(5.0)

    assert pace.now().connections < 100
    assert pace.now().why == "微信应答变慢"


def test_those_who_send_at_once_share_the_room() -> None:
    pace = Pace(100)
    pace.join()
    assert pace.room == 200
    pace.join()
    assert pace.room == 100
    pace.leave()
    assert pace.room == 200


@given(st.lists(st.one_of(st.none(), st.floats(0, 30)), max_size=300), st.integers(1, 5))
def test_it_stays_between_floor_and_ceiling(answers: list[float | None], floor: int) -> None:
    pace = Pace(20, floor=floor)
    for seconds in answers:
        pace.too_often() if seconds is None else pace.answered(seconds)

    assert floor <= pace._limit <= 20
    assert pace.room >= 1
