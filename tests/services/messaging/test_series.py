"""Recurring pushes: one review, a campaign for each moment, whoever's clock fires it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from peewee import Database

import clock
from jobs.step import step
from models.accounts import Account, AccountRoleKind
from models.activities import Activity
from models.messaging import Campaign, CampaignStatus, ContentKind
from models.people import Topic
from models.reviews import ReviewDecision, ReviewStage
from models.schedules import CampaignSeries, FiringStatus, RestDay, SeriesFiring, SeriesSource, SeriesStatus
from services.errors import IllegalMove, Invalid, NotAllowed, NotFound
from services.messaging import calendar, campaigns, contents, reviews, series
from tests.at_once import at_once
from tests.factories import make_account, make_activity, make_issue, make_member
from tests.services.messaging.conftest import MakeCampaign

WEEKLY: dict[str, Any] = {
    "rule": "FREQ=WEEKLY;BYDAY=FR",
    "time_of_day": "09:00",
    "starts_on": date(2026, 11, 23),
    "on_rest_day": RestDay.NEXT,
}
FRIDAY = datetime(2026, 11, 27, 1, 0)  # 9:00 in Shanghai
WEEK = timedelta(days=7)


@pytest.fixture
def pattern(make_campaign: MakeCampaign) -> Campaign:
    return make_campaign(
        status=CampaignStatus.DRAFT, scheduled_at=None, topic=Topic.E_JOURNAL, summary="{刊名}{期号}已经出版",
        content_kind=ContentKind.E_JOURNAL_ISSUE, issue=make_issue(issue_no="2026年第3期"),
    )  # fmt: skip


def passed(campaign: Campaign) -> Campaign:
    """Through its three reviews, by three people."""
    campaigns.submit(campaign, actor=campaign.author)
    for stage in ReviewStage:
        reviewer = make_account(AccountRoleKind.SECRETARIAT)
        reviews.review(campaign, stage, ReviewDecision.PASSED, "", actor=reviewer)
    return Campaign.get_by_id(campaign.id)


def recurring(pattern: Campaign, **values: Any) -> CampaignSeries:
    made = series.create(pattern, WEEKLY | values, actor=pattern.author)
    passed(pattern)
    return CampaignSeries.get_by_id(made.id)


def made_by(row: CampaignSeries) -> list[Campaign]:
    firings = SeriesFiring.select().where(SeriesFiring.series == row, SeriesFiring.campaign.is_null(False))
    return [firing.campaign for firing in firings.order_by(SeriesFiring.fire_at)]


def test_each_moment_takes_the_newest_issue_under_one_review(pattern: Campaign) -> None:
    row = recurring(pattern, source=SeriesSource.NEWEST_ISSUE)
    make_member()
    clock.set_fixed(FRIDAY)
    assert series.fire_due() == 1

    assert pattern.issue is not None
    newer = make_issue(e_journal=pattern.issue.e_journal, issue_no="2026年第4期", published_at=FRIDAY)
    clock.set_fixed(FRIDAY + WEEK)
    assert series.fire_due() == 1
    clock.set_fixed(FRIDAY + 2 * WEEK)
    assert series.fire_due() == 0

    first, second = made_by(row)
    assert (first.issue, second.issue) == (pattern.issue, newer)
    assert contents.summary(second).endswith("2026年第4期已经出版")
    assert {each.status for each in (first, second)} == {CampaignStatus.SCHEDULED}
    assert [firing.reason for firing in row.firings.order_by(SeriesFiring.id)][2] == "没有新的一期，这次不发"
    assert Campaign.get_by_id(pattern.id).status is CampaignStatus.APPROVED


def test_the_next_activity_of_a_series(make_campaign: MakeCampaign) -> None:
    campaign = make_campaign(status=CampaignStatus.DRAFT, scheduled_at=None, summary="{时间}，{地点}")
    assert campaign.activity is not None
    row = recurring(campaign, source=SeriesSource.NEXT_ACTIVITY)
    own = {"series": campaign.activity.series, "member_unit": campaign.member_unit}
    Activity.update(starts_at=FRIDAY - timedelta(days=1)).where(Activity.id == campaign.activity_id).execute()
    later = make_activity(starts_at=FRIDAY + timedelta(days=9), **own)
    sooner = make_activity(starts_at=FRIDAY + timedelta(days=3), place="二楼报告厅", **own)
    make_activity(starts_at=FRIDAY + timedelta(days=1), series=own["series"], is_shared=False)
    clock.set_fixed(FRIDAY)
    series.fire_due()
    clock.set_fixed(FRIDAY + WEEK)
    series.fire_due()

    assert [each.activity for each in made_by(row)] == [sooner, later]
    assert contents.summary(made_by(row)[0]) == "11月30日（周一）09:00，二楼报告厅"


def test_nothing_fires_until_it_is_passed_nor_after_an_edit(pattern: Campaign) -> None:
    row = series.create(pattern, WEEKLY, actor=pattern.author)
    clock.set_fixed(FRIDAY)
    assert series.fire_due() == 0

    passed(pattern)
    clock.set_fixed(FRIDAY + WEEK)
    assert series.fire_due() == 1
    fresh = Campaign.get_by_id(pattern.id)
    campaigns.update(fresh, {"summary": "改过的一句"}, version=fresh.version, actor=pattern.author)
    clock.set_fixed(FRIDAY + 2 * WEEK)

    assert Campaign.get_by_id(pattern.id).status is CampaignStatus.DRAFT
    assert series.fire_due() == 0
    assert [each.status for each in row.firings.order_by(SeriesFiring.id)] == [
        FiringStatus.MISSED, FiringStatus.MADE, FiringStatus.MISSED,
    ]  # fmt: skip


def test_a_new_issue_does_not_void_what_was_passed_but_another_content_does(pattern: Campaign) -> None:
    row = recurring(pattern, source=SeriesSource.NEWEST_ISSUE)
    assert pattern.issue is not None
    pattern.issue.summary = "改了摘要"
    pattern.issue.save()
    campaigns.void_reviews(issue=pattern.issue)
    assert Campaign.get_by_id(pattern.id).status is CampaignStatus.APPROVED

    series.update(row, WEEKLY | {"time_of_day": "10:00", "source": SeriesSource.NEWEST_ISSUE}, version=1,
                  actor=pattern.author)  # fmt: skip
    assert Campaign.get_by_id(pattern.id).status is CampaignStatus.APPROVED
    series.update(CampaignSeries.get_by_id(row.id), WEEKLY | {"source": SeriesSource.FIXED}, version=2,
                  actor=pattern.author)  # fmt: skip
    assert Campaign.get_by_id(pattern.id).status is CampaignStatus.DRAFT


def test_who_may_not_send_does_not_change_when_an_approved_one_fires(pattern: Campaign) -> None:
    row = recurring(pattern)
    editor = make_account(AccountRoleKind.EDITOR, member_unit=pattern.member_unit)

    with pytest.raises(NotAllowed):
        series.update(row, WEEKLY | {"rule": "FREQ=DAILY"}, version=row.version, actor=editor)

    fresh = CampaignSeries.get_by_id(row.id)
    assert (fresh.rule, fresh.version, fresh.fired_until) == (WEEKLY["rule"], row.version, row.fired_until)


def test_a_rhythm_changed_under_review_is_reviewed_anew(pattern: Campaign) -> None:
    row = series.create(pattern, WEEKLY, actor=pattern.author)
    campaigns.submit(pattern, actor=pattern.author)
    row = series.update(row, WEEKLY, version=row.version, actor=pattern.author)
    assert Campaign.get_by_id(pattern.id).status is CampaignStatus.IN_REVIEW

    series.update(row, WEEKLY | {"rule": "FREQ=DAILY"}, version=row.version, actor=pattern.author)

    assert Campaign.get_by_id(pattern.id).status is CampaignStatus.DRAFT


def test_pause_resume_skip_and_end(pattern: Campaign) -> None:
    row, author = recurring(pattern), pattern.author
    series.skip(row, FRIDAY, actor=author)
    with pytest.raises(Invalid):
        series.skip(row, FRIDAY + timedelta(hours=1), actor=author)
    assert [each.is_skipped for each in series.upcoming(row, 2)] == [True, False]
    series.unskip(row, FRIDAY, actor=author)
    series.skip(row, FRIDAY, actor=author)
    clock.set_fixed(FRIDAY)
    assert series.fire_due() == 0
    with pytest.raises(NotFound):
        series.unskip(row, FRIDAY, actor=author)

    series.pause(CampaignSeries.get_by_id(row.id), actor=author)
    clock.set_fixed(FRIDAY + WEEK)
    assert series.fire_due() == 0
    series.resume(CampaignSeries.get_by_id(row.id), actor=author)
    assert series.fire_due() == 0  # what fell into the pause is not made up for
    clock.set_fixed(FRIDAY + 2 * WEEK)
    assert series.fire_due() == 1

    series.end(CampaignSeries.get_by_id(row.id), actor=author)
    with pytest.raises(IllegalMove):
        series.resume(CampaignSeries.get_by_id(row.id), actor=author)


def test_it_ends_by_itself_and_a_long_outage_is_not_made_up_for(pattern: Campaign) -> None:
    row = recurring(pattern, times=3)
    clock.set_fixed(FRIDAY + 2 * WEEK + timedelta(hours=1))

    assert series.fire_due() == 1  # the last, an hour late
    fresh = CampaignSeries.get_by_id(row.id)
    assert (fresh.status, fresh.status_reason) == (SeriesStatus.ENDED, "次数已满或已到截止日期")
    assert [each.reason for each in row.firings.order_by(SeriesFiring.id)] == ["系统当时没有运行"] * 2 + [""]


def test_a_pattern_is_never_sent_nor_asked_for_a_time(pattern: Campaign, secretary: Account) -> None:
    recurring(pattern)

    with pytest.raises(IllegalMove):
        campaigns.schedule(Campaign.get_by_id(pattern.id), FRIDAY, actor=secretary)
    assert calendar.waiting(actor=secretary) == []


def test_what_cannot_be(pattern: Campaign) -> None:
    with pytest.raises(Invalid) as refusal:
        series.create(pattern, WEEKLY | {"time_of_day": "22:00"}, actor=pattern.author)
    assert list(refusal.value.fields) == ["time_of_day"]
    with pytest.raises(Invalid):
        series.create(pattern, WEEKLY | {"source": SeriesSource.NEXT_ACTIVITY}, actor=pattern.author)
    stranger = make_account(AccountRoleKind.SCHOOL_ADMIN)
    made = series.create(pattern, WEEKLY, actor=pattern.author)
    with pytest.raises(NotFound):
        series.find(made.id, actor=stranger)


def test_days_lived_through_fire_and_launch(pattern: Campaign, noon: datetime) -> None:
    make_member()
    row = recurring(pattern, times=2)

    step(noon + timedelta(days=14))

    assert [each.launched_at for each in made_by(row)] == [
        each.scheduled_at for each in made_by(row) if each.scheduled_at
    ]
    assert len(made_by(row)) == 2


def test_two_clocks_make_one(own_database: Database, noon: datetime) -> None:
    author = make_account(AccountRoleKind.SECRETARIAT)
    campaign = Campaign.create(
        title="每周", topic=Topic.LECTURE, content_kind=ContentKind.ACTIVITY, author=author,
        activity=make_activity(member_unit=author.member_unit), member_unit=author.member_unit,
        audience={"everyone": True}, status=CampaignStatus.DRAFT,
    )  # fmt: skip
    row = recurring(campaign)
    clock.set_fixed(FRIDAY)

    at_once(series.fire_due, series.fire_due)

    assert len(made_by(row)) == 1
    assert Campaign.select().where(Campaign.status == CampaignStatus.SCHEDULED).count() == 1
