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
from tests.factories import make_member
from tests.factories.surveys import free_text, make_questionnaire, multiple, number, scale, single

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
