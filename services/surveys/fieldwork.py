"""Fieldwork (实施): invitation, at most two reminders, and targets of an open questionnaire.

An invitation is a campaign, reviewed by three like every other. A reminder is an automatic notice
to those who have not finished and have not said no: it goes by the channels that the planner finds,
never by a template message, since it answers no act of the member.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

import clock
from models.accounts import Account
from models.alliance import MemberUnit
from models.automatic_notices import NoticeKind
from models.base import db
from models.fieldwork import MOST_REMINDERS, SurveyReminder, SurveyTarget
from models.messaging import Campaign, CampaignStatus, ContentKind
from models.people import ROLE_WORDS, Person, PersonRole, PersonRoleKind, Topic
from models.surveys import Disposition, Participation, Questionnaire, QuestionnaireStatus
from services import access, audit
from services.errors import IllegalMove, Invalid
from services.messaging import audiences, campaigns, notices
from services.messaging.notice_texts import day_and_time
from services.surveys import questionnaires

APART = timedelta(days=1)  # between two reminders
BEFORE_END = timedelta(hours=2)  # a later one helps nobody
NOT_REMINDED = (Disposition.COMPLETED, Disposition.REFUSED)
MOST_WANTED = 100_000


@dataclass(frozen=True, slots=True)
class Target:
    """So many completed responses of a unit or of a kind of person; exactly one of them is given."""

    wanted: int
    unit_id: int | None = None
    role: PersonRoleKind | None = None


def reminders_of(questionnaire: Questionnaire) -> list[SurveyReminder]:
    """In their order, with their campaigns."""
    query = SurveyReminder.select().where(SurveyReminder.questionnaire == questionnaire.id)
    return list(query.order_by(SurveyReminder.no))


def set_reminders(
    questionnaire: Questionnaire, moments: Sequence[datetime], *, actor: Account | None
) -> None:
    """When those who have not finished are reminded (naive UTC), in order; none: nobody is.

    Those that were told stay as they are. Raises Invalid naming `remind_1` or `remind_2`, IllegalMove
    once it is closed.
    """
    if actor is not None:
        access.require_unit(actor, questionnaire.member_unit_id)
    if questionnaire.status is QuestionnaireStatus.CLOSED:
        raise IllegalMove("问卷已经结束，不再提醒")
    told = [row for row in reminders_of(questionnaire) if row.told_at is not None]
    _check_moments(questionnaire, told, moments)
    with db.atomic():
        SurveyReminder.delete().where(
            SurveyReminder.questionnaire == questionnaire.id, SurveyReminder.told_at.is_null()
        ).execute()
        for no, moment in enumerate(moments, 1):
            if no > len(told):
                SurveyReminder.create(questionnaire=questionnaire.id, no=no, remind_at=moment)
        if actor is not None:
            at = [moment.isoformat() for moment in moments]
            audit.record("questionnaire.reminders_set", questionnaire, actor=actor, at=at)


def _check_moments(
    questionnaire: Questionnaire, told: list[SurveyReminder], moments: Sequence[datetime]
) -> None:
    wrong: dict[str, str] = {}
    if len(moments) > MOST_REMINDERS:
        wrong[f"remind_{MOST_REMINDERS}"] = f"最多提醒{MOST_REMINDERS}次"
    for no, moment in enumerate(moments, 1):
        if no <= len(told):
            continue
        if moment <= clock.utc_now():
            wrong[f"remind_{no}"] = "提醒时间应在现在之后"
        elif questionnaire.closes_at is not None and moment > questionnaire.closes_at - BEFORE_END:
            wrong[f"remind_{no}"] = "提醒应在截止前至少2小时"
        elif no > 1 and moment < moments[no - 2] + APART:
            wrong[f"remind_{no}"] = "两次提醒至少相隔一天"
    if wrong:
        raise Invalid(fields=wrong)


def targets_of(questionnaire: Questionnaire) -> list[SurveyTarget]:
    """Units first, in the units' fixed order, then kinds of person."""
    query = (
        SurveyTarget.select(SurveyTarget, MemberUnit)
        .left_outer_join(MemberUnit)
        .where(SurveyTarget.questionnaire == questionnaire.id)
    )
    kinds = list(ROLE_WORDS)
    return sorted(query, key=lambda row: _place(row, kinds))


def _place(target: SurveyTarget, kinds: list[PersonRoleKind]) -> tuple[int, int]:
    if target.member_unit is not None:
        return 0, target.member_unit.order_no
    return 1, kinds.index(target.role) if target.role is not None else len(kinds)


def set_targets(questionnaire: Questionnaire, targets: Sequence[Target], *, actor: Account) -> None:
    """Replace the targets. Raises Invalid naming `unit_<id>` or `role_<role>`."""
    access.require_unit(actor, questionnaire.member_unit_id)
    wrong = {
        f"unit_{each.unit_id}" if each.unit_id else f"role_{each.role}": f"请填 1 至 {MOST_WANTED} 的整数"
        for each in targets
        if not 1 <= each.wanted <= MOST_WANTED
    }
    if wrong:
        raise Invalid(fields=wrong)
    with db.atomic():
        SurveyTarget.delete().where(SurveyTarget.questionnaire == questionnaire.id).execute()
        for each in targets:
            SurveyTarget.create(
                questionnaire=questionnaire.id, member_unit=each.unit_id, role=each.role, wanted=each.wanted
            )
        audit.record("questionnaire.targets_set", questionnaire, actor=actor, number=len(targets))


