"""Whatever is sent, by whomever, in whatever state: an answer, valid XML, at most 2,048 bytes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peewee import Database

import clock
import config
from bot import dispatcher
from bot.menu import CONDITIONAL, MENU
from models.accounts import AccountRoleKind
from models.inbound import InboundMessage, InboundOutcome
from models.messaging import Campaign, CampaignStatus, Channel, ContentKind, Delivery, DeliveryStatus
from models.people import Follower, Topic
from models.publishing import EJournal
from models.surveys import Conversation
from services import followers, invite_codes, staff_replies
from tests.bot.conftest import event, message
from tests.factories import (
    make_account,
    make_activity,
    make_follower,
    make_issue,
    make_member,
    make_sign_up,
    make_unit,
)
from tests.factories.surveys import free_text, make_questionnaire, multiple, number, single
from wechat.inbound import Inbound, parse_inbound
from wechat.replies import TEXT_REPLY_BYTES, NewsArticle, cdata, reply

WORDS = [
    "最新讲座", "沙龙", "期刊", "更多", "列表", "2", "２", "第三篇", "十二", "99", "我的",
    "我的报名", "我的消息", "我的问卷", "我的订阅", "我的投诉", "打开", "订阅", "退订全部",
    "需求征集", "继续", "退出", "跳过", "选好了", "上一题", "进度", "帮助", "？", "搜索", "搜索治理",
    "绑定", "同意", "不同意", "解除绑定", "反馈", "反馈很好", "投诉", "匿名投诉食堂", "满意",
    "不满意", "查看答复", "请回电", "请回电13800138000", "工作台", "签到", "123456", "ABCD2345",
    "你好", "人工", "1", "报名", "报名 1", "报名 治", "候补 2", "取消报名", "取消报名 1",
]  # fmt: skip
KEYS = [child["key"] for top in MENU for child in top["sub_button"]]
KEYS += [child["key"] for _, _, menu in CONDITIONAL for top in menu for child in top["sub_button"]]
KINDS = ("image", "voice", "video", "shortvideo", "location", "link", "file", "hologram", "miniprogrampage")
SILENT = ("VIEW", "LOCATION", "view_miniprogram", "kf_close_session", "unsubscribe", "next_years_event")
STATES = ("stranger", "follower", "member", "locked", "asked", "left", "survey", "secret", "paused", "full")

words = st.one_of(
    st.sampled_from(WORDS),
    st.text(max_size=60),
    st.text(alphabet="<>&]\"'\x00\x08\u200b😀长 ", max_size=40),
    st.builds(lambda word, rest: word + rest, st.sampled_from(WORDS), st.text(max_size=20)),
    st.builds(
        lambda part, times: part * times,
        st.sampled_from(["长", "a", "😀", "<a href='x'>", "&"]),
        st.integers(500, 2500),
    ),
)
sent = st.one_of(
    st.tuples(st.just("text"), words),
    st.tuples(st.just("tap"), words),
    st.tuples(st.just("voice"), words),
    st.tuples(st.sampled_from(KINDS), st.text(max_size=300)),
    st.tuples(st.just("click"), st.sampled_from(KEYS)),
    st.tuples(st.just("event"), st.sampled_from([*SILENT, "subscribe", "SCAN", "scancode_waitmsg"])),
)  # fmt: skip
_numbers = count(1)


@pytest.fixture(scope="module", params=["service", "subscription"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def content(db: Database, noon: object, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long titles everywhere, two surveys, and an account that signs its links or does not."""
    ours = config.settings().model_copy(update={"wechat_account_kind": kind})
    monkeypatch.setattr(config, "settings", lambda: ours)
    for n in range(7):
        make_activity(title="治" * 79 + str(n), place="地" * 80, speaker="讲" * 40)
    journal = EJournal.create(name="《" + "刊" * 30 + "》", member_unit=make_unit())
    for n in range(4):
        make_issue(e_journal=journal, issue_no=f"2026年第{n}期")
    make_questionnaire(single(), multiple(), number(), free_text(), title="问" * 60, is_anonymous=False)


