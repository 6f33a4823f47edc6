"""Reviews from the phone: who may give the review that is due is asked there, looks, and decides.

The rules are those of every review (three people, none the author, one unchanged text). An
invitation is for one account, one stage and one text; it is used once, after its preview was
opened, by that account's own bound person. Nothing here knows a password: whoever holds the
phone but is not signed in as that person gets no further.
"""

from __future__ import annotations

from dataclasses import dataclass

import clock
from models.accounts import ALLIANCE_ROLES, Account, AccountRole
from models.base import db
from models.messaging import (
    REVIEW_STAGE_WORDS,
    Campaign,
    CampaignStatus,
    ReviewDecision,
    ReviewStage,
)
from models.people import Follower, Person
from models.review_invites import ReviewInvite
from services import access
from services.errors import DomainError, NotFound
from services.messaging import notices, review_links, reviews
from services.messaging.notices import NoticeKind

MOST_ASKED = 12
SAID_ALREADY = "这次审核您已经提交过，不用再点"
STALE = "送审的内容已经有变化，这个链接不再有效；重新送审后会再请您审"
PASSED_ON = "这一审已由别人完成，谢谢"
LOOK_FIRST = "请先打开预览看一看，再点“同意”或“退回”："


@dataclass(frozen=True, slots=True)
class Standing:
    """An invitation as it stands; `why_not` in words, "" while a decision may be given."""

    invite: ReviewInvite
    campaign: Campaign
    account: Account
    why_not: str


def ask_due() -> int:
    """Ask the reviewers of every stage that is due, each once; how many were asked."""
    under_review = Campaign.select().where(Campaign.status == CampaignStatus.IN_REVIEW).order_by(Campaign.id)
    return sum(_ask(campaign) for campaign in list(under_review))


def waiting_for(person: Person) -> list[Standing]:
    """The open invitations of the accounts bound to this person, the newest first."""
    invites = (
        ReviewInvite.select(ReviewInvite, Campaign, Account)
        .join(Campaign)
        .switch(ReviewInvite)
        .join(Account)
        .where(
            Account.person == person.id,
            ReviewInvite.decided_at.is_null(),
            Campaign.status == CampaignStatus.IN_REVIEW,
        )
        .order_by(ReviewInvite.id.desc())
    )
    found = [Standing(each, each.campaign, each.account, _why_not(each)) for each in invites]
    return [each for each in found if not each.why_not]


def standing(invite_id: int | None, person: Person) -> Standing:
    """What this person may see by an invitation. Raises NotFound for a forged one or another's."""
    invite = (
        ReviewInvite.select(ReviewInvite, Campaign, Account)
        .join(Campaign)
        .switch(ReviewInvite)
        .join(Account)
        .where(ReviewInvite.id == (invite_id or 0), Account.person == person.id)
        .first()
    )
    if invite is None or not access.may(invite.account, "campaigns.review"):
        raise NotFound("没有找到这次审核，请用发给您本人的链接打开")
    return Standing(invite, invite.campaign, invite.account, _why_not(invite))


def saw(told: Standing) -> None:
    """The preview was opened: from now on a tap in chat may decide."""
    ReviewInvite.update(seen_at=clock.utc_now()).where(
        ReviewInvite.id == told.invite.id, ReviewInvite.seen_at.is_null()
    ).execute()


def decide(told: Standing, decision: ReviewDecision, opinion: str) -> str:
    """Give the review; what to tell the reviewer. A second tap is told kindly and changes nothing.

    Raises what `reviews.review` raises: of two taps at once the second is refused there.
    """
    if told.why_not:
        return told.why_not
    if told.invite.seen_at is None:
        return LOOK_FIRST
    # no transaction around it: what a changed text does to the campaign must stay though it raises
    reviews.review(told.campaign, told.invite.stage, decision, opinion, actor=told.account)
    ReviewInvite.update(decided_at=clock.utc_now()).where(ReviewInvite.id == told.invite.id).execute()
    word = "同意" if decision is ReviewDecision.PASSED else "退回"
    return f"已{word}：《{told.campaign.title}》{REVIEW_STAGE_WORDS[told.invite.stage]}。谢谢！"