def draft_invitation(questionnaire: Questionnaire, *, actor: Account) -> Campaign:
    """A draft campaign that invites the questionnaire's audience, to be reviewed and timed as any other.

    Raises IllegalMove when one is on its way already, Invalid when the questionnaire is not open.
    """
    access.require_unit(actor, questionnaire.member_unit_id)
    if not questionnaires.is_open(questionnaire):
        raise Invalid("请先开放填写，再邀请")
    standing = invitations_of(questionnaire)
    if any(each.status is not CampaignStatus.CANCELLED for each in standing):
        raise IllegalMove("已经有一个邀请推送，请打开它继续")
    values: dict[str, Any] = {
        "title": f"请您填写：{questionnaire.title}"[:80],
        "summary": (questionnaire.intro or "您的意见用来安排下一步的办班。")[:120],
        "topic": Topic.SURVEY,
        "content_kind": ContentKind.QUESTIONNAIRE,
        "questionnaire": questionnaire,
        "audience": questionnaire.audience,
        "channels": [],
        "deadline_at": questionnaire.closes_at,
        "is_sample": questionnaire.is_sample,
    }
    return campaigns.create(values, actor=actor)


def invitations_of(questionnaire: Questionnaire) -> list[Campaign]:
    """The campaigns that invite to it, the newest first."""
    query = Campaign.select().where(Campaign.questionnaire == questionnaire.id)
    return list(query.order_by(Campaign.id.desc()))


def to_remind(questionnaire: Questionnaire) -> list[int]:
    """Ids of those meant who have neither finished nor said no, and whose target is not yet reached."""
    answered = Participation.select(Participation.person).where(
        Participation.questionnaire == questionnaire.id, Participation.disposition.in_(NOT_REMINDED)
    )
    wanted = audiences.persons(questionnaire.audience).where(Person.id.not_in(answered))
    units, roles = _reached(questionnaire)
    if units:
        wanted = wanted.where(Person.member_unit.not_in(units))
    if roles:
        wanted = wanted.where(Person.id.not_in(_holding(roles)))
    return [person_id for (person_id,) in wanted.tuples()]


def remind_due() -> int:
    """Tell the reminders whose time has come (a job); how many campaigns that made.

    What is due while the questionnaire is paused waits; what is due after its end is let go.
    """
    now = clock.utc_now()
    due = (
        SurveyReminder.select(SurveyReminder, Questionnaire)
        .join(Questionnaire)
        .where(
            SurveyReminder.told_at.is_null(),
            SurveyReminder.remind_at <= now,
            Questionnaire.status == QuestionnaireStatus.OPEN,
        )
        .order_by(SurveyReminder.id)
    )
    return sum(
        _remind(reminder, now) for reminder in list(due) if questionnaires.is_open(reminder.questionnaire)
    )


def _remind(reminder: SurveyReminder, now: datetime) -> bool:
    questionnaire = reminder.questionnaire
    people = to_remind(questionnaire)
    with db.atomic():
        taken = (
            SurveyReminder.update(told_at=now)
            .where(SurveyReminder.id == reminder.id, SurveyReminder.told_at.is_null())
            .execute()
        )
        if not taken:
            return False  # another clock was first
        closes = questionnaire.closes_at
        campaign = notices.tell(
            people,
            kind=NoticeKind.SURVEY_REMINDED,
            fields={
                "title": questionnaire.title,
                "closes": f"{day_and_time(closes)}截止。" if closes is not None else "",
            },
            about=None,
            url=f"/m/surveys/{questionnaire.id}",
            deadline_at=closes,
            occasion=f"survey-{questionnaire.id}-{reminder.no}",
        )
        SurveyReminder.update(campaign=campaign).where(SurveyReminder.id == reminder.id).execute()
    return campaign is not None


def _reached(questionnaire: Questionnaire) -> tuple[list[int], list[PersonRoleKind]]:
    """The units and kinds of person whose targets are reached."""
    targets = targets_of(questionnaire)
    if not targets:
        return [], []
    completed = (
        Participation.select()
        .join(Person)
        .where(
            Participation.questionnaire == questionnaire.id,
            Participation.disposition == Disposition.COMPLETED,
        )
    )
    by_unit: Any = (
        completed.clone()
        .select(Person.member_unit, fn.COUNT(Person.id))
        .group_by(Person.member_unit)
        .tuples()
    )
    counts = dict(by_unit)
    units = [
        row.member_unit_id
        for row in targets
        if row.member_unit_id and counts.get(row.member_unit_id, 0) >= row.wanted
    ]
    roles = [
        row.role
        for row in targets
        if row.role is not None
        and completed.clone().where(Person.id.in_(_holding([row.role]))).count() >= row.wanted
    ]
    return units, roles


def _holding(roles: list[PersonRoleKind]) -> Any:
    today = clock.local_today()
    return PersonRole.select(PersonRole.person).where(
        PersonRole.role.in_(roles),
        PersonRole.valid_from <= today,
        PersonRole.valid_to.is_null() | (PersonRole.valid_to >= today),
    )
