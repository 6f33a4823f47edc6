"""我的: each section, what there is room for, and what somebody not bound may see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

import clock
import config
from models.activities import ActivityStatus, SignUpStatus
from models.messaging import Campaign, CampaignStatus, Channel, ContentKind, Delivery, DeliveryStatus
from models.people import Follower, Topic
from tests.bot.conftest import Phone
from tests.factories import make_account, make_activity, make_member, make_opt_in, make_sign_up
from tests.factories.surveys import make_questionnaire, single

Phones = Callable[..., Phone]


@pytest.fixture
def subscription(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = config.settings().model_copy(update={"wechat_account_kind": "subscription"})
    monkeypatch.setattr(config, "settings", lambda: settings)


def delivered(member: Follower, title: str) -> None:
    campaign = Campaign.create(
        title="同事看的任务名", topic=Topic.LECTURE, content_kind=ContentKind.ACTIVITY,
        activity=make_activity(title=title), member_unit=member.person.member_unit,
        author=make_account(), status=CampaignStatus.SENDING,
    )  # fmt: skip
    Delivery.create(
        campaign=campaign, person=member.person, chunk=0,
        channel=Channel.TEMPLATE_MESSAGE, status=DeliveryStatus.DELIVERED,
    )  # fmt: skip


def test_all_sections_in_one_reply(phone: Phones) -> None:
    member = make_member()
    make_sign_up(make_activity(title="后天的讲座"), member.person)
    make_sign_up(
        make_activity(title="过去的讲座", starts_at=clock.utc_now() - timedelta(days=3)), member.person
    )
    make_sign_up(make_activity(title="排队的讲座"), member.person, status=SignUpStatus.WAITING)
    make_sign_up(make_activity(title="取消的讲座", status=ActivityStatus.CANCELLED), member.person)
    make_questionnaire(single(), title="秋季需求征集")
    delivered(member, "发来的讲座")
    make_opt_in(member.person, Topic.LECTURE)
    mine = phone(member)
    mine.says("反馈 讲座排在周末")

    said = mine.says("我的")

    assert said.startswith("样*")
    assert "【我的活动】" in said
    assert '">后天的讲座</a>\n' in said
    assert "排队的讲座</a>（候补中）" in said
    assert "取消的讲座</a>（已取消）" in said
    assert "过去的讲座" not in said
    assert "秋季需求征集" in said
    assert "开始填写" in said
    assert "发来的讲座" in said
    assert "意见反馈 TS261123-" in said
    assert "【订阅】讲座" in said
    assert "打开我的主页</a>" in said
    assert mine.clicks("MINE") == said


def test_each_section_alone(phone: Phones) -> None:
    member = make_member()
    make_sign_up(make_activity(title="后天的讲座"), member.person)
    make_questionnaire(single(), title="秋季需求征集")
    delivered(member, "发来的讲座")
    mine = phone(member)

    assert "后天的讲座" in mine.says("我的活动")
    assert "秋季需求征集" in mine.says("我的问卷")
    assert "发来的讲座" in mine.says("我的消息")
    assert "讲座：未订阅" in mine.says("我的订阅")
    assert "还没有提交过投诉建议" in mine.says("我的投诉")


def test_where_nothing_is_it_says_what_to_do(phone: Phones) -> None:
    said = phone(make_member()).says("我的")

    assert "【我的活动】：近期没有报名。看看" in said
    assert "【待填问卷】：目前没有" in said
    assert "【我的消息】：还没有" in said
    assert "【订阅】未订阅" in said
    assert "投诉建议" not in said


def test_a_full_life_has_room_on_a_subscription_account(phone: Phones, subscription: None) -> None:
    member = make_member()
    for n in range(8):
        make_sign_up(make_activity(title="题" * 70 + str(n)), member.person)
        delivered(member, "长" * 70)
        make_questionnaire(single(), title="问" * 50)
    mine = phone(member)
    for n in range(5):
        mine.says(f"反馈 {'意' * 300}{n}")

    said = mine.says("我的")  # the phone itself measures every reply

    assert "/m/open/" in said
    assert "5分钟内有效" in said
    assert "题题" in said
    assert "/m/activities/" not in said


def test_who_is_not_bound_is_told_what_may_be_seen_and_how_to_bind(phone: Phones) -> None:
    said = phone().says("我的")

    assert "绑定 邀请码" in said
    assert "现在就能看" in said
    for words in ("我的报名", "我的消息", "我的问卷", "我的订阅"):
        assert "绑定" in phone().says(words), words
