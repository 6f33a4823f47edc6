"""Making, changing, publishing and cancelling activities."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from peewee import Database

import clock
from models.accounts import AccountRoleKind
from models.activities import Activity, ActivityStatus
from models.audit import AuditEntry
from models.messaging import Campaign, CampaignStatus, ContentKind
from models.people import Topic
from services import activities
from services.errors import IllegalMove, Invalid, NotFound, StaleState
from services.messaging import contents
from tests.factories import make_account, make_activity, make_person, make_series, make_sign_up, make_unit

pytestmark = pytest.mark.usefixtures("noon")


def written(**values: Any) -> dict[str, Any]:
    starts_at = clock.utc_now() + timedelta(days=3)
    return {
        "series": values.pop("series", None) or make_series(),
        "series_no": 3,
        "title": "基层治理专题讲座",
        "speaker": "王老师",
        "place": "一号报告厅",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=2),
        "seats": 120,
        "body_html": "第一段\n\n第二段 <5 分钟",
        **values,
    }


def test_an_activity_is_made_as_a_draft_of_the_actors_unit_and_audited(db: Database) -> None:
    actor = make_account(AccountRoleKind.EDITOR)

    activity = activities.create(written(), actor=actor)

    stored = Activity.get_by_id(activity.id)
    assert stored.status is ActivityStatus.DRAFT
    assert stored.member_unit == actor.member_unit
    assert stored.is_shared
    assert stored.body_html == "<p>第一段</p><p>第二段 &lt;5 分钟</p>"
    assert [entry.action for entry in AuditEntry.select()] == ["activity.created"]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"title": "  "}, "title", "请填写标题"),
        ({"title": "长" * 81}, "title", "标题不超过80个字，现在是81个字"),
        ({"starts_at": None}, "starts_at", "请填写开始时间"),
        ({"ends_at": datetime(2026, 11, 26, 4, 0)}, "ends_at", "结束时间应晚于开始时间"),
        ({"seats": 0}, "seats", "名额应为1到100000；不限名额请留空"),
        ({"series": 10**6}, "series", "没有这个系列，请重新选择"),
        (
            {"sign_up_closes_at": datetime(2026, 11, 27)},
            "sign_up_closes_at",
            "报名截止时间不能晚于开始时间；留空即到开始时截止",
        ),
    ],
)
def test_a_wrong_field_is_named_with_how_to_mend_it(
    db: Database, changes: dict, field: str, words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        activities.create(written(**changes), actor=make_account(AccountRoleKind.EDITOR))

    assert refused.value.fields == {field: words}
    assert Activity.select().count() == 0


def test_every_wrong_field_is_named_at_once(db: Database) -> None:
    with pytest.raises(Invalid) as refused:
        activities.create({}, actor=make_account(AccountRoleKind.EDITOR))

    assert set(refused.value.fields) == {"series", "title", "place", "starts_at", "ends_at"}


def test_a_number_of_the_series_is_used_once_in_a_unit(db: Database) -> None:
    actor, series = make_account(AccountRoleKind.EDITOR), make_series()
    activities.create(written(series=series), actor=actor)

    with pytest.raises(Invalid) as refused:
        activities.create(written(series=series), actor=actor)

    assert set(refused.value.fields) == {"series_no"}


def test_seats_are_not_cut_below_those_who_signed_up(db: Database) -> None:
    activity = make_activity(seats=10)
    make_sign_up(activity, make_person())
    make_sign_up(activity, make_person())

    with pytest.raises(Invalid) as refused:
        activities.update(activity, {"seats": 1}, version=1, actor=None)

    assert refused.value.fields == {"seats": "已有2人报名，名额不能少于2"}
    assert activities.update(activity, {"seats": 2}, version=1, actor=None).seats == 2


def test_of_two_editors_the_second_is_told(db: Database) -> None:
    activity = make_activity()
    changed = activities.update(activity, {"place": "二号厅"}, version=1, actor=None)

    with pytest.raises(StaleState) as refused:
        activities.update(activity, {"place": "三号厅"}, version=1, actor=None)

    assert "别人修改过" in refused.value.message
    assert Activity.get_by_id(activity.id).place == "二号厅"
    assert changed.version == 2


def test_another_schools_activity_is_not_there_to_change(db: Database) -> None:
    activity = make_activity()  # shared: other schools see it
    other = make_account(AccountRoleKind.SCHOOL_ADMIN)

    for act in (
        lambda: activities.update(activity, {"place": "别处"}, version=1, actor=other),
        lambda: activities.cancel(activity, "停电", actor=other),
        lambda: activities.publish(activity, actor=other),
        lambda: activities.find(activity.id, actor=other, to_manage=True),
        lambda: activities.create(written(member_unit=activity.member_unit), actor=other),
    ):
        with pytest.raises(NotFound):
            act()

    assert activities.find(activity.id, actor=other) == activity
    assert Activity.get_by_id(activity.id).version == 1


def test_an_account_lists_its_own_and_what_is_shared(db: Database) -> None:
    unit = make_unit()
    own = make_activity(member_unit=unit, is_shared=False, status=ActivityStatus.DRAFT)
    shared = make_activity(title="乡村振兴讲座")
    make_activity(is_shared=False)
    make_activity(status=ActivityStatus.DRAFT)
    actor = make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=unit)

    assert set(activities.search(actor=actor)) == {own, shared}
    assert list(activities.search(actor=actor, text="乡村")) == [shared]
    assert activities.search(actor=make_account(AccountRoleKind.SECRETARIAT)).count() == 4


def test_publishing_wants_a_start_to_come(db: Database, noon: datetime) -> None:
    late = make_activity(status=ActivityStatus.DRAFT, starts_at=noon)
    good = make_activity(status=ActivityStatus.DRAFT)

    with pytest.raises(Invalid):
        activities.publish(late, actor=None)
    activities.publish(good, actor=None)
    with pytest.raises(IllegalMove):
        activities.publish(good, actor=None)

    assert Activity.get_by_id(good.id).status is ActivityStatus.PUBLISHED


def test_a_cancellation_needs_a_reason_and_is_final(db: Database) -> None:
    activity = make_activity()

    with pytest.raises(Invalid):
        activities.cancel(activity, "  ", actor=None)
    activities.cancel(activity, "主讲人临时有事", actor=None)
    with pytest.raises(IllegalMove):
        activities.update(activity, {"place": "别处"}, version=2, actor=None)

    assert Activity.get_by_id(activity.id).status_reason == "主讲人临时有事"


def test_what_is_over_cannot_be_cancelled(db: Database, noon: datetime) -> None:
    with pytest.raises(IllegalMove):
        activities.cancel(make_activity(starts_at=noon - timedelta(days=1)), "停电", actor=None)


def test_an_edit_sends_a_reviewed_campaign_back(db: Database) -> None:
    activity = make_activity()
    campaign = Campaign.create(
        title="讲座通知",
        topic=Topic.LECTURE,
        content_kind=ContentKind.ACTIVITY,
        activity=activity,
        member_unit=activity.member_unit,
        author=make_account(AccountRoleKind.EDITOR),
        status=CampaignStatus.APPROVED,
    )
    Campaign.update(content_hash=contents.content_hash(campaign)).execute()

    activities.update(activity, {"seats": 50}, version=1, actor=None)
    assert Campaign.get_by_id(campaign.id).status is CampaignStatus.APPROVED
    activities.update(activity, {"place": "二号厅"}, version=2, actor=None)

    assert Campaign.get_by_id(campaign.id).status is CampaignStatus.DRAFT
