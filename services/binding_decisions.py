"""Binding requests as the liaison decides them: approve, link to somebody, create, refuse.

Each needs the permission `bindings.manage` and, where it matters, a reason that the member reads.
A request of two units (a conflict) is the secretariat's alone.
"""

from __future__ import annotations

from typing import Any

from peewee import JOIN, ModelSelect

import clock
from models.accounts import Account
from models.alliance import MemberUnit
from models.base import db, locked, repeated
from models.bindings import (
    DIALOGUE,
    BindingRequest,
    BindingRequestKind,
    BindingRequestStatus,
)
from models.people import Follower, Person, PersonRoleKind
from services import (
    access,
    audit,
    binding_requests,
    binding_tries,
    consents,
    identities,
    people,
    roster_match,
)
from services.errors import Conflict, Invalid, NotFound
from services.messaging import notices
from services.messaging.notices import NoticeKind

LEAST_REASON = 4
MOST_REASON = 200


def listed(actor: Account) -> ModelSelect[Any]:
    """The requests the actor may see, unit and person joined; not what is still being filled in."""
    rows = (
        BindingRequest.select(BindingRequest, MemberUnit, Person)
        .join(MemberUnit, JOIN.LEFT_OUTER)
        .switch(BindingRequest)
        .join(Person, JOIN.LEFT_OUTER, on=(BindingRequest.person == Person.id))
        .where(BindingRequest.status.not_in(DIALOGUE))
    )
    scope = access.unit_scope(actor)
    return rows if scope is None else rows.where(BindingRequest.member_unit == scope)


def find(request_id: int, *, actor: Account) -> BindingRequest:
    """Raises NotFound, for another school's request and for one not submitted too."""
    request = BindingRequest.get_or_none(BindingRequest.id == request_id)
    if request is None or request.status in DIALOGUE:
        raise NotFound()
    _require(request, actor)
    return request


def candidates(request: BindingRequest, *, actor: Account) -> list[Person]:
    """Who of the unit may be meant: same name, or same surname and digits; both sides of a conflict."""
    _require(request, actor)
    found: list[Person | None]
    if request.kind is BindingRequestKind.CONFLICT:
        found = [request.person, request.other_person]
    elif request.person is not None:
        found = [request.person]
    else:
        found = [*roster_match.like(request.member_unit_id, request.name or "", request.digits or "")]
    return [person for person in found if person is not None and person.erased_at is None]


@repeated
def approve(request: BindingRequest, person_id: int, *, reason: str = "", actor: Account) -> Person:
    """Bind the follower to a person of the request's unit; another WeChat of that person ends.

    Raises NotFound for somebody of another unit, Invalid where the person withdrew its consent,
    Conflict when it was decided, withdrawn or bound meanwhile.
    """
    with db.atomic():
        fresh, row = _undecided(request, actor)
        person = _person_for(fresh, person_id)
        now = clock.utc_now()
        if fresh.kind is BindingRequestKind.CONFLICT:
            if not consents.is_in_force(person):
                raise Invalid("此人没有同意（或已撤回）个人信息告知，请本人重新绑定")
            identities.assign(row, person, at=now)
        else:
            if row.person_id not in (None, person.id):
                raise Conflict("此微信已绑定另一人，请先解除那个绑定")
            consents.keep(person, is_granted=True, source=fresh.way, at=fresh.agreed_at or now)
            identities.attach(row, person, at=now)
        _decide(fresh, BindingRequestStatus.APPROVED, actor, reason, person=person, name=None, digits=None)
        _unlock(row)
        _tell(fresh, person, row)
        audit.record("binding.approved", person, actor=actor, request_id=fresh.id, kind=fresh.kind.value)
        return person


