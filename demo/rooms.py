"""Rooms that live: an activity to check in to now, letters and complaints from the phones of `make run`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import clock
import config
from demo import content
from demo.alliance import unit_named
from models.accounts import Account
from models.activities import Activity, ActivitySeries
from models.base import db
from models.complaints import Complaint
from models.people import Follower, Person
from services import activities, complaints

SOON = timedelta(minutes=30)
LASTS = timedelta(hours=4)
QUARTER = timedelta(minutes=15)
EXPECTED = 24

Say = Callable[[str, str], object]


def enliven(say: Say) -> list[str]:
    """Fill what is empty in a new installation; in words what came. A second run changes nothing.

    `say(openid, text)` writes in chat as a phone of the sandbox does.
    """
    told = []
    if not Activity.select().where(Activity.title == content.TODAY["title"]).exists():
        told.append(f"可签到的活动：{_activity_of_today().title}")
        told.append(f"来信和投诉建议 {_letters(say)} 封")
    return told


def _activity_of_today() -> Activity:
    """Within its check-in hours for the next four hours and a half, with sample people signed up."""
    now = clock.utc_now()
    starts_at = now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0) + SOON + QUARTER
    editor = Account.get(Account.username == "bianji")
    with db.atomic():
        made = activities.create(
            content.TODAY
            | {
                "series": ActivitySeries.get(ActivitySeries.name == content.TODAY["series"]),
                "starts_at": starts_at,
                "ends_at": starts_at + LASTS,
                "member_unit": unit_named("市委党校"),
                "is_shared": True,
                "is_sample": True,
            },
            actor=editor,
        )
        activity = activities.publish(made, actor=editor)
        samples = Person.select().where(Person.is_sample, Person.erased_at.is_null()).order_by(Person.id)
        for person in list(samples.limit(EXPECTED)):
            activities.sign_up(activity, person, source="demo")
    return activity


def _letters(say: Say) -> int:
    """Written in chat, so that they are what such letters are; the secretariat has taken one up."""
    app_id = config.settings().wechat_app_id
    phones = (
        Follower.select()
        .join(Person)
        .where(Person.is_sample, Follower.app_id == app_id, Follower.is_following)
        .order_by(Follower.id)
    )
    written = 0
    for follower, text in zip(list(phones.limit(len(content.LETTERS))), content.LETTERS, strict=False):
        say(follower.openid, text)
        written += 1
    first = Complaint.select().where(Complaint.is_sample).order_by(Complaint.id).first()
    if first is not None:
        taker = Account.get(Account.username == "mishu")
        complaints.take(first, version=first.version, actor=taker)
    return written
