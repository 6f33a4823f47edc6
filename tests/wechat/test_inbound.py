"""Fields, keys of repeats and nested lists of what WeChat pushes (contract §1.4 to §1.6)."""

from __future__ import annotations

import pytest

from wechat.inbound import BadXML, Inbound, parse_inbound

HEAD = "<ToUserName>gh_1</ToUserName><FromUserName>oU1</FromUserName><CreateTime>1735689600</CreateTime>"


def event(name: str, extra: str = "") -> Inbound:
    return parse_inbound(f"<xml>{HEAD}<MsgType>event</MsgType><Event>{name}</Event>{extra}</xml>".encode())


def text(extra: str = "") -> Inbound:
    return parse_inbound(f"<xml>{HEAD}<MsgType>text</MsgType><Content>1</Content>{extra}</xml>".encode())


def test_a_message_is_recognised_by_id_sender_and_time():
    assert text("<MsgId>24</MsgId>").dedupe_key == "24|oU1|1735689600"


def test_messages_without_an_id_differ_by_content():
    assert text("<MsgId/>").dedupe_key == text("<MsgId/>").dedupe_key
    assert text("<MsgId/>").dedupe_key != text("<Other>1</Other>").dedupe_key


def test_events_of_one_second_differ_by_what_they_are_about():
    keys = [
        event("CLICK", "<EventKey>A</EventKey>").dedupe_key,
        event("CLICK", "<EventKey>B</EventKey>").dedupe_key,
        event("TEMPLATESENDJOBFINISH", "<MsgID>1</MsgID>").dedupe_key,
        event("TEMPLATESENDJOBFINISH", "<MsgID>2</MsgID>").dedupe_key,
        event("wxa_media_check", "<trace_id>a</trace_id>").dedupe_key,
        event("wxa_media_check", "<trace_id>b</trace_id>").dedupe_key,
        event(
            "PUBLISHJOBFINISH", "<PublishEventInfo><publish_id>1</publish_id></PublishEventInfo>"
        ).dedupe_key,
        event(
            "PUBLISHJOBFINISH", "<PublishEventInfo><publish_id>2</publish_id></PublishEventInfo>"
        ).dedupe_key,
        event("subscribe_msg_sent_event", sent("3")).dedupe_key,
        event("subscribe_msg_sent_event", sent("4")).dedupe_key,
    ]

    assert len(set(keys)) == 10
    assert keys[0] == "oU1|1735689600|CLICK|A|||"


def sent(*msgids: str) -> str:
    listed = "".join(f"<List><TemplateId>N</TemplateId><MsgID>{m}</MsgID></List>" for m in msgids)
    return f"<SubscribeMsgSentEvent>{listed}</SubscribeMsgSentEvent>"


def test_long_keys_are_shortened_and_stay_distinct():
    one = event("VIEW", f"<EventKey>https://a.example/{'x' * 900}1</EventKey>").dedupe_key
    two = event("VIEW", f"<EventKey>https://a.example/{'x' * 900}2</EventKey>").dedupe_key

    assert max(len(one), len(two)) <= 190
    assert one != two


@pytest.mark.parametrize("msgids", [("3",), ("3", "4")])
def test_one_entry_or_many_are_a_list(msgids):
    entries = event("subscribe_msg_sent_event", sent(*msgids)).entries("SubscribeMsgSentEvent")

    assert [entry["MsgID"] for entry in entries] == list(msgids)


def test_entries_of_nothing_are_none():
    assert event("CLICK").entries("SubscribeMsgSentEvent") == []


def test_job_events_are_told_apart():
    assert event("TEMPLATESENDJOBFINISH").is_job_event
    assert event("FREEPUBLISHJOBFINISH").is_job_event
    assert not event("CLICK").is_job_event


def test_a_tapped_option_keeps_its_id_as_text():
    assert text("<bizmsgmenuid>s7.q1.a</bizmsgmenuid>").menu_id == "s7.q1.a"


@pytest.mark.parametrize(
    "extra",
    ["<MsgType>image</MsgType>", "<FromUserName>oU2</FromUserName>", "<CreateTime>1</CreateTime>",
     "<Content><b>1</b></Content>"],
)  # fmt: skip
def test_a_doubled_or_nested_header_is_refused(extra):
    with pytest.raises(BadXML):
        text(extra)


@pytest.mark.parametrize(
    "xml",
    [
        "<xml><FromUserName>o</FromUserName><MsgType>text</MsgType></xml>",
        "<xml><FromUserName>o</FromUserName><CreateTime>-1</CreateTime><MsgType>text</MsgType></xml>",
        "<xml><FromUserName>o</FromUserName><CreateTime>99999999999</CreateTime><MsgType>text</MsgType></xml>",
        "<xml><FromUserName>o</FromUserName><CreateTime>1</CreateTime></xml>",
        "<xml><CreateTime>1</CreateTime><MsgType>text</MsgType></xml>",
    ],
)
def test_a_missing_header_is_refused(xml):
    with pytest.raises(BadXML):
        parse_inbound(xml.encode())


def test_no_openid_is_shown():
    assert "oU1" not in repr(text())
