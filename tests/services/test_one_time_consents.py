"""“提醒我”: one consent for one message, granted by the member alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

import clock
import config
from models.people import Follower, SubscriptionConsent
from services import member_links, one_time_consents
from services.errors import Invalid
from services.one_time_consents import Told
from tests.factories import make_member

pytestmark = pytest.mark.usefixtures("db", "noon")


def asked(follower: Follower) -> dict[str, str]:
    parts = urlsplit(one_time_consents.address(follower, back="/m/remind/answered"))
    assert (parts.path, parts.fragment) == ("/mp/subscribemsg", "wechat_redirect")
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


def yes(follower: Follower) -> Told:
    query = asked(follower)
    return Told(follower.openid, query["template_id"], "confirm", query["scene"], query["reserved"])


def test_a_yes_is_one_consent_however_often_the_page_is_opened() -> None:
    member = make_member()
    told = yes(member)

    assert one_time_consents.answered(member, told)
    assert one_time_consents.answered(member, told)
    assert not one_time_consents.answered(member, replace(yes(member), action="cancel"))

    kept = SubscriptionConsent.get()
    assert (kept.follower_id, kept.template_id, kept.scene) == (member.id, "ONE_NOTICE", 1)
    assert SubscriptionConsent.select().count() == 1
    assert asked(member)["redirect_url"] == f"{config.settings().public_url}/m/remind/answered"


def test_nobody_consents_for_another_or_after_the_time() -> None:
    member, other = make_member(), make_member()
    told = yes(member)

    for wrong in (
        replace(told, openid=other.openid),
        replace(told, template_id="ANOTHER"),
        replace(told, scene="2"),
        replace(told, reserved=told.reserved[:-1]),
        replace(told, reserved=yes(other).reserved),
    ):
        with pytest.raises(Invalid):
            one_time_consents.answered(member, wrong)
    clock.advance(timedelta(minutes=31))
    with pytest.raises(Invalid):
        one_time_consents.answered(member, told)

    assert not SubscriptionConsent.select().exists()


def test_it_is_not_hoarded_and_only_offered_where_the_account_may(monkeypatch: pytest.MonkeyPatch) -> None:
    member = make_member()
    for _ in range(one_time_consents.MOST_WAITING):
        one_time_consents.answered(member, yes(member))

    assert one_time_consents.address(member, back="/m/") == ""
    for without in ({"one_time_template": ""}, {"wechat_verified": False}):
        changed = config.settings().model_copy(update=without)
        monkeypatch.setattr(config, "settings", lambda changed=changed: changed)
        assert not one_time_consents.is_offered()


def test_the_member_page_offers_it_and_takes_the_answer(app: Flask) -> None:
    member, client = make_member(), app.test_client()
    link = urlsplit(member_links.make(member.id))
    client.get(f"{link.path}?{link.query}" if link.query else link.path)

    assert "/mp/subscribemsg?action=get_confirm" in client.get("/m/remind").location
    answer = client.get("/m/remind/answered", query_string=_query(yes(member)))

    assert answer.location == "/m/topics"
    assert "现在还有 1 条没用" in client.get("/m/topics").text


def _query(told: Told) -> dict[str, str]:
    return {name: getattr(told, name) for name in ("openid", "template_id", "action", "scene", "reserved")}
