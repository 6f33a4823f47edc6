"""Questionnaires (问卷): made and changed as drafts, opened for an audience, closed for good."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from peewee import ModelSelect

import clock
from models.accounts import Account
from models.alliance import MemberUnit
from models.base import db
from models.surveys import (
    QUESTIONNAIRE_MOVES,
    Conversation,
    Option,
    Question,
    Questionnaire,
    QuestionnaireStatus,
)
from services import access, audit
from services.errors import Conflict, IllegalMove, Invalid, NotFound, StaleState
from services.messaging import audiences, campaigns
from services.surveys import drafting, flow_check, participation, sheet
from services.surveys.flow_check import Problem
from services.surveys.sheet import Sheet

UNDER_WAY = (QuestionnaireStatus.OPEN, QuestionnaireStatus.PAUSED)
FIELDS = ("title", "intro", "thanks", "is_anonymous", "audience", "closes_at")


def create(
    values: dict[str, Any], *, actor: Account | None, member_unit: MemberUnit | None = None
) -> Questionnaire:
    """A draft with its questions, of the actor's unit (`member_unit`: the command line's choice).

    `values`: title, intro, thanks, is_anonymous, audience, closes_at (UTC or None) and
    questions: [{kind, text, is_required, minimum, maximum, options: [text], …}] in order;
    an option may be {text, is_other, quota} too, and more is told by `drafting.checked`.
    Raises Invalid naming every wrong field; a question's as `questions.2.text`.
    """
    unit = actor.member_unit if actor is not None else member_unit
    if unit is None:
        raise Invalid(fields={"member_unit": "请指定问卷所属单位"})
    checked, questions = drafting.checked(values, scope=audiences.bound(actor))
    with db.atomic():
        questionnaire = Questionnaire.create(member_unit=unit, **checked)
        _write(questionnaire, questions)
        audit.record("questionnaire.created", questionnaire, actor=actor, title=questionnaire.title)
    return questionnaire


def update(
    questionnaire: Questionnaire, values: dict[str, Any], *, version: int, actor: Account | None
) -> Questionnaire:
    """Change a draft as a whole; reviews of a campaign about it are voided.

    Raises Conflict when it is open or closed, or was changed since `version` was read.
    """
    _require(questionnaire, actor)
    checked, questions = drafting.checked(values, scope=audiences.bound(actor))
    with db.atomic():
        changed = (
            Questionnaire.update(version=version + 1, **checked)
            .where(
                Questionnaire.id == questionnaire.id,
                Questionnaire.version == version,
                Questionnaire.status == QuestionnaireStatus.DRAFT,
            )
            .execute()
        )
        if not changed:
            present = Questionnaire.get_by_id(questionnaire.id)
            if present.status != QuestionnaireStatus.DRAFT:
                raise Conflict("问卷已经开放或结束，题目不能再改；可复制一份再改")
            raise Conflict()
        Question.delete().where(Question.questionnaire == questionnaire.id).execute()
        _write(questionnaire, questions)
        campaigns.void_reviews(questionnaire=questionnaire)
        audit.record("questionnaire.updated", questionnaire, actor=actor, version=version + 1)
    return Questionnaire.get_by_id(questionnaire.id)


def copy(questionnaire: Questionnaire, *, actor: Account) -> Questionnaire:
    """A draft of the actor's unit with the same questions (the next half-year's survey)."""
    find(questionnaire.id, actor=actor)
    values = drafting.values_of(questionnaire) | {"closes_at": None}
    values["title"] = f"{questionnaire.title[:54]}（副本）"
    return create(values, actor=actor)


def open(questionnaire: Questionnaire, *, actor: Account | None) -> None:
    """Let its audience answer. The questions are frozen, and an anonymous one gets its blind key.

    Raises Invalid when it lacks questions or its end is over, IllegalMove, StaleState.
    """
    _require(questionnaire, actor)
    if questionnaire.status is not QuestionnaireStatus.DRAFT:  # a paused one has its key already
        raise IllegalMove(was=questionnaire.status.value, to=QuestionnaireStatus.OPEN.value)
    now = clock.utc_now()
    questions = sheet.of(questionnaire.id)
    if not questions.questions:
        raise Invalid(fields={"questions": "请先添加至少一道题"})
    wrong = [each for each in problems(questionnaire, questions) if each.is_error]
    if wrong:
        told = "；".join(f"{each.what}，{each.mend}" for each in wrong[:3])
        raise Invalid(f"还不能开放：{told}", fields={"questions": told})
    if questionnaire.closes_at is not None and questionnaire.closes_at <= now:
        raise Invalid(fields={"closes_at": "截止时间已过，请先改截止时间"})
    values: dict[str, Any] = {"opens_at": now}
    if questionnaire.is_anonymous:
        values["blind_key"] = secrets.token_urlsafe(32)
    _move(questionnaire, QuestionnaireStatus.OPEN, values, actor=actor)


def problems(questionnaire: Questionnaire, questions: Sheet | None = None) -> list[Problem]:
    """What is wrong with its way, for the people it is meant for now."""
    meant = int(audiences.persons(questionnaire.audience).count())
    return flow_check.check(questions or sheet.of(questionnaire.id), questionnaire.audience, meant=meant)


def close(questionnaire: Questionnaire, *, actor: Account | None) -> None:
    """End it for good: conversations about it end, and the blind key is destroyed.

    From then on nobody can tell whose an anonymous response is. Raises IllegalMove, StaleState.
    """
    if actor is not None:
        _require(questionnaire, actor)
    values = {"blind_key": None, "closes_at": clock.utc_now()}
    _move(questionnaire, QuestionnaireStatus.CLOSED, values, actor=actor)


def pause(questionnaire: Questionnaire, *, actor: Account) -> None:
    """Take no answers for a while; what was answered stays. Raises IllegalMove, StaleState."""
    _require(questionnaire, actor)
    _move(questionnaire, QuestionnaireStatus.PAUSED, {}, actor=actor)


def resume(questionnaire: Questionnaire, *, actor: Account) -> None:
    """Take answers again. Raises IllegalMove unless it is paused, Invalid when its end is over."""
    _require(questionnaire, actor)
    if questionnaire.status is not QuestionnaireStatus.PAUSED:
        raise IllegalMove(was=questionnaire.status.value, to=QuestionnaireStatus.OPEN.value)
    if questionnaire.closes_at is not None and questionnaire.closes_at <= clock.utc_now():
        raise Invalid(fields={"closes_at": "截止时间已过，请先延长截止时间"})
    _move(questionnaire, QuestionnaireStatus.OPEN, {}, actor=actor)


def extend(questionnaire: Questionnaire, closes_at: datetime | None, *, actor: Account) -> None:
    """Another end (naive UTC; None: no end) for one that is open or paused.

    Raises Invalid naming `closes_at` when it is past, IllegalMove, StaleState.
    """
    _require(questionnaire, actor)
    if questionnaire.status not in UNDER_WAY:
        raise IllegalMove("问卷还没有开放，或已经结束，不能改截止时间")
    if closes_at is not None and closes_at <= clock.utc_now():
        raise Invalid(fields={"closes_at": "截止时间应在现在之后；要马上结束，请点“结束”"})
    with db.atomic():
        changed = (
            Questionnaire.update(closes_at=closes_at)
            .where(Questionnaire.id == questionnaire.id, Questionnaire.status == questionnaire.status)
            .execute()
        )
        if not changed:
            raise StaleState()
        told = closes_at.isoformat() if closes_at else ""
        audit.record("questionnaire.extended", questionnaire, actor=actor, closes_at=told)
    questionnaire.closes_at = closes_at


def close_due() -> int:
    """Close what is past its end (a job); how many."""
    due = Questionnaire.select().where(
        Questionnaire.status.in_(UNDER_WAY), Questionnaire.closes_at <= clock.utc_now()
    )
    closed = 0
    for questionnaire in list(due):
        try:
            _move(questionnaire, QuestionnaireStatus.CLOSED, {"blind_key": None}, actor=None, is_job=True)
            closed += 1
        except StaleState:
            continue  # somebody closed it just now
    return closed


def find(questionnaire_id: int, *, actor: Account) -> Questionnaire:
    """Raises NotFound, for another school's questionnaire too."""
    questionnaire = search(actor=actor).where(Questionnaire.id == questionnaire_id).first()
    if questionnaire is None:
        raise NotFound()
    return questionnaire


