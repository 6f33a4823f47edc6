"""The desk of the digests: times, what waits, order, submission, confirmation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

import clock
from models.accounts import Account, AccountRoleKind
from models.digests import Digest, DigestItem, DigestSetting
from models.messaging import (
    Campaign,
    CampaignStatus,
    Channel,
    DeliveryStatus,
    ReviewDecision,
    ReviewStage,
)
from services.messaging import reviews
from tests.factories import make_account, make_activity
from tests.server.console.campaign_rows import make_campaign, make_delivery

SignIn = Callable[[Account], FlaskClient]


@pytest.fixture
def secretary() -> Account:
    return make_account(AccountRoleKind.SECRETARIAT)


def left_to_digest(title: str, *, days: int, author: Account) -> Campaign:
    activity = make_activity(
        title=title,
        starts_at=clock.utc_now() + timedelta(days=days),
        ends_at=clock.utc_now() + timedelta(days=days, hours=2),
        sign_up_closes_at=None,
    )
    campaign = make_campaign(activity=activity, author=author, status=CampaignStatus.SENDING)
    make_delivery(campaign, DeliveryStatus.PLANNED, channel=Channel.DIGEST)
    return campaign


def test_a_digest_from_its_times_to_its_confirmation(sign_in: SignIn, secretary: Account) -> None:
    client = sign_in(secretary)
    wrong = client.post("/console/digests/times", data={"is_on": "1", "weekday": "4", "hour": "22"})
    assert (wrong.status_code, DigestSetting.select().count()) == (422, 0)
    client.post("/console/digests/times", data={"is_on": "1", "weekday": "4", "hour": "9", "version": "0"})
    later = left_to_digest("后办的讲座", days=21, author=secretary)
    sooner = left_to_digest("先办的讲座", days=14, author=secretary)

    index = client.get("/console/digests/").text
    assert index.index("先办的讲座") < index.index("后办的讲座")
    made = client.post("/console/digests/new")
    digest = Digest.get()
    page = f"/console/digests/{digest.id}"
    assert made.headers["Location"] == page
    assert [row.campaign_id for row in DigestItem.select().order_by(DigestItem.position)] == [
        sooner.id,
        later.id,
    ]
    item = DigestItem.get(DigestItem.campaign == later)
    client.post(f"{page}/items/{item.id}", data={"what": "up"})
    shown = client.get(page).text
    assert shown.index("后办的讲座") < shown.index("先办的讲座")
    assert client.get(f"/console/campaigns/{digest.campaign_id}").headers["Location"] == page

    client.post(f"{page}/submit")
    for stage in ReviewStage:
        reviewer = make_account(AccountRoleKind.SECRETARIAT)
        fresh = Campaign.get_by_id(digest.campaign_id)
        reviews.review(fresh, stage, ReviewDecision.PASSED, "同意", actor=reviewer)
    assert client.post(f"{page}/confirm").status_code == 403  # the author is no second person
    second = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    assert second.post(f"{page}/confirm").status_code == 302
    fresh = Campaign.get_by_id(digest.campaign_id)
    assert (fresh.status, fresh.scheduled_at) == (CampaignStatus.SCHEDULED, digest.goes_at)
    assert "已于" in second.get(page).text


def test_a_school_sees_when_digests_go_and_no_digest(sign_in: SignIn, secretary: Account) -> None:
    DigestSetting.create(is_on=True, keeper=secretary)
    left_to_digest("先办的讲座", days=14, author=secretary)
    sign_in(secretary).post("/console/digests/new")
    digest = Digest.get()

    school = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN))

    assert "每周星期五 9:00" in school.get("/console/digests/").text
    assert school.get(f"/console/digests/{digest.id}").status_code == 404
    assert school.post(f"/console/digests/{digest.id}/confirm").status_code == 404
    assert digest.campaign.title not in school.get("/console/digests/").text
