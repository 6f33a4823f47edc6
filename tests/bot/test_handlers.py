"""What members say and what they are told: binding, topics, lists, pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

import clock
import config
from models.inbound import InboxItem
from models.messaging import Campaign, CampaignStatus, Channel, ContentKind, Delivery, DeliveryStatus
from models.people import Person, Topic
from models.publishing import EJournal
from services import bindings, opt_ins
from tests.bot.conftest import CARD, Phone
from tests.factories import (
    make_account,
    make_activity,
    make_follower,
    make_issue,
    make_member,
    make_person,
    make_sign_up,
    make_unit,
)
from tests.factories import make_opt_in as opt_in

Phones = Callable[..., Phone]
LINK = re.compile(r"msgmenuid=([^\"]+)\">([^<]+)</a>")


def code_for(person: Person) -> str:
    ((_, code),) = bindings.issue_codes([person.id], actor=None)
    return code


@pytest.fixture
def subscription(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account is a verified 订阅号: no web sign-in."""
    settings = config.settings().model_copy(update={"wechat_account_kind": "subscription"})
    monkeypatch.setattr(config, "settings", lambda: settings)


@pytest.mark.parametrize("way", ["tap", "word"])
def test_binding_by_code_notice_and_yes(phone: Phones, way: str) -> None:
    person = make_person(name="王小明")
    mine = phone()
    mine.follows()

    notice = mine.says(f"绑定 {code_for(person)}")
    assert "个人信息告知" in notice
    assert "王小明" not in notice
    links = {words: menu_id for menu_id, words in LINK.findall(notice)}
    assert set(links) == {"同意", "不同意"}
    said = mine.taps(links["同意"], "同意") if way == "tap" else mine.says("同意")

    assert said.startswith("绑定成功")
    assert mine.follower.person_id == person.id
    assert "王小明" not in mine.says("我的")


def test_a_bare_code_is_enough_and_no_is_no(phone: Phones) -> None:
    person = make_person()
    mine = phone()

    assert "个人信息告知" in mine.says(code_for(person).lower())
    assert "没有绑定" in mine.says("不同意")
    assert mine.follower.person_id is None
    assert "目前没有需要确认的事项" in mine.says("同意")


def test_wrong_codes_are_counted_although_each_is_refused(phone: Phones) -> None:
    mine = phone()
    said = [mine.says("绑定 ABCD9999") for _ in range(5)]

    assert "还可以再试 4 次" in said[0]
    assert "分钟后" in said[4]
    assert "分钟后" in mine.says(f"绑定 {code_for(make_person())}")
    clock.advance(timedelta(minutes=61))
    assert "个人信息告知" in mine.says(f"绑定 {code_for(make_person())}")


def test_unbinding_by_word(phone: Phones) -> None:
    mine = phone(make_member())

    asked = mine.says("解除绑定")
    assert mine.follower.person_id is not None  # one tap alone costs nobody their binding
    ((menu_id, words),) = LINK.findall(asked)
    assert mine.taps(menu_id, words).startswith("已解除绑定")
    assert mine.follower.person_id is None
    assert "尚未绑定" in mine.says("解除绑定")


def test_a_member_who_sends_the_code_or_the_yes_again_is_told_of_the_binding(phone: Phones) -> None:
    person = make_person(name="王小明")
    code, mine = code_for(person), phone()
    mine.says(f"绑定 {code}"), mine.says("同意")

    for words in (f"绑定 {code}", code, "同意", "不同意"):
        assert mine.says(words).startswith("您已绑定为 王*明"), words
    assert "已经使用过" in phone().says(f"绑定 {code}")


def test_other_words_before_the_yes_are_kept_and_the_question_is_shown_again(phone: Phones) -> None:
    mine = phone()
    mine.says(f"绑定 {code_for(make_person())}")

    said = mine.says("这是做什么用的")

    assert [words for _, words in LINK.findall(said)] == ["同意", "不同意"]
    assert InboxItem.get().text == "这是做什么用的"
    assert "邀请码还可以用" in mine.says("不同意")


@pytest.mark.parametrize("words", ["？", "?", "？？", "help", "帮助。"])
def test_a_mere_question_mark_asks_for_help(phone: Phones, words: str) -> None:
    assert phone().says(words).startswith("点文字或直接发送")


@pytest.mark.parametrize(
    ("words", "told"), [("邀请码", "联络员索取"), ("怎么绑定？", "联络员索取"), ("人工", "反馈 您的意见")]
)
def test_who_is_at_a_loss_is_shown_the_way(phone: Phones, words: str, told: str) -> None:
    assert told in phone().says(words)
    assert InboxItem.select().count() == 0


