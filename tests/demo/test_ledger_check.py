"""The demo's check finds a lost, a doubled and an unaccounted one, and takes nothing else for them."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime

import pytest
from peewee import Database

import clock
from demo import ledger_check, report
from models.accounts import AccountRoleKind
from models.messaging import (
    Attempt,
    AttemptOutcome,
    Campaign,
    Channel,
    ContentKind,
    Delivery,
    DeliveryStatus,
)
from models.people import Follower, Topic
from tests.factories import make_account, make_activity, make_member

pytestmark = pytest.mark.usefixtures("db")
KEY = "基层治理"
TEMPLATE, MASS, RIDER = Channel.TEMPLATE_MESSAGE, Channel.MASS_SEND, Channel.RIDER


@pytest.fixture
def campaign(db: Database, noon: datetime) -> Campaign:
    author = make_account(AccountRoleKind.SECRETARIAT)
    return Campaign.create(
        title="讲座通知",
        topic=Topic.LECTURE,
        content_kind=ContentKind.ACTIVITY,
        activity=make_activity(title=KEY),
        member_unit=author.member_unit,
        author=author,
    )


def delivered(campaign: Campaign, status: DeliveryStatus, channel: Channel | None = TEMPLATE) -> Follower:
    follower = make_member()
    Delivery.create(
        campaign=campaign,
        person=follower.person,
        follower=follower,
        chunk=0,
        channel=channel,
        status=status,
        reason="accepted",
        settled_at=clock.utc_now(),
    )
    return follower


def found(
    campaign: Campaign, phones: dict[str, dict[Follower, int]], silent: Set[str] = frozenset()
) -> list[str]:
    received = {
        content: {one.openid: times for one, times in people.items()} for content, people in phones.items()
    }
    return ledger_check.against_phones(campaign, KEY, received, set(silent))


def test_what_arrived_once_is_right(campaign: Campaign) -> None:
    one = delivered(campaign, DeliveryStatus.DELIVERED)
    rider = delivered(campaign, DeliveryStatus.OFFERED, RIDER)
    delivered(campaign, DeliveryStatus.SKIPPED, None)

    assert found(campaign, {f"template|{KEY}": {one: 1}, f"reply|帮助 {KEY}": {rider: 1}}) == []


def test_a_lost_one_is_found_unless_wechat_keeps_silent_about_them(campaign: Campaign) -> None:
    one = delivered(campaign, DeliveryStatus.ACCEPTED, MASS)

    assert found(campaign, {}) == [f"讲座通知：1 人应收到而没有收到，如 {one.openid}"]
    assert found(campaign, {"template|另一场": {one: 1}}) == found(campaign, {})
    assert found(campaign, {}, {one.openid}) == []


def test_a_doubled_one_is_found_in_one_form_and_across_two(campaign: Campaign) -> None:
    twice, both = (delivered(campaign, DeliveryStatus.ACCEPTED) for _ in range(2))

    told = found(campaign, {f"template|{KEY}": {twice: 2, both: 1}, f"text|{KEY}": {both: 1}})

    assert told == [f"讲座通知：2 人收到不止一次，如 {twice.openid}"]


@pytest.mark.parametrize(
    "status", [DeliveryStatus.FAILED, DeliveryStatus.SKIPPED, DeliveryStatus.PLANNED, DeliveryStatus.CLAIMED]
)
def test_one_who_got_what_the_ledger_does_not_know_is_found(
    campaign: Campaign, status: DeliveryStatus
) -> None:
    one = delivered(campaign, status)

    assert found(campaign, {f"template|{KEY}": {one: 1}}) == [
        f"讲座通知：1 人台账没有记为送出却收到，如 {one.openid}"
    ]


def test_an_unknown_one_may_have_come_once_and_never_twice(campaign: Campaign) -> None:
    one = delivered(campaign, DeliveryStatus.UNKNOWN)

    assert found(campaign, {}) == []
    assert found(campaign, {f"text|{KEY}": {one: 1}}) == []
    assert found(campaign, {f"text|{KEY}": {one: 2}}) == [f"讲座通知：1 人收到不止一次，如 {one.openid}"]


def test_a_rider_is_counted_in_replies_alone(campaign: Campaign) -> None:
    lost, doubled = (delivered(campaign, DeliveryStatus.OFFERED, RIDER) for _ in range(2))

    assert found(campaign, {f"reply|{KEY}": {doubled: 2}}) == [
        f"讲座通知：1 人应收到而没有收到，如 {lost.openid}",
        f"讲座通知：1 人收到不止一次，如 {doubled.openid}",
    ]


def test_sums_name_the_missing_the_open_and_the_nameless(campaign: Campaign) -> None:
    delivered(campaign, DeliveryStatus.DELIVERED)
    assert ledger_check.sums([campaign]) == []

    make_member()
    waiting = delivered(campaign, DeliveryStatus.CLAIMED)
    Delivery.update(reason="").where(Delivery.follower == waiting).execute()

    assert ledger_check.sums([campaign]) == [
        "讲座通知：投递 2 条，受众 3 人",
        "讲座通知：还有 1 条没有结果",
        "讲座通知：1 条没有原因",
    ]


def test_the_report_names_the_channels_that_reached_somebody(campaign: Campaign) -> None:
    for channel, outcome in ((TEMPLATE, AttemptOutcome.ACCEPTED), (MASS, AttemptOutcome.REFUSED)):
        one = delivered(campaign, DeliveryStatus.ACCEPTED, channel)
        Attempt.create(
            delivery=Delivery.get(Delivery.follower == one),
            channel=channel,
            at=clock.utc_now(),
            outcome=outcome,
        )

    assert report.channels_used([campaign]) == {TEMPLATE}
    assert report.doubled([campaign]) == 0
    assert "模板消息" in report.ledger([campaign])
