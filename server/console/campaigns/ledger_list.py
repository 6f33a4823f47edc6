"""The list of a campaign's deliveries: its columns, filters, and the rows an account may see."""

from __future__ import annotations

from typing import Any

from flask import url_for
from peewee import ModelSelect

from models.alliance import MemberUnit
from models.messaging import (
    BASIS_WORDS,
    CHANNEL_WORDS,
    DELIVERY_STATUS_WORDS,
    Basis,
    Campaign,
    Channel,
    Delivery,
    DeliveryStatus,
)
from models.people import Person
from server.console import words
from server.console.guard import find, scope
from server.console.listing import Column, Filter, Listing, badge, choices
from services import masking
from services.messaging import reasons


def channel_word(channel: Channel | None) -> str:
    return CHANNEL_WORDS[channel] if channel is not None else words.NOTHING


def deliveries(campaign: Campaign) -> ModelSelect[Any]:
    """The keys of the rows the account may see: a school lists its own people, whatever the reach."""
    query = Delivery.select(Delivery.id).where(Delivery.campaign == campaign)
    bound = scope()
    if bound is None:
        return query
    return query.where(Delivery.person.in_(Person.select(Person.id).where(Person.member_unit == bound)))


def joined() -> ModelSelect[Any]:
    """What a row shows. `deliveries` decides which: a condition here would lead past the primary key."""
    return Delivery.select(Delivery, Person, MemberUnit).join(Person).join(MemberUnit)


LIST = Listing(
    name="ledger",
    title="投递明细",
    permission="campaigns.view",
    subject=lambda campaign_id: find(Campaign, campaign_id),
    rows=lambda campaign_id: joined(),
    keys=lambda campaign_id: deliveries(find(Campaign, campaign_id)),
    columns=(
        Column(
            "姓名",
            lambda row: masking.mask_name(row.person.name),
            link=lambda row: url_for("console.campaigns.history", person_id=row.person_id),
            css="nowrap",
            full=lambda row: row.person.name,
        ),
        Column("单位", lambda row: row.person.member_unit.short_name, on_phone=False),
        Column("渠道", lambda row: channel_word(row.channel), sort=Delivery.channel, css="nowrap"),
        Column("依据", lambda row: BASIS_WORDS[row.basis], sort=Delivery.basis, on_phone=False),
        Column("状态", lambda row: badge(row.status, DELIVERY_STATUS_WORDS), sort=Delivery.status),
        Column("原因", lambda row: reasons.words(row.reason), sort=Delivery.reason, on_phone=False),
        Column(
            "时间",
            lambda row: words.local_time(row.settled_at),
            sort=Delivery.settled_at,
            css="nowrap",
            on_phone=False,
        ),
        Column(
            "不早于",
            lambda row: words.local_time(row.not_before),
            css="nowrap",
            on_phone=False,
            is_extra=True,
        ),
        Column("消息编号", "msg_id", css="nowrap", on_phone=False, is_extra=True),
    ),
    filters=(
        Filter(
            "status",
            "状态",
            choices(DELIVERY_STATUS_WORDS),
            lambda value: Delivery.status == DeliveryStatus(value),
        ),
        Filter("channel", "渠道", choices(CHANNEL_WORDS), lambda value: Delivery.channel == Channel(value)),
        Filter("basis", "依据", choices(BASIS_WORDS), lambda value: Delivery.basis == Basis(value)),
        Filter(
            "reason",
            "原因",
            choices({code: word for code, word in reasons.REASON_WORDS.items() if code}),
            lambda value: Delivery.reason == value,
        ),
    ),
    search=lambda text: Delivery.person.in_(Person.select(Person.id).where(Person.name.contains(text))),
    search_hint="姓名",
    order=(Delivery.person,),  # each stands once in a campaign
    page_size=50,
    empty="还没有投递。推送启动时，受众会冻结成每人一行。",
)
