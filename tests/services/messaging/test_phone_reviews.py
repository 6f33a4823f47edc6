"""Reviews from the phone: asked once, looked at first, the same three people, forged ids refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bot import handlers  # noqa: F401 - the rules register themselves
from models.accounts import Account, AccountRole, AccountRoleKind
from models.activities import Activity
from models.automatic_notices import AutomaticNotice, NoticeKind
from models.messaging import Campaign, CampaignReview, CampaignStatus
from models.people import Follower
from models.review_invites import ReviewInvite
from models.reviews import ReviewDecision
from services.errors import NotFound
from services.messaging import campaigns, notice_texts, phone_reviews, review_links, reviews, series
from tests.bot.conftest import Phone
from tests.bot.conftest import phone as phone
from tests.factories import make_account, make_member, make_person
from tests.server.pages.conftest import Enter
from tests.server.pages.conftest import enter as enter
from tests.services.messaging.conftest import MakeCampaign

PhoneOf = Callable[..., Phone]


@pytest.fixture
def asked(make_campaign: MakeCampaign) -> Campaign:
    """A campaign under review; who may review it has been asked."""
    campaign = make_campaign(status=CampaignStatus.DRAFT, scheduled_at=None)
    for _ in range(3):
        reviewer()
    campaigns.submit(campaign, actor=campaign.author)
    assert phone_reviews.ask_due() == 3
    return Campaign.get_by_id(campaign.id)


def reviewer(**values: object) -> Account:
    return make_account(AccountRoleKind.SECRETARIAT, person=make_member().person, **values)


def invites(campaign: Campaign) -> list[ReviewInvite]:
    open_ones = ReviewInvite.select().where(
        ReviewInvite.campaign == campaign, ReviewInvite.decided_at.is_null()
    )
    return [each for each in open_ones.order_by(ReviewInvite.id) if not phone_reviews._why_not(each)]


def follower_of(invite: ReviewInvite) -> Follower:
    return Follower.get(Follower.person == invite.account.person)


def tap_id(link: str) -> str:
    found = re.search(r"msgmenuid=([^\"&]+)", link)
    assert found is not None
    return unquote(found.group(1))


def test_those_who_may_are_asked_once_each_with_a_link_of_their_own(asked: Campaign) -> None:
    assert phone_reviews.ask_due() == 0

    told = list(AutomaticNotice.select().where(AutomaticNotice.kind == NoticeKind.REVIEW_ASKED))
    assert len({notice.url for notice in told}) == 3
    assert all("同意" in notice_texts.chat_text(notice) for notice in told)
    assert asked.author_id not in {each.account_id for each in invites(asked)}


def test_a_tap_decides_after_the_preview_and_a_second_is_harmless(
    asked: Campaign, phone: PhoneOf, enter: Enter
) -> None:
    invite = invites(asked)[0]
    mine = phone(follower_of(invite))
    accept = tap_id(review_links.tap("同意", invite.id, review_links.PASS))

    assert "请先打开预览" in mine.taps(accept, "同意")
    page = enter(follower_of(invite)).get(review_links.path(invite.id))
    assert ("会员看到的样子" in page.text, asked.title in page.text) == (True, True)
    assert mine.taps(accept, "同意").startswith("已同意")
    assert "已经提交过" in mine.taps(accept, "同意")

    assert [each.reviewer for each in reviews.standing(asked)] == [invite.account]
    assert phone_reviews.ask_due() == 2  # the next stage: whoever has not reviewed


def test_the_rhythm_of_a_recurring_push_is_part_of_what_is_approved(
    make_campaign: MakeCampaign, enter: Enter
) -> None:
    campaign = make_campaign(status=CampaignStatus.DRAFT, scheduled_at=None)
    weekly = {"rule": "FREQ=WEEKLY;BYDAY=FR", "time_of_day": "09:00", "starts_on": date(2026, 11, 23)}
    series.create(campaign, weekly, actor=campaign.author)
    reviewer()
    campaigns.submit(campaign, actor=campaign.author)
    phone_reviews.ask_due()
    invite = invites(campaign)[0]

    page = enter(follower_of(invite)).get(review_links.path(invite.id)).text

    assert "定期发送：每周五 9:00" in page
    assert "到时自动发送" in page


def test_three_people_approve_from_the_page(asked: Campaign, enter: Enter) -> None:
    for _ in range(3):
        invite = invites(asked)[0]
        path, client = review_links.path(invite.id), enter(follower_of(invite))
        form = {"decision": "passed", "csrf": csrf(client.get(path).text)}
        assert "已同意" in client.post(path, data=form).text
        again = client.post(path, data=form | {"decision": "returned"})
        assert "已经提交过" in again.text
        phone_reviews.ask_due()

    assert Campaign.get_by_id(asked.id).status is CampaignStatus.APPROVED
    assert CampaignReview.select().where(CampaignReview.campaign == asked).count() == 3


def test_a_return_wants_an_opinion(asked: Campaign, phone: PhoneOf, enter: Enter) -> None:
    invite = invites(asked)[0]
    path, client, mine = review_links.path(invite.id), enter(follower_of(invite)), phone(follower_of(invite))
    form = {"decision": "returned", "opinion": " ", "csrf": csrf(client.get(path).text)}
    assert client.post(path, data=form).status_code == 422

    answer = mine.taps(tap_id(review_links.tap("退回", invite.id, review_links.RETURN)), "退回")
    assert "文字需要修改" in answer
    assert mine.taps(tap_id(answer), "文字需要修改").startswith("已退回")

    fresh = Campaign.get_by_id(asked.id)
    assert (fresh.status, "文字需要修改" in fresh.status_reason) == (CampaignStatus.DRAFT, True)


def test_a_text_that_changed_is_refused_kindly(asked: Campaign, phone: PhoneOf) -> None:
    first, second = invites(asked)[:2]
    for invite in (first, second):
        phone_reviews.saw(phone_reviews.standing(invite.id, invite.account.person))
    Activity.update(title="改了题目").where(Activity.id == asked.activity_id).execute()
    accept = [tap_id(review_links.tap("同意", each.id, review_links.PASS)) for each in (first, second)]

    assert "内容有修改" in phone(follower_of(first)).taps(accept[0], "同意")
    assert Campaign.get_by_id(asked.id).status is CampaignStatus.DRAFT
    assert "已经有变化" in phone(follower_of(second)).taps(accept[1], "同意")
    assert CampaignReview.select().where(CampaignReview.decision == ReviewDecision.PASSED).count() == 0


def test_forged_and_foreign_links_are_nobodys(
    asked: Campaign, phone: PhoneOf, enter: Enter, app: Flask
) -> None:
    invite, other = invites(asked)[:2]
    stranger = phone(make_member())
    accept = tap_id(review_links.tap("同意", invite.id, review_links.PASS))

    for forged in (accept[:-2] + "xx", review_links.PREFIX + f'[{invite.id},"p"]', accept):
        assert "没有找到这次审核" in stranger.taps(forged, "同意")
    assert enter(follower_of(other)).get(review_links.path(invite.id)).status_code == 404
    assert enter(follower_of(invite)).get("/m/reviews/abc.def").status_code == 404
    assert app.test_client().get(review_links.path(invite.id)).status_code in (302, 401)
    with pytest.raises(NotFound):
        phone_reviews.standing(invite.id, make_person())
    assert CampaignReview.select().count() == 0


def test_a_link_ends_with_the_right_to_review(asked: Campaign, phone: PhoneOf, enter: Enter) -> None:
    left, moved = invites(asked)[:2]
    Account.update(is_active=False).where(Account.id == left.account_id).execute()
    AccountRole.update(role=AccountRoleKind.EDITOR).where(AccountRole.account == moved.account_id).execute()

    for invite in (left, moved):
        client, path = enter(follower_of(invite)), review_links.path(invite.id)
        assert client.get(path).status_code == 404
        assert client.post(path, data={"decision": "passed", "csrf": token(client)}).status_code == 404
        accept = tap_id(review_links.tap("同意", invite.id, review_links.PASS))
        assert "没有找到这次审核" in phone(follower_of(invite)).taps(accept, "同意")
    assert CampaignReview.select().count() == 0


def test_a_decision_sent_without_a_look_decides_nothing(asked: Campaign, enter: Enter) -> None:
    invite = invites(asked)[0]
    client = enter(follower_of(invite))

    answer = client.post(review_links.path(invite.id), data={"decision": "passed", "csrf": token(client)})

    assert "请先打开预览看一看" in answer.text
    assert (CampaignReview.select().count(), ReviewInvite.get_by_id(invite.id).decided_at) == (0, None)


def test_what_waits_is_told_in_chat(asked: Campaign, phone: PhoneOf) -> None:
    invite = invites(asked)[0]

    assert f"初审《{asked.title}》" in phone(follower_of(invite)).says("待审")
    assert "没有等您审核" in phone(make_member()).says("待审")


def token(client: FlaskClient) -> str:
    """A form's token from another page of this person's."""
    found = csrf(client.get("/m/topics").text)
    assert found
    return found


def csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    return found.group(1) if found else ""
