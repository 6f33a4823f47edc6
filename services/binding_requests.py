"""Binding by a unit's word or QR code: name and phone are matched against the unit's roster.

    start (unit named) → tell (name and digits) → agree (privacy notice) → bound,
    or a request that a liaison decides (binding_decisions.py)

The follower's row points at the request under way, or at the one whose decision was not told
yet, so that nobody else's message costs a statement. Everything here is the member's side.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import clock
from models.alliance import MemberUnit
from models.base import db
from models.bindings import (
    BINDING_REQUEST_MOVES,
    DECIDED,
    DIALOGUE,
    BindingRequest,
    BindingRequestKind,
    BindingRequestStatus,
)
from models.people import Follower, Person
from services import binding_tries, consents, identities, roster_match, unit_bindings
from services.errors import IllegalMove, Invalid, StaleState
from services.masking import mask_name

DIALOGUE_LIVES = timedelta(days=1)
TOLD_KEPT = timedelta(days=30)  # what was given for a request that came to nothing
NOTHING_WAITS = "还没有要确认的绑定，请先发送：绑定 邀请码"
TELL_HINT = "请核对后重新发送“姓名 手机号后四位”。确认无误仍不通过，请回复“提交申请”，由联络员核实。"
SUBMITTED = (
    "绑定申请已提交给{unit}联络员，正在等待核实，通过后自动完成绑定，结果会在这里告诉您。"
    "着急请直接联系联络员。"
)


def start(follower: Follower, unit: MemberUnit, *, way: str) -> str:
    """A unit was named: what to send next, or why not. A request for another unit ends."""
    with db.atomic():
        row = binding_tries.locked_follower(follower)
        now = clock.utc_now()
        refusal = binding_tries.refusal(row, now) or _why_not_in(unit, row)
        if refusal:
            return refusal
        live = current(row)
        if live is not None and live.status is BindingRequestStatus.OPEN and live.member_unit_id == unit.id:
            return SUBMITTED.format(unit=unit.short_name)
        supersede(row)
        request = BindingRequest.create(follower=row, member_unit=unit, way=way, moved_at=now)
        binding_tries.set_values(follower, binding_request=request.id, pending_invite_code=None)
        return (
            f"您好，这是{unit.name}的绑定入口。\n"
            "请发送“姓名 手机号后四位”，例如：张晓明 5678；有邀请码也可以直接发送邀请码。\n"
            "所填内容只用来核对身份；核对后请您先看个人信息告知，再决定是否绑定。不想绑定，不理会即可。"
        )


def tell(follower: Follower, name: str, digits: str, *, hint: str = TELL_HINT) -> str:
    """Match name and digits with the unit's roster: the notice to agree to, or what does not match.

    A mismatch counts as a wrong try, since digits can be guessed. Raises Invalid when no unit
    was named before.
    """
    with db.atomic():
        row = binding_tries.locked_follower(follower)
        request = current(row)
        if request is None or request.status not in DIALOGUE:
            raise Invalid("请先扫描本单位的绑定二维码，或发送“绑定 单位口令”")
        now = clock.utc_now()
        refusal = binding_tries.refusal(row, now)
        if refusal:
            return refusal
        given: dict[str, Any] = {"name": name[:40], "digits": digits}
        found = roster_match.find(request.member_unit_id, name, digits)
        if found is None:
            unmatched = {"kind": BindingRequestKind.UNMATCHED, "person": None, **given}
            _update(request, moved_at=now, status=BindingRequestStatus.STARTED, **unmatched)
            what = "本单位名单里没有核对到这个姓名和手机号后四位"
            return binding_tries.count_wrong(follower, row, now, what=what, hint=hint)
        _update(request, person=found, kind=_kind_for(row, found), **given)
        _to_agreeing(request, now)
        return notice(request)


def apply(follower: Follower) -> str:
    """Ask a liaison about what was not matched: the notice to agree to. Raises Invalid."""
    with db.atomic():
        row = binding_tries.locked_follower(follower)
        request = current(row)
        if request is None or request.status not in DIALOGUE:
            raise Invalid("没有可以提交的绑定申请，请先发送“绑定 单位口令”")
        if not request.name:
            raise Invalid("请先发送“姓名 手机号后四位”，例如：张晓明 5678，再提交申请")
        _to_agreeing(request, clock.utc_now())
        return notice(request)


def notice(request: BindingRequest) -> str:
    """What is to be read before the yes, and what the yes does."""
    if request.kind is BindingRequestKind.MOVED:
        then = "名单里的您已绑定另一个微信，同意后提交联络员核实，通过后改为绑定此微信。"
    elif goes_to_liaison(request):
        then = "同意后提交本单位联络员，通过后完成绑定。"
    else:
        then = "同意后即完成绑定。"
    hello = f"您好，{mask_name(request.name or '')}（{_unit_name(request)}）。"
    return "\n".join([hello, consents.PRIVACY_NOTICE, f"{then}同意请回复“同意”，否则回复“不同意”。"])


def goes_to_liaison(request: BindingRequest) -> bool:
    """Whether the yes only makes a request: not matched, bound elsewhere, or the unit wants it so."""
    return request.kind is not BindingRequestKind.ROSTER or unit_bindings.needs_approval(
        request.member_unit_id
    )


def agree(follower: Follower, row: Follower, *, source: str) -> Person | None:
    """The yes: bound now (the person), or a request for the liaison (None). Called by bindings.agree.

    `row` is the follower's locked row. Raises Invalid when nothing waits for an answer.
    """
    request = current(row)
    if request is None or request.status is not BindingRequestStatus.AGREEING:
        raise Invalid(NOTHING_WAITS)
    now = clock.utc_now()
    person = request.person
    if person is not None and person.erased_at is None:
        _update(request, kind=_kind_for(row, person))  # it may have changed since the notice
    else:
        person = None
        _update(request, kind=BindingRequestKind.UNMATCHED, person=None)
    if person is None or goes_to_liaison(request):
        move(request, BindingRequestStatus.OPEN, now, agreed_at=now)
        return None
    consents.keep(person, is_granted=True, source=source, at=now)
    identities.attach(row, person, at=now)
    move(request, BindingRequestStatus.APPROVED, now, agreed_at=now, told_at=now, name=None, digits=None)
    binding_tries.set_values(
        follower,
        person=person,
        bound_at=now,
        binding_request=None,
        failed_bindings=0,
        binding_locked_until=None,
    )
    return person


def withdraw(follower: Follower) -> None:
    """The member's no, or a request taken back; what was given is wiped. Raises Invalid."""
    with db.atomic():
        row = binding_tries.locked_follower(follower)
        request = current(row)
        if request is None or request.status in DECIDED:
            raise Invalid("没有需要确认的事项")
        supersede(row)
        binding_tries.set_values(follower, binding_request=None)


