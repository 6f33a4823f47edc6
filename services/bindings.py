"""Binding (绑定): a WeChat becomes a member by an invite code, a privacy notice and a yes.

Or by a unit's word or QR code, and then by name and phone (binding_requests.py); both end here,
in `agree`. Wrong codes and locks are answered in words, not raised: the chat edge rolls a
handler's error back, and the count of wrong tries must stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import clock
from models.accounts import Account
from models.base import db
from models.bindings import BindingRequest, BindingRequestStatus
from models.people import Follower, InviteCode, Person
from models.sealing import keyed_hash
from services import (
    access,
    audit,
    binding_requests,
    binding_tries,
    consents,
    followers,
    identities,
    invite_codes,
    unit_bindings,
)
from services.binding_tries import LOCKED_FOR, MOST_WRONG_TRIES
from services.consents import PRIVACY_NOTICE, PRIVACY_NOTICE_VERSION
from services.errors import Invalid
from services.masking import mask_name
from services.phone_numbers import WrongPhone, clean_phone

__all__ = ["LOCKED_FOR", "MOST_WRONG_TRIES", "PRIVACY_NOTICE", "PRIVACY_NOTICE_VERSION"]

ISSUE_HINT = "请核对后重新发送，例如：绑定 ABCD2345。没有邀请码请联系本单位联络员。"
PAGE_HINT = "请核对后再试，或联系本单位联络员。"
LEAST_REASON = 4


@dataclass(frozen=True, slots=True)
class Pending:
    """What a yes would do now, for a page to show. `replaces`: who this WeChat is bound as today."""

    name: str
    unit: str
    replaces: str
    goes_to_liaison: bool


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A binding that is not done yet: `step` is notice, telling, liaison or refused; `words` say what
    was done, for whom it waits and what happens next."""

    step: str
    words: str


def issue_codes(person_ids: list[int], *, actor: Account | None) -> list[tuple[Person, str]]:
    """A fresh invite code for each person; see `invite_codes.issue`."""
    return invite_codes.issue(person_ids, actor=actor)


def begin(follower: Follower, code: str, *, way: str = "word", hint: str = ISSUE_HINT) -> str:
    """Answer a typed code: the privacy notice to agree to, or what is wrong with the code.

    A unit's word asks for name and phone instead. The fifth wrong code locks the follower's
    binding for an hour. Nothing is bound yet.
    """
    with db.atomic():
        row = binding_tries.locked_follower(follower)
        now = clock.utc_now()
        refusal = binding_tries.refusal(row, now)
        if refusal:
            return refusal
        invite = _find_code(code)
        if invite is not None:
            return _begin_with(follower, row, invite, now)
        unit = unit_bindings.by_word(code)
        if unit is not None:
            return binding_requests.start(follower, unit, way=way)
        what = "口令不正确" if way == "page" else "邀请码不正确"
        return binding_tries.count_wrong(follower, row, now, what=what, hint=hint)


def begin_with_phone(follower: Follower, phone: str, code: str) -> str:
    """As `begin` on the page: the code must be that of the person with this phone.

    "" when the notice waits for an answer, else what is wrong; which of the two is not told.
    """
    with db.atomic():
        row = binding_tries.locked_follower(follower)
        now = clock.utc_now()
        refusal = binding_tries.refusal(row, now)
        if refusal:
            return refusal
        invite = _find_code(code)
        if invite is None or not _is_phone_of(invite.person, phone):
            what = "手机号或邀请码不正确"
            return binding_tries.count_wrong(follower, row, now, what=what, hint=PAGE_HINT)
        said = _begin_with(follower, row, invite, now)
        return "" if follower.pending_invite_code == invite.id else said


