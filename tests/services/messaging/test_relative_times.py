"""Pushes that follow an activity: before or after its start or end, wherever it goes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import clock
from models.accounts import Account, AccountRoleKind
from models.activities import Activity
from models.audit import AuditEntry
from models.automatic_notices import AutomaticNotice, AutomaticNoticePerson, NoticeKind
from models.messaging import Campaign, CampaignStatus, ContentKind
from models.people import PersonRole, PersonRoleKind
from models.schedules import Anchor
from services import activities
from services.activities import hosts
from services.errors import IllegalMove, Invalid, NotAllowed, NotFound
from services.messaging import audiences, campaigns, copies, quiet_hours, relative_times
from tests.factories import make_account, make_activity, make_member, make_person, make_sign_up
from tests.services.messaging.conftest import MakeCampaign
from tests.services.messaging.test_series import passed

DAY = 24 * 60
STARTS = datetime(2026, 12, 3, 1, 0)  # a Thursday, 9:00 in Shanghai


@pytest.fixture
def campaign(make_campaign: MakeCampaign) -> Campaign:
    made = make_campaign(status=CampaignStatus.DRAFT, scheduled_at=None)
    Activity.update(starts_at=STARTS, ends_at=STARTS + timedelta(hours=3)).where(
        Activity.id == made.activity_id
    ).execute()
    return Campaign.get_by_id(made.id)


def scheduled(campaign: Campaign, minutes: int, anchor: Anchor = Anchor.START) -> Campaign:
    relative_times.attach(campaign, anchor, minutes, actor=campaign.author)
    relative_times.schedule(passed(campaign), actor=campaign.author)
    return Campaign.get_by_id(campaign.id)


def edited(activity: Activity, **values: object) -> Activity:
    fresh = Activity.get_by_id(activity.id)
    return activities.update(
        fresh, values, version=fresh.version, actor=make_account(AccountRoleKind.SECRETARIAT)
    )


def test_it_moves_with_the_activity_and_its_reviews_stand(campaign: Campaign) -> None:
    sent = scheduled(campaign, -3 * DAY)
    assert sent.scheduled_at == STARTS - timedelta(days=3)
    assert sent.activity is not None

    edited(sent.activity, starts_at=STARTS + timedelta(days=5), ends_at=STARTS + timedelta(days=5, hours=2),
           place="二楼报告厅")  # fmt: skip

    fresh = Campaign.get_by_id(sent.id)
    assert (fresh.status, fresh.scheduled_at) == (CampaignStatus.SCHEDULED, STARTS + timedelta(days=2))
    assert AuditEntry.select().where(AuditEntry.action == "campaign.followed").count() == 1


def test_a_move_that_leaves_its_moment_behind_sends_it_now(campaign: Campaign, noon: datetime) -> None:
    sent = scheduled(campaign, -3 * DAY)
    assert sent.activity is not None
    sooner = noon + timedelta(days=1)

    edited(sent.activity, starts_at=sooner, ends_at=sooner + timedelta(hours=2))

    assert Campaign.get_by_id(sent.id).scheduled_at == noon


def test_it_is_cancelled_with_the_activity(campaign: Campaign) -> None:
    sent = scheduled(campaign, -DAY, Anchor.END)
    assert sent.activity is not None

    activities.cancel(sent.activity, "讲师生病", actor=sent.author)

    fresh = Campaign.get_by_id(sent.id)
    assert (fresh.status, fresh.status_reason) == (CampaignStatus.CANCELLED, relative_times.CANCELLED_WITH)
    line = AuditEntry.select().where(AuditEntry.action == "campaign.cancelled").get()
    assert relative_times.CANCELLED_WITH in line.details


def test_a_change_of_text_still_voids(campaign: Campaign) -> None:
    sent = scheduled(campaign, -DAY)
    assert sent.activity is not None

    edited(sent.activity, title="换了题目")

    assert Campaign.get_by_id(sent.id).status is CampaignStatus.DRAFT


def test_attaching_and_detaching_void_nothing(campaign: Campaign) -> None:
    approved = passed(campaign)
    relative_times.attach(approved, Anchor.START, -DAY, "18:30", actor=campaign.author)
    at = relative_times.schedule(approved, actor=campaign.author)
    assert clock.to_local(at).strftime("%m-%d %H:%M") == "12-02 18:30"
    assert campaigns.void_reviews(activity=campaign.activity) == []

    relative_times.detach(approved, actor=campaign.author)
    assert campaigns.void_reviews(activity=campaign.activity) == []
    assert relative_times.of(approved) is None


def test_an_audience_that_signed_up_gives_the_activity(make_campaign: MakeCampaign) -> None:
    activity = make_activity(title="基层治理", starts_at=STARTS)
    campaign = make_campaign(
        status=CampaignStatus.DRAFT,
        content_kind=ContentKind.QUESTIONNAIRE,
        audience={"signed_up_for": activity.id},
    )
    relative_times.attach(campaign, Anchor.END, 90, actor=campaign.author)

    relative = relative_times.of(campaign)
    assert relative is not None
    assert relative_times.in_words(relative) == "“基层治理”结束后 90 分钟"


def test_what_cannot_follow(campaign: Campaign, make_campaign: MakeCampaign) -> None:
    without = make_campaign(status=CampaignStatus.DRAFT, content_kind=ContentKind.QUESTIONNAIRE)
    with pytest.raises(Invalid):
        relative_times.attach(without, Anchor.START, -60, actor=without.author)
    with pytest.raises(Invalid):
        relative_times.attach(campaign, Anchor.START, -61 * DAY, actor=campaign.author)
    with pytest.raises(Invalid):
        relative_times.attach(campaign, Anchor.START, -DAY, "25:00", actor=campaign.author)
    stranger, sent = make_account(AccountRoleKind.SCHOOL_ADMIN), make_campaign(status=CampaignStatus.SENDING)
    with pytest.raises(NotFound):
        relative_times.attach(campaign, Anchor.START, -DAY, actor=stranger)
    with pytest.raises(IllegalMove):
        relative_times.attach(sent, Anchor.START, -DAY, actor=sent.author)


def test_who_may_not_send_does_not_move_a_scheduled_one(campaign: Campaign) -> None:
    sent = scheduled(campaign, -DAY)
    editor = make_account(AccountRoleKind.EDITOR, member_unit=campaign.member_unit)

    with pytest.raises(NotAllowed):
        relative_times.attach(sent, Anchor.START, -2 * DAY, actor=editor)

    fresh, relative = Campaign.get_by_id(sent.id), relative_times.of(sent)
    assert relative is not None
    assert (fresh.scheduled_at, relative.minutes) == (STARTS - timedelta(days=1), -DAY)


def test_a_schools_push_copied_by_the_secretariat_keeps_to_the_school(
    make_campaign: MakeCampaign, secretary: Account
) -> None:
    school = make_account(AccountRoleKind.SCHOOL_ADMIN)
    activity = make_activity(member_unit=school.member_unit)
    first = make_campaign(author=school, member_unit=school.member_unit, activity=activity)
    make_person(member_unit=school.member_unit)
    make_person()

    second = copies.copy(first, actor=secretary)

    assert (second.author, second.audience) == (secretary, {"units": [school.member_unit_id]})
    assert audiences.count_meant(second) == audiences.count_meant(first) == 1


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),
    st.integers(-60 * DAY, 60 * DAY),
    st.sampled_from(list(Anchor)),
)
def test_it_is_never_in_the_quiet_hours_nor_on_the_wrong_side(
    noon: datetime, starts_at: datetime, minutes: int, anchor: Anchor
) -> None:
    activity = Activity(starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
    base = starts_at if anchor is Anchor.START else activity.ends_at
    at = relative_times.moment(activity, anchor, minutes)

    assert not quiet_hours.is_quiet(at)
    assert at <= base if minutes < 0 else at >= base
    assert abs(at - (base + timedelta(minutes=minutes))) <= timedelta(hours=12)
    assert relative_times.moment(activity, anchor, minutes, is_loud=True) == base + timedelta(minutes=minutes)
    count, unit = relative_times.split(minutes)
    assert count * relative_times.UNITS[unit] == abs(minutes)


def test_hosts_are_told_the_day_before_once(campaign: Campaign) -> None:
    activity = Activity.get_by_id(campaign.activity_id)
    unit = activity.member_unit
    speaker, namesake = make_person(name="李主讲", member_unit=unit), make_person(name="李主讲")
    teacher, retired = make_person(member_unit=unit), make_person(member_unit=unit)
    for person, until in ((teacher, None), (retired, clock.local_today() - timedelta(days=1))):
        PersonRole.create(
            person=person, member_unit=unit, role=PersonRoleKind.CLASS_TEACHER,
            valid_from=clock.local_today() - timedelta(days=9), valid_to=until,
        )  # fmt: skip
    Activity.update(speaker="李主讲").where(Activity.id == activity.id).execute()
    make_sign_up(activity, make_member().person)
    assert hosts.remind_due() == 0

    clock.set_fixed(STARTS - timedelta(hours=17))  # 16:00 the day before
    assert (hosts.remind_due(), hosts.remind_due()) == (1, 0)

    notice = AutomaticNotice.get(AutomaticNotice.kind == NoticeKind.HOSTS_REMINDED)
    told = {row.person_id for row in AutomaticNoticePerson.select()}
    assert told == {speaker.id, teacher.id}
    assert namesake.id not in told
    assert "已有1人报名" in notice.text


def test_another_audience_gets_it_at_another_time(campaign: Campaign) -> None:
    first, stranger = scheduled(campaign, -DAY), make_account(AccountRoleKind.SCHOOL_ADMIN)

    second = copies.copy(first, actor=first.author)
    fresh = Campaign.get_by_id(second.id)
    campaigns.update(
        fresh, {"audience": {"roles": ["instructor"]}}, version=fresh.version, actor=first.author
    )
    relative_times.attach(fresh, Anchor.START, -3 * DAY, actor=first.author)

    told = Campaign.get_by_id(second.id)
    assert (told.status, told.activity, told.title) == (
        CampaignStatus.DRAFT, first.activity, f"{first.title}（另发）",
    )  # fmt: skip
    assert first.scheduled_at is not None
    assert told.scheduled_at == first.scheduled_at - timedelta(days=2)
    assert Campaign.get_by_id(first.id).status is CampaignStatus.SCHEDULED
    with pytest.raises(NotFound):
        copies.copy(first, actor=stranger)
    first.content_kind = ContentKind.AUTOMATIC_NOTICE
    with pytest.raises(IllegalMove):
        copies.copy(first, actor=first.author)
