"""A crowd of the sandbox's people answers a survey at once, every message sent twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from peewee import Database
from werkzeug.serving import make_server

import models
from demo import survey_check
from models.base import db as proxy
from models.base import make_database
from models.inbound import InboundMessage, InboundOutcome
from models.surveys import Answer, Response, ResponseStatus
from sandbox.testing import Sandbox, running_sandbox
from server import callback
from services.surveys import sheet
from tests.factories import make_member, make_unit
from tests.factories.surveys import (
    day,
    free_text,
    if_chosen,
    make_questionnaire,
    multiple,
    number,
    picture,
    ranking,
    scale,
    single,
    with_other,
)

PEOPLE = 30


@dataclass
class Alliance:
    sandbox: Sandbox
    openids: list[str]


@pytest.fixture
def alliance(tmp_path: Path) -> Iterator[Alliance]:
    """The callback served over HTTP beside a sandbox whose people are members."""
    before = proxy.obj
    database: Database = make_database(f"sqlite:///{tmp_path / 'crowd.db'}")
    proxy.initialize(database)
    database.connect()
    database.create_tables(models.TABLES)
    app = Flask(__name__)
    callback.init_app(app)
    app.before_request(_connect)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with running_sandbox(web=f"http://127.0.0.1:{server.server_port}") as sandbox:
        openids = [sandbox.add(f"样例{no}", openid=make_member().openid) for no in range(PEOPLE)]
        yield Alliance(sandbox, openids)
    server.shutdown()
    thread.join()
    server.server_close()
    database.close()
    if before is not None:
        proxy.initialize(before)


def test_what_a_crowd_meant_is_what_is_kept_and_nothing_is_called(alliance: Alliance) -> None:
    survey = make_questionnaire(
        single("哪一类专题？", options=("党性教育", "基层治理", "经济金融", "依法行政", "公文写作")),
        multiple("哪些方式？", maximum=3),
        number("几天合适？", minimum=1, maximum=30),
        scale("总体满意吗？"),
        scale("课程有帮助吗？", 10, is_required=False),
        free_text("最想听什么？"),
    )
    sandbox = alliance.sandbox

    sandbox.post("/_sandbox/crowd/survey", {"openids": alliance.openids, "seed": 5, "double": True})
    told = _finished(sandbox)

    assert told["states"] == {"done": PEOPLE}, told["stuck"]
    assert told["unequal_repeats"] == 0
    meant = survey_check.meant(sandbox.get("/_sandbox/crowd/survey/truth"))
    assert [row for row in survey_check.compare(survey_check.stored(survey), meant) if row[2] != row[3]] == []
    assert Answer.select().count() >= 6 * PEOPLE
    assert {response.status for response in Response.select()} == {ResponseStatus.COMPLETED}
    assert {row.outcome for row in InboundMessage.select()} == {InboundOutcome.HANDLED}
    assert sandbox.get("/_sandbox/stats")["calls"] == {}


def test_a_branching_survey_of_twenty_questions_with_every_kind_is_kept_as_it_was_meant(
    alliance: Alliance,
) -> None:
    table = {"matrix": 1, "matrix_text": "上次的班"}
    survey = make_questionnaire(
        single("参加过培训吗？", options=("参加过", "没有"), section="一、您的情况"),
        number("参加过几次？", minimum=1, maximum=20, condition=if_chosen(1, 1)),
        scale("内容怎样？", condition=if_chosen(1, 1), **table),
        scale("老师怎样？", condition=if_chosen(1, 1), **table),
        free_text("为什么没有？", condition=if_chosen(1, 2)),
        with_other("最想学什么？", help_text="选1项就好"),
        with_other("还想学什么？", several=True),
        ranking("请排先后？", options=("讲授", "研讨", "现场", "线上")),
        ranking("最看重哪两样？", options=("老师", "内容", "地点"), maximum=2),
        day("哪天合适？", minimum=20270101),
        single("您说的{{10}}，上午还是下午？", options=("上午", "下午")),
        single("哪一场？", options=PLACES),
        multiple("哪些方式？", maximum=3),
        number("几天合适？", minimum=1, maximum=30),
        scale("总体满意吗？", condition={"any": [{"question": 14, "is": "more", "number": 10}]}),
        scale("愿意推荐吗？", 10, is_required=False),
        multiple(
            "要哪些资料？", options=tuple(f"{no:02}{'课程资料' * 13}" for no in range(1, 25)), maximum=2
        ),
        picture("请发一张教室的照片？"),
        free_text("只问本校？", condition={"all": [{"units": [make_unit().id]}]}),
        free_text("最想听什么？", section="二、最后"),
        is_anonymous=False,
    )
    sandbox = alliance.sandbox

    sandbox.post(
        "/_sandbox/crowd/survey",
        {"openids": alliance.openids[:20], "seed": 8, "double": True, "rethinks": False},
    )
    told = _finished(sandbox)

    assert told["states"] == {"done": 20}, told["stuck"]
    assert told["unequal_repeats"] == 0
    assert told["went_back"]
    meant = survey_check.meant(sandbox.get("/_sandbox/crowd/survey/truth"), survey)
    kept = survey_check.stored(survey)
    assert [row for row in survey_check.compare(kept, meant) if row[2] != row[3]] == []
    assert kept["哪一场？"]["第一场"] == 3
    assert not kept["只问本校？"]
    assert all(kept[asked.text] for asked in sheet.of(survey.id).questions if asked.text != "只问本校？")
    assert sandbox.get("/_sandbox/stats")["calls"] == {}


PLACES = ({"text": "第一场", "quota": 3}, {"text": "第二场"}, {"text": "第三场"})


def _finished(sandbox: Sandbox) -> dict[str, object]:
    until = time.monotonic() + 60
    while True:
        told: dict[str, object] = sandbox.get("/_sandbox/crowd/survey")
        if told["finished"]:
            return told
        assert time.monotonic() < until, told
        time.sleep(0.1)


def _connect() -> None:
    proxy.connect(reuse_if_open=True)
