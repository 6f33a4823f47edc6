"""Results reported after the fact, in every spelling the platform uses."""

from __future__ import annotations

import pytest

from wechat.inbound import parse_inbound
from wechat.job_events import MassResult, PublishResult, SubscribeResult, TemplateResult, read_job_event

HEAD = (
    "<ToUserName>gh</ToUserName><FromUserName>oU1</FromUserName><CreateTime>1</CreateTime>"
    "<MsgType>event</MsgType>"
)


def read(name: str, fields: str) -> list:
    return read_job_event(parse_inbound(f"<xml>{HEAD}<Event>{name}</Event>{fields}</xml>".encode()))


@pytest.mark.parametrize("spelling", ["MsgID", "MsgId"])
@pytest.mark.parametrize(
    ("status", "delivered", "reason"),
    [
        ("success", True, ""),
        ("failed:user block", False, "user_block"),
        ("failed: system failed", False, "system_failed"),
        ("failed:system failed", False, "system_failed"),
        ("Failed: Other", False, "failed:other"),
    ],
)
def test_a_template_ends_delivered_or_not(spelling, status, delivered, reason):
    fields = f"<{spelling}>39</{spelling}><Status>{status}</Status>"

    assert read("TEMPLATESENDJOBFINISH", fields) == [TemplateResult("39", "oU1", delivered, reason)]


MASS = (
    "<MsgID>1000000003</MsgID><Status>{status}</Status><TotalCount>2</TotalCount><FilterCount>2</FilterCount>"
    "<SentCount>1</SentCount><ErrorCount>1</ErrorCount>"
    "<CopyrightCheckResult><Count>0</Count><ResultList></ResultList><CheckState>0</CheckState></CopyrightCheckResult>"
    "<ArticleUrlResult><Count>1</Count><ResultList>{items}</ResultList></ArticleUrlResult>"
)
ITEM = "<item><ArticleIdx>{0}</ArticleIdx><ArticleUrl>U{0}</ArticleUrl></item>"


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_mass_send_ends_with_counts(count):
    items = "".join(ITEM.format(n) for n in range(count))

    (result,) = read("MASSSENDJOBFINISH", MASS.format(status="send success", items=items))

    urls = tuple(f"U{n}" for n in range(count))
    assert result == MassResult("1000000003", True, "send success", 2, 2, 1, 1, None, urls)


@pytest.mark.parametrize(("status", "code"), [("err(20001)", 20001), ("send fail", None)])
def test_a_mass_send_may_be_returned(status, code):
    (result,) = read("MASSSENDJOBFINISH", MASS.format(status=status, items=""))

    assert (result.succeeded, result.review_code, result.status) == (False, code, status)


@pytest.mark.parametrize("name", ["PUBLISHJOBFINISH", "FREEPUBLISHJOBFINISH"])
def test_a_publication_ends(name):
    fields = (
        "<PublishEventInfo><publish_id>7</publish_id><publish_status>0</publish_status>"
        "<article_id>A1</article_id><article_detail><count>1</count>"
        "<item><idx>1</idx><article_url>U</article_url></item></article_detail></PublishEventInfo>"
    )

    assert read(name, fields) == [PublishResult("7", 0, "A1", ("U",))]


@pytest.mark.parametrize("count", [1, 2])
def test_subscribe_results_come_singly_or_in_lists(count):
    entry = (
        "<List><TemplateId>N</TemplateId><MsgID>{}</MsgID><ErrorCode>0</ErrorCode>"
        "<ErrorStatus>success</ErrorStatus></List>"
    )
    fields = "".join(entry.format(n) for n in range(count))

    assert read("subscribe_msg_sent_event", f"<SubscribeMsgSentEvent>{fields}</SubscribeMsgSentEvent>") == [
        SubscribeResult(str(n), "oU1", "N", 0, "success") for n in range(count)
    ]


def test_other_events_report_nothing():
    assert read("CLICK", "<EventKey>A</EventKey>") == []


def test_missing_fields_are_survived():
    assert read("TEMPLATESENDJOBFINISH", "") == [TemplateResult("", "oU1", False, "")]
    assert read("MASSSENDJOBFINISH", "<TotalCount>x</TotalCount>")[0].total == 0
    assert read("PUBLISHJOBFINISH", "") == [PublishResult("", -1)]
