"""Two callbacks at once, a kill at any instant: one act, one reply, nothing lost.

These tests have a database of their own: they commit, from several threads and processes.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from peewee import Database
from werkzeug.serving import make_server

import config
from bot import dispatcher
from models.base import db as proxy
from models.complaints import Complaint, ComplaintStep
from models.inbound import InboundMessage, InboxItem
from models.people import Consent, Follower, FollowPeriod
from models.surveys import Answer, Response, ResponseStatus
from server import callback
from services.surveys import pages
from services.surveys.pages import Brought
from tests.bot.conftest import message
from tests.factories import make_activity, make_member
from tests.factories.surveys import free_text, make_questionnaire, multiple, number, single
from tests.server.wechat_posts import ADDRESS, callbacks, query, text_xml
from wechat.inbound import Inbound

PARTS = 200  # more than a worker answers before it is killed, also on a busy machine


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Each in a thread with a connection of its own, let go together."""
    barrier, results = threading.Barrier(len(calls)), [None] * len(calls)

    def run(no: int, call: Callable[[], object]) -> None:
        with proxy.connection_context():
            barrier.wait(10)
            results[no] = call()  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=(no, call)) for no, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return list(results)


def answered_twice(sent: Inbound) -> object:
    first, second = at_once(lambda: dispatcher.answer(sent), lambda: dispatcher.answer(sent))
    assert first == second
    return first


@pytest.mark.usefixtures("own_database")
def test_every_callback_sent_twice_at_once_is_one_act_with_one_reply() -> None:
    member = make_member()
    make_activity()
    make_questionnaire(single(), multiple(), free_text())
    texts = [
        "帮助",
        "最新讲座",
        "订阅 讲座",
        "退订 讲座",
        "反馈 一次",
        "听不懂",
        "需求征集",
        "2",
        "1 3",
        "一句话",
        "我的",
        "沙龙",
        "最新讲座",
        "1",
    ]

    for text in texts:
        assert answered_twice(message(member.openid, text)), text
    for name, key in (("CLICK", "LECTURES"), ("subscribe", ""), ("unsubscribe", ""), ("VIEW", "x")):
        answered_twice(message(member.openid, msg_type="event", msg_id="", event=name, event_key=key))
    answered_twice(message("oNewcomer", "帮助"))

    assert InboundMessage.select().count() == len(texts) + 5
    assert [item.text for item in InboxItem.select()] == ["听不懂"]
    assert [row.text for row in Complaint.select()] == ["一次"]
    assert ComplaintStep.select().count() == 1
    assert Consent.select().count() == 2
    assert Answer.select().count() == 4
    assert Follower.select().count() == 2
    assert FollowPeriod.select().count() == 2


@pytest.mark.usefixtures("own_database")
def test_different_taps_at_once_are_all_kept() -> None:
    member = make_member()
    make_questionnaire(multiple(options=tuple("甲乙丙丁戊己")), free_text())
    with proxy.connection_context() if proxy.is_closed() else proxy.atomic():
        shown = dispatcher.answer(message(member.openid, "需求征集")) or ""
    ids = [part.split('"')[0] for part in shown.split("msgmenuid=")[1:7]]

    at_once(*(lambda tap=tap: dispatcher.answer(message(member.openid, "1", menu_id=tap)) for tap in ids))

    assert Answer.select().count() == 6


