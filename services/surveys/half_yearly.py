"""Half-yearly surveys (半年调研): each opens itself twice a year for one kind of people.

A round is one questionnaire of its own, made from the last version. Its row is unique for series
and half-year, so that two clocks open one; the invitation is drafted and waits for its three reviews.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from peewee import IntegrityError, ModelSelect

import clock
from models.accounts import Account
from models.alliance import MemberUnit
from models.base import db, locked
from models.fieldwork import SurveyRound, SurveySeries
from models.surveys import Questionnaire
from services import access, audit
from services.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from services.surveys import drafting, fieldwork, questionnaires

FIELDS = (
    "name", "model", "first_opens", "second_opens", "open_days",
    "first_reminder_days", "second_reminder_days", "is_active",
)  # fmt: skip
OPENS_AT = time(9, 0)  # in Asia/Shanghai, after the quiet hours
LATE = timedelta(days=14)  # after the day: the clock stood still; later the half-year is let go
MOST_DAYS = 90
AUTHOR_LEFT = "建立这个系列的账号已停用或不再管理问卷，没有开放；请由现在负责的人另建一个系列"
_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


def visible(*, actor: Account) -> ModelSelect[SurveySeries]:
    """Those the account may see, with unit and first version."""
    query = SurveySeries.select(SurveySeries, MemberUnit, Questionnaire)
    query = query.join(MemberUnit).switch(SurveySeries).join(Questionnaire)
    scope = access.unit_scope(actor)
    return query if scope is None else query.where(SurveySeries.member_unit == scope)


def find(series_id: int, *, actor: Account) -> SurveySeries:
    """Raises NotFound, for another school's too."""
    found = visible(actor=actor).where(SurveySeries.id == series_id).first()
    if found is None:
        raise NotFound()
    return found


def create(values: dict[str, Any], *, actor: Account) -> SurveySeries:
    """Raises Invalid naming every wrong field."""
    checked = _checked(values, actor)
    with db.atomic():
        series = SurveySeries.create(member_unit=checked["model"].member_unit_id, author=actor, **checked)
        audit.record("survey_series.created", series, actor=actor, name=series.name)
    return series


def update(series: SurveySeries, values: dict[str, Any], *, version: int, actor: Account) -> SurveySeries:
    """Raises Invalid, and Conflict when it was changed since `version` was read."""
    find(series.id, actor=actor)
    checked = _checked(values, actor)
    with db.atomic():
        changed = (
            SurveySeries.update(version=version + 1, **checked)
            .where(SurveySeries.id == series.id, SurveySeries.version == version)
            .execute()
        )
        if not changed:
            raise Conflict("别人刚刚改过，请核对后再保存；您写的内容还在下面")
        audit.record("survey_series.updated", series, actor=actor, name=checked["name"])
    return SurveySeries.get_by_id(series.id)


def rounds_of(series: SurveySeries) -> list[SurveyRound]:
    """The newest first, with their questionnaires."""
    query = (
        SurveyRound.select(SurveyRound, Questionnaire)
        .left_outer_join(Questionnaire)
        .where(SurveyRound.series == series.id)
    )
    return list(query.order_by(SurveyRound.half_year.desc()))


def last_version(series: SurveySeries) -> Questionnaire:
    """What the next round is made from: the last round's questionnaire, at first the model."""
    opened = next((row.questionnaire for row in rounds_of(series) if row.questionnaire_id), None)
    return opened or series.model


def next_opening(series: SurveySeries, *, after: date | None = None) -> date | None:
    """The next day it opens on, that day included; None while it rests or has no day."""
    if not series.is_active:
        return None
    today = after or clock.local_today()
    days = [_on(year, told) for year in (today.year, today.year + 1) for told in _days(series)]
    held = {row.half_year for row in rounds_of(series)}
    return min((day for day in days if day >= today and half_year(day) not in held), default=None)


def half_year(day: date) -> str:
    """ "2027H1" from January to June, "2027H2" from July on."""
    return f"{day.year}H{1 if day.month <= 6 else 2}"


def in_words(told: str) -> str:
    """ "2027年上半年" for "2027H1"."""
    return f"{told[:4]}年{'上' if told.endswith('1') else '下'}半年"


def open_due() -> int:
    """Open the rounds whose day has come (a job); how many."""
    return sum(_open(series, day) for series, day in _due())