def somebody(state: str) -> Follower:
    if state == "stranger":
        return Follower(app_id=config.settings().wechat_app_id, openid=f"oStranger{next(_numbers):019d}")
    if state in ("follower", "locked"):
        until = clock.utc_now() + timedelta(minutes=30) if state == "locked" else None
        return make_follower(failed_bindings=5 if until else 0, binding_locked_until=until)
    if state == "asked":
        follower = make_follower()
        ((_, code),) = invite_codes.issue([make_member().person_id], actor=None)
        dispatcher.answer(message(follower.openid, f"绑定 {code}"))
        return follower
    member = make_member()
    if state == "left":
        followers.unfollowed(member.app_id, member.openid, at=clock.utc_now())
    if state == "secret":
        make_questionnaire(single(), free_text(), title="匿" * 30, is_anonymous=True)
        dispatcher.answer(message(member.openid, "需求征集 2"))
    if state in ("survey", "paused"):
        dispatcher.answer(message(member.openid, "需求征集 1"))
        Conversation.update(is_paused=state == "paused").where(Conversation.follower == member.id).execute()
    if state == "full":
        wait_for(member)
    return member


def wait_for(member: Follower) -> None:
    """A notice and a long answer of our staff wait for the next message."""
    activity = make_activity(title="告" * 80)
    make_sign_up(activity, member.person)
    campaign = Campaign.create(
        title="讲座", topic=Topic.LECTURE, content_kind=ContentKind.ACTIVITY, activity=activity,
        member_unit=member.person.member_unit, author=make_account(), status=CampaignStatus.SENDING,
        deadline_at=clock.utc_now() + timedelta(days=2),
    )  # fmt: skip
    Delivery.create(
        campaign=campaign, person=member.person, follower=member, chunk=0,
        channel=Channel.RIDER, status=DeliveryStatus.PLANNED,
    )  # fmt: skip
    actor = make_account(AccountRoleKind.SECRETARIAT)
    for text in ("短的答复", "长" * 600):
        staff_replies.begin(member, text, once=f"w{next(_numbers)}", actor=actor, as_rider=True)


def made(openid: str, what: str, told: str) -> Inbound:
    """A message as it comes over the wire: what XML cannot hold never arrives."""
    if what == "click":
        return event(openid, "CLICK", told)
    if what == "event":
        key = "qrscene_x" if told == "subscribe" else "CHECK_IN" if told == "scancode_waitmsg" else ""
        return event(openid, told, key)
    fields = {
        "text": f"<Content>{cdata(told)}</Content>",
        "voice": f"<Recognition>{cdata(told)}</Recognition>",
    }
    kind = "text" if what == "tap" else what
    body = fields.get(kind, f"<Title>{cdata(told)}</Title>")
    tap = "<bizmsgmenuid>w</bizmsgmenuid>" if what == "tap" else ""
    xml = (
        f"<xml><ToUserName>gh</ToUserName><FromUserName>{openid}</FromUserName>"
        f"<CreateTime>{int(clock.timestamp())}</CreateTime><MsgType>{kind}</MsgType>{body}{tap}"
        f"<MsgId>{next(_numbers)}</MsgId></xml>"
    )
    return parse_inbound(xml.encode("utf-8", "ignore"))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(state=st.sampled_from(STATES), said=st.lists(sent, min_size=1, max_size=4))
def test_always_an_answer_that_fits(content: None, state: str, said: list[tuple[str, str]]) -> None:
    openid = somebody(state).openid
    for what, told in said:
        inbound = made(openid, what, told)

        answer = dispatcher.answer(inbound)

        clock.advance(timedelta(seconds=1))
        if answer is None:
            assert what == "event", (state, what, told)
            continue
        check(inbound, answer)
    failed = InboundMessage.outcome == InboundOutcome.FAILED
    assert InboundMessage.select().where(failed).count() == 0


def check(inbound: Inbound, answer: str | NewsArticle) -> None:
    fields: Any = {each.tag: each for each in ElementTree.fromstring(reply(inbound, answer))}
    assert fields["ToUserName"].text == inbound.openid
    if isinstance(answer, NewsArticle):
        assert answer.size <= TEXT_REPLY_BYTES
        assert [each.tag for each in fields["Articles"]] == ["item"]
        return
    assert fields["Content"].text
    assert len(fields["Content"].text.encode()) <= TEXT_REPLY_BYTES
    assert answer.count("<a ") == answer.count("</a>")


@pytest.mark.parametrize("said", ["最新讲座", "沙龙", "期刊", "帮助", "人工", "签到"])
def test_a_known_keyword_costs_three_statements(
    content: None, count_statements: Callable[..., int], said: str
) -> None:
    for state in ("follower", "member"):
        inbound = message(somebody(state).openid, said)
        assert count_statements(lambda inbound=inbound: dispatcher.answer(inbound)) <= 3
