"""签到: a member comes, by what was scanned or typed; also later, from without a network."""

from __future__ import annotations

from apiflask import APIBlueprint

import clock
from models.check_ins import CheckInWay
from server.mini import limits, schemas
from server.mini.bearer import me, member_only
from server.mini.limits import limiter
from server.mini.repeats import once
from services import check_ins
from services.errors import Invalid

bp = APIBlueprint("check_ins", __name__, tag="签到")


@bp.post("/check-ins")
@member_only
@limiter.limit(limits.CHECK_INS)
@once
@bp.input(schemas.CheckInWanted, arg_name="wanted")
@bp.output(schemas.CheckedIn)
def create(wanted: schemas.CheckInWanted) -> schemas.CheckedIn:
    """签到；答以结果，不成也说明原因"""
    if bool(wanted.code) == bool(wanted.six_digits):
        raise Invalid(fields={"code": "请扫码，或输入六位签到码，二者取一"})
    checked = check_ins.check_in(
        me(),
        code=wanted.code,
        six_digits=wanted.six_digits,
        at=schemas.naive(wanted.at) or clock.utc_now(),
        way=CheckInWay.SCAN_MINI,
        position=check_ins.Position(wanted.place.latitude, wanted.place.longitude) if wanted.place else None,
    )
    return schemas.CheckedIn(
        outcome=checked.outcome,
        words=checked.words,
        came=checked.came,
        activity_id=checked.activity.id if checked.activity else None,
        title=checked.activity.title if checked.activity else "",
    )
