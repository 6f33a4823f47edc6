"""绑定: phone and invite code, or a unit's code with name and digits; the privacy notice, a yes or a no."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from models.alliance import MemberUnit
from models.people import Follower
from server.mini import limits, problems, schemas
from server.mini.bearer import follower, member_only, open_to_all, signed_in
from server.mini.limits import limiter
from server.mini.repeats import once
from services import binding_requests, bindings, consents, roster_match, unit_bindings
from services.errors import NotFound
from services.masking import mask_name

bp = APIBlueprint("binding", __name__, tag="绑定")
SOURCE = "mini"
TELL_HINT = "请核对后再填一次；确认无误仍不通过，可提交联络员核实。"


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


@bp.get(f"/binding/units/<int(max={schemas.MOST_ID}):unit_id>")
@signed_in
@bp.output(schemas.Unit)
def unit(unit_id: int) -> schemas.Unit:
    """扫到的单位小程序码是哪个单位的"""
    found = _unit(unit_id)
    return schemas.Unit(id=found.id, name=found.name)


@bp.post("/binding/unit")
@signed_in
@limiter.limit(limits.BINDINGS)
@once
@bp.input(schemas.UnitBindingWanted, arg_name="wanted")
@bp.output(schemas.Binding)
def begin_in_unit(wanted: schemas.UnitBindingWanted) -> schemas.Binding | Response:
    """扫单位小程序码后填姓名和手机号后四位，答以个人信息告知"""
    given, row = roster_match.read(f"{wanted.name} {wanted.digits}"), follower()
    if given is None:
        return problems.problem("binding_refused", "请填写姓名和手机号后四位", 422)
    said = binding_requests.start(row, _unit(wanted.unit_id), way=SOURCE)
    if binding_requests.is_filling_in(row):
        said = binding_requests.tell(row, *given, hint=TELL_HINT)
    if not bindings.is_waiting(row):
        # given back, not raised: the count of wrong tries must stay
        return problems.problem("binding_refused", said, 422)
    return _state(row)


@bp.post("/binding/apply")
@signed_in
@once
@bp.output(schemas.Binding)
def apply() -> schemas.Binding:
    """名单里没有核对到时，提交联络员核实；先看告知"""
    binding_requests.apply(follower())
    return _state(follower())


@bp.post("/binding/withdraw")
@signed_in
@once
@bp.output(schemas.Binding)
def withdraw() -> schemas.Binding:
    """撤回等联络员核实的申请"""
    binding_requests.withdraw(follower())
    return _state(Follower.get_by_id(follower().id))


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
    has_words = waits is not None and waits.step != "telling"  # what is to be filled in stands on the page
    state = "bound" if person is not None else "waits" if is_waiting else "none"
    return schemas.Binding(
        state=state,  # type: ignore[arg-type]
        name=mask_name(person.name) if person else "",
        unit=person.member_unit.name if person else "",
        replaces="",
        goes_to_liaison=False,
        words=waits.words if waits is not None and has_words else "",
        notice=_notice(),
    )


def _unit(unit_id: int) -> MemberUnit:
    found = unit_bindings.by_scene(unit_bindings.scene_of(unit_id))
    if found is None:
        raise NotFound("没有这个单位，请重新扫码")
    return found


def _notice() -> schemas.Notice:
    title, *lines = consents.PRIVACY_NOTICE.splitlines()
    version = consents.PRIVACY_NOTICE_VERSION.removeprefix("privacy-")
    return schemas.Notice(title=title.strip("【】"), lines=lines, version=version)