def pending(follower: Follower) -> Pending | None:
    """What waits for the follower's yes; None when nothing does."""
    before = follower.person
    replaces = mask_name(before.name) if before is not None else ""
    if follower.pending_invite_code is not None:
        invite = InviteCode.get_or_none(InviteCode.id == follower.pending_invite_code)
        if invite is None:
            return None
        return Pending(mask_name(invite.person.name), invite.person.member_unit.name, replaces, False)
    request = binding_requests.current(follower)
    if request is None or request.status is not BindingRequestStatus.AGREEING:
        return None
    name = mask_name(request.name or "")
    unit = request.member_unit.name if request.member_unit is not None else ""
    return Pending(name, unit, replaces, binding_requests.goes_to_liaison(request))


def agree(follower: Follower, *, source: str = "chat") -> Person | None:
    """Bind the follower to the person of the code it typed, and keep the consent.

    The code is used up; a binding of the same person to another WeChat of the same
    app ends. None: it was agreed to a request that a liaison decides first.
    Raises Invalid when no code waits for an answer or it ended meanwhile.
    """
    with db.atomic():
        row = binding_tries.locked_follower(follower)
        now = clock.utc_now()
        if row.pending_invite_code is None:
            return binding_requests.agree(follower, row, source=source)
        invite = InviteCode.get_or_none(InviteCode.id == row.pending_invite_code)
        if invite is None or invite.person.erased_at is not None or not _use(invite, now):
            raise Invalid("邀请码已失效，请向本单位联络员索取新的邀请码后重新发送")
        person = invite.person
        consents.keep(person, is_granted=True, source=source, at=now)
        identities.attach(row, person, at=now)
        binding_requests.supersede(row)
        binding_tries.set_values(
            follower,
            person=person,
            bound_at=now,
            pending_invite_code=None,
            binding_request=None,
            failed_bindings=0,
            binding_locked_until=None,
        )
        return person


def under_way(follower: Follower) -> UnderWay | None:
    """What became of a binding that was begun, also in the other app of the same WeChat; None for none."""
    if followers.member_of(follower) is not None:
        return None
    waits = pending(follower)
    if waits is not None:
        then = "提交本单位联络员核实，通过后完成绑定" if waits.goes_to_liaison else "完成绑定"
        return UnderWay(
            "notice", f"绑定还差一步：{waits.name}（{waits.unit}），请先看个人信息告知，同意后{then}。"
        )
    request = binding_requests.current(follower) or _waits_elsewhere(follower)
    if request is None:
        return None
    if request.status is BindingRequestStatus.STARTED:
        return UnderWay("telling", binding_requests.telling_words(request))
    step = "liaison" if request.status is BindingRequestStatus.OPEN else "refused"
    return UnderWay(step, binding_requests.decision_words(request))


def refuse(follower: Follower, *, source: str = "chat") -> None:
    """Drop the binding that waits for an answer; the code can still be used later.

    Raises Invalid when nothing waits.
    """
    with db.atomic():
        row = binding_tries.locked_follower(follower)
        if row.pending_invite_code is None:
            binding_requests.withdraw(follower)
            return
        invite = InviteCode.get_or_none(InviteCode.id == row.pending_invite_code)
        binding_tries.set_values(follower, pending_invite_code=None)
        if invite is not None:
            consents.keep(invite.person, is_granted=False, source=source, at=clock.utc_now())


def is_waiting(follower: Follower) -> bool:
    """Whether 同意 or 不同意 is waited for."""
    if follower.pending_invite_code is not None:
        return True
    request = binding_requests.current(follower)
    return request is not None and request.status is BindingRequestStatus.AGREEING


def unbind(follower: Follower, *, actor: Account | None = None, source: str = "chat") -> None:
    """Withdraw the consent: the WeChat is a mere follower again.

    The member's own word ends the binding in every app; an account ends that of one WeChat.
    Raises Invalid when it is not bound, NotFound for a person of another school.
    """
    with db.atomic():
        row = binding_tries.locked_follower(follower)
        person = row.person
        if person is None:
            raise Invalid("此微信尚未绑定")
        if actor is not None:
            access.require_unit(actor, person.member_unit_id)
            identities.detach(row)
        else:
            identities.detach_all(person)
        binding_tries.set_values(follower, person=None, bound_at=None, pending_invite_code=None)
        if not identities.is_bound(person.id):
            consents.keep(person, is_granted=False, source=source, at=clock.utc_now())
        if actor is not None:
            audit.record("binding.ended", person, actor=actor, follower_id=row.id)


