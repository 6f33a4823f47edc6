"""callback_keyword and callback_survey: what a member's message costs, from the wire to the wire.

Safe mode, verified, deduplicated, stored, answered, on SQLite; granian with 1 worker and 4
threads. Beside it, taking turns: an empty Flask route under the same server, and WeRoBot, which
stores nothing and knows no member.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from benchmarks import pushed
from benchmarks.figures import Figure
from benchmarks.load import Load, flood, paced, request
from benchmarks.processes import Measured, close_database, open_database
from benchmarks.sizes import Sizes
from benchmarks.web import EMPTY
from bot import dispatcher
from demo import alliance, crowd
from demo.local_wechat import LocalWeChat
from models.inbound import InboundMessage
from models.surveys import Answer, Response, ResponseStatus
from wechat.inbound import parse_inbound

CONNECTIONS = 16
MEMBERS = 500
WARM_UP = 200
HELP = "点文字或直接发送"
ANSWERS = ("1", "1 2", "2", "3", "4", "4", "基层治理的案例")  # to the sample questionnaire's seven questions

Round = Callable[[], Load]


def keyword(sizes: Sizes) -> list[Figure]:
    """Requests a second for the word 帮助."""
    with tempfile.TemporaryDirectory() as name, Measured(Path(name)) as processes:
        openids = _members(MEMBERS)
        ours = processes.start_granian("web", "benchmarks.web:create_app", ready="/healthz")
        bare = processes.start_granian("empty", "benchmarks.web:create_bare_app")
        count = sizes.keyword_requests
        sides: dict[str, Round] = {
            "ours": lambda: _keyword_round(ours, pushed.CALLBACK, openids, count),
            "empty": lambda: _flooded(bare, [request("POST", EMPTY, body=b"x" * 600)] * count),
        }
        if find_spec("werobot"):
            theirs = processes.start_granian("werobot", "benchmarks.werobot_app:create_app", ready="")
            sides["werobot"] = lambda: _keyword_round(theirs, "/robot", openids, count)
        loads = _take_turns(sides, sizes.rounds)
        stored = InboundMessage.select().where(InboundMessage.act == "guide.guide").count()
        close_database()
    if stored != count * sizes.rounds + WARM_UP:
        raise RuntimeError(f"{stored} messages kept, {count * sizes.rounds + WARM_UP} were sent")
    return [_keyword_figure(loads)]


def _keyword_figure(loads: dict[str, list[Load]]) -> Figure:
    rates = {side: statistics.median(load.rate for load in rounds) for side, rounds in loads.items()}
    against = "werobot" if "werobot" in rates else "empty"
    names = {"werobot": "WeRoBot (stores nothing)", "empty": "an empty Flask route"}
    more = {f"{side}_per_s": rate for side, rate in rates.items() if side != "ours"}
    return Figure(
        "callback_keyword",
        rates["ours"],
        "requests/s",
        names[against],
        rates["ours"] / rates[against],
        "sqlite",
        "CPU of the one worker (the interpreter's lock); then SQLite's single writer",
        {
            **more,
            "empty_route_ratio": rates["ours"] / rates["empty"],
            "p99_ms": statistics.median(load.share(0.99) for load in loads["ours"]),
        },
    )


def _take_turns(sides: dict[str, Round], rounds: int) -> dict[str, list[Load]]:
    """So that whatever else the machine does falls on every side."""
    loads: dict[str, list[Load]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side, run in sides.items():
            loads[side].append(run())
    return loads


def _keyword_round(port: int, path: str, openids: list[str], count: int) -> Load:
    if (port, path) not in _warm:
        _warm.add((port, path))
        _flooded(port, pushed.texts(path, pushed.round_robin(openids, WARM_UP, "帮助")))
    said = pushed.round_robin(openids, count, "帮助")
    load = _flooded(port, pushed.texts(path, said))
    if not pushed.read_reply(load.last_body).startswith(HELP):
        raise RuntimeError("the last reply is no help")
    return load


_warm: set[tuple[int, str]] = set()


def _flooded(port: int, requests: list[bytes]) -> Load:
    load = flood(port, requests, connections=CONNECTIONS)
    load.must_all_be(200)
    return load


def survey(sizes: Sizes) -> list[Figure]:
    """p99 of a survey answer at a steady pace, beside an empty route's at the same pace."""
    with tempfile.TemporaryDirectory() as name, Measured(Path(name)) as processes:
        processes.start_sandbox_with()
        openids = _members(sizes.survey_people)
        for openid in openids:
            dispatcher.answer(parse_inbound(pushed.text_xml(openid, "需求征集").encode()))
        ours = processes.start_granian("web", "benchmarks.web:create_app", ready="/healthz")
        wechat = LocalWeChat(processes.sandbox_url)
        calls = wechat.calls()
        count = len(openids) * len(ANSWERS)
        bare = [request("POST", EMPTY, body=b"x" * 600)] * count
        before = paced(ours, bare, rate=sizes.survey_rate)
        answers = _survey_round(ours, openids, sizes.survey_rate)
        after = paced(ours, bare, rate=sizes.survey_rate)
        made = sum(sum(codes.values()) for codes in wechat.calls().values())
        made -= sum(sum(codes.values()) for codes in calls.values())
        _check_answers(len(openids))
        close_database()
    empty = Load(before.seconds + after.seconds, latencies=before.latencies + after.latencies)
    return [
        Figure(
            "callback_survey",
            answers.share(0.99),
            "ms p99",
            "an empty route, same pace",
            answers.share(0.99) / empty.share(0.99),
            "sqlite",
            "a turn's statements in one transaction; the tail is SQLite's checkpoints",
            {
                "p50_ms": answers.share(0.5),
                "empty_p99_ms": empty.share(0.99),
                "empty_p50_ms": empty.share(0.5),
                "per_s": answers.rate,
                "api_calls": float(made),
            },
        )
    ]


def _survey_round(port: int, openids: list[str], rate: float) -> Load:
    # one question after the other, each to everybody: nobody answers twice at once
    said = [(openid, words) for words in ANSWERS for openid in openids]
    load = paced(port, pushed.texts(pushed.CALLBACK, said), rate=rate)
    load.must_all_be(200)
    if not pushed.read_reply(load.last_body):
        raise RuntimeError("the last reply says nothing")
    return load


def _check_answers(people: int) -> None:
    completed = Response.select().where(Response.status == ResponseStatus.COMPLETED).count()
    rows = Answer.select().count()
    if completed != people or rows != people * (len(ANSWERS) + 1):  # one question takes two options
        raise RuntimeError(f"{completed} of {people} surveys complete, {rows} answers")


def _members(count: int) -> list[str]:
    """Bound members who follow; the database is open afterwards."""
    open_database()
    alliance.load(people=0)
    drawn = crowd.fill(max(20, round(count / 0.9)))
    return [state.openid for state in drawn if not state.is_unfollowed and not state.is_blocking][:count]
