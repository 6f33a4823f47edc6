"""The inbox: what nobody understood, for a person to read, answer, hand over and put away.

Each item is in the hands of a member unit's staff, or (no unit) of the alliance's secretariat. Every
act names the version of the item it was decided on, so that of two people who answer at once the
second is told, and nothing typed is lost.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from peewee import ModelSelect

import clock
from models.accounts import Account
from models.alliance import MemberUnit
from models.base import db, locked
from models.inbound import STAFF_REPLY_STATUS_WORDS, InboxItem, InboxStatus, StaffReply
from models.people import Follower, Person
from services import access, audit, hands, staff_replies
from services.errors import NotFound, StaleState

QUESTION, MEDIA = "question", "media"
KIND_WORDS = {QUESTION: "没看懂的话", MEDIA: "图片、文件等"}
LONGEST = 2000
ONE_MATTER = timedelta(minutes=10)  # what one person writes within it is one item


def keep(follower: Follower, text: str, *, kind: str = QUESTION) -> InboxItem:
    """Put a text before a person's eyes. At most 2,000 characters are kept.

    What follows within ten minutes joins the item, while nobody has touched it.
    """
    with db.atomic():
        item = _still_open(follower)
        if item is None:
            person = follower.person
            return InboxItem.create(
                follower=follower,
                text=text[:LONGEST],
                kind=kind,
                member_unit=person.member_unit_id if person is not None else None,
                is_sample=person is not None and person.is_sample,
            )
        item.text = f"{item.text}\n{text}"[:LONGEST]
        item.kind = QUESTION if kind == QUESTION else item.kind
        item.save(only=[InboxItem.text, InboxItem.kind])
        return item


def items(*, actor: Account, status: InboxStatus | None = None, kind: str = "") -> ModelSelect[InboxItem]:
    """Items the account may see, the newest first, with follower, person, its unit and who has it.

    A school sees what is in its hands; the alliance's staff see everything.
    """
    query = (
        InboxItem.select(InboxItem, Follower, Person, MemberUnit, Account)
        .join(Follower)
        .left_outer_join(Person)
        .left_outer_join(MemberUnit)
        .switch(InboxItem)
        .left_outer_join(Account, on=(InboxItem.assigned_to == Account.id))
        .order_by(InboxItem.created_at.desc(), InboxItem.id.desc())
    )
    scope = access.unit_scope(actor)
    if scope is not None:
        query = query.where(InboxItem.member_unit == scope)
    if status is not None:
        query = query.where(InboxItem.status == status)
    if kind:
        query = query.where(InboxItem.kind == kind)
    return query


def keys(*, actor: Account) -> ModelSelect[Any]:
    """The ids alone of what `items` gives: what the long list counts and skips through."""
    query = InboxItem.select(InboxItem.id)
    scope = access.unit_scope(actor)
    return query if scope is None else query.where(InboxItem.member_unit == scope)


def find(item_id: int, *, actor: Account) -> InboxItem:
    """Raises NotFound, for another school's item too."""
    item = items(actor=actor).where(InboxItem.id == item_id).first()
    if item is None:
        raise NotFound()
    return item


def reply(
    item: InboxItem,
    text: str,
    *,
    version: int,
    once: str,
    actor: Account,
    as_rider: bool = False,
    is_done: bool = False,
) -> StaffReply:
    """Answer the follower; `staff_replies.send` it afterwards. A form sent twice gives the first reply.

    Raises Invalid for an empty or too long text, NotFound,
    StaleState when somebody acted on the item meanwhile.
    """
    find(item.id, actor=actor)
    made = staff_replies.made_before(once)
    if made is not None:
        return made
    clean = staff_replies.checked(text)
    follower = Follower.get_by_id(item.follower_id)
    with db.atomic():
        now = clock.utc_now()
        ended = {"status": InboxStatus.DONE, "done_by": actor.id, "done_at": now} if is_done else {}
        _change(item, version, actor, replied_at=now, **ended)
        made = staff_replies.begin(follower, clean, once=once, actor=actor, item=item, as_rider=as_rider)
        told = STAFF_REPLY_STATUS_WORDS[made.status]
        audit.record("inbox_item.replied", item, actor=actor, kind=KIND_WORDS.get(item.kind, ""), to=told)
    return made


