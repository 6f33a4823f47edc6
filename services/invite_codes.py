"""Invite codes (邀请码): one person, one use, handed out by the unit, typed in chat."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from peewee import ModelSelect

import clock
from models.accounts import Account
from models.alliance import MemberUnit
from models.base import db
from models.people import InviteCode, Person
from models.sealing import keyed_hash
from services import access, audit
from services.errors import Invalid, NotFound

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 O 1 I L U: they are misread or misheard
LENGTH = 8
VALID_FOR = timedelta(days=30)
MOST_AT_ONCE = 2000

_SPACING = re.compile(r"[\s\-_.,:\"'《》<>()\[\]“”‘’、。·\u2010-\u2015\u200b-\u200f\ufeff]+")
_CODE = re.compile(rf"[{ALPHABET}]{{{LENGTH}}}")


def normalise(text: str) -> str:
    """What was typed as the code is written: half-width capitals without spaces or dashes."""
    return _SPACING.sub("", unicodedata.normalize("NFKC", text)).upper()


def looks_like_code(text: str) -> bool:
    """Whether a bare message can only be meant as an invite code."""
    return _CODE.fullmatch(normalise(text)) is not None


def issue(person_ids: Iterable[int], *, actor: Account | None) -> list[tuple[Person, str]]:
    """A fresh code for each person, in the order of units and names; older unused codes end.

    Raises NotFound when one of them is not there or belongs to another school,
    Invalid when none or too many are asked for; nothing is issued in either case.
    """
    ids = sorted(set(person_ids))
    if not ids:
        raise Invalid(fields={"people": "请先勾选要发邀请码的人员"})
    if len(ids) > MOST_AT_ONCE:
        raise Invalid(fields={"people": f"一次最多为 {MOST_AT_ONCE} 人生成邀请码，请分批操作"})
    with db.atomic():
        people = _people(ids, actor)
        now = clock.utc_now()
        (
            InviteCode.update(revoked_at=now)
            .where(InviteCode.person.in_(ids), InviteCode.used_at.is_null(), InviteCode.revoked_at.is_null())
            .execute()
        )
        issued = [(person, _new_code()) for person in people]
        InviteCode.insert_many(
            {
                "person": person.id,
                "code": code,
                "code_hash": keyed_hash(code),
                "expires_at": now + VALID_FOR,
                "created_at": now,
            }
            for person, code in issued
        ).execute()
        audit.record("invite_codes.issued", None, actor=actor, count=len(issued), person_ids=ids)
        return issued


def revoke(person: Person, *, actor: Account | None) -> int:
    """End the person's unused codes; how many there were."""
    if actor is not None:
        access.require_unit(actor, person.member_unit_id)
    with db.atomic():
        ended = (
            InviteCode.update(revoked_at=clock.utc_now())
            .where(InviteCode.person == person, InviteCode.used_at.is_null(), InviteCode.revoked_at.is_null())
            .execute()
        )
        if ended and actor is not None:
            audit.record("invite_codes.revoked", person, actor=actor, count=ended)
        return ended


def outstanding(actor: Account) -> ModelSelect[Any]:
    """The codes that still bind somebody the actor may see, person and unit joined."""
    rows = (
        InviteCode.select(InviteCode, Person, MemberUnit)
        .join(Person)
        .join(MemberUnit)
        .where(
            InviteCode.used_at.is_null(),
            InviteCode.revoked_at.is_null(),
            InviteCode.expires_at > clock.utc_now(),
            Person.erased_at.is_null(),
        )
    )
    scope = access.unit_scope(actor)
    return rows if scope is None else rows.where(Person.member_unit == scope)


def handed_out(rows: Iterable[InviteCode], *, actor: Account) -> list[InviteCode]:
    """Codes about to leave the console in readable form; who took them is kept."""
    taken = list(rows)
    audit.record("invite_codes.exported", None, actor=actor, count=len(taken))
    return taken


def _people(ids: list[int], actor: Account | None) -> list[Person]:
    rows = (
        Person.select(Person, MemberUnit)
        .join(MemberUnit)
        .where(Person.id.in_(ids), Person.erased_at.is_null())
        .order_by(MemberUnit.order_no, MemberUnit.id, Person.name, Person.id)
    )
    scope = access.unit_scope(actor) if actor is not None else None
    if scope is not None:
        rows = rows.where(Person.member_unit == scope)
    people = list(rows)
    if len(people) != len(ids):
        raise NotFound("所选人员中有的已注销或不属于本单位，请刷新后重选")
    return people


def _new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
