"""Three reviews by three people (三审), none of them the author, of one unchanged text.

What campaigns and issues of the e-journals have in common. `services.messaging.reviews` and
`services.publishing.reviews` say what is reviewed, who wrote it and what follows from an opinion.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import clock
from models.accounts import Account, AccountRoleKind
from models.reviews import REVIEW_STAGE_WORDS, ReviewDecision, ReviewStage
from services import access
from services.errors import IllegalMove, Invalid

STAGES = tuple(ReviewStage)
OPINION_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A kind of thing that is reviewed: the table of its reviews, and how people call it."""

    table: Any  # CampaignReview, IssueReview
    field: str  # the table's reference to the thing
    permission: str
    word: str  # “推送”, “期刊”

    def of(self, thing: Any) -> Any:
        return getattr(self.table, self.field) == thing


def standing(kind: Reviewed, thing: Any) -> list[Any]:
    """The reviews that still count, in order of their stages."""
    reviews = (
        kind.table.select(kind.table, Account)
        .join(Account)
        .where(kind.of(thing), kind.table.voided_at.is_null())
    )
    return sorted(reviews, key=lambda review: STAGES.index(review.stage))


def history(kind: Reviewed, thing: Any) -> list[Any]:
    """Every review ever given, voided ones too, oldest first."""
    query = kind.table.select(kind.table, Account).join(Account).where(kind.of(thing))
    return list(query.order_by(kind.table.id))


def due(reviews: Iterable[Any]) -> ReviewStage | None:
    """The stage that comes next; None when all are passed. `reviews`: those that stand."""
    passed = {review.stage for review in reviews if review.decision is ReviewDecision.PASSED}
    return next((stage for stage in STAGES if stage not in passed), None)


@dataclass(frozen=True, slots=True)
class Reviewer:
    """What is known of an account at the desk of the reviewers, asked once."""

    account: Account
    may_review: bool
    is_in_pool: bool


def reviewer(kind: Reviewed, account: Account) -> Reviewer:
    in_pool = AccountRoleKind.SECRETARIAT in access.roles_of(account)
    return Reviewer(account, access.may(account, kind.permission), in_pool)


def why_not(
    kind: Reviewed,
    who: Reviewer,
    given: Iterable[Any],
    *,
    member_unit_id: int,
    is_author: bool,
    has_written: bool,
) -> str:
    """Why this account may give no review of something under review, in words; "" when it may.

    `given`: the reviews that stand.
    """
    if not who.may_review:
        return "您没有审核权限"
    if not who.is_in_pool and who.account.member_unit_id != member_unit_id:
        return f"只能审核本单位的{kind.word}；跨单位由秘书处审核"
    if is_author:
        return f"作者不能审核自己的{kind.word}"
    if has_written:
        return f"您改过这份{kind.word}，不能审核自己写的文字"
    if any(review.reviewer_id == who.account.id for review in given):
        return "三审须由三个人完成，您已审过一次"
    return ""


def checked_opinion(decision: ReviewDecision, opinion: str) -> str:
    """Raises Invalid for an opinion that is too long, or a return without one."""
    opinion = opinion.strip()
    if len(opinion) > OPINION_LENGTH:
        raise Invalid(fields={"opinion": f"意见最多 {OPINION_LENGTH} 字"})
    if decision is ReviewDecision.RETURNED and not opinion:
        raise Invalid(fields={"opinion": "退回时请写明意见"})
    return opinion


def check_stage(stage: ReviewStage, now_due: ReviewStage | None, *, was: str) -> None:
    """Raises IllegalMove where another stage, or none, is due."""
    if now_due is None:
        raise IllegalMove("当前不在审核中", was=was)
    if stage is not now_due:
        raise IllegalMove(f"现在应进行{REVIEW_STAGE_WORDS[now_due]}", due=now_due.value)


def keep(
    kind: Reviewed,
    thing: Any,
    stage: ReviewStage,
    decision: ReviewDecision,
    opinion: str,
    *,
    content_hash: str,
    actor: Account,
) -> Any:
    """Write one opinion down; a return voids what was said before, itself included."""
    given = kind.table.create(
        **{kind.field: thing},
        stage=stage,
        reviewer=actor,
        decision=decision,
        opinion=opinion,
        content_hash=content_hash,
        decided_at=clock.utc_now(),
    )
    if decision is ReviewDecision.RETURNED:
        void(kind, thing)
    return given


def void(kind: Reviewed, thing: Any) -> int:
    """No opinion counts any more; how many did."""
    query = kind.table.update(voided_at=clock.utc_now()).where(kind.of(thing), kind.table.voided_at.is_null())
    return int(query.execute())


def returned_because(stage: ReviewStage, opinion: str) -> str:
    return f"{REVIEW_STAGE_WORDS[stage]}退回：{opinion}"