def test_topics_by_word_and_by_link(phone: Phones) -> None:
    member = make_member()
    mine = phone(member)

    shown = mine.says("订阅")
    assert shown.count("未订阅") == 4
    assert mine.says("订阅 讲座、沙龙").startswith("已订阅讲座、沙龙")
    assert mine.says("订阅讲座").startswith("您已经订阅了讲座")
    assert len(LINK.findall(shown)) == 4
    mine.taps(LINK.findall(shown)[2][0], "订阅 期刊")
    assert mine.says("退订 沙龙").startswith("已退订沙龙")

    assert opt_ins.topics_of(member.person) == {Topic.LECTURE, Topic.E_JOURNAL}
    mine.says("退订全部")
    assert opt_ins.topics_of(member.person) == set()


@pytest.mark.parametrize("menu_id", ["t.lecture.on.000000000000", "t.x.on", "t."])
def test_a_forged_topic_link_changes_nothing(phone: Phones, menu_id: str) -> None:
    member = make_member()

    assert "已失效" in phone(member).taps(menu_id, "订阅 讲座")
    assert opt_ins.topics_of(member.person) == set()


def test_a_stranger_is_told_to_bind_first(phone: Phones) -> None:
    for words in ("订阅 讲座", "我的", "我的报名", "打开"):
        assert "绑定 邀请码" in phone().says(words)


def test_lectures_and_salons_are_listed_with_links(phone: Phones) -> None:
    lecture = make_activity(title="基层治理<b>", place="报告厅")
    own, other = make_unit(), make_unit()
    make_activity(title="本校内部", member_unit=own, is_shared=False)
    make_activity(title="别校内部", member_unit=other, is_shared=False)
    make_activity(title="已经讲完", starts_at=clock.utc_now() - timedelta(days=2))

    mine = phone(make_member(unit=own))
    assert mine.says("最近有什么讲座？").startswith(f"{CARD}基层治理<b>\n")
    said = mine.says("列表")

    assert (
        f'<a href="{config.settings().public_url}/m/activities/{lecture.id}">1. 基层治理&lt;b&gt;</a>' in said
    )
    assert "本校内部" in said
    assert "别校内部" not in said
    assert "已经讲完" not in said
    to_stranger = phone().says("讲座")
    assert "本校内部" not in to_stranger
    assert "绑定 邀请码" in to_stranger
    assert "还没有安排新的沙龙" in phone().clicks("SALONS")


def test_long_lists_stay_within_a_reply(phone: Phones, subscription: None) -> None:
    for _ in range(8):
        make_activity(title="题" * 80, place="地" * 80)

    assert "回复序号看那一篇" in phone(make_follower()).says("讲座")


def test_the_latest_issues_are_listed_by_columns(phone: Phones) -> None:
    journal = EJournal.create(name="《前沿观察》", member_unit=make_unit())
    for no in range(4):
        make_issue(
            e_journal=journal,
            issue_no=f"2026年第{no + 1}期",
            published_at=clock.utc_now() - timedelta(days=10 - no),
        )

    said = phone(make_member()).says("期刊")

    assert re.findall(r"2026年第(\d)期", said) == ["4", "3", "2", "1"]
    assert "栏目：热点资讯" in said
    assert "绑定 邀请码" in phone().says("期刊")


def test_own_sign_ups_are_listed(phone: Phones) -> None:
    member = make_member()
    make_sign_up(make_activity(title="我报的讲座"), member.person)
    make_activity(title="没报的讲座")

    said = phone(member).clicks("MY_SIGN_UPS")

    assert "我报的讲座" in said
    assert "没报的讲座" not in said


def test_a_service_account_opens_pages_by_plain_links(phone: Phones) -> None:
    assert f'href="{config.settings().public_url}/m/"' in phone(make_member()).says("打开")


def test_a_subscription_account_opens_pages_by_signed_links(phone: Phones, subscription: None) -> None:
    make_activity()
    mine = phone(make_member())

    opened, listed = mine.says("打开"), mine.says("讲座")

    assert "/m/open/" in opened
    assert "5分钟内有效" in opened
    assert "/m/open/" in listed
    assert "/m/activities/" not in listed


def test_what_came_to_a_member_can_be_read_again(phone: Phones) -> None:
    member = make_member()
    mine = phone(member)
    assert "还没有发给您的通知" in mine.says("我的消息")
    campaign = Campaign.create(
        title="同事看的任务名", topic=Topic.LECTURE, content_kind=ContentKind.ACTIVITY,
        activity=make_activity(title="到了的讲座"), member_unit=member.person.member_unit,
        author=make_account(), status=CampaignStatus.SENDING,
    )  # fmt: skip
    Delivery.create(
        campaign=campaign, person=member.person, chunk=0,
        channel=Channel.MASS_SEND, status=DeliveryStatus.ACCEPTED,
    )  # fmt: skip

    said = mine.says("我的消息")

    assert re.search(r"/m/activities/\d+\">[^<]*到了的讲座</a>（群发）", said)
    assert "同事看的任务名" not in said


def test_the_topics_a_member_wants_are_shown_as_such(phone: Phones) -> None:
    member = make_member()
    opt_in(member.person, Topic.SURVEY)

    assert "调研：已订阅" in phone(member).clicks("TOPICS")