def search(
    *, actor: Account, status: QuestionnaireStatus | None = None, text: str = ""
) -> ModelSelect[Questionnaire]:
    """Questionnaires the account may see with their units, the newest first."""
    query = (
        Questionnaire.select(Questionnaire, MemberUnit)
        .join(MemberUnit)
        .order_by(Questionnaire.created_at.desc(), Questionnaire.id.desc())
    )
    scope = access.unit_scope(actor)
    if scope is not None:
        query = query.where(Questionnaire.member_unit == scope)
    if status is not None:
        query = query.where(Questionnaire.status == status)
    if text.strip():
        query = query.where(Questionnaire.title.contains(text.strip()))
    return query


def is_open(questionnaire: Questionnaire) -> bool:
    """Whether it takes answers now."""
    closes_at = questionnaire.closes_at
    return questionnaire.status == QuestionnaireStatus.OPEN and (
        closes_at is None or closes_at > clock.utc_now()
    )


def all_open() -> list[Questionnaire]:
    """Whoever they are meant for, the oldest first."""
    rows = (
        Questionnaire.select()
        .where(Questionnaire.status == QuestionnaireStatus.OPEN)
        .order_by(Questionnaire.opens_at, Questionnaire.id)
    )
    return [row for row in rows if is_open(row)]


