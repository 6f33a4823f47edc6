"""The ledger against the phones: everyone reached got it once, nobody twice, and sums agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from models.messaging import OPEN_DELIVERY, REACHED, Campaign, Channel, Delivery, DeliveryStatus
from models.people import Follower, Person

Received = dict[str, dict[str, int]]  # content -> openid -> times


def sums(campaigns: Iterable[Campaign]) -> list[str]:
    """What does not add up: an audience that is not its deliveries, a delivery still open."""
    wrong = []
    audience = Person.select().where(Person.erased_at.is_null()).count()
    for campaign in campaigns:
        deliveries = Delivery.select().where(Delivery.campaign == campaign)
        total = deliveries.count()
        if total != audience:
            wrong.append(f"{campaign.title}：投递 {total} 条，受众 {audience} 人")
        waiting = deliveries.where(Delivery.status.in_(list(OPEN_DELIVERY))).count()
        if waiting:
            wrong.append(f"{campaign.title}：还有 {waiting} 条没有结果")
        nameless = deliveries.where(Delivery.reason == "").count()
        if nameless:
            wrong.append(f"{campaign.title}：{nameless} 条没有原因")
    return wrong


def against_phones(campaign: Campaign, key: str, received: Received, silent: set[str]) -> list[str]:
    """What was lost or doubled. `key` is a text that every form of the notice holds.

    WeChat accepts a mass send without telling who left or blocks us: those are `silent`.
    A delivery that is unknown may have come once, or not.
    """
    times: Counter[str] = Counter()
    riders: Counter[str] = Counter()
    for content, by_openid in received.items():
        if key in content:
            (riders if content.startswith("reply|") else times).update(by_openid)
    lost, doubled, uncalled = [], [], []
    rows: Any = (
        Delivery.select(Delivery.status, Delivery.channel, Follower.openid)
        .join(Follower)
        .where(Delivery.campaign == campaign)
        .tuples()
    )
    for status, channel, openid in rows:
        reached = status in REACHED and channel is not Channel.RIDER
        got = times[openid]
        if got > 1:
            doubled.append(openid)
        elif reached and not got and openid not in silent:
            lost.append(openid)
        elif got and not reached and status is not DeliveryStatus.UNKNOWN:
            uncalled.append(openid)
        if status in REACHED and channel is Channel.RIDER and riders[openid] != 1:
            (lost if not riders[openid] else doubled).append(openid)
    told = (("应收到而没有收到", lost), ("收到不止一次", doubled), ("台账没有记为送出却收到", uncalled))
    return [f"{campaign.title}：{len(who)} 人{what}，如 {who[0]}" for what, who in told if who]
