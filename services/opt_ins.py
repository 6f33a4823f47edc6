"""Topic opt-ins (订阅): off by default; every yes and no is kept with its time and source."""

from __future__ import annotations

import clock
from models.accounts import Account
from models.base import db
from models.people import Consent, ConsentKind, Person, Topic, TopicOptIn
from services import access, audit
from services.errors import NotAllowed
from services.messaging import withdrawals

TEXT_VERSION = "topics-2026-11"  # the wording of the 订阅 hint in chat and on the page


def set_topic(
    person: Person, topic: Topic, is_on: bool, *, source: str, actor: Account | None = None
) -> bool:
    """Say yes or no to a topic for a person; True when that changed anything.

    `source` is where the person said it (chat_word, chat_link, page, …). An account
    may only switch off: a yes is the person's own. Raises NotAllowed, and NotFound
    for a person of another school.
    """
    if actor is not None:
        access.require_unit(actor, person.member_unit_id)
        if is_on:
            raise NotAllowed("订阅须由本人在微信里开启，后台只能代为关闭")
    with db.atomic():
        before = TopicOptIn.get_or_none((TopicOptIn.person == person) & (TopicOptIn.topic == topic))
        if (before is not None and before.is_on == is_on) or (before is None and not is_on):
            return False
        now = clock.utc_now()
        (
            TopicOptIn.insert(person=person, topic=topic, is_on=is_on, changed_at=now, source=source)
            .on_conflict(
                conflict_target=[TopicOptIn.person, TopicOptIn.topic],
                update={TopicOptIn.is_on: is_on, TopicOptIn.changed_at: now, TopicOptIn.source: source},
            )
            .execute()
        )
        Consent.create(
            person=person,
            kind=ConsentKind.TOPIC,
            topic=topic,
            is_granted=is_on,
            given_at=now,
            source=source,
            text_version=TEXT_VERSION,
        )
        if not is_on:
            withdrawals.of_topic(person, topic)
        if actor is not None:
            audit.record("opt_in.switched_off", person, actor=actor, topic=topic.value)
        return True


def topics_of(person: Person) -> set[Topic]:
    """The topics the person wants."""
    rows = TopicOptIn.select(TopicOptIn.topic).where(
        TopicOptIn.person == person,
        TopicOptIn.is_on == True,  # noqa: E712 - SQL, not Python
    )
    return {row.topic for row in rows}


def history_of(person: Person) -> list[Consent]:
    """Every yes and no of the person, the newest first."""
    newest_first = (Consent.given_at.desc(), Consent.id.desc())
    return list(Consent.select().where(Consent.person == person).order_by(*newest_first))