def _require(questionnaire: Questionnaire, actor: Account | None) -> None:
    if actor is not None:
        access.require_unit(actor, questionnaire.member_unit_id)


def _write(questionnaire: Questionnaire, questions: list[dict[str, Any]]) -> None:
    for position, values in enumerate(questions, 1):
        options = values.pop("options")
        question = Question.create(questionnaire=questionnaire.id, position=position, **values)
        rows = [{"question": question.id, "position": no, **option} for no, option in enumerate(options, 1)]
        if rows:
            Option.insert_many([row | {"created_at": clock.utc_now()} for row in rows]).execute()


def _check_move(was: QuestionnaireStatus, to: QuestionnaireStatus) -> None:
    if to not in QUESTIONNAIRE_MOVES[was]:
        raise IllegalMove(was=was.value, to=to.value)


def _move(
    questionnaire: Questionnaire,
    to: QuestionnaireStatus,
    values: dict[str, Any],
    *,
    actor: Account | None,
    is_job: bool = False,
) -> None:
    was = questionnaire.status
    _check_move(was, to)
    with db.atomic():
        moved = (
            Questionnaire.update(status=to, **values)
            .where(
                Questionnaire.id == questionnaire.id,
                Questionnaire.status == was,
                Questionnaire.version == questionnaire.version,
            )
            .execute()
        )
        if not moved:
            raise StaleState(was=was.value, to=to.value)
        if to is QuestionnaireStatus.CLOSED:
            Conversation.delete().where(Conversation.questionnaire == questionnaire.id).execute()
            participation.scatter(questionnaire)
        if not is_job:  # the clock leaves no audit line
            audit.record(f"questionnaire.{to.value}", questionnaire, actor=actor, was=was.value)
    questionnaire.status = to
    for name, value in values.items():
        setattr(questionnaire, name, value)