def supersede(row: Follower) -> None:
    """End what is still under way for a (locked) follower and wipe what was given."""
    live = current(row)
    if live is not None and live.status not in DECIDED:
        move(live, BindingRequestStatus.WITHDRAWN, clock.utc_now(), name=None, digits=None)


def left(follower: Follower) -> None:
    """The follower left the account: what was being filled in ends; what was submitted stays."""
    request = current(follower)
    if request is not None and request.status in DIALOGUE:
        with db.atomic():
            supersede(binding_tries.locked_follower(follower))
            binding_tries.set_values(follower, binding_request=None)


def current(follower: Follower) -> BindingRequest | None:
    """The request under way or not told of yet; no statement for those who have none."""
    if follower.binding_request is None:
        return None
    request = BindingRequest.get_or_none(BindingRequest.id == follower.binding_request)
    if request is None or request.status is BindingRequestStatus.WITHDRAWN:
        return None
    return request


def is_filling_in(follower: Follower) -> bool:
    """Whether name and phone are waited for (or may be sent again)."""
    request = current(follower)
    return request is not None and request.status in DIALOGUE


def news(follower: Follower) -> str:
    """A decision the member has not read yet, in words, once; "" for none."""
    request = current(follower)
    if request is None or request.status not in DECIDED:
        return ""
    with db.atomic():
        now = clock.utc_now()
        unread = BindingRequest.told_at.is_null()
        BindingRequest.update(told_at=now).where(BindingRequest.id == request.id, unread).execute()
        binding_tries.set_values(follower, binding_request=None)
    return decision_words(request)