def _due() -> list[tuple[SurveySeries, date]]:
    now = clock.to_local(clock.utc_now())
    due = []
    for series in SurveySeries.select().where(SurveySeries.is_active).order_by(SurveySeries.id):
        for told in _days(series):
            day = _on(now.year, told)
            is_time = day + LATE >= now.date() and (day, OPENS_AT) <= (now.date(), now.time())
            if is_time and day >= clock.to_local(series.created_at).date():
                due.append((series, day))
    return due


def _open(series: SurveySeries, day: date) -> bool:
    """One round in one transaction: all of it, or nothing and the reason."""
    told = half_year(day)
    if SurveyRound.select().where(SurveyRound.series == series.id, SurveyRound.half_year == told).exists():
        return False
    try:
        with db.atomic():
            fresh = locked(SurveySeries.select().where(SurveySeries.id == series.id)).get()
            held = SurveyRound.create(series=fresh, half_year=told)
            held.questionnaire = _new_round(fresh, told, day)
            held.save()
            audit.record("survey_series.opened", fresh, actor=fresh.author, half_year=told)
    except IntegrityError:
        return False  # another clock was first
    except DomainError as refusal:
        why = "；".join(getattr(refusal, "fields", {}).values()) or refusal.message
        SurveyRound.insert(
            series=series.id, half_year=told, failure=why[:200], created_at=clock.utc_now()
        ).on_conflict_ignore().execute()
        return False
    return True


def _new_round(series: SurveySeries, told: str, day: date) -> Questionnaire:
    author = series.author
    if not access.may(author, "surveys.manage"):
        raise NotAllowed(AUTHOR_LEFT)
    values = drafting.values_of(last_version(series))
    values["title"] = f"{series.name}（{in_words(told)}）"
    values["closes_at"] = _at(day + timedelta(days=series.open_days))
    made = questionnaires.create(values, actor=author)
    questionnaires.open(made, actor=author)
    wanted = [series.first_reminder_days, series.second_reminder_days]
    moments = [_at(day + timedelta(days=days)) for days in wanted if days]
    fieldwork.set_reminders(made, [at for at in moments if at > clock.utc_now()], actor=None)
    fieldwork.draft_invitation(made, actor=author)
    return made


def _days(series: SurveySeries) -> list[str]:
    return [told for told in (series.first_opens, series.second_opens) if told]


def _on(year: int, told: str) -> date:
    """That day of the year; the 29th of February is the 1st of March where there is none."""
    month, day = (int(part) for part in told.split("-"))
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, month + 1, 1)


def _at(day: date) -> datetime:
    return clock.from_local(datetime.combine(day, OPENS_AT))


def _checked(values: dict[str, Any], actor: Account) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    own: dict[str, Any] = {name: values.get(name) for name in FIELDS}
    own["name"] = " ".join(str(own["name"] or "").split())
    if not 1 <= len(own["name"]) <= SurveySeries.name.max_length:
        wrong["name"] = f"请填写名称，最多{SurveySeries.name.max_length}字"
    own["is_active"] = bool(own["is_active"])
    try:
        own["model"] = questionnaires.find(int(own["model"] or 0), actor=actor)
    except (NotFound, ValueError):
        wrong["model"] = "请选择以哪份问卷为底本"
    _check_days(own, wrong)
    _check_spans(own, wrong)
    if wrong:
        raise Invalid(fields=wrong)
    return own


def _check_days(own: dict[str, Any], wrong: dict[str, str]) -> None:
    for name, months, words in (
        ("first_opens", range(1, 7), "1月至6月"),
        ("second_opens", range(7, 13), "7月至12月"),
    ):
        told = own[name] = str(own[name] or "").strip()
        if told and (not _DAY.fullmatch(told) or int(told[:2]) not in months):
            wrong[name] = f"请按“月-日”填写{words}里的一天，例如 {months[2]:02d}-01"
    if not own["first_opens"] and not own["second_opens"]:
        wrong["first_opens"] = "上半年、下半年至少填一个开放日"


def _check_spans(own: dict[str, Any], wrong: dict[str, str]) -> None:
    days, first, second = own["open_days"], own["first_reminder_days"], own["second_reminder_days"]
    if not isinstance(days, int) or not 3 <= days <= MOST_DAYS:
        wrong["open_days"] = f"开放天数请填 3 至 {MOST_DAYS}"
        return
    if first is not None and not 1 <= first < days:
        wrong["first_reminder_days"] = "第一次提醒应在开放之后、截止之前"
    if second is not None and not (first or 0) < second < days:
        wrong["second_reminder_days"] = "第二次提醒应在第一次之后、截止之前"
    if second is not None and first is None:
        wrong["first_reminder_days"] = "请先填第一次提醒"