def tapped(menu_id: str, person: Person) -> tuple[str, ReviewInvite | None]:
    """What a tap in chat comes to, in words; the invitation where more is to be asked for it.

    Raises NotFound for a forged tap or another's.
    """
    read = review_links.of_tap(menu_id)
    told = standing(read[0] if read else None, person)
    act = read[1] if read else ""
    if told.why_not:
        return told.why_not, None
    if told.invite.seen_at is None:
        return LOOK_FIRST, told.invite
    opinion = review_links.OPINIONS.get(act.removeprefix(review_links.RETURN), "")
    if act.startswith(review_links.RETURN) and not opinion:
        return "请选一个退回的意见，或打开预览页自己写：", told.invite
    decision = ReviewDecision.PASSED if act == review_links.PASS else ReviewDecision.RETURNED
    try:
        return decide(told, decision, opinion), None
    except DomainError as refusal:
        return refusal.message, None


def _why_not(invite: ReviewInvite) -> str:
    campaign = invite.campaign
    if invite.decided_at is not None:
        return SAID_ALREADY
    if campaign.content_hash != invite.content_hash or campaign.status is CampaignStatus.DRAFT:
        return STALE
    if reviews.next_stage(campaign) is not invite.stage:
        return PASSED_ON
    return reviews.why_may_not_review(campaign, invite.account)


def _ask(campaign: Campaign) -> int:
    stage = reviews.next_stage(campaign)
    if stage is None:
        return 0
    asked = ReviewInvite.select(ReviewInvite.account).where(
        ReviewInvite.campaign == campaign,
        ReviewInvite.stage == stage,
        ReviewInvite.content_hash == campaign.content_hash,
    )
    if asked.exists():
        return 0
    may = [each for each in _candidates(campaign) if not reviews.why_may_not_review(campaign, each)]
    return sum(_invite(campaign, stage, account) for account in may[:MOST_ASKED])


def _candidates(campaign: Campaign) -> list[Account]:
    """Accounts bound to a person who follows: of the unit first, then the alliance's pool."""
    roles = {role for role, may in access.PERMISSIONS.items() if "campaigns.review" in may}
    following = Follower.select(Follower.person).where(
        Follower.person.is_null(False),
        Follower.is_following == True,  # noqa: E712 - SQL
    )
    rows = (
        Account.select()
        .join(AccountRole)
        .where(
            Account.is_active == True,  # noqa: E712 - SQL
            Account.person.in_(following),
            AccountRole.role.in_(list(roles)),
            (Account.member_unit == campaign.member_unit_id)
            | AccountRole.role.in_(list(roles & ALLIANCE_ROLES)),
        )
        .distinct()
        .order_by(Account.id)
    )
    return sorted(rows, key=lambda row: row.member_unit_id != campaign.member_unit_id)


def _invite(campaign: Campaign, stage: ReviewStage, account: Account) -> int:
    with db.atomic():
        row = ReviewInvite.insert(
            campaign=campaign,
            stage=stage,
            account=account,
            content_hash=campaign.content_hash,
            created_at=clock.utc_now(),
        )
        if not row.on_conflict_ignore().as_rowcount().execute():
            return 0  # another clock asked at this moment
        invite = ReviewInvite.get(
            ReviewInvite.campaign == campaign,
            ReviewInvite.stage == stage,
            ReviewInvite.account == account,
            ReviewInvite.content_hash == campaign.content_hash,
        )
        notices.tell(
            [account.person_id],
            kind=NoticeKind.REVIEW_ASKED,
            fields={
                "stage": REVIEW_STAGE_WORDS[stage],
                "title": campaign.title,
                "unit": campaign.member_unit.short_name,
                "author": campaign.author.display_name,
                "invite": str(invite.id),
            },
            about=None,
            url=review_links.path(invite.id),
            occasion=f"review-{invite.id}",
        )
    return 1