def decision_words(request: BindingRequest) -> str:
    """What became of a request, for the member."""
    unit = _unit_name(request)
    because = f"理由：{request.reason}。" if request.reason else ""
    if request.status is BindingRequestStatus.APPROVED:
        return f"【绑定结果】{unit}已通过您的绑定申请。发送“我的”可查看。"
    if request.status is BindingRequestStatus.REFUSED:
        return f"【绑定结果】{unit}没有通过您的绑定申请。{because}有疑问请联系本单位联络员。"
    return SUBMITTED.format(unit=unit)


def telling_words(request: BindingRequest) -> str:
    """What is waited for from the member, once a unit was named."""
    unit = _unit_name(request)
    if request.name:
        again = "请核对后重新发送“姓名 手机号后四位”，或回复“提交申请”，由联络员核实。"
        return f"{unit}的名单里还没有核对到您：{again}"
    return f"{unit}的绑定还没有填完：请发送“姓名 手机号后四位”核对身份，例如：张晓明 5678。"


def _unit_name(request: BindingRequest) -> str:
    return request.member_unit.short_name if request.member_unit is not None else "秘书处"


def forget_old(now: datetime) -> int:
    """End what was left half filled in for a day; wipe what was given for requests of long ago."""
    given = BindingRequest.name.is_null(False) | BindingRequest.digits.is_null(False)
    stale = BindingRequest.update(
        status=BindingRequestStatus.WITHDRAWN, name=None, digits=None, moved_at=now
    ).where(BindingRequest.status.in_(DIALOGUE), BindingRequest.moved_at < now - DIALOGUE_LIVES)
    old = BindingRequest.update(name=None, digits=None).where(
        BindingRequest.status.not_in([*DIALOGUE, BindingRequestStatus.OPEN]),
        BindingRequest.moved_at < now - TOLD_KEPT,
        given,
    )
    return int(stale.execute()) + int(old.execute())


def move(request: BindingRequest, to: BindingRequestStatus, at: datetime, **values: Any) -> None:
    """Raises IllegalMove, or StaleState when somebody else was faster."""
    was = request.status
    if to not in BINDING_REQUEST_MOVES[was]:
        raise IllegalMove(was=was, to=to)
    changed: dict[str, Any] = {"status": to, "moved_at": at, **values}
    moved = (
        BindingRequest.update(**changed)
        .where(BindingRequest.id == request.id, BindingRequest.status == was)
        .execute()
    )
    if not moved:
        raise StaleState(was=was, to=to)
    for name, value in changed.items():
        setattr(request, name, value)


def _to_agreeing(request: BindingRequest, now: datetime) -> None:
    if request.status is BindingRequestStatus.AGREEING:
        _update(request, moved_at=now)
    else:
        move(request, BindingRequestStatus.AGREEING, now)


def _update(request: BindingRequest, **values: Any) -> None:
    BindingRequest.update(**values).where(BindingRequest.id == request.id).execute()
    for name, value in values.items():
        setattr(request, name, value)


def _kind_for(row: Follower, person: Person) -> BindingRequestKind:
    """Four digits are too little to take a binding from another WeChat: a liaison looks."""
    held = identities.bound_in(row.app_id, person)
    is_held = held is not None and held.id != row.id
    return BindingRequestKind.MOVED if is_held else BindingRequestKind.ROSTER


def _why_not_in(unit: MemberUnit, row: Follower) -> str:
    today = clock.local_today()
    if unit.valid_from > today or (unit.valid_to is not None and unit.valid_to < today):
        return f"{unit.name}目前不是联盟成员单位，不能绑定。请联系现在的单位联络员。"
    if row.person is None or row.person.erased_at is not None:
        return ""
    bound = f"您已绑定为 {mask_name(row.person.name)}（{row.person.member_unit.short_name}）"
    if row.person.member_unit_id == unit.id:
        return f"{bound}，无需重复绑定。发送“我的”可查看。"
    return f"{bound}。要改为{unit.short_name}，请先发送“解除绑定”，再重新扫码。"
