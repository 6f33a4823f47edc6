"""Automatic notices: told once, to those concerned, by the ledger's rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from peewee import Database

import clock
from models.activities import Activity, ActivityStatus, SignUpStatus
from models.automatic_notices import AutomaticNotice, NoticeKind, NoticeWording
from models.messaging import (
    Basis,
    Campaign,
    CampaignStatus,
    Channel,
    Delivery,
    DeliveryStatus,
    TemplateMapping,
)
from models.people import Follower
from services.errors import IllegalMove
from services.messaging import (
    audiences,
    campaigns,
    contents,
    deliveries,
    launch,
    notice_wordings,
    notices,
    results,
    riders,
    withdrawals,
)
from tests.factories import make_account, make_activity, make_member, make_opt_in, make_sign_up, make_unit
from tests.services.messaging.conftest import delivery_of, launched, statuses
from wechat.gateway import Gateway

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def activity(db: Database) -> Activity:
    return make_activity(title="基层治理", place="一号报告厅", starts_at=clock.utc_now() + timedelta(days=3))


def signed_up(activity: Activity, **values: object) -> Follower:
    follower = make_member(**values)
    make_sign_up(activity, follower.person)
    return follower


def remind(activity: Activity, *members: Follower, **values: object) -> Campaign | None:
    return notices.tell(
        [member.person_id for member in members],
        kind=NoticeKind.SIGN_UP_REMINDER,
        fields=notices.of_activity(activity),
        about=activity,
        url=f"/m/activities/{activity.id}",
        **values,
    )


def test_a_notice_is_a_campaign_whose_states_sum_to_its_people(
    activity: Activity, mappings: list[TemplateMapping]
) -> None:
    first, second = signed_up(activity), signed_up(activity, is_following=False)
    make_member()  # not among the people

    told = remind(activity, first, second)

    assert told is not None
    campaign = launched(told)
    assert campaign.status is CampaignStatus.SENDING
    assert campaign.author.display_name == "自动通知"
    assert {(each.channel, each.status) for each in results.counts(campaign)} == {
        (Channel.TEMPLATE_MESSAGE, DeliveryStatus.PLANNED),
        (None, DeliveryStatus.SKIPPED),
    }
    assert sum(each.persons for each in results.counts(campaign)) == 2
    assert delivery_of(first, campaign).basis is Basis.SIGN_UP


def test_it_reads_as_the_reviewed_wording_with_its_variables(
    activity: Activity, mappings: list[TemplateMapping]
) -> None:
    campaign = remind(activity, signed_up(activity))

    assert contents.headline(campaign) == "活动提醒：基层治理"
    assert contents.chat_text(campaign).startswith(
        "【活动提醒：基层治理】\n"
        "11月26日（周四）12:00，一号报告厅。不能参加请打开链接取消，把名额让给别人。\n<a href="
    )
    assert f"/m/activities/{activity.id}" in contents.link(campaign)
    assert len(contents.rider_text(campaign).encode()) < 300
    assert contents.template_fields(campaign, mappings[0]) == {
        "thing1": "活动提醒：基层治理",
        "time2": "2026年11月26日 12:00",
        "thing3": "一号报告厅",
    }
    assert NoticeWording.get().author is None


def test_nobody_is_told_the_same_occasion_twice(activity: Activity) -> None:
    first, second = signed_up(activity), signed_up(activity)

    once = remind(activity, first, occasion="day-before")
    again = remind(activity, first, occasion="day-before")
    late = remind(activity, first, second, occasion="day-before")
    other = remind(activity, first, occasion="hour-before")

    assert once is not None
    assert again is None
    assert audiences.count_meant(late) == 1
    assert other is not None
    assert Campaign.select().count() == AutomaticNotice.select().count() == 3
    assert notices.was_told(NoticeKind.SIGN_UP_REMINDER, activity, "day-before")
    assert not notices.was_told(NoticeKind.SIGN_UP_REMINDER, activity, "week-before")


def test_a_missing_variable_tells_nobody(activity: Activity) -> None:
    with pytest.raises(ValueError, match="starts_at"):
        notices.tell(
            [signed_up(activity).person_id],
            kind=NoticeKind.SIGN_UP_REMINDER,
            fields={"title": "基层治理", "place": "一号报告厅"},
            about=activity,
            url="/m/",
        )

    assert Campaign.select().count() == 0


def test_the_quiet_hours_hold_unless_the_change_is_for_tomorrow(activity: Activity, noon: datetime) -> None:
    night = noon + timedelta(hours=10)  # 22:00
    clock.set_fixed(night)
    member = signed_up(activity)
    soon = make_activity(starts_at=night + timedelta(hours=12))
    make_sign_up(soon, member.person)

    waits = remind(activity, member)
    goes = notices.tell(
        [member.person_id],
        kind=NoticeKind.ACTIVITY_MOVED,
        fields={"title": soon.title, "changes": "地点改为二号厅"},
        about=soon,
        url="/m/",
    )

    assert waits.scheduled_at == noon + timedelta(hours=20)  # 8:00
    assert not launch.launch(waits.id)
    assert goes.quiet_hours_override == "活动在24小时内开始，变动须立即告知报名的人"
    assert launch.launch(goes.id)


def test_who_cancelled_before_the_launch_is_skipped_with_the_reason(activity: Activity) -> None:
    stays, leaves = signed_up(activity), signed_up(activity)
    told = remind(activity, stays, leaves)
    activity.sign_ups.model.update(status=SignUpStatus.CANCELLED).where(
        activity.sign_ups.model.person == leaves.person
    ).execute()

    campaign = launched(told)

    assert delivery_of(stays, campaign).status is DeliveryStatus.PLANNED
    skipped = delivery_of(leaves, campaign)
    assert (skipped.status, skipped.reason) == (DeliveryStatus.SKIPPED, "sign_up_cancelled")


def test_who_cancels_after_the_launch_does_not_get_what_waits(activity: Activity) -> None:
    leaves = signed_up(activity)
    campaign = launched(remind(activity, leaves))
    row = activity.sign_ups.get()
    row.status = SignUpStatus.CANCELLED
    row.save()

    assert withdrawals.of_sign_up(leaves.person, activity) == 1

    skipped = delivery_of(leaves, campaign)
    assert (skipped.status, skipped.reason) == (DeliveryStatus.SKIPPED, "sign_up_cancelled")
    assert riders.offer(leaves, budget_bytes=500, at=clock.utc_now()) == ""


def test_a_campaign_to_everybody_reaches_who_cancelled_by_another_basis(
    activity: Activity, make_campaign: Callable[..., Campaign], mappings: list[TemplateMapping]
) -> None:
    leaves = signed_up(activity)
    make_opt_in(leaves.person)
    campaign = launched(make_campaign(activity=activity))
    assert delivery_of(leaves, campaign).basis is Basis.SIGN_UP
    row = activity.sign_ups.get()
    row.status = SignUpStatus.CANCELLED
    row.save()

    withdrawals.of_sign_up(leaves.person, activity)

    delivery = delivery_of(leaves, campaign)
    assert (delivery.status, delivery.basis) == (DeliveryStatus.PLANNED, Basis.OPT_IN)


def test_a_topic_that_is_off_does_not_silence_ones_own_sign_up(activity: Activity) -> None:
    member = signed_up(activity)
    make_opt_in(member.person, is_on=False)

    campaign = launched(remind(activity, member))

    assert delivery_of(member, campaign).status is DeliveryStatus.PLANNED


def test_a_withdrawn_notice_goes_to_nobody_and_its_states_still_sum(activity: Activity) -> None:
    waiting = remind(activity, signed_up(activity), occasion="one")
    started = launched(remind(activity, signed_up(activity), occasion="two"))

    assert notices.withdraw(activity, {NoticeKind.SIGN_UP_REMINDER}, "时间已变动") == 2

    assert Campaign.get_by_id(waiting.id).status is CampaignStatus.CANCELLED
    assert Campaign.get_by_id(started.id).status_reason == "时间已变动"
    assert statuses(started) == {DeliveryStatus.SKIPPED: 1}
    assert not launch.launch(waiting.id)


def test_a_notice_of_a_cancelled_activity_or_one_too_late_is_not_launched(activity: Activity) -> None:
    cancelled = remind(activity, signed_up(activity), occasion="one")
    late = remind(
        activity, signed_up(activity), occasion="two", deadline_at=clock.utc_now() + timedelta(hours=1)
    )
    Activity.update(status=ActivityStatus.CANCELLED).where(Activity.id == activity.id).execute()
    clock.advance(timedelta(hours=2))

    assert not launch.launch(cancelled.id)
    assert not launch.launch(late.id)

    assert Campaign.get_by_id(cancelled.id).status_reason == "活动已取消，这条通知不再发送"
    assert Campaign.get_by_id(late.id).status_reason == "已过时，不再发送"
    assert remind(activity, signed_up(activity), deadline_at=clock.utc_now()) is None


def test_what_concerns_one_person_alone_is_kept_from_that_persons_school(db: Database) -> None:
    lead = make_unit(tier="1")
    member = make_member(unit=make_unit())

    campaign = notices.tell(
        [member.person_id], kind=NoticeKind.COMPLAINT_ANSWERED, fields={}, about=None, url="/m/complaints/1"
    )

    assert campaign.member_unit == lead
    assert contents.headline(launched(campaign)) == "您的意见已有答复"
    assert delivery_of(member, campaign).channel is Channel.RIDER


def test_the_text_of_a_notice_is_not_edited(activity: Activity) -> None:
    campaign = remind(activity, signed_up(activity))

    with pytest.raises(IllegalMove):
        campaigns.update(
            campaign, {"title": "别的"}, version=1, actor=make_account(member_unit=activity.member_unit)
        )


def test_every_kind_has_a_wording_that_fits_its_fields(db: Database) -> None:
    for kind in NoticeKind:
        wording = notice_wordings.standing(kind)
        sample = dict.fromkeys(notice_wordings.variables(kind), "样")
        assert len(wording.headline) <= notice_wordings.HEADLINE
        assert len(notice_wordings.filled(wording.text, sample)) <= notice_wordings.TEXT
        assert "{" not in notice_wordings.filled(wording.headline + wording.text, sample)
    assert NoticeWording.select().count() == len(NoticeKind)
    assert notice_wordings.standing(kind) == notice_wordings.standing(kind)


def test_a_notice_is_sent_and_settled_like_every_other(
    activity: Activity,
    mappings: list[TemplateMapping],
    on_phone: Callable[..., Follower],
    gateway: Gateway,
) -> None:
    member = on_phone(window=True)
    make_sign_up(activity, member.person)
    campaign = launched(remind(activity, member))

    for campaign_id, chunk in deliveries.due_chunks():
        deliveries.send_chunk(campaign_id, chunk, wechat=gateway)

    delivery = Delivery.get(Delivery.campaign == campaign)
    assert (delivery.channel, delivery.status) == (Channel.WINDOW_MESSAGE, DeliveryStatus.ACCEPTED)
    assert results.finish_done() == [campaign.id]
