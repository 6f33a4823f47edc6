"""The calendar of pushes: what a month shows, moving a push and the way back, quota, workdays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from peewee import Database

import clock
import config
from models.accounts import AccountRoleKind
from models.messaging import Campaign, CampaignStatus, Channel
from models.schedules import Anchor
from services.errors import IllegalMove, Invalid
from services.messaging import calendar, relative_times, series
from tests.factories import make_account, make_activity, make_member, make_unit
from tests.server.console.campaign_rows import make_campaign
from tests.server.console.conftest import SignIn

NINE = datetime(2026, 12, 2, 1, 0)  # 9:00 in Shanghai


@pytest.fixture
def scheduled(db: Database, noon: datetime) -> Campaign:
    return make_campaign(title="讲座推送", status=CampaignStatus.SCHEDULED, scheduled_at=NINE)


def test_a_push_is_moved_to_another_day_at_its_time_and_back(scheduled: Campaign, sign_in: SignIn) -> None:
    secretary = scheduled.author
    client = sign_in(secretary)
    address = f"/console/calendar/campaigns/{scheduled.id}/move"

    moved = client.post(address, data={"day": "2026-12-09", "month": "2026-12"}, follow_redirects=True)

    assert "改到 12月9日" in moved.text
    assert "撤销改动" in moved.text
    assert "原定 12月2日（周三）09:00，现在是 12月9日（周三）09:00" in moved.text
    assert Campaign.get_by_id(scheduled.id).scheduled_at == NINE + timedelta(days=7)
    client.post(address, data={"day": "2026-12-02", "month": "2026-12"})
    assert Campaign.get_by_id(scheduled.id).scheduled_at == NINE


def test_a_push_is_moved_by_a_form_too(scheduled: Campaign, sign_in: SignIn) -> None:
    client = sign_in(scheduled.author)
    page = client.get("/console/calendar/?month=2026-12").text

    nothing = client.post("/console/calendar/move", data={"day": "2026-12-09"}, follow_redirects=True)
    client.post("/console/calendar/move", data={"day": "2026-12-09", "campaign": str(scheduled.id)})

    assert f'<option value="{scheduled.id}">12月2日（周三）09:00　讲座推送</option>' in page
    assert "请先选择要改的推送" in nothing.text
    assert Campaign.get_by_id(scheduled.id).scheduled_at == NINE + timedelta(days=7)
    other = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN))
    assert other.post("/console/calendar/move", data={"campaign": str(scheduled.id)}).status_code == 404


@pytest.mark.parametrize("day", ["2026-11-01", "no day", ""])
def test_a_day_that_is_past_or_none_changes_nothing(day: str, scheduled: Campaign, sign_in: SignIn) -> None:
    client = sign_in(scheduled.author)

    answer = client.post(
        f"/console/calendar/campaigns/{scheduled.id}/move", data={"day": day}, follow_redirects=True
    )

    assert "没有改动" in answer.text
    assert Campaign.get_by_id(scheduled.id).scheduled_at == NINE


def test_what_was_sent_stays_where_it_was(scheduled: Campaign) -> None:
    Campaign.update(status=CampaignStatus.DONE).where(Campaign.id == scheduled.id).execute()

    with pytest.raises(IllegalMove):
        calendar.move(Campaign.get_by_id(scheduled.id), date(2026, 12, 9), actor=scheduled.author)


def test_the_deadline_of_a_push_holds(scheduled: Campaign) -> None:
    scheduled.deadline_at = NINE + timedelta(days=2)
    scheduled.save()

    with pytest.raises(Invalid):
        calendar.move(scheduled, date(2026, 12, 9), actor=scheduled.author)


def test_another_schools_pushes_are_not_shown_and_not_moved(scheduled: Campaign, sign_in: SignIn) -> None:
    other = make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=make_unit())
    client = sign_in(other)

    assert "讲座推送" not in client.get("/console/calendar/?month=2026-12").text
    address = f"/console/calendar/campaigns/{scheduled.id}/move"
    assert client.post(address, data={"day": "2026-12-09"}).status_code == 404


def test_the_month_names_holidays_and_warns(scheduled: Campaign, sign_in: SignIn) -> None:
    make_campaign(
        title="紧接着的推送",
        author=scheduled.author,
        status=CampaignStatus.SCHEDULED,
        scheduled_at=NINE + timedelta(minutes=10),
    )
    client = sign_in(scheduled.author)

    december = client.get("/console/calendar/?month=2026-12").text
    october = client.get("/console/calendar/?month=2026-10").text

    assert "两个推送相隔不到30分钟" in december
    assert "国庆节" in october
    assert "调休上班" in october
    assert client.get("/console/calendar/?month=nonsense").status_code == 200


def test_a_month_costs_the_same_queries_with_one_push_and_three(
    scheduled: Campaign, sign_in: SignIn, count_statements: Callable[[Callable[[], object]], int]
) -> None:
    client = sign_in(scheduled.author)
    client.get("/console/calendar/?month=2026-12")
    one = count_statements(lambda: client.get("/console/calendar/?month=2026-12"))
    for number in range(2):
        make_activity(title=f"活动{number}", starts_at=NINE + timedelta(days=number))
        make_campaign(
            author=scheduled.author,
            status=CampaignStatus.SCHEDULED,
            scheduled_at=NINE + timedelta(days=number),
        )

    assert count_statements(lambda: client.get("/console/calendar/?month=2026-12")) == one


def test_the_forecast_counts_calls_by_channel(scheduled: Campaign, sign_in: SignIn) -> None:
    for _ in range(3):
        make_member(window_until=NINE + timedelta(days=5), window_left=5)

    loads = calendar.forecast(date(2026, 12, 2), actor=scheduled.author)
    shown = sign_in(scheduled.author).get("/console/calendar/forecast?day=2026-12-02").text

    assert sum(load.persons for load in loads) == 3
    assert "配额预测" in shown
    assert calendar.forecast(date(2026, 12, 3), actor=scheduled.author) == []


def test_a_subscription_account_has_one_mass_call_a_day(
    scheduled: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config.settings(), "wechat_account_kind", "subscription")
    make_member()  # too few for a list, not for everyone

    [one] = calendar.forecast(date(2026, 12, 2), actor=scheduled.author)
    assert (one.channel, one.calls, one.limit, one.is_over) == (Channel.MASS_SEND, 1, 1, False)

    make_campaign(author=scheduled.author, status=CampaignStatus.SCHEDULED, scheduled_at=NINE)
    [two] = calendar.forecast(date(2026, 12, 2), actor=scheduled.author)
    assert (two.calls, two.limit, two.is_over) == (2, 1, True)


def test_a_day_is_set_and_withdrawn(db: Database, noon: datetime, sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))

    wrong = client.post("/console/calendar/workdays", data={"day": "2027-02-14", "name": ""})
    client.post("/console/calendar/workdays", data={"day": "2027-02-14", "is_workday": "yes", "name": "调休"})
    shown = client.get("/console/calendar/workdays?year=2027").text

    assert wrong.status_code == 422
    assert 'value="2027-02-14"' in wrong.text
    assert "2月14日" in shown
    assert clock.local_today() == date(2026, 11, 23)


def test_series_and_pushes_that_follow_an_activity_are_shown_with_a_mark(
    scheduled: Campaign, sign_in: SignIn
) -> None:
    pattern = make_campaign(title="每周三的讲座", author=scheduled.author, activity=scheduled.activity)
    weekly = {"rule": "FREQ=WEEKLY;BYDAY=WE", "time_of_day": "09:10", "starts_on": date(2026, 12, 1)}
    row = series.create(pattern, weekly, actor=scheduled.author)
    relative_times.attach(scheduled, Anchor.START, -60, actor=scheduled.author)
    Campaign.update(scheduled_at=NINE).where(Campaign.id == scheduled.id).execute()
    series.skip(row, NINE + timedelta(days=7, minutes=10), actor=scheduled.author)
    make_member()

    days = calendar.days(date(2026, 12, 1), date(2026, 12, 31), actor=scheduled.author)
    told = {day.day.day: day for day in days if any(each.kind in calendar.PUSHES for each in day.entries)}
    client = sign_in(scheduled.author)
    page = client.get("/console/calendar/?month=2026-12").text

    assert sorted(each.day for each in told) == [2, 16, 23, 30]
    assert "同一批人这一天有 2 个推送" in told[date(2026, 12, 2)].warnings
    assert told[date(2026, 12, 16)].warnings == []
    assert ("时间跟随活动" in page, "定期推送，到时发起" in page) == (True, True)
    assert not any(each.can_move for each in told[date(2026, 12, 2)].entries)
    with pytest.raises(IllegalMove):
        calendar.move(Campaign.get_by_id(scheduled.id), date(2026, 12, 9), actor=scheduled.author)
    loads = calendar.forecast(date(2026, 12, 16), actor=scheduled.author)
    assert sum(load.persons for load in loads) == 1
