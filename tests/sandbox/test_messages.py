"""Window messages, template messages, one-time subscriptions: limits, memory, events."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.testing import Sandbox, running_sandbox
from tests.sandbox.conftest import Callback, text_reply

SEND = "/cgi-bin/message/custom/send"
TEMPLATE = "/cgi-bin/message/template/send"
DATA = {
    "thing1": {"value": "数据治理讲座"},
    "time2": {"value": "2026年12月1日 14:00"},
    "thing3": {"value": "一号楼"},
    "name4": {"value": "王教授"},
}


def custom(sandbox: Sandbox, openid: str, text: str = "您好") -> int:
    return int(
        sandbox.call(SEND, {"touser": openid, "msgtype": "text", "text": {"content": text}})["errcode"]
    )


def template(sandbox: Sandbox, openid: str, **more: Any) -> dict[str, Any]:
    body = {"touser": openid, "template_id": "TPL_LECTURE", "data": DATA, **more}
    told: dict[str, Any] = sandbox.call(TEMPLATE, body)
    return told


def test_a_message_opens_five_in_48_hours(sandbox: Sandbox) -> None:
    openid = sandbox.add()
    assert custom(sandbox, openid) == 45015

    sandbox.say(openid, "你好")

    assert [custom(sandbox, openid) for _ in range(6)] == [0, 0, 0, 0, 0, 45047]
    sandbox.say(openid, "再来")
    sandbox.advance(48 * 3600 + 1)
    assert custom(sandbox, openid) == 45015


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("menu", {"key": "LECTURES"}),
        ("link", {"content": "满意", "id": "s7q1a"}),
        ("scan", {"scene": "lecture_7"}),
    ],
)
def test_taps_and_scans_open_three_in_one_minute(sandbox: Sandbox, what: str, body: dict[str, str]) -> None:
    openid = sandbox.add()

    sandbox.act(openid, what, **body)

    assert [custom(sandbox, openid) for _ in range(4)] == [0, 0, 0, 45047]
    sandbox.act(openid, what, **body)
    sandbox.advance(61)
    assert custom(sandbox, openid) == 45015


def test_following_opens_three_and_unfollowing_closes_all(sandbox: Sandbox) -> None:
    openid = sandbox.add(follow=True)
    assert custom(sandbox, openid) == 0

    sandbox.act(openid, "unfollow")

    assert custom(sandbox, openid) == 43004
    assert custom(sandbox, "oNobody") == 40003


def test_a_bad_message_spends_nothing(sandbox: Sandbox) -> None:
    openid = sandbox.add()
    sandbox.say(openid, "你好")

    assert custom(sandbox, openid, "长" * 700) == 45002
    assert sandbox.call(SEND, {"touser": openid, "msgtype": "riddle"})["errcode"] == 40008
    two = {"articles": [{"title": "一"}, {"title": "二"}]}
    assert sandbox.call(SEND, {"touser": openid, "msgtype": "news", "news": two})["errcode"] == 45008

    assert sandbox.person(openid)["windows"]["message"]["messages_left"] == 5


def test_a_template_message_arrives_and_its_event_follows(sandbox: Sandbox, callback: Callback) -> None:
    openid = sandbox.add()

    told = template(sandbox, openid, url="https://m.example.org/l/7")
    sandbox.settle()

    (event,) = callback.events("TEMPLATESENDJOBFINISH")
    assert (event["MsgID"], event["Status"]) == (str(told["msgid"]), "success")
    (card,) = sandbox.chat(openid)
    assert card["body"]["rows"][0] == ["讲座主题", "数据治理讲座"]


def test_who_blocks_gets_nothing_and_the_event_says_so(sandbox: Sandbox, callback: Callback) -> None:
    openid = sandbox.add()
    sandbox.act(openid, "block")

    told = template(sandbox, openid)
    sandbox.settle()

    assert told["errcode"] == 0
    assert callback.events("TEMPLATESENDJOBFINISH")[0]["Status"] == "failed:user block"
    assert sandbox.chat(openid) == []


def test_the_same_client_msg_id_delivers_once_in_ten_minutes(sandbox: Sandbox) -> None:
    openid = sandbox.add()
    first = template(sandbox, openid, client_msg_id="c7")
    again = template(sandbox, openid, client_msg_id="c7")
    assert again["msgid"] == first["msgid"]
    assert len(sandbox.chat(openid)) == 1

    sandbox.advance(601)

    assert template(sandbox, openid, client_msg_id="c7")["msgid"] != first["msgid"]
    assert sandbox.stats("template|")["received"][0]["doubled"] == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("thing1", "字" * 21),
        ("thing1", "两\n行"),
        ("thing1", "  "),
        ("time2", "明天下午"),
        ("time2", "2026年12月1日"),
        ("name4", "一二三四五六七八九十一"),
        ("name4", None),
    ],
)
def test_bad_values_are_refused_with_the_keys_name(sandbox: Sandbox, key: str, value: str | None) -> None:
    told = template(sandbox, sandbox.add(), data={**DATA, key: {"value": value}})

    assert told["errcode"] == 47003
    assert f"data.{key}.value" in told["errmsg"]


@pytest.mark.parametrize("moment", ["15:01", "2019年10月1日 15:01", "2026-12-01 14:00~16:00", "14:00~15:30"])
def test_times_of_the_published_forms_are_taken(sandbox: Sandbox, moment: str) -> None:
    assert template(sandbox, sandbox.add(), data={**DATA, "time2": {"value": moment}})["errcode"] == 0


def test_templates_are_checked_for_person_id_and_account(sandbox: Sandbox) -> None:
    openid = sandbox.add()
    assert template(sandbox, openid, template_id="ONE_NOTICE")["errcode"] == 40037
    assert template(sandbox, "oNobody")["errcode"] == 40003
    assert template(sandbox, sandbox.add("未关注", follow=False))["errcode"] == 43004
    with running_sandbox(kind="subscription") as other:
        assert template(other, other.add())["errcode"] == 48001


def test_one_consent_is_one_message_even_without_following(sandbox: Sandbox) -> None:
    member = {"openid": "oOne", "unfollowed": True, "consents": 1}
    sandbox.post("/_sandbox/crowd", {"members": [member], "consent_scene": 7})
    body = {
        "touser": "oOne",
        "template_id": "ONE_NOTICE",
        "url": "https://m.example.org",
        "scene": "7",
        "title": "新一期期刊",
        "data": {"content": {"value": "第3期已出"}},
    }
    path = "/cgi-bin/message/template/subscribe"

    codes = [sandbox.call(path, {**body, "scene": "8"})["errcode"]]
    codes += [sandbox.call(path, body)["errcode"] for _ in range(2)]

    assert codes == [43101, 0, 43101]


def test_an_event_can_come_doubled_missing_or_before_the_answer(sandbox: Sandbox, callback: Callback) -> None:
    openid, name = sandbox.add(), "TEMPLATESENDJOBFINISH"
    sandbox.fault(push=name, how="doubled")
    sandbox.fault(push=name, how="missing")
    sandbox.fault(push=name, how="early")

    told = [template(sandbox, openid)["msgid"] for _ in range(2)]
    sandbox.settle()
    early = template(sandbox, openid)["msgid"]
    seen_at_once = [event["MsgID"] for event in callback.events(name)]

    assert seen_at_once == [str(told[0]), str(told[0]), str(early)]


def test_cdata_ends_in_a_text_arrive_whole(sandbox: Sandbox, callback: Callback) -> None:
    callback.reply = lambda message: text_reply(message, f"收到{message['Content']}")
    openid = sandbox.add()

    told = sandbox.say(openid, "甲]]>乙<b>")

    assert told["reply"] == {"kind": "text", "text": "收到甲]]>乙<b>"}
    assert [message["by"] for message in sandbox.chat(openid)] == ["person", "account"]


def test_control_characters_are_sent_as_typed(sandbox: Sandbox) -> None:
    query, body = sandbox.signed_text("oOne", "甲\x08乙")

    sealed = body.split(b"<Encrypt><![CDATA[")[1].split(b"]]")[0].decode()

    assert "encrypt_type" in query
    assert "甲\x08乙".encode() in sandbox.platform.pushes.envelope.decrypt(sealed)