def rebind(person: Person, *, reason: str, actor: Account) -> str:
    """A lost phone or a new WeChat: end what is bound and give a fresh code; the code.

    Raises Invalid without a reason, NotFound for a person of another school.
    """
    access.require(actor, "bindings.manage")
    access.require_unit(actor, person.member_unit_id)
    if len(reason.strip()) < LEAST_REASON:
        raise Invalid(fields={"reason": f"请写明换绑原因（至少 {LEAST_REASON} 个字），将记入审计"})
    with db.atomic():
        ended = identities.detach_all(person)
        [(_, code)] = invite_codes.issue([person.id], actor=actor)
        audit.record("binding.rebound", person, actor=actor, count=ended, reason=reason.strip()[:200])
        return code


def _begin_with(follower: Follower, row: Follower, invite: InviteCode, now: datetime) -> str:
    if row.person_id == invite.person_id:
        return f"您已绑定为 {mask_name(invite.person.name)}，无需重复绑定。发送“我的”可查看。"
    refusal = _why_not(invite, now)
    if refusal:
        return refusal
    binding_tries.set_values(follower, pending_invite_code=invite.id)
    return _notice_words(row, invite.person)


def _is_phone_of(person: Person, typed: str) -> bool:
    """Whether the number is the person's; who has none on the roster is known by the code alone."""
    if person.phone_hash is None:
        return True
    try:
        digits = clean_phone(typed)
    except WrongPhone:
        return False
    return digits is not None and keyed_hash(digits) == person.phone_hash


def _find_code(typed: str) -> InviteCode | None:
    code = invite_codes.normalise(typed).removeprefix("绑定")
    return InviteCode.get_or_none(InviteCode.code_hash == keyed_hash(code)) if code else None


def _why_not(invite: InviteCode, now: datetime) -> str:
    """Why a code that exists cannot be used; "" when it can. Not a wrong try: nobody guessed it."""
    if invite.used_at is not None:
        return "这个邀请码已经使用过，请向本单位联络员索取新的邀请码。"
    if invite.revoked_at is not None or invite.person.erased_at is not None:
        return "这个邀请码已作废，请使用最近一次收到的邀请码，或联系本单位联络员。"
    if invite.expires_at <= now:
        return "这个邀请码已过期，请向本单位联络员索取新的邀请码。"
    return ""


def _notice_words(row: Follower, person: Person) -> str:
    lines = [f"您好，{mask_name(person.name)}（{person.member_unit.short_name}）。", PRIVACY_NOTICE]
    if row.person is not None:
        before = mask_name(row.person.name)
        lines.append(f"注意：此微信现绑定为 {before}，同意后将改为 {mask_name(person.name)}。")
    lines.append("同意并绑定请回复“同意”，否则回复“不同意”。")
    return "\n".join(lines)


def _waits_elsewhere(follower: Follower) -> BindingRequest | None:
    """A request of the same WeChat in another app that a liaison has not decided."""
    if not follower.unionid:
        return None
    return (
        BindingRequest.select()
        .join(Follower)
        .where(
            Follower.unionid == follower.unionid,
            Follower.binding_request == BindingRequest.id,
            BindingRequest.status == BindingRequestStatus.OPEN,
        )
        .first()
    )


def _use(invite: InviteCode, now: datetime) -> bool:
    """Of two that use a code at once one wins."""
    return bool(
        InviteCode.update(used_at=now)
        .where(
            InviteCode.id == invite.id,
            InviteCode.used_at.is_null(),
            InviteCode.revoked_at.is_null(),
            InviteCode.expires_at > now,
        )
        .execute()
    )