def done(item: InboxItem, *, version: int | None = None, actor: Account) -> None:
    """Mark an item as dealt with. Raises StaleState when somebody did before."""
    find(item.id, actor=actor)
    with db.atomic():
        now = clock.utc_now()
        moved = (
            InboxItem.update(
                status=InboxStatus.DONE, done_by=actor.id, done_at=now, version=InboxItem.version + 1
            )
            .where(
                InboxItem.id == item.id,
                InboxItem.status == InboxStatus.OPEN,
                True if version is None else InboxItem.version == version,
            )
            .execute()
        )
        if not moved:
            raise StaleState("这一条刚刚已有人处理")
        item.status, item.done_by, item.done_at = InboxStatus.DONE, actor.id, now
        audit.record("inbox_item.done", item, actor=actor, kind=item.kind)


def became_complaint(item: InboxItem) -> None:
    """The follower made a complaint of it, which has a clock of its own: nothing waits here any more."""
    InboxItem.update(status=InboxStatus.DONE, done_at=clock.utc_now(), version=InboxItem.version + 1).where(
        InboxItem.id == item.id, InboxItem.status == InboxStatus.OPEN
    ).execute()


def reopen(item: InboxItem, *, actor: Account) -> None:
    """Take an item up again. Raises StaleState when it is open already."""
    find(item.id, actor=actor)
    with db.atomic():
        moved = (
            InboxItem.update(
                status=InboxStatus.OPEN, done_by=None, done_at=None, version=InboxItem.version + 1
            )
            .where(InboxItem.id == item.id, InboxItem.status == InboxStatus.DONE)
            .execute()
        )
        if not moved:
            raise StaleState("这一条已经是待处理")
        item.status = InboxStatus.OPEN
        audit.record("inbox_item.reopened", item, actor=actor, kind=item.kind)


def hand_over(
    item: InboxItem, *, unit_id: int | None, account_id: int | None, version: int, actor: Account
) -> None:
    """Put an item into other hands: a unit's (None: the secretariat's), and perhaps an account's.

    A school gives to its own people or to the secretariat; only the alliance's staff give to another
    unit, which then reads this item, not the rest of the chat.
    Raises Invalid (`unit`, `account`), NotAllowed, StaleState.
    """
    find(item.id, actor=actor)
    hands.check(unit_id, account_id, permission="inbox.manage", actor=actor)
    with db.atomic():
        _change(item, version, actor, member_unit=unit_id, assigned_to=account_id)
        audit.record("inbox_item.handed_over", item, actor=actor, unit_id=unit_id, account_id=account_id)


def counts(*, actor: Account) -> tuple[int, int]:
    """How many items are open, and how many of their followers' windows shut within six hours."""
    now = clock.utc_now()
    waiting = items(actor=actor, status=InboxStatus.OPEN)
    soon: datetime = now + timedelta(hours=6)
    closing = waiting.where(
        Follower.window_until > now, Follower.window_until <= soon, Follower.window_left > 0
    )
    return waiting.order_by().count(), closing.order_by().count()


def _still_open(follower: Follower) -> InboxItem | None:
    since = clock.utc_now() - ONE_MATTER
    return locked(
        InboxItem.select()
        .where(
            InboxItem.follower == follower.id,
            InboxItem.status == InboxStatus.OPEN,
            InboxItem.version == 1,
            InboxItem.created_at > since,
        )
        .order_by(InboxItem.id.desc())
        .limit(1)
    ).first()


def _change(item: InboxItem, version: int, actor: Account, **values: object) -> None:
    changed = (
        InboxItem.update(version=InboxItem.version + 1, **values)
        .where(InboxItem.id == item.id, InboxItem.version == version)
        .execute()
    )
    if not changed:
        raise StaleState("别人刚刚处理了这一条，请先看看上面的新记录，再决定是否还要提交；您写的内容还在下面")
    for name, value in values.items():
        setattr(item, name, value)
    item.version = version + 1
