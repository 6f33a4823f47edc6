"""What a person takes back ends what still waits to be sent: no consent outlives its no.

Deliveries are planned at launch and may wait for days (riders, quotas, a pause). What a worker
holds at this moment goes out; a template that may have gone keeps its one repeat.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from peewee import fn

from models.activities import Activity
from models.automatic_notices import AutomaticNotice, AutomaticNoticePerson, NoticeKind
from models.base import db, locked
from models.messaging import Basis, Campaign, CampaignStatus, Channel, Delivery, DeliveryStatus
from models.people import Follower, Person, Topic
from services.messaging import replan, uncertain


def of_topic(person: Person, topic: Topic) -> int:
    """The person opted out: skip what waits about the topic, but for what they signed up for; how many."""
    about = Campaign.select(Campaign.id).where(Campaign.topic == topic)
    return _skip(person, "opted_out", Delivery.campaign.in_(about), Delivery.basis != Basis.SIGN_UP)


def of_sign_up(person: Person, activity: Activity) -> int:
    """The person gave the seat back: what waits on the strength of it is planned again, and mostly
    skipped; how many. A campaign to everybody may still reach them, by another basis."""
    about = Campaign.select(Campaign.id).where(Campaign.activity == activity)
    waiting = Delivery.select(Delivery.id).where(
        *_waiting(person), Delivery.campaign.in_(about), Delivery.basis == Basis.SIGN_UP
    )
    with db.atomic():
        ids = [row.id for row in locked(waiting)]  # a worker claims either before or after
        replan.afresh(ids)
    return len(ids)


def of_binding(person: Person) -> int:
    """The person is bound no more: skip all that waits; how many."""
    return _skip(person, "not_bound")


def to_follower(person: Person, follower: Follower) -> int:
    """The person is bound to another WeChat now: what waits goes there; how many."""
    return int(Delivery.update(follower=follower).where(*_waiting(person)).execute())


def was_reminded(person: Person, activity: Activity, *, since: datetime) -> bool:
    """Whether a reminder of what the person signed up for went out to them since then, or is about to.

    One that was skipped or failed, or waits for the person's next word, is none.
    """
    of_person = (Delivery.campaign == AutomaticNotice.campaign) & (Delivery.person == person)
    came_to_nothing = Delivery.status.in_([DeliveryStatus.SKIPPED, DeliveryStatus.FAILED])
    only_rides = (Delivery.status == DeliveryStatus.PLANNED) & (Delivery.channel == Channel.RIDER)
    told = (
        AutomaticNoticePerson.select()
        .join(AutomaticNotice)
        .join(Campaign)
        .where(
            AutomaticNoticePerson.person == person,
            *_reminds_of(activity),
            Campaign.scheduled_at >= since,
            Campaign.status != CampaignStatus.CANCELLED,
            ~fn.EXISTS(Delivery.select().where(of_person, came_to_nothing | only_rides)),
        )
    )
    return bool(told.exists())


def of_reminder(person: Person, activity: Activity) -> int:
    """The person was reminded by other means: skip the reminder that still rides; how many."""
    about = AutomaticNotice.select(AutomaticNotice.campaign).where(*_reminds_of(activity))
    rides = Delivery.channel == Channel.RIDER
    return _skip(person, "reminded", Delivery.campaign.in_(about), rides)


def _reminds_of(activity: Activity) -> tuple[Any, ...]:
    return AutomaticNotice.activity == activity.id, AutomaticNotice.kind == NoticeKind.SIGN_UP_REMINDER


def _skip(person: Person, reason: str, *terms: Any) -> int:
    return int(Delivery.update(**replan.closed(reason)).where(*_waiting(person), *terms).execute())


def _waiting(person: Person) -> tuple[Any, ...]:
    return (
        Delivery.person == person,
        Delivery.status == DeliveryStatus.PLANNED,
        uncertain.not_called(),
    )
