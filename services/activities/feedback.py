"""Feedback after an activity: five items, four grades, a text; anonymous, one vote each.

That a person voted is kept apart from what was said, under random ids: the two cannot be joined.
Nothing is shown of fewer than five.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from peewee import IntegrityError, fn

import clock
from models.accounts import Account
from models.activities import Activity, ActivityStatus, Feedback, FeedbackVote, SignUp, SignUpStatus
from models.base import db
from models.check_ins import CheckIn, CheckInStatus
from models.people import Person
from services import access
from services.errors import Conflict, Invalid, NotFound
from services.messaging import notices
from services.messaging.notices import NoticeKind

ITEMS = {
    "content": "内容质量",
    "speaker": "主讲水平",
    "usefulness": "对工作的帮助",
    "place": "场地与环境",
    "organisation": "组织服务",
}
GRADES = {4: "很满意", 3: "满意", 2: "一般", 1: "不满意"}
LEAST_SHOWN = 5
TEXT_LENGTH = 300
OPEN_FOR = timedelta(days=14)
ASKED_FOR = timedelta(days=7)
LOOK_BACK = timedelta(days=3)


class FeedbackClosed(Conflict):
    code, message = "feedback_closed", "评价已经结束"


class AlreadyVoted(Conflict):
    code, message = "already_voted", "您已评价过，谢谢。评价不记名，所以不能查看或修改"


@dataclass(frozen=True, slots=True)
class ItemResult:
    """Votes by grade (4 to 1) and the share of satisfied, 0 to 1."""

    label: str
    votes: dict[int, int]
    satisfied: float


@dataclass(frozen=True, slots=True)
class Results:
    """`items` and `texts` are empty while fewer than LEAST_SHOWN voted."""

    votes: int
    items: list[ItemResult]
    texts: list[str]

    @property
    def is_shown(self) -> bool:
        return self.votes >= LEAST_SHOWN


def is_open(activity: Activity) -> bool:
    """From the end of the activity, for a fortnight."""
    now = clock.utc_now()
    is_over = activity.ends_at <= now < activity.ends_at + OPEN_FOR
    return activity.status is ActivityStatus.PUBLISHED and is_over


def may_give(activity: Activity, person: Person) -> bool:
    """Whether the person came or was signed up, and has not voted."""
    return is_open(activity) and person.id in _concerned(activity, person) and not has_voted(activity, person)


def has_voted(activity: Activity, person: Person) -> bool:
    return bool(
        FeedbackVote.select()
        .where(FeedbackVote.activity == activity.id, FeedbackVote.person == person.id)
        .exists()
    )


def give(activity: Activity, person: Person, grades: Mapping[str, Any], text: str = "") -> None:
    """One anonymous vote. Raises Invalid naming each item without a grade, FeedbackClosed,
    AlreadyVoted, or NotFound for who was not there."""
    if not is_open(activity):
        raise FeedbackClosed()
    if person.id not in _concerned(activity, person):
        raise NotFound("您没有报名或参加这次活动")
    checked, errors = _grades(grades)
    text = text.strip()
    if len(text) > TEXT_LENGTH:
        errors["text"] = f"意见不超过{TEXT_LENGTH}个字，现在是{len(text)}个字"
    if errors:
        raise Invalid(fields=errors)
    try:
        with db.atomic():
            FeedbackVote.create(activity=activity, person=person)
            Feedback.create(activity=activity, text=text, **checked)
    except IntegrityError:
        raise AlreadyVoted() from None


def results(activity: Activity, *, actor: Account | None) -> Results:
    """For the unit that held it, or the alliance; else NotFound. The order of the texts tells nothing."""
    if actor is not None:
        access.require_unit(actor, activity.member_unit_id)
    votes = Feedback.select().where(Feedback.activity == activity.id).count()
    if votes < LEAST_SHOWN:
        return Results(votes, [], [])
    items = [_item(activity, name, label) for name, label in ITEMS.items()]
    texts = Feedback.select(Feedback.text).where(Feedback.activity == activity.id, Feedback.text != "")
    return Results(votes, items, [row.text for row in texts.order_by(Feedback.id)])


def ask_due() -> int:
    """The day after, ask who came or was signed up; how many activities were asked about."""
    today = clock.start_of_local_day()
    over = Activity.select().where(
        Activity.status == ActivityStatus.PUBLISHED,
        Activity.ends_at < today,
        Activity.ends_at >= today - LOOK_BACK,
    )
    return sum(_ask(activity) for activity in list(over))


def _ask(activity: Activity) -> bool:
    if notices.was_told(NoticeKind.FEEDBACK_ASKED, activity, "once"):
        return False
    told = notices.tell(
        _concerned(activity),
        kind=NoticeKind.FEEDBACK_ASKED,
        fields={"title": activity.title},
        about=activity,
        url=f"/m/activities/{activity.id}/feedback",
        deadline_at=activity.ends_at + ASKED_FOR,
        occasion="once",
    )
    return told is not None


def _concerned(activity: Activity, person: Person | None = None) -> set[int]:
    """Who was signed up, or came without."""
    signed_up = SignUp.select(SignUp.person).where(
        SignUp.activity == activity.id, SignUp.status == SignUpStatus.SIGNED_UP
    )
    came = CheckIn.select(CheckIn.person).where(
        CheckIn.activity == activity.id, CheckIn.status == CheckInStatus.PRESENT
    )
    if person is not None:
        signed_up, came = signed_up.where(SignUp.person == person), came.where(CheckIn.person == person)
    return {row.person_id for row in signed_up} | {row.person_id for row in came}


def _grades(given: Mapping[str, Any]) -> tuple[dict[str, int], dict[str, str]]:
    checked: dict[str, int] = {}
    errors: dict[str, str] = {}
    for name, label in ITEMS.items():
        value = str(given.get(name, ""))
        if value.isdecimal() and len(value) == 1 and int(value) in GRADES:
            checked[name] = int(value)
        else:
            errors[name] = f"请给“{label}”选一项"
    return checked, errors


def _item(activity: Activity, name: str, label: str) -> ItemResult:
    column = getattr(Feedback, name)
    rows: Any = (
        Feedback.select(column, fn.COUNT(Feedback.id))
        .where(Feedback.activity == activity.id)
        .group_by(column)
        .tuples()
    )
    found: dict[int, int] = dict(rows)
    votes = {grade: found.get(grade, 0) for grade in GRADES}
    return ItemResult(label, votes, (votes[4] + votes[3]) / max(1, sum(votes.values())))