def create(
    request: BindingRequest, *, name: str, phone: str, position: str = "", reason: str = "", actor: Account
) -> Person:
    """Add the applicant to the unit's roster and bind the follower. Raises as `people.create`."""
    with db.atomic():
        fresh, _ = _undecided(request, actor)
        if fresh.member_unit_id is None or fresh.kind is BindingRequestKind.CONFLICT:
            raise Invalid("这类申请不能新增人员，请从两个身份中选一个")
        person = people.create(
            name=name,
            phone=phone,
            member_unit=fresh.member_unit_id,
            position=position,
            roles=[PersonRoleKind.MEMBER],
            actor=actor,
        )
        return approve(fresh, person.id, reason=reason, actor=actor)


@repeated
def refuse(request: BindingRequest, *, reason: str, actor: Account) -> None:
    """Refuse with a reason that the member reads; of a conflict: leave both as they are.

    Raises Invalid without a reason, Conflict when it was decided meanwhile.
    """
    if len(reason.strip()) < LEAST_REASON:
        raise Invalid(fields={"reason": f"请写明理由（至少 {LEAST_REASON} 个字），本人会看到"})
    with db.atomic():
        fresh, row = _undecided(request, actor)
        _decide(fresh, BindingRequestStatus.REFUSED, actor, reason)
        audit.record(
            "binding.refused", row, actor=actor, request_id=fresh.id, reason=reason.strip()[:MOST_REASON]
        )


def waiting(actor: Account) -> ModelSelect[Any]:
    """What waits for a decision, the oldest first."""
    return (
        listed(actor)
        .where(BindingRequest.status == BindingRequestStatus.OPEN)
        .order_by(BindingRequest.moved_at, BindingRequest.id)
    )


def _require(request: BindingRequest, actor: Account) -> None:
    access.require(actor, "bindings.manage")
    if request.member_unit_id is not None:
        access.require_unit(actor, request.member_unit_id)
    elif access.unit_scope(actor) is not None:
        raise NotFound()


def _undecided(request: BindingRequest, actor: Account) -> tuple[BindingRequest, Follower]:
    _require(request, actor)
    fresh = locked(BindingRequest.select().where(BindingRequest.id == request.id)).first()
    if fresh is None:
        raise NotFound()
    if fresh.status is BindingRequestStatus.WITHDRAWN:
        raise Conflict("本人已撤回申请，或已用其他方式绑定，不需要再处理")
    if fresh.status is not BindingRequestStatus.OPEN:
        raise Conflict("这份申请已经处理过，请刷新后再看")
    return fresh, binding_tries.locked_follower(fresh.follower)


def _person_for(request: BindingRequest, person_id: int) -> Person:
    person = Person.get_or_none(Person.id == person_id)
    if request.kind is BindingRequestKind.CONFLICT:
        is_right = person_id in (request.person_id, request.other_person_id)
    else:
        is_right = person is not None and person.member_unit_id == request.member_unit_id
    if person is None or not is_right or person.erased_at is not None:
        raise NotFound("没有找到这个人，或者不属于这个单位")
    return person


def _decide(
    request: BindingRequest, to: BindingRequestStatus, actor: Account, reason: str, **values: Any
) -> None:
    now = clock.utc_now()
    said = reason.strip()[:MOST_REASON]
    binding_requests.move(request, to, now, decided_by=actor, decided_at=now, reason=said, **values)


def _tell(request: BindingRequest, person: Person, row: Follower) -> None:
    """An approval goes out as a notice; a refusal has nobody to go to but the follower's next message."""
    told = notices.tell(
        [person.id],
        kind=NoticeKind.BINDING_DECIDED,
        fields={"decision": "已通过", "detail": request.reason or "现在可以报名活动、阅读期刊。"},
        about=None,
        url="/m/me",
        occasion=f"binding-{request.id}",
    )
    if told is not None:
        BindingRequest.update(told_at=clock.utc_now()).where(BindingRequest.id == request.id).execute()
        binding_tries.set_values(row, binding_request=None)


def _unlock(row: Follower) -> None:
    binding_tries.set_values(row, failed_bindings=0, binding_locked_until=None, pending_invite_code=None)
