"""Opened links: totals per unit, by a mark that names no person and leads nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

import clock
from models.clicks import ClickTotal
from models.inbound import PlatformEvent
from models.messaging import Attempt, AttemptOutcome, Channel, Delivery, DeliveryStatus
from models.people import Follower
from services.messaging import clicks, contents, deliveries, results, riders
from tests.factories import make_member, make_person, make_unit
from tests.services.messaging.conftest import MakeCampaign, launched
from wechat.gateway import Gateway

pytestmark = pytest.mark.usefixtures("noon")


def test_a_mark_names_campaign_and_unit_and_cannot_be_made_up(make_campaign: MakeCampaign) -> None:
    campaign, unit = make_campaign(), make_unit()
    url = contents.link(campaign)

    marked = clicks.marked(url, campaign, unit.id)

    told = marked.removeprefix(f"{url}?k=")
    assert clicks.read(told) == (campaign.id, unit.id)
    assert clicks.marked("https://example.org/m/1", campaign, unit.id) == "https://example.org/m/1"
    for forged in (told[:-1] + "x", f"{campaign.id}.{unit.id + 1}.{told[-10:]}", "", "a.b.c", "é" * 70):
        assert clicks.read(forged) is None
        clicks.count(forged)
    clicks.count(clicks.token(999_999, unit.id))
    assert not ClickTotal.select().exists()


def test_messages_carry_the_mark_of_the_recipients_unit(
    make_campaign: MakeCampaign, gateway: Gateway, on_phone: Callable[..., Follower], sandbox: object
) -> None:
    member = on_phone(window=True)
    campaign = launched(make_campaign())

    deliveries.send_chunk(campaign.id, 0, wechat=gateway)

    sent = sandbox.platform.people.by_openid[member.openid]  # type: ignore[attr-defined]
    assert clicks.token(campaign.id, member.person.member_unit_id) in repr(
        [vars(each) if hasattr(each, "__dict__") else each for each in sent.chat]
    )


def test_a_rider_carries_it_too(make_campaign: MakeCampaign) -> None:
    member = make_member()
    campaign = launched(make_campaign(channels=["rider"]))

    text = riders.offer(member, budget_bytes=1000, at=clock.utc_now())

    told = re.search(r"\?k=([\w.]+)", text)
    assert told is not None
    assert clicks.read(told.group(1)) == (campaign.id, member.person.member_unit_id)


def test_an_opened_page_adds_to_its_units_total_and_small_units_are_not_told(
    app: Flask, make_campaign: MakeCampaign
) -> None:
    campaign = make_campaign()
    big, small = make_unit(short_name="大校", order_no=1), make_unit(short_name="小校", order_no=2)
    for unit, number in ((big, 5), (small, 4)):
        for _ in range(number):
            Delivery.create(
                campaign=campaign,
                person=make_person(member_unit=unit),
                chunk=0,
                channel=Channel.TEMPLATE_MESSAGE,
                status=DeliveryStatus.DELIVERED,
            )
    client = app.test_client()
    for unit in (big, big, small):
        assert (
            client.get("/m/privacy", query_string={"k": clicks.token(campaign.id, unit.id)}).status_code
            == 200
        )
    client.head("/m/privacy", query_string={"k": clicks.token(campaign.id, big.id)})
    client.get("/m/privacy", query_string={"k": f"{campaign.id}.{big.id}.0000000000"})
    away = client.get("/m/", query_string={"k": clicks.token(campaign.id, big.id)})
    assert away.status_code == 302  # counted when the page is shown, with the mark still on it

    told = clicks.of_campaign(campaign)
    assert [(each.unit, each.sent) for each in told] == [("大校", 5), ("小校", 4)]
    assert [each.clicks for each in told] == [2, None]
    assert [each.unit for each in clicks.of_campaign(campaign, scope=small.id)] == ["小校"]


def test_what_wechat_reported_afterwards_stands_with_the_persons_calls(make_campaign: MakeCampaign) -> None:
    person, now = make_person(), clock.utc_now()
    template = Channel.TEMPLATE_MESSAGE
    delivery = Delivery.create(
        campaign=make_campaign(),
        person=person,
        chunk=0,
        channel=template,
        status=DeliveryStatus.FAILED,
        msg_id="77",
    )
    accepted = {"outcome": AttemptOutcome.ACCEPTED, "msg_id": "77"}
    Attempt.create(delivery=delivery, channel=template, at=now, **accepted)
    for msg_id in ("77", "78"):
        PlatformEvent.create(
            dedupe_key=msg_id,
            event="TEMPLATESENDJOBFINISH",
            msg_id=msg_id,
            status="failed:userblock",
            received_at=now,
        )

    rows = results.history(person)
    events = results.events_of(rows, results.attempts_of(rows))

    assert [event.msg_id for event in events[delivery.id]] == ["77"]
