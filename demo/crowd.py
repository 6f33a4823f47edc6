"""A crowd of sample members written straight into the tables, as a year of use would leave them.

Who unfollowed, has a window open, opted in and so on is drawn from a seed; `states` gives the
same draw to whoever fills the sandbox.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from peewee import chunked

import clock
import config
from demo import alliance
from models.base import db
from models.people import Follower, FollowPeriod, Person, SubscriptionConsent, Topic, TopicOptIn

ONE_TIME_TEMPLATE = "ONE_NOTICE"
BATCH = 500

UNFOLLOWED, BLOCKED, WINDOW_OPEN, CONSENTED, OPTED_IN, MASS_USED = 0.05, 0.02, 0.15, 0.30, 0.40, 0.20


@dataclass(frozen=True)
class MemberState:
    """What the crowd's seed decided for one member."""

    openid: str
    is_unfollowed: bool
    is_blocking: bool
    is_window_open: bool
    has_consent: bool
    is_opted_in: bool
    has_mass_used: bool


def states(count: int, *, seed: int = 19) -> list[MemberState]:
    """The states of `count` members in order of their numbers; the shares hold exactly (rounded)."""
    source = random.Random(seed)

    def chosen(share: float, among: list[int]) -> set[int]:
        return set(source.sample(among, min(len(among), round(count * share))))

    everyone = list(range(count))
    unfollowed = chosen(UNFOLLOWED, everyone)
    staying = [n for n in everyone if n not in unfollowed]
    blocked = chosen(BLOCKED, staying)
    window = chosen(WINDOW_OPEN, [n for n in staying if n not in blocked])
    consents, opted = chosen(CONSENTED, everyone), chosen(OPTED_IN, everyone)
    used = chosen(MASS_USED, everyone)
    return [
        MemberState(
            openid=f"oCrowd{n:022d}",
            is_unfollowed=n in unfollowed,
            is_blocking=n in blocked,
            is_window_open=n in window,
            has_consent=n in consents,
            is_opted_in=n in opted,
            has_mass_used=n in used,
        )
        for n in everyone
    ]


def fill(count: int, *, seed: int = 19) -> list[MemberState]:
    """Bring the sample people up to `count`, all bound, with the states of the seed.

    Half of those who unfollowed did so unseen (the platform's event was lost): sending finds out.
    """
    alliance.add_people(count)
    drawn = states(count, seed=seed)
    people = list(Person.select(Person.id).where(Person.is_sample).order_by(Person.id).limit(count))
    known = {row.person_id for row in Follower.select(Follower.person).where(Follower.person.is_null(False))}
    both = zip(people, drawn, strict=True)
    pairs = [(person.id, state) for person, state in both if person.id not in known]
    for batch in chunked(pairs, BATCH):
        with db.atomic():
            _write(batch)
    return drawn


def _write(batch: list[tuple[int, MemberState]]) -> None:
    now = clock.utc_now()
    Follower.insert_many([_follower(person_id, state) for person_id, state in batch]).execute()
    openids = [state.openid for _, state in batch]
    ids = {row.openid: row.id for row in Follower.select().where(Follower.openid.in_(openids))}
    FollowPeriod.insert_many(
        [{"follower": ids[state.openid], "followed_at": now - timedelta(days=90)} for _, state in batch]
    ).execute()
    opt_ins = [
        {"person": person_id, "topic": topic, "is_on": True, "changed_at": now, "source": "demo"}
        for person_id, state in batch
        if state.is_opted_in
        for topic in (Topic.LECTURE, Topic.SALON, Topic.E_JOURNAL)
    ]
    if opt_ins:
        TopicOptIn.insert_many(opt_ins).execute()
    consents = [
        {"follower": ids[state.openid], "template_id": ONE_TIME_TEMPLATE, "scene": 1, "granted_at": now}
        for _, state in batch
        if state.has_consent
    ]
    if consents:
        SubscriptionConsent.insert_many(consents).execute()


def _follower(person_id: int, state: MemberState) -> dict[str, Any]:
    now = clock.utc_now()
    number = int(state.openid.removeprefix("oCrowd"))
    asked = now - timedelta(hours=1)
    return {
        "app_id": config.settings().wechat_app_id,
        "openid": state.openid,
        "person": person_id,
        "bound_at": now - timedelta(days=60),
        "is_following": not (state.is_unfollowed and number % 2 == 0),
        "last_message_at": asked if state.is_window_open else now - timedelta(days=20),
        "window_until": asked + timedelta(hours=48) if state.is_window_open else None,
        "window_left": 5 if state.is_window_open else 0,
        "mass_month": clock.to_local(now).strftime("%Y-%m"),
        "mass_received": 4 if state.has_mass_used else 0,
    }
