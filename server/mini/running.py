"""Who runs an activity: open and close check-in, the live list (polled), the roll."""

from __future__ import annotations

from apiflask import APIBlueprint

import clock
from models.activities import Activity
from models.check_ins import CHECK_IN_WAY_WORDS, CheckIn
from server.mini import schemas
from server.mini.activities import ONE, _cards
from server.mini.bearer import me, member_only
from server.mini.repeats import once
from services import check_ins
from services.check_ins import Line, Mark, Place
from services.errors import NotFound

bp = APIBlueprint("running", __name__, tag="组织签到")


@bp.get("/running")
@member_only
@bp.output(schemas.Cards)
def index() -> schemas.Cards:
    """我可以开放签到、点名的活动"""
    return schemas.Cards(activities=_cards(check_ins.running(me())), has_more=False)


@bp.get(f"{ONE}/check-in")
@member_only
@bp.output(schemas.Live)
def live(activity_id: int) -> schemas.Live:
    """现场：签到码、人数、最近到场的人；每三秒来取一次"""
    return _live(_mine(activity_id))


@bp.post(f"{ONE}/check-in")
@member_only
@once
@bp.input(schemas.OpeningWanted, arg_name="wanted")
@bp.output(schemas.Live)
def open_(activity_id: int, wanted: schemas.OpeningWanted) -> schemas.Live:
    """开放签到；已开放的，改收不收未报名的人"""
    activity, hall = _mine(activity_id), wanted.hall
    place = Place(hall.latitude, hall.longitude, hall.radius_m) if hall else None
    check_ins.open_(activity, by=me(), takes_walk_ins=wanted.takes_walk_ins, place=place)
    return _live(activity)


@bp.post(f"{ONE}/check-in/close")
@member_only
@once
@bp.output(schemas.Live)
def close(activity_id: int) -> schemas.Live:
    """结束签到；点名仍可以"""
    activity = _mine(activity_id)
    check_ins.close(activity, by=me())
    return _live(activity)


@bp.get(f"{ONE}/check-in/sheet")
@member_only
@bp.output(schemas.SheetOut)
def sheet(activity_id: int) -> schemas.SheetOut:
    """全部应到和到场的人，供点名"""
    activity = _mine(activity_id)
    return schemas.SheetOut(
        activity_id=activity.id,
        title=activity.title,
        counts=_figures(activity),
        lines=[_line(each) for each in check_ins.sheet(activity, by=me())],
    )


@bp.post(f"{ONE}/check-in/roll")
@member_only
@once
@bp.input(schemas.RollWanted, arg_name="wanted")
@bp.output(schemas.Changed)
def roll(activity_id: int, wanted: schemas.RollWanted) -> schemas.Changed:
    """点名：到，或撤销"""
    activity = _mine(activity_id)
    marks = [Mark(each.person_id, each.is_present, schemas.naive(each.at)) for each in wanted.marks]
    changed = check_ins.mark(activity, marks, by=me())
    return schemas.Changed(changed=changed, counts=_figures(activity))


@bp.post(f"{ONE}/check-in/confirm")
@member_only
@once
@bp.input(schemas.ConfirmWanted, arg_name="wanted")
@bp.output(schemas.Changed)
def confirm(activity_id: int, wanted: schemas.ConfirmWanted) -> schemas.Changed:
    """确认离线补传的签到"""
    activity = _mine(activity_id)
    confirmed = check_ins.confirm(activity, wanted.person_ids, by=me())
    return schemas.Changed(changed=confirmed, counts=_figures(activity))


def _mine(activity_id: int) -> Activity:
    """The activity that the member runs. Raises NotFound for any other."""
    activity = Activity.get_or_none(Activity.id == activity_id)
    if activity is None or not check_ins.may_run(activity, me()):
        raise NotFound("没有这场活动，或您不是主办单位的教师、班主任、联络员")
    return activity


def _live(activity: Activity) -> schemas.Live:
    opening = check_ins.opening_of(activity)
    is_open = check_ins.is_open(activity, opening)
    shown = check_ins.shown_codes(opening) if opening is not None and is_open else []
    return schemas.Live(
        activity_id=activity.id,
        title=activity.title,
        is_open=is_open,
        may_open=check_ins.may_open(activity),
        takes_walk_ins=opening is not None and opening.takes_walk_ins,
        shuts_at=check_ins.shuts_at(activity),
        counts=_figures(activity),
        arrivals=[_arrival(row) for row in check_ins.arrivals(activity)],
        codes=[
            schemas.Code(begins_at=each.begins_at, address=each.address, six_digits=each.six_digits)
            for each in shown
        ],
        server_time=clock.utc_now(),
    )


def _figures(activity: Activity) -> schemas.Figures:
    counts = check_ins.counts(activity)
    return schemas.Figures(
        expected=counts.expected,
        present=counts.present,
        walk_ins=counts.walk_ins,
        to_confirm=counts.to_confirm,
        outside=counts.outside,
        absent=counts.absent,
    )


def _arrival(row: CheckIn) -> schemas.Arrival:
    return schemas.Arrival(
        person_id=row.person_id,
        name=row.person.name,
        unit=row.person.member_unit.short_name,
        way=row.way,
        way_words=CHECK_IN_WAY_WORDS[row.way],
        status=row.status,
        is_walk_in=row.is_walk_in,
        is_inside=row.is_inside,
        at=row.at,
    )


def _line(line: Line) -> schemas.SheetLine:
    return schemas.SheetLine(
        person_id=line.person.id,
        name=line.person.name,
        unit=line.person.member_unit.short_name,
        is_signed_up=line.is_signed_up,
        status="present" if line.is_present else "to_confirm" if line.waits else "absent",
        way_words=CHECK_IN_WAY_WORDS[line.check_in.way] if line.check_in is not None else "",
    )
