"""What WeChat posts to the mini program, as JSON and as XML, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

import clock
import config
from models.mini_reminders import MiniReminder, MiniReminderStatus
from models.people import Follower
from sandbox.testing import Sandbox, running_sandbox
from services import mini_account, mini_reminders
from tests.factories import make_activity, make_follower, make_person, make_sign_up
from wechat.callbacks import sign
from wechat.client import Timeouts
from wechat.mini_program import make_mini_program
from wechat.mini_pushes import MiniCallbacks
from wechat.token_stores import MemoryTokenStore

pytestmark = pytest.mark.usefixtures("db", "noon")


@pytest.fixture
def callbacks() -> MiniCallbacks:
    ours = config.settings()
    return MiniCallbacks(token=ours.mini_token, aes_key=ours.mini_aes_key, app_id=ours.mini_app_id)


def wrapped(callbacks: MiniCallbacks, message: bytes, *, as_json: bool) -> tuple[dict[str, str], bytes]:
    """A push as WeChat seals it."""
    token, stamp = config.settings().mini_token, str(int(clock.timestamp()))
    encrypt = callbacks.encrypt(message)
    query = {
        "timestamp": stamp,
        "nonce": "907316524",
        "signature": sign(token, stamp, "907316524"),
        "msg_signature": sign(token, stamp, "907316524", encrypt),
        "encrypt_type": "aes",
    }
    body = (
        json.dumps({"ToUserName": "gh_1", "Encrypt": encrypt})
        if as_json
        else (f"<xml><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>")
    )
    return query, body.encode()


def sent_event(row: MiniReminder, errcode: str, *, as_list: bool) -> dict[str, Any]:
    entry = {
        "TemplateId": row.template_id,
        "MsgID": row.msgid,
        "ErrorCode": errcode,
        "ErrorStatus": "success",
    }
    return {
        "ToUserName": "gh_1",
        "FromUserName": row.follower.openid,
        "CreateTime": "1795665600",
        "MsgType": "event",
        "Event": "subscribe_msg_sent_event",
        "List": [entry] if as_list else entry,
    }


def make_sent() -> MiniReminder:
    follower = make_follower(app_id=config.settings().mini_app_id, is_following=False)
    now = clock.utc_now()
    return MiniReminder.create(
        follower=follower,
        activity=make_activity(),
        template_id="SUB_ACTIVITY",
        granted_at=now,
        due_at=now,
        status=MiniReminderStatus.ACCEPTED,
        msgid="1980000000000000001",
    )


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("as_list", [True, False])
@pytest.mark.parametrize(("errcode", "status"), [("0", "delivered"), ("43101", "failed")])
def test_the_result_of_a_subscribe_message_settles_the_reminder(
    client: FlaskClient, callbacks: MiniCallbacks, as_json: bool, as_list: bool, errcode: str, status: str
) -> None:
    row = make_sent()
    event = sent_event(row, errcode, as_list=as_list)
    if as_json:
        message = json.dumps(event, ensure_ascii=False).encode()
    else:
        entry = "".join(f"<{k}>{v}</{k}>" for k, v in sent_event(row, errcode, as_list=False)["List"].items())
        head = "".join(f"<{k}>{v}</{k}>" for k, v in event.items() if k != "List")
        message = (
            f"<xml>{head}<SubscribeMsgSentEvent><List>{entry}</List></SubscribeMsgSentEvent></xml>".encode()
        )
    query, body = wrapped(callbacks, message, as_json=as_json)

    answers = [client.post("/wechat/mini", query_string=query, data=body) for _ in range(2)]

    assert [(each.status_code, each.text) for each in answers] == [(200, "success")] * 2
    assert MiniReminder.get().status == status


def test_the_address_is_verified(client: FlaskClient, callbacks: MiniCallbacks) -> None:
    query, _ = wrapped(callbacks, b"{}", as_json=True)

    answer = client.get("/wechat/mini", query_string=query | {"echostr": "abc123"})

    assert (answer.status_code, answer.text) == (200, "abc123")
    assert client.get("/wechat/mini", query_string=query | {"signature": "0" * 40}).status_code == 403


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b'{"MsgType":"event","Event":"wxa_media_check","FromUserName":"o","CreateTime":1}', 200),
        (b"{not json", 200),
        (b'{"a b": 1}', 200),
        (b"[" * 4000, 200),
    ],
)
def test_what_is_of_no_use_is_acknowledged(
    client: FlaskClient, callbacks: MiniCallbacks, message: bytes, status: int
) -> None:
    query, body = wrapped(callbacks, message, as_json=True)

    assert client.post("/wechat/mini", query_string=query, data=body).status_code == status


def test_what_wechat_did_not_seal_is_refused(client: FlaskClient, callbacks: MiniCallbacks) -> None:
    row = make_sent()
    message = json.dumps(sent_event(row, "0", as_list=False)).encode()
    query, body = wrapped(callbacks, message, as_json=True)

    assert client.post("/wechat/mini", query_string=query, data=message).status_code in (200, 403)
    del query["encrypt_type"]
    assert client.post("/wechat/mini", query_string=query, data=message).status_code == 403
    assert client.post("/wechat/mini", data=body).status_code == 403
    assert client.post("/wechat/mini", query_string=query, data=b"x" * 70_000).status_code == 413
    assert MiniReminder.get().status is MiniReminderStatus.ACCEPTED


@pytest.fixture
def pushed() -> list[tuple[dict[str, str], bytes]]:
    """What the sandbox pushed for the mini program; it comes from another thread, the test posts it."""
    return []


@pytest.fixture
def sandbox(pushed: list[tuple[dict[str, str], bytes]]) -> Iterator[Sandbox]:
    def kept(query: dict[str, str], body: bytes) -> tuple[int, bytes]:
        pushed.append((query, body))
        return 200, b"success"

    with running_sandbox(mini_callback=kept) as running:
        running.post("/_sandbox/clock", {"time": clock.timestamp()})
        settings = config.settings().model_copy(update={"wechat_api_url": running.url})
        mini_account.set_program(make_mini_program(settings, MemoryTokenStore(), timeouts=Timeouts(2.0, 2.0)))
        try:
            yield running
        finally:
            mini_account.set_program(None)


def test_one_consent_is_one_message_and_its_result_is_told(
    sandbox: Sandbox, client: FlaskClient, pushed: list[tuple[dict[str, str], bytes]]
) -> None:
    openid = sandbox.add()
    person = make_person()
    follower: Follower = make_follower(
        app_id=config.settings().mini_app_id,
        openid=sandbox.mini_openid(openid),
        person=person,
        is_following=False,
    )
    activity = make_activity(title="基层治理讲座")
    make_sign_up(activity, person)
    sandbox.mini_consent(openid, "SUB_ACTIVITY")
    row = mini_reminders.answered(follower, activity, accepted=True)
    assert row is not None
    MiniReminder.update(due_at=row.granted_at).execute()
    activity.starts_at = row.granted_at.replace(hour=6)  # within two hours: due now
    activity.save()

    assert mini_reminders.send_due() == 1

    sent = MiniReminder.get()
    assert (sent.status, sent.reason, bool(sent.msgid)) == (MiniReminderStatus.ACCEPTED, "", True)
    assert mini_reminders.send_due() == 0
    sandbox.settle()
    for query, body in pushed:
        assert client.post("/wechat/mini", query_string=query, data=body).text == "success"
    assert MiniReminder.get().status is MiniReminderStatus.DELIVERED
