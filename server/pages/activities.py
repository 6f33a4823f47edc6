"""活动: what comes, one in full, signing up, waiting, giving the seat back, materials, feedback."""

from __future__ import annotations

import io
from collections.abc import Mapping
from urllib.parse import quote

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

import clock
from models.activities import (
    ACTIVITY_KIND_WORDS,
    CONCERNED,
    Activity,
    ActivityKind,
    ActivityStatus,
    SignUp,
    SignUpStatus,
)
from models.people import Person
from server.pages.member import me, member_only
from services import activities
from services.activities import feedback, materials, moves
from services.errors import Conflict, Invalid

bp = Blueprint("activities", __name__)
Answer = str | Response | tuple[str, int]
PAGE_SIZE = 20


@bp.get("/activities")
@member_only
def index() -> Answer:
    kind = next((each for each in ActivityKind if each.value == request.args.get("kind")), None)
    number = _page_number()
    found = activities.upcoming(kind, me(), PAGE_SIZE + 1, offset=(number - 1) * PAGE_SIZE)
    shown = found[:PAGE_SIZE]
    return render_template(
        "pages/activities/index.html",
        activities=shown,
        taken=activities.occupied(each.id for each in shown),
        own=activities.own([each.id for each in shown], me()),
        is_open=activities.is_open,
        kinds=ACTIVITY_KIND_WORDS,
        kind=kind,
        number=number,
        has_more=len(found) > PAGE_SIZE,
    )


@bp.get("/activities/<int:activity_id>")
@member_only
def show(activity_id: int) -> Answer:
    return _page(activities.for_member(activity_id, me()), me())


@bp.post("/activities/<int:activity_id>/sign-up")
@member_only
def sign_up(activity_id: int) -> Answer:
    """Take a seat, or the one that is offered."""
    activity = activities.for_member(activity_id, me())
    try:
        activities.sign_up(activity, me(), source="page")
    except Conflict as refusal:
        return _page(activities.for_member(activity_id, me()), me(), problem=refusal.message), 409
    return redirect(url_for(".show", activity_id=activity_id))


@bp.post("/activities/<int:activity_id>/wait")
@member_only
def wait(activity_id: int) -> Answer:
    activity = activities.for_member(activity_id, me())
    try:
        activities.wait(activity, me(), source="page")
    except Conflict as refusal:
        return _page(activities.for_member(activity_id, me()), me(), problem=refusal.message), 409
    return redirect(url_for(".show", activity_id=activity_id))


@bp.post("/activities/<int:activity_id>/cancel")
@member_only
def cancel(activity_id: int) -> Answer:
    """Give back the seat, the offer, or the place in the queue."""
    activity = activities.for_member(activity_id, me())
    try:
        activities.cancel_sign_up(activity, me())
    except Conflict as refusal:
        return _page(activity, me(), problem=refusal.message), 409
    return redirect(url_for(".show", activity_id=activity_id))


@bp.post("/activities/<int:activity_id>/keep")
@member_only
def keep(activity_id: int) -> Answer:
    """The person comes in spite of the new time or place."""
    activities.keep_place(activities.for_member(activity_id, me()), me())
    return redirect(url_for(".show", activity_id=activity_id))


@bp.get("/activities/<int:activity_id>/materials/<int:material_id>")
@member_only
def material(activity_id: int, material_id: int) -> Response:
    activity = activities.for_member(activity_id, me())
    found, content = materials.content_for(activity, material_id, me())
    answer = send_file(io.BytesIO(content), mimetype=found.media_type)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.file_name)}"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@bp.get("/activities/<int:activity_id>/feedback")
@member_only
def give_feedback(activity_id: int) -> Answer:
    return _feedback(activities.for_member(activity_id, me()), {}, {})


@bp.post("/activities/<int:activity_id>/feedback")
@member_only
def send_feedback(activity_id: int) -> Answer:
    activity = activities.for_member(activity_id, me())
    try:
        feedback.give(activity, me(), request.form, request.form.get("text", ""))
    except Invalid as wrong:
        return _feedback(activity, request.form, wrong.fields), 422
    except Conflict as refusal:
        return _feedback(activity, request.form, {}, problem=refusal.message), 409
    return render_template("pages/activities/thanks.html", activity=activity)


@bp.get("/sign-ups")
@member_only
def mine() -> Answer:
    rows = activities.mine(me(), statuses=CONCERNED)
    now = clock.utc_now()
    coming = sorted(
        (row for row in rows if row.activity.ends_at > now), key=lambda row: row.activity.starts_at
    )
    past = [row for row in rows if row.activity.ends_at <= now and row.status is SignUpStatus.SIGNED_UP]
    return render_template("pages/activities/mine.html", coming=coming, past=past, sign_ups=SignUpStatus)


def _page(activity: Activity, person: Person, *, problem: str = "") -> str:
    held = activities.sign_up_of(activity, person)
    status = held.status if held is not None else None
    now = clock.utc_now()
    is_coming = activity.status is ActivityStatus.PUBLISHED and now < activity.starts_at
    return render_template(
        "pages/activities/show.html",
        activity=activity,
        kind_word=ACTIVITY_KIND_WORDS[activity.series.kind],
        held=held,
        is_signed_up=status is SignUpStatus.SIGNED_UP,
        is_waiting=status is SignUpStatus.WAITING,
        is_offered=_is_offered(held),
        has_left=status is SignUpStatus.CANCELLED,
        has_lapsed=status is SignUpStatus.LAPSED,
        turn=activities.place_in_queue(held) if held is not None and status is SignUpStatus.WAITING else 0,
        is_open=activities.is_open(activity),
        is_cancelled=activity.status is ActivityStatus.CANCELLED,
        has_started=now >= activity.starts_at,
        has_ended=now >= activity.ends_at,
        closes_at=activities.closes_at(activity),
        seats_left=activities.seats_left(activity),
        has_room=activities.has_room(activity, person),
        move_words=_move_words(activity, held) if is_coming else "",
        clashes=activities.clashes(activity, person) if is_coming else [],
        materials=materials.seen_by(activity, person),
        may_give_feedback=feedback.may_give(activity, person),
        problem=problem,
    )


def _is_offered(held: SignUp | None) -> bool:
    if held is None or held.status is not SignUpStatus.OFFERED or held.offered_until is None:
        return False
    return held.offered_until > clock.utc_now()


def _move_words(activity: Activity, held: SignUp | None) -> str:
    """What changed since the person signed up, while they have not said whether they come."""
    if held is None or held.status is not SignUpStatus.SIGNED_UP or held.kept_at is not None:
        return ""
    move = moves.latest(activity)
    return moves.in_words(move) if move is not None and move.moved_at >= held.moved_at else ""


def _feedback(
    activity: Activity, given: Mapping[str, str], wrong: Mapping[str, str], *, problem: str = ""
) -> str:
    return render_template(
        "pages/activities/feedback.html",
        activity=activity,
        items=feedback.ITEMS,
        grades=feedback.GRADES,
        given=given,
        wrong=wrong,
        problem=problem,
        may_give=feedback.may_give(activity, me()),
        has_voted=feedback.has_voted(activity, me()),
        is_over=clock.utc_now() >= activity.ends_at,
        text_length=feedback.TEXT_LENGTH,
        least=feedback.LEAST_SHOWN,
    )


def _page_number() -> int:
    asked = request.args.get("page", "1")
    return max(1, int(asked)) if asked.isdecimal() and len(asked) < 6 else 1
