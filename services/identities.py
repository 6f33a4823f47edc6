"""Which WeChat is whom: the same person in the official account and in the mini program.

An openid is a person in one app, a unionid the same person across our apps. What holds after
every act here: a person has at most one follower in an app, a follower at most one person, and
nobody is bound whose last word on the privacy notice was not yes. Where a unionid tells of two
persons nothing is chosen in silence: a request waits for a human.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import clock
import config
from models.base import db, locked
from models.bindings import BindingRequest, BindingRequestKind, BindingRequestStatus
from models.people import Follower, Person
from services import consents
from services.messaging import withdrawals


def attach(row: Follower, person: Person, *, at: datetime) -> None:
    """Bind a (locked) follower to a person who agreed; the caller keeps the consent.

    Another WeChat of the person ends in this app, and in the other apps where its unionid shows that
    it is another one. The same WeChat in other apps comes along.
    """
    locked(Person.select(Person.id).where(Person.id == person.id)).execute()
    before = row.person_id
    ended = _replaced_by(row, person)
    _set_person([each.id for each in ended], None)
    _set_person([row.id], person, at=at)
    if before is not None and before != person.id:
        release_person(before)
    if row.app_id == config.settings().wechat_app_id:
        withdrawals.to_follower(person, row)
    if row.unionid:
        _bring_together(row.unionid, at)


def detach(row: Follower) -> None:
    """End a (locked) follower's binding, in every app that has the same WeChat."""
    person_id = row.person_id
    if person_id is None:
        return
    same = [each.id for each in _bound_to(person_id) if each.id == row.id or _is_same(each, row)]
    _set_person(same, None)
    release_person(person_id)


def detach_all(person: Person) -> int:
    """End every binding of a person; how many."""
    ids = [each.id for each in _bound_to(person)]
    _set_person(ids, None)
    release_person(person.id)
    return len(ids)


def is_bound(person_id: int) -> bool:
    """Whether any WeChat of any app is bound to the person."""
    return Follower.select().where(Follower.person == person_id).exists()


def bound_in(app_id: str, person: Person) -> Follower | None:
    """The person's follower in an app."""
    return Follower.get_or_none((Follower.app_id == app_id) & (Follower.person == person))


def learn_unionid(follower: Follower, unionid: str) -> None:
    """WeChat told who a follower is across our apps: bring the apps together.

    A second report changes nothing. The instance at hand follows.
    """
    if not unionid or unionid == follower.unionid:
        return
    with db.atomic():
        row = locked(Follower.select().where(Follower.id == follower.id)).first()
        if row is not None and row.unionid != unionid:
            Follower.update(unionid=unionid).where(Follower.id == row.id).execute()
            _bring_together(unionid, clock.utc_now())
    fresh = Follower.get_or_none(Follower.id == follower.id)
    if fresh is not None:
        follower.unionid, follower.person, follower.bound_at = fresh.unionid, fresh.person, fresh.bound_at


def assign(row: Follower, person: Person, *, at: datetime) -> None:
    """A human decided whose this WeChat is: in every app it is that person's."""
    same = of_unionid(row.unionid) if row.unionid else [row]
    losing = {each.person_id for each in same if each.person_id not in (None, person.id)}
    _set_person([each.id for each in same if each.person_id in losing], None)
    for each in same:
        attach(Follower.get_by_id(each.id), person, at=at)
    for person_id in losing:
        release_person(person_id)


def of_unionid(unionid: str) -> list[Follower]:
    """Every follower of one WeChat, across our apps."""
    return list(Follower.select().where(Follower.unionid == unionid).order_by(Follower.id))


def release_person(person_id: int) -> None:
    """What waits is not sent to a person whom no WeChat of the official account reaches any more."""
    reached = Follower.select().where(
        Follower.person == person_id, Follower.app_id == config.settings().wechat_app_id
    )
    if not reached.exists():
        withdrawals.of_binding(Person(id=person_id))


def _bring_together(unionid: str, at: datetime) -> None:
    """Bind the unbound followers of one WeChat to its person, or leave the matter to a human."""
    same = list(locked(Follower.select().where(Follower.unionid == unionid).order_by(Follower.id)))
    ids = sorted({each.person_id for each in same if each.person_id is not None})
    people = list(locked(Person.select().where(Person.id.in_(ids)).order_by(Person.id))) if ids else []
    people = [person for person in people if person.erased_at is None]
    if len(people) > 1:
        last = max((each for each in same if each.person_id), key=lambda each: each.bound_at or at)
        _ask_a_human(last, people[0], people[1])
    elif people and consents.is_in_force(people[0]):
        for each in same:
            if each.person_id is None:
                _come_along(each, people[0], at)


def _come_along(row: Follower, person: Person, at: datetime) -> None:
    if bound_in(row.app_id, person) is not None:
        _ask_a_human(row, person, None)
        return
    _set_person([row.id], person, at=at)


def _ask_a_human(row: Follower, person: Person, other: Person | None) -> None:
    """One open request for each WeChat; it belongs to the unit of both, else to the secretariat."""
    units = {each.member_unit_id for each in (person, other) if each is not None}
    same = Follower.select(Follower.id).where(Follower.unionid == row.unionid)
    waits = BindingRequest.select().where(
        BindingRequest.follower.in_(same),
        BindingRequest.kind == BindingRequestKind.CONFLICT,
        BindingRequest.status == BindingRequestStatus.OPEN,
    )
    if waits.exists():
        return
    BindingRequest.create(
        follower=row,
        member_unit=units.pop() if len(units) == 1 else None,
        kind=BindingRequestKind.CONFLICT,
        status=BindingRequestStatus.OPEN,
        way="unionid",
        person=person,
        other_person=other,
        moved_at=clock.utc_now(),
    )


def _replaced_by(new: Follower, person: Person) -> list[Follower]:
    """The person's bindings that end when `new` is bound: those of another WeChat."""
    others = [each for each in _bound_to(person) if each.id != new.id]
    in_app = [each for each in others if each.app_id == new.app_id]

    def is_another(old: Follower) -> bool:
        is_other = bool(old.unionid and new.unionid and old.unionid != new.unionid)
        went_along = any(_is_same(old, gone) for gone in in_app) and not _is_same(old, new)
        return old.app_id == new.app_id or is_other or went_along

    return [each for each in others if is_another(each)]


def _is_same(one: Follower, other: Follower) -> bool:
    return bool(one.unionid) and one.unionid == other.unionid


def _bound_to(person: Person | int) -> list[Follower]:
    return list(Follower.select().where(Follower.person == person).order_by(Follower.id))


def _set_person(ids: list[int], person: Person | None, *, at: datetime | None = None) -> None:
    if ids:
        values: dict[str, Any] = {"person": person, "bound_at": at}
        Follower.update(**values).where(Follower.id.in_(ids)).execute()
