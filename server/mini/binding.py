"""绑定: phone and invite code, the privacy notice, a yes or a no; and the end of it."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from models.people import Follower
from server.mini import limits, problems, schemas
from server.mini.bearer import follower, member_only, open_to_all, signed_in
from server.mini.limits import limiter
from server.mini.repeats import once
from services import bindings, consents
from services.masking import mask_name

bp = APIBlueprint("binding", __name__, tag="绑定")
SOURCE = "mini"


@bp.get("/privacy-notice")
@open_to_all
@bp.output(schemas.Notice)
def notice() -> schemas.Notice:
    """个人信息告知"""
    return _notice()


@bp.get("/binding")
@signed_in
@bp.output(schemas.Binding)
def show() -> schemas.Binding:
    """现在绑定着谁，或等着什么"""
    return _state(follower())


@bp.post("/binding")
@signed_in
@limiter.limit(limits.BINDINGS)
@once
@bp.input(schemas.BindingWanted, arg_name="wanted")
@bp.output(schemas.Binding)
def begin(wanted: schemas.BindingWanted) -> schemas.Binding | Response:
    """手机号与邀请码，答以个人信息告知"""
    refusal = bindings.begin_with_phone(follower(), wanted.phone, wanted.invite_code)
    if refusal:
        # given back, not raised: the count of wrong tries must stay
        return problems.problem("binding_refused", refusal, 422)
    return _state(follower())


@bp.post("/binding/decision")
@signed_in
@limiter.limit(limits.BINDINGS)
@once
@bp.input(schemas.Decision, arg_name="decision")
@bp.output(schemas.Binding)
def decide(decision: schemas.Decision) -> schemas.Binding:
    """看过告知后同意或不同意"""
    if decision.agrees:
        bindings.agree(follower(), source=SOURCE)
    else:
        bindings.refuse(follower(), source=SOURCE)
    return _state(Follower.get_by_id(follower().id))


@bp.post("/binding/end")
@member_only
@once
@bp.output(schemas.Binding)
def end() -> schemas.Binding:
    """解除绑定，撤回同意"""
    bindings.unbind(follower(), source=SOURCE)
    return _state(Follower.get_by_id(follower().id))


def _state(row: Follower) -> schemas.Binding:
    pending = bindings.pending(row)
    person = row.person if row.person is not None and row.person.erased_at is None else None
    waits = bindings.under_way(row)
    if pending is not None:
        return schemas.Binding(
            state="notice",
            name=pending.name,
            unit=pending.unit,
            replaces=pending.replaces,
            goes_to_liaison=pending.goes_to_liaison,
            words="",
            notice=_notice(),
        )
    is_waiting = waits is not None and waits.step == "liaison"
    state = "bound" if person is not None else "waits" if is_waiting else "none"
    return schemas.Binding(
        state=state,  # type: ignore[arg-type]
        name=mask_name(person.name) if person else "",
        unit=person.member_unit.name if person else "",
        replaces="",
        goes_to_liaison=False,
        words=waits.words if waits else "",
        notice=_notice(),
    )


def _notice() -> schemas.Notice:
    title, *lines = consents.PRIVACY_NOTICE.splitlines()
    version = consents.PRIVACY_NOTICE_VERSION.removeprefix("privacy-")
    return schemas.Notice(title=title.strip("【】"), lines=lines, version=version)
