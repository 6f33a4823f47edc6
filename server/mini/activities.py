"""活动: today's and the coming ones, one in full, signing up, waiting, giving the seat back; my record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from apiflask import APIBlueprint

import clock
from models.activities import (
    ACTIVITY_KIND_WORDS,
    CONCERNED,
    Activity,
    ActivitySeries,
    SignUp,
    SignUpStatus,
)
from models.alliance import MemberUnit
from models.check_ins import CHECK_IN_STATUS_WORDS, CHECK_IN_WAY_WORDS, CheckIn
from server.mini import schemas
from server.mini.bearer import follower, me, member_only
from server.mini.repeats import once
from services import activities, check_ins, mini_reminders
from services.html import plain_text

bp = APIBlueprint("activities", __name__, tag="活动")
PAGE_SIZE = 20
ONE = f"/activities/<int(max={schemas.MOST_ID}):activity_id>"
SOURCE = "mini"


@bp.get("/activities")
@member_only
@bp.input(schemas.Query, location="query", arg_name="query")
@bp.output(schemas.Cards)
def index(query: schemas.Query) -> schemas.Cards:
    """今天的，或未结束的活动"""
    offset = (query.page - 1) * PAGE_SIZE
    found = activities.upcoming(person=me(), limit=PAGE_SIZE + 1, offset=offset)
    if query.scope == "today":
        tomorrow = clock.start_of_local_day() + timedelta(days=1)
        found = [each for each in found if each.starts_at < tomorrow]
    return schemas.Cards(activities=_cards(found[:PAGE_SIZE]), has_more=len(found) > PAGE_SIZE)


@bp.get("/sign-ups")
@member_only
@bp.output(schemas.Cards)
def mine() -> schemas.Cards:
    """我的报名和候补，近的在前"""
    order = [row.activity_id for row in activities.mine(me(), statuses=CONCERNED)]
    found = Activity.select(Activity, ActivitySeries, MemberUnit).join(ActivitySeries)
    found = found.switch(Activity).join(MemberUnit).where(Activity.id.in_(order))
    rows = sorted(found, key=lambda row: order.index(row.id))
    return schemas.Cards(activities=_cards(rows), has_more=False)


@bp.get(ONE)
@member_only
@bp.output(schemas.Detail)
def show(activity_id: int) -> schemas.Detail:
    """一场活动"""
    return _detail(activity_id)


@bp.post(f"{ONE}/sign-up")
@member_only
@once
@bp.output(schemas.Detail)
def sign_up(activity_id: int) -> schemas.Detail:
    """报名；再报一次，名额仍是一个"""
    activities.sign_up(activities.for_member(activity_id, me()), me(), source=SOURCE)
    return _detail(activity_id)


@bp.post(f"{ONE}/wait")
@member_only
@once
@bp.output(schemas.Detail)
def wait(activity_id: int) -> schemas.Detail:
    """名额已满时排队候补；有空位就直接报上"""
    activities.wait(activities.for_member(activity_id, me()), me(), source=SOURCE)
    return _detail(activity_id)


@bp.post(f"{ONE}/cancel")
@member_only
@once
@bp.output(schemas.Detail)
def cancel(activity_id: int) -> schemas.Detail:
    """取消报名或候补，让出名额"""
    activities.cancel_sign_up(activities.for_member(activity_id, me()), me())
    return _detail(activity_id)


@bp.get("/check-ins")
@member_only
@bp.output(schemas.MyRecords)
def my_check_ins() -> schemas.MyRecords:
    """我的签到记录"""
    return schemas.MyRecords(check_ins=[_record(row) for row in check_ins.mine(me())])


def _cards(found: Iterable[Activity]) -> list[schemas.Card]:
    rows = list(found)
    ids = [row.id for row in rows]
    occupied, own = activities.occupied(ids), activities.own(ids, me())
    came = check_ins.of_person(ids, me())
    return [schemas.Card(**_fields(row, occupied, own.get(row.id), came.get(row.id))) for row in rows]


def _fields(
    row: Activity, occupied: dict[int, int], held: SignUp | None, row_came: CheckIn | None
) -> dict[str, Any]:
    series_no = f" 第{row.series_no}期" if row.series_no else ""
    return {
        "id": row.id,
        "kind": row.series.kind,
        "kind_words": ACTIVITY_KIND_WORDS[row.series.kind],
        "series": row.series.name + series_no,
        "title": row.title,
        "speaker": row.speaker,
        "place": row.place,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "status": row.status,
        "unit": row.member_unit.name,
        "seats": row.seats,
        "seats_left": None if row.seats is None else max(0, row.seats - occupied.get(row.id, 0)),
        "is_open": activities.is_open(row),
        "is_signed_up": held is not None and held.status is SignUpStatus.SIGNED_UP,
        "standing": held.status.value if held is not None else "none",
        "offered_until": held.offered_until if held is not None else None,
        "check_in": _my_check_in(row_came) if row_came else None,
    }


def _my_check_in(row: CheckIn) -> schemas.MyCheckIn:
    return schemas.MyCheckIn(status=row.status, words=CHECK_IN_STATUS_WORDS[row.status], at=row.at)


def _detail(activity_id: int) -> schemas.Detail:
    person = me()
    row = activities.for_member(activity_id, person)
    held = activities.sign_up_of(row, person)
    came = check_ins.of_person([row.id], person)
    is_waiting = held is not None and held.status is SignUpStatus.WAITING
    return schemas.Detail(
        **_fields(row, activities.occupied([row.id]), held, came.get(row.id)),
        status_reason=row.status_reason,
        has_room=activities.has_room(row, person),
        queue_place=activities.place_in_queue(held) if held is not None and is_waiting else None,
        sign_up_closes_at=activities.closes_at(row),
        speaker_intro=row.speaker_intro.splitlines(),
        introduction=[line for line in plain_text(row.body_html).splitlines() if line.strip()],
        runs_check_in=check_ins.may_run(row, person),
        reminder=mini_reminders.state_of(follower(), row),
    )


def _record(row: CheckIn) -> schemas.MyRecord:
    return schemas.MyRecord(
        activity_id=row.activity.id,
        title=row.activity.title,
        series=row.activity.series.name,
        place=row.activity.place,
        status=row.status,
        words=CHECK_IN_STATUS_WORDS[row.status],
        way=CHECK_IN_WAY_WORDS[row.way],
        at=row.at,
    )