@pytest.mark.usefixtures("own_database")
@pytest.mark.parametrize("is_begun_in_chat", [False, True])
def test_pages_and_chat_at_once_leave_one_response_with_one_answer_each(is_begun_in_chat: bool) -> None:
    member = make_member()
    survey = make_questionnaire(single(), number(), free_text(is_required=False))
    if is_begun_in_chat:
        dispatcher.answer(message(member.openid, "需求征集"))
    fields = pages.filling(survey.id, member.person).fields
    first = fields[0].asked.choices

    def submit(no: int) -> object:
        answers = [str(first[no % 3].id)], [str(no)], []
        brought = {
            field.asked.id: Brought(values, field.mark) for field, values in zip(fields, answers, strict=True)
        }
        return pages.save(survey.id, member, member.person, brought, submits=True).is_completed

    results = at_once(
        *(lambda no=no: submit(no) for no in range(4)),
        *(lambda word=word: dispatcher.answer(message(member.openid, word)) for word in ("1", "2")),
    )

    assert results[:4] == [True] * 4
    assert all(results)
    assert Response.get().status is ResponseStatus.COMPLETED
    assert sorted(row.question.position for row in Answer.select()) == [1, 2, 3]


@pytest.mark.usefixtures("own_database")
def test_a_phone_that_hangs_up_before_the_reply_gets_it_at_the_retry() -> None:
    """Stored, then killed before the reply left: the retry reads the stored reply."""
    member = make_member()
    app = Flask(__name__)
    callback.init_app(app)
    app.before_request(_connect)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        encrypt = callbacks().encrypt(text_xml(member.openid, "反馈 挂断之前"))
        body = f"<xml><Encrypt>{encrypt}</Encrypt></xml>".encode()
        target = f"{ADDRESS}?{urlencode(query(None, encrypt))}"
        head = f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as phone:
            phone.sendall(head.encode() + body)
        _wait_until(lambda: InboundMessage.select().count() == 1)
        first = InboundMessage.get().reply

        retried = app.test_client().post(ADDRESS, query_string=query(None, encrypt), data=body)
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()

    proxy.connect(reuse_if_open=True)
    assert retried.status_code == 200
    assert first is not None
    assert first.startswith("已收到，编号 TS")
    assert InboundMessage.select().count() == Complaint.select().count() == 1


CHILD = """
import json, sys
import models
from bot import dispatcher
from wechat.inbound import parse_inbound
url, path = sys.argv[1:]
database = models.connect(url)
database.connect()
print("ready", flush=True)
for xml in json.load(open(path)):
    dispatcher.answer(parse_inbound(xml.encode()))
print("done", flush=True)
"""


@pytest.mark.serial
def test_a_worker_killed_at_any_instant_leaves_all_or_nothing(own_database: Database, tmp_path: Path) -> None:
    dice = random.Random(7)
    posts = [text_xml(f"oWriter{no:021d}", f"反馈 第{no}条").decode() for no in range(PARTS)]
    path = tmp_path / "posts.json"
    path.write_text(json.dumps(posts))
    kills = 0
    for _ in range(40):
        killed = _kill_after(dice.uniform(0.001, 0.02), own_database.url, path)  # type: ignore[attr-defined]
        kills += killed == -signal.SIGKILL
        kept, acts = InboundMessage.select().count(), Complaint.select().count()
        assert kept == acts == ComplaintStep.select().count()
        assert {row.outcome.value for row in InboundMessage.select()} <= {"handled"}
        if kept == PARTS:
            break

    subprocess.run(
        [sys.executable, "-c", CHILD, own_database.url, str(path)],  # type: ignore[attr-defined]
        cwd=config.ROOT, env=os.environ | {"PYTHONPATH": str(config.ROOT)},
        check=True, stdout=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip

    assert kills >= 2
    assert sorted(row.text for row in Complaint.select()) == sorted(f"第{no}条" for no in range(PARTS))
    assert InboundMessage.select().count() == PARTS


def _connect() -> None:
    proxy.connect(reuse_if_open=True)


def _kill_after(seconds: float, url: str, path: Path) -> int:
    """Start a worker on the posts, kill it so long after it is ready; its return code."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, url, str(path)],
        cwd=config.ROOT, env=os.environ | {"PYTHONPATH": str(config.ROOT)},
        stdout=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
        return child.wait(10)


def _wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < until, "waited ten seconds"
        time.sleep(0.01)
