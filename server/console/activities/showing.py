"""The first page of one activity."""

from __future__ import annotations

from flask import render_template

from models.activities import ACTIVITY_KIND_WORDS, Activity
from server.console.activities import Answer, bp
from server.console.activities.frame import frame, series_text
from server.console.guard import me, requires
from services import activities, sharing
from services.activities import moves, reminders

UNITS = ((1440, "天"), (60, "小时"), (1, "分钟"))


@bp.get("/<int:activity_id>")
@requires("activities.view")
def show(activity_id: int) -> Answer:
    activity = activities.find(activity_id, actor=me())
    move = moves.latest(activity)
    return render_template(
        "console/activities/show.html",
        **frame(activity),
        series_text=series_text(activity),
        kind_word=ACTIVITY_KIND_WORDS[activity.series.kind],
        group_text=sharing.of_activity(activity),
        taken=activities.taken([activity.id]).get(activity.id, 0),
        free=activities.seats_left(activity),
        reminder_words=reminder_words(activity),
        move=move,
        move_words=moves.in_words(move) if move else "",
        answers=moves.answers(activity, move) if move else None,
    )


def reminder_words(activity: Activity) -> str:
    """开始前1天、1小时"""
    told = "、".join(span(minutes) for minutes in reminders.offsets(activity))
    return f"开始前{told}" if told else "不提醒"


def span(minutes: int) -> str:
    size, word = next((size, word) for size, word in UNITS if minutes % size == 0)
    return f"{minutes // size}{word}"
