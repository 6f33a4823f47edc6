"""What was planned for a person and is taken back before it went out."""

from __future__ import annotations

from datetime import datetime

import pytest

import clock
from models.messaging import Basis, Campaign, Channel, Delivery, DeliveryStatus
from models.people import Follower, Person, Topic
from services import bindings, invite_codes, opt_ins, personal_data
from tests.factories import make_follower, make_member, make_opt_in
from tests.services.messaging.conftest import MakeCampaign

pytestmark = pytest.mark.usefixtures("db", "noon")


def waits(campaign: Campaign, member: Follower, **values: object) -> Delivery:
    defaults: dict[str, object] = {
        "channel": Channel.RIDER,
        "status": DeliveryStatus.PLANNED,
        "basis": Basis.OPT_IN,
        "chunk": 0,
    }
    return Delivery.create(campaign=campaign, person=member.person, follower=member, **(defaults | values))


def state(delivery: Delivery) -> tuple[DeliveryStatus, str]:
    fresh = Delivery.get_by_id(delivery.id)
    return fresh.status, fresh.reason


def bind(member: Follower, person: Person) -> None:
    [(_, code)] = invite_codes.issue([person.id], actor=None)
    bindings.begin(member, code)
    bindings.agree(member)


def test_an_opt_out_skips_what_waits_about_the_topic(make_campaign: MakeCampaign) -> None:
    member = make_member()
    make_opt_in(member.person)
    lecture = waits(make_campaign(), member)
    salon = waits(make_campaign(topic=Topic.SALON), member)
    signed_up = waits(make_campaign(), member, basis=Basis.SIGN_UP)

    opt_ins.set_topic(member.person, Topic.LECTURE, False, source="test")

    assert state(lecture) == (DeliveryStatus.SKIPPED, "opted_out")
    assert Delivery.get_by_id(lecture.id).settled_at is not None
    assert state(salon)[0] is state(signed_up)[0] is DeliveryStatus.PLANNED


@pytest.mark.parametrize("is_erased", [False, True])
def test_unbinding_and_erasing_skip_all_that_waits(
    make_campaign: MakeCampaign, secretary: object, is_erased: bool
) -> None:
    member, other = make_member(), make_member()
    campaign = make_campaign()
    mine, theirs = waits(campaign, member), waits(campaign, other)
    may_have_gone = waits(make_campaign(), member, first_called_at=clock.utc_now())

    if is_erased:
        personal_data.erase(member.person, reason="本人要求注销", actor=secretary)  # type: ignore[arg-type]
    else:
        bindings.unbind(member)

    assert state(mine) == (DeliveryStatus.SKIPPED, "not_bound")
    assert state(theirs)[0] is state(may_have_gone)[0] is DeliveryStatus.PLANNED


def test_what_waits_goes_to_the_wechat_bound_last(make_campaign: MakeCampaign, noon: datetime) -> None:
    member, new = make_member(), make_follower()
    delivery = waits(make_campaign(), member)

    bind(new, member.person)

    assert Delivery.get_by_id(delivery.id).follower == new


def test_who_lost_the_wechat_to_somebody_else_is_not_sent_to_there(make_campaign: MakeCampaign) -> None:
    member, somebody = make_member(), make_member()
    delivery = waits(make_campaign(), member)

    bind(member, somebody.person)

    assert state(delivery) == (DeliveryStatus.SKIPPED, "not_bound")
