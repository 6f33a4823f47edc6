"""Reading complaints: what an account, and what a member, may see of them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from peewee import Expression, ModelSelect

import clock
import config
from models.accounts import Account
from models.alliance import MemberUnit
from models.complaints import (
    AWAITS_ANSWER,
    COMPLAINT_KIND_WORDS,
    Complaint,
    ComplaintStatus,
    ComplaintStep,
)
from models.inbound import StaffReply
from models.people import Follower, Person
from services import access, workdays
from services.errors import NotFound

_RECEIPT = re.compile(r"(?:ts)?\s*\d{6}-?(\d{3,9})", re.IGNORECASE)


def receipt(complaint: Complaint) -> str:
    """The number a member is given: TS261123-007."""
    return f"TS{clock.to_local(complaint.created_at):%y%m%d}-{complaint.id:03d}"


def told_as(complaint: Complaint) -> str:
    """“投诉 TS261123-007”."""
    return f"{COMPLAINT_KIND_WORDS[complaint.kind]} {receipt(complaint)}"


def due_after(day: date) -> date:
    """By when what comes on a day is answered: COMPLAINT_REPLY_DAYS later, put off to the next workday."""
    due = day + timedelta(days=config.settings().complaint_reply_days)
    return due if workdays.is_workday(due) else workdays.after(due, 1)


def of(follower: Follower) -> list[Complaint]:
    """The follower's own, the newest first; of a member also those sent from a page or another WeChat."""
    return list(own_query(follower, follower.person_id).order_by(Complaint.id.desc()).limit(50))


def own(complaint_id: int, follower: Follower) -> Complaint:
    """One of the follower's own. Raises NotFound for any other."""
    found = own_query(follower, follower.person_id).where(Complaint.id == complaint_id).first()
    if found is None:
        raise NotFound()
    return found


def to_rate(follower: Follower) -> Complaint | None:
    """The latest answered one that the member has not rated yet."""
    unrated = (Complaint.status == ComplaintStatus.ANSWERED) & Complaint.is_satisfied.is_null()
    return (
        own_query(follower, follower.person_id).where(unrated).order_by(Complaint.answered_at.desc()).first()
    )


def search(*, actor: Account) -> ModelSelect[Any]:
    """The complaints the account may see, with person, unit and who has it: those due first come first."""
    unit_of_person = MemberUnit.alias("unit_of_person")
    query = (
        Complaint.select(Complaint, MemberUnit, Account, Person, unit_of_person)
        .left_outer_join(MemberUnit)
        .switch(Complaint)
        .left_outer_join(Account, on=(Complaint.assigned_to == Account.id))
        .switch(Complaint)
        .left_outer_join(Person)
        .left_outer_join(unit_of_person, on=(Person.member_unit == unit_of_person.id))
    )
    scope = access.unit_scope(actor)
    return query if scope is None else query.where(Complaint.member_unit == scope)


def find(complaint_id: int, *, actor: Account) -> Complaint:
    """Raises NotFound, for what another school has in hand too."""
    found = search(actor=actor).where(Complaint.id == complaint_id).first()
    if found is None:
        raise NotFound()
    return found


def numbered(text: str) -> Expression:
    """The condition that a complaint has this receipt number, however it is typed."""
    found = _RECEIPT.fullmatch(text.strip())
    return Complaint.id == (
        int(found[1]) if found else int(text) if text.isdecimal() and len(text) < 9 else -1
    )


def is_late(complaint: Complaint) -> bool:
    """Whether the day by which an answer was promised is over."""
    return complaint.status in AWAITS_ANSWER and complaint.due_on < clock.local_today()


def late() -> Expression:
    """The condition of `is_late`."""
    return Complaint.status.in_(list(AWAITS_ANSWER)) & (Complaint.due_on < clock.local_today())


def steps_of(complaint: Complaint) -> list[ComplaintStep]:
    """Everything done with it, the first first, with accounts and replies."""
    return list(
        ComplaintStep.select(ComplaintStep, Account, StaffReply)
        .left_outer_join(Account)
        .switch(ComplaintStep)
        .left_outer_join(StaffReply)
        .where(ComplaintStep.complaint == complaint.id)
        .order_by(ComplaintStep.id)
    )


def own_query(follower: Follower | None, person_id: int | None) -> ModelSelect[Any]:
    """What a follower sent, and what the person behind it did; nothing of a person bound there before."""
    mine = Complaint.person == person_id if person_id is not None else Complaint.person.is_null()
    if follower is not None:
        by_follower = Complaint.follower == follower.id
        nobody = by_follower & Complaint.person.is_null()
        mine = nobody if person_id is None else mine | nobody
    return Complaint.select().where(mine)
