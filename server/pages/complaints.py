"""投诉建议: the form, by when it is answered, and what became of my earlier ones."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

import clock
import config
from models.complaints import (
    AWAITS_ANSWER,
    COMPLAINT_KIND_WORDS,
    COMPLAINT_STATUS_WORDS,
    ComplaintKind,
    ComplaintStatus,
)
from server.pages.member import follower_only, here, kept
from services import complaints
from services.errors import Conflict, Invalid

bp = Blueprint("complaints", __name__)
Answer = str | Response | tuple[str, int]


@bp.get("/complaints")
@follower_only
def index() -> Answer:
    return _page(kept() or MultiDict())


@bp.post("/complaints")
@follower_only
def submit() -> Answer:
    typed = request.form
    try:
        kind = next((each for each in ComplaintKind if each.value == typed.get("kind")), None)
        if kind is None:
            raise Invalid(fields={"kind": "请选择是投诉、建议还是意见"})
        made = complaints.submit(
            here(),
            kind,
            typed.get("text", ""),
            contact=typed.get("contact", ""),
            hides_name=bool(typed.get("hides_name")),
            source="page",
        )
    except Invalid as wrong:
        return _page(typed, wrong.fields), 422
    except Conflict as refusal:
        return _page(typed, {"text": refusal.message}), 409
    return redirect(url_for(".index", done=made.id))


@bp.post("/complaints/<int(max=2147483647):complaint_id>/rate")
@follower_only
def rate(complaint_id: int) -> Answer:
    """满意 closes it; 不满意 opens it again with a new day."""
    complaint = complaints.own(complaint_id, here())
    complaints.rate(complaint, here(), is_satisfied=request.form.get("satisfied") == "yes")
    return redirect(url_for(".index"))


def _page(typed: MultiDict[str, str], errors: dict[str, str] | None = None) -> str:
    mine = complaints.of(here())
    done = request.args.get("done", "")
    return render_template(
        "pages/complaints.html",
        typed=typed,
        errors=errors or {},
        mine=mine,
        done=next((each for each in mine if str(each.id) == done), None),
        kinds=COMPLAINT_KIND_WORDS,
        statuses=COMPLAINT_STATUS_WORDS,
        answered=ComplaintStatus.ANSWERED,
        awaits=AWAITS_ANSWER,
        receipt=complaints.receipt,
        is_late=complaints.is_late,
        days=config.settings().complaint_reply_days,
        due_on=complaints.due_after(clock.local_today()),
        longest=complaints.LONGEST,
    )
