"""A wording of one's own for automatic notices: written by one, passed in three stages by three others."""

from __future__ import annotations

from peewee import IntegrityError

import clock
from models.accounts import Account
from models.automatic_notices import (
    NOTICE_KIND_WORDS,
    NoticeKind,
    NoticeWording,
    NoticeWordingReview,
    WordingStatus,
)
from models.base import db, locked
from models.messaging import REVIEW_STAGE_WORDS
from models.reviews import ReviewDecision, ReviewStage
from services import access, audit
from services.errors import Conflict, IllegalMove, Invalid, NotAllowed, NotFound, StaleState
from services.messaging.notice_wordings import (
    HEADLINE,
    TEXT,
    next_version,
    standing,
    unknown_variables,
    variables,
)
from services.publishing import wording as error_prone

STAGES = tuple(ReviewStage)
OPINION_LENGTH = 500


def propose(kind: NoticeKind, headline: str, text: str, *, actor: Account) -> NoticeWording:
    """A new version, sent to review; the standing one is used until it is passed.

    Raises Invalid naming the field: empty, too long, a variable that the kind does not have or one
    that is missing, an error-prone word; Conflict while another version is under review.
    """
    access.require(actor, "notice_wordings.manage")
    headline, text = " ".join(headline.split()), " ".join(text.split())
    if errors := _errors(kind, headline, text):
        raise Invalid(fields=errors)
    standing(kind)  # the shipped text has its version before any other
    try:
        with db.atomic():
            if pending(kind) is not None:
                raise Conflict("这一类通知已有一版在审核，请等它审完或退回后再改")
            made = NoticeWording.create(
                kind=kind,
                version=next_version(kind),
                headline=headline,
                text=text,
                author=actor,
                moved_at=clock.utc_now(),
            )
            told = {"kind": NOTICE_KIND_WORDS[kind], "version": made.version}
            audit.record("notice_wording.proposed", made, actor=actor, **told)
    except IntegrityError:  # the version was taken at this moment
        raise StaleState() from None
    return made


def pending(kind: NoticeKind) -> NoticeWording | None:
    """The version under review."""
    return (
        NoticeWording.select()
        .where(NoticeWording.kind == kind, NoticeWording.status == WordingStatus.IN_REVIEW)
        .order_by(NoticeWording.version.desc())
        .first()
    )


def history(kind: NoticeKind) -> list[NoticeWording]:
    """Every version, the latest first."""
    query = NoticeWording.select().where(NoticeWording.kind == kind)
    return list(query.order_by(NoticeWording.version.desc()))


def given(wording: NoticeWording) -> list[NoticeWordingReview]:
    """The opinions on a version, with their reviewers, in order."""
    query = NoticeWordingReview.select(NoticeWordingReview, Account).join(Account)
    return list(query.where(NoticeWordingReview.wording == wording).order_by(NoticeWordingReview.id))


def next_stage(wording: NoticeWording) -> ReviewStage | None:
    """The stage that is due; None when the version is not under review."""
    if wording.status is not WordingStatus.IN_REVIEW:
        return None
    return STAGES[len(given(wording))]


def why_may_not_review(wording: NoticeWording, account: Account) -> str:
    """Why this account may not give the review that is due, in words; "" when it may."""
    if next_stage(wording) is None:
        return "当前不在审核中"
    if not access.may(account, "notice_wordings.manage"):
        return "您没有审核权限"
    if wording.author_id == account.id:
        return "作者不能审核自己写的用语"
    if any(review.reviewer_id == account.id for review in given(wording)):
        return "三审须由三个人完成，您已审过一次"
    return ""


def review(
    wording: NoticeWording, stage: ReviewStage, decision: ReviewDecision, opinion: str, *, actor: Account
) -> NoticeWording:
    """One stage's opinion; a pass of the last stage puts the version to use, a return ends it.

    Raises NotAllowed with the reason, IllegalMove when another stage is due, Invalid for a return
    without an opinion.
    """
    opinion = opinion.strip()
    if len(opinion) > OPINION_LENGTH:
        raise Invalid(fields={"opinion": f"意见最多 {OPINION_LENGTH} 字"})
    if decision is ReviewDecision.RETURNED and not opinion:
        raise Invalid(fields={"opinion": "退回时请写明意见"})
    with db.atomic():
        fresh = locked(NoticeWording.select().where(NoticeWording.id == wording.id)).first()
        if fresh is None:
            raise NotFound()
        due = next_stage(fresh)
        if due is None:
            raise IllegalMove("当前不在审核中", was=fresh.status.value)
        if stage is not due:
            raise IllegalMove(f"现在应进行{REVIEW_STAGE_WORDS[due]}", due=due.value)
        if why := why_may_not_review(fresh, actor):
            raise NotAllowed(why)
        NoticeWordingReview.create(
            wording=fresh, stage=stage, reviewer=actor, decision=decision, opinion=opinion
        )
        said = {"stage": stage.value, "decision": decision.value, "opinion": opinion}
        audit.record("notice_wording.reviewed", fresh, actor=actor, version=fresh.version, **said)
        if decision is ReviewDecision.RETURNED:
            _move(fresh, WordingStatus.RETURNED)
        elif stage is STAGES[-1]:
            _move(fresh, WordingStatus.PASSED)
    return fresh


def _move(wording: NoticeWording, to: WordingStatus) -> None:
    wording.status, wording.moved_at = to, clock.utc_now()
    wording.save(only=[NoticeWording.status, NoticeWording.moved_at])


def _errors(kind: NoticeKind, headline: str, text: str) -> dict[str, str]:
    errors: dict[str, str] = {}
    for name, label, value, limit in (("headline", "标题", headline, HEADLINE), ("text", "正文", text, TEXT)):
        if not 1 <= len(value) <= limit:
            errors[name] = f"请填写{label}，最多{limit}个字"
        elif wrong := unknown_variables(kind, value):
            usable = "、".join(f"{{{each}}}" for each in variables(kind))
            told = "、".join(f"{{{each}}}" for each in wrong)
            errors[name] = f"{told}用不了；这一类通知可用的变量：{usable or '（没有）'}"
    if errors:
        return errors
    missing = [
        name for name, must in variables(kind).items() if must and f"{{{name}}}" not in headline + text
    ]
    if missing:
        errors["text"] = "缺少变量：" + "、".join(f"{{{name}}}" for name in missing)
    elif found := [each for each in error_prone.errors_in({"标题": headline, "正文": text}) if each.stops]:
        errors["text"] = "；".join(str(each) for each in found)
    return errors
