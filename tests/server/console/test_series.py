"""定期推送 and pushes that follow an activity, from the console."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from models.accounts import AccountRoleKind
from models.messaging import Campaign, CampaignStatus
from models.schedules import CampaignSeries, RelativeTime, RestDay, SeriesSource, SeriesStatus
from services.messaging import series
from tests.factories import make_account, make_activity
from tests.server.console.campaign_rows import make_campaign
from tests.server.console.conftest import SignIn

FRIDAYS = {
    "frequency": "weekly", "weekdays": "FR", "interval": "1", "time_of_day": "09:00",
    "starts_on": "2026-11-23", "on_rest_day": "next", "source": "next_activity", "times": "", "ends_on": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "rule", "rest"),
    [
        ({}, "FREQ=WEEKLY;BYDAY=FR", RestDay.NEXT),
        ({"frequency": "workdays"}, "FREQ=DAILY", RestDay.SKIP),
        ({"frequency": "nth", "nth": "-1", "nth_day": "FR"}, "FREQ=MONTHLY;BYDAY=-1FR", RestDay.NEXT),
        ({"frequency": "monthday", "month_day": "15", "interval": "2"},
         "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=15", RestDay.NEXT),
        ({"frequency": "rule", "rule": "rrule:freq=monthly;byday=mo,tu;bysetpos=2"},
         "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=2", RestDay.NEXT),
    ],
)  # fmt: skip
def test_the_form_makes_the_rule_and_reads_it_back(
    sign_in: SignIn, typed: dict[str, str], rule: str, rest: RestDay
) -> None:
    campaign = make_campaign()
    client = sign_in(campaign.author)

    client.post("/console/series/new", data=FRIDAYS | typed | {"campaign": campaign.id})

    row = CampaignSeries.get()
    assert (row.rule, row.on_rest_day, row.source) == (rule, rest, SeriesSource.NEXT_ACTIVITY)
    page = client.get(f"/console/series/{row.id}/edit").text
    frequency = (FRIDAYS | typed)["frequency"]
    assert f'<option value="{frequency}" selected>' in page


def test_the_next_dates_are_told_while_it_is_typed(noon: datetime, sign_in: SignIn) -> None:
    client = sign_in(make_campaign().author)

    told = client.get("/console/series/preview", query_string=FRIDAYS | {"times": "2"}).text
    wrong = client.get(
        "/console/series/preview", query_string=FRIDAYS | {"frequency": "rule", "rule": "X"}
    ).text

    assert "每周五 9:00，遇休息日顺延到下一个工作日，共 2 次" in told
    assert ("11月27日（周五）09:00" in told, "12月4日（周五）09:00" in told, told.count("<li>")) == (
        True,
        True,
        2,
    )
    assert "FREQ" in wrong


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"frequency": "rule", "rule": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"}, "每天的规则只能"),
        ({"starts_on": "9999-12-01"}, "开始日期太远"),
        ({"ends_on": "9999-12-31"}, "每周五"),
    ],
)
def test_the_preview_answers_whatever_is_typed(
    noon: datetime, sign_in: SignIn, typed: dict[str, str], told: str
) -> None:
    answer = sign_in(make_campaign().author).get("/console/series/preview", query_string=FRIDAYS | typed)

    assert answer.status_code in (200, 422)
    assert told in answer.text


def test_a_series_is_paused_skipped_and_ended(sign_in: SignIn) -> None:
    campaign = make_campaign()
    client = sign_in(campaign.author)
    client.post("/console/series/new", data=FRIDAYS | {"campaign": campaign.id})
    row = CampaignSeries.get()
    first = series.upcoming(row)[0]

    assert "样本还没有审定" in client.get(f"/console/series/{row.id}").text
    client.post(f"/console/series/{row.id}/skip", data={"at": first.at.isoformat()})
    assert series.upcoming(row)[0].is_skipped
    client.post(f"/console/series/{row.id}/skip", data={"at": first.at.isoformat(), "restore": "1"})
    assert not series.upcoming(row)[0].is_skipped
    for act, status in (("pause", "paused"), ("resume", "active"), ("end", "ended")):
        client.post(f"/console/series/{row.id}/{act}")
        assert CampaignSeries.get_by_id(row.id).status is SeriesStatus(status)
    assert "定期推送" in client.get(f"/console/campaigns/{campaign.id}").text


def test_reviewers_read_the_rhythm_they_approve(noon: datetime, sign_in: SignIn) -> None:
    campaign = make_campaign()
    client = sign_in(campaign.author)
    client.post("/console/series/new", data=FRIDAYS | {"campaign": campaign.id})

    page = sign_in(make_account(AccountRoleKind.SECRETARIAT)).get(f"/console/campaigns/{campaign.id}/review")

    assert "每周五 9:00，遇休息日顺延到下一个工作日" in page.text
    assert "三审通过后到时自动发送" in page.text


def test_a_wrong_form_keeps_what_was_typed_and_another_school_sees_nothing(sign_in: SignIn) -> None:
    campaign = make_campaign()
    client = sign_in(campaign.author)
    refused = client.post("/console/series/new", data=FRIDAYS | {"campaign": campaign.id, "weekdays": ""})
    assert (refused.status_code, "请至少选择一天" in refused.text) == (422, True)

    client.post("/console/series/new", data=FRIDAYS | {"campaign": campaign.id})
    row = CampaignSeries.get()
    stranger = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN))
    assert stranger.get(f"/console/series/{row.id}").status_code == 404
    assert stranger.get(f"/console/series/new?campaign={campaign.id}").status_code == 404
    assert campaign.title not in stranger.get("/console/series/").text


def test_a_campaign_follows_its_activity_and_stops(noon: datetime, sign_in: SignIn) -> None:
    activity = make_activity()
    campaign = make_campaign(activity=activity, status=CampaignStatus.DRAFT)
    client = sign_in(campaign.author)
    wanted = {"anchor": "start", "side": "before", "count": "3", "unit": "hours", "at_time": ""}

    page = client.post(f"/console/campaigns/{campaign.id}/follow", data=wanted, follow_redirects=True).text

    assert "开始前 3 小时发送" in page
    assert Campaign.get_by_id(campaign.id).scheduled_at == activity.starts_at - timedelta(hours=3)
    assert "没有改动" in client.post(
        f"/console/campaigns/{campaign.id}/follow", data=wanted | {"count": "x"}, follow_redirects=True
    ).text  # fmt: skip
    client.post(f"/console/campaigns/{campaign.id}/unfollow")
    assert RelativeTime.select().count() == 0
