"""反馈: what those who came thought of it."""

from __future__ import annotations

from flask import render_template

from server.console.activities import Answer, bp
from server.console.activities.frame import frame
from server.console.guard import me, requires
from services import activities
from services.activities import feedback as opinions


@bp.get("/<int:activity_id>/feedback")
@requires("activities.view")
def feedback(activity_id: int) -> Answer:
    activity = activities.find(activity_id, actor=me(), to_manage=True)
    return render_template(
        "console/activities/feedback.html",
        **frame(activity),
        results=opinions.results(activity, actor=me()),
        least=opinions.LEAST_SHOWN,
        grades=opinions.GRADES,
        is_open=opinions.is_open(activity),
    )
