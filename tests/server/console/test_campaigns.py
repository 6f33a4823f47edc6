"""A campaign through the console: written, reviewed by three, scheduled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

import clock
from models.accounts import Account, AccountRoleKind
from models.alliance import MemberUnit, UnitTier
from models.messaging import AttemptOutcome, Campaign, CampaignReview, CampaignStatus, Channel, ContentKind
from models.people import Topic
from models.trial_sends import TrialSend
from services.messaging import campaigns
from tests.factories import (
    make_account,
    make_activity,
    make_issue,
    make_member,
    make_opt_in,
    make_person,
    make_unit,
)
from tests.server.console.campaign_rows import make_campaign, make_reviewers, pass_reviews

SignIn = Callable[[Account], FlaskClient]
pytestmark = pytest.mark.usefixtures("noon")


def make_secretary(unit: MemberUnit | None = None) -> Account:
    return make_account(AccountRoleKind.SECRETARIAT, member_unit=unit)


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.get_by_id(campaign.id)


def local(moment: datetime) -> str:
    return clock.to_local(moment).strftime("%Y-%m-%dT%H:%M")


def filled(content: str, **values: Any) -> dict[str, Any]:
    return {"content": content, "summary": "欢迎参加", "reach": "everyone"} | values


def test_a_draft_is_made_from_what_is_chosen(sign_in: SignIn, noon: datetime) -> None:
    activity = make_activity(title="全会精神辅导")
    at = noon + timedelta(hours=3)

    answer = sign_in(make_secretary()).post(
        "/console/campaigns/new",
        data=filled(
            f"activity:{activity.id}", scheduled_at=local(at), channels=["rider", "template_message"]
        ),
    )

    campaign = Campaign.get()
    assert answer.location == f"/console/campaigns/{campaign.id}"
    assert (campaign.title, campaign.topic, campaign.activity_id) == (
        "全会精神辅导",
        Topic.LECTURE,
        activity.id,
    )
    assert (campaign.scheduled_at, campaign.audience) == (at, {"everyone": True})
    assert set(campaign.channels) == {"rider", "template_message"}


def test_an_issue_is_pushed_as_e_journal(sign_in: SignIn) -> None:
    issue = make_issue()

    sign_in(make_secretary()).post("/console/campaigns/new", data=filled(f"e_journal_issue:{issue.id}"))

    campaign = Campaign.get()
    assert (campaign.content_kind, campaign.topic) == (ContentKind.E_JOURNAL_ISSUE, Topic.E_JOURNAL)
    assert campaign.title == f"{issue.e_journal.name}{issue.issue_no}"


def test_what_is_missing_is_named_and_what_was_typed_stays(sign_in: SignIn) -> None:
    answer = sign_in(make_secretary()).post(
        "/console/campaigns/new",
        data={"title": "讲座通知", "reach": "some", "scheduled_at": "明天", "content": ""},
    )

    assert answer.status_code == 422
    assert "请选择要推送的活动、期刊、问卷或通知" in answer.text
    assert "请按 2026-11-23 19:00 的样子填写时间" in answer.text
    assert 'value="讲座通知"' in answer.text
    assert Campaign.select().count() == 0


def test_an_audience_of_nobody_chosen_is_refused(sign_in: SignIn) -> None:
    activity = make_activity()

    answer = sign_in(make_secretary()).post(
        "/console/campaigns/new", data=filled(f"activity:{activity.id}", reach="some")
    )

    assert answer.status_code == 422
    assert "请选择受众" in answer.text


def test_the_count_follows_the_conditions_and_masks_names(sign_in: SignIn) -> None:
    unit = make_account().member_unit
    opted_in = make_person(name="欧阳建国", member_unit=unit)
    make_opt_in(opted_in, Topic.LECTURE)
    make_person(name="王小明", member_unit=unit)
    client = sign_in(make_secretary(unit))

    everyone = client.get("/console/campaigns/audience?reach=everyone").text
    some = client.get("/console/campaigns/audience?reach=some&topics=lecture").text
    none = client.get("/console/campaigns/audience?reach=some").text

    assert ">2</span> 人" in everyone
    assert ">1</span> 人" in some
    assert "欧**国" in some
    assert "欧阳建国" not in some
    assert "请选择受众" in none


def test_three_people_review_and_the_campaign_is_scheduled(sign_in: SignIn, noon: datetime) -> None:
    campaign = make_campaign()
    make_member(unit=campaign.member_unit)
    url = f"/console/campaigns/{campaign.id}"
    author = sign_in(campaign.author)

    assert author.post(f"{url}/submit").location == f"{url}/review"
    for stage, reviewer in zip(
        ("review_1", "review_2", "review_final"), make_reviewers(campaign), strict=True
    ):
        shown = sign_in(reviewer).get(f"{url}/review")
        assert f'name="stage" value="{stage}"' in shown.text
        sign_in(reviewer).post(
            f"{url}/review", data={"stage": stage, "decision": "passed", "opinion": "同意"}
        )
    at = noon + timedelta(hours=2)
    answer = author.post(f"{url}/schedule", data={"scheduled_at": local(at)}, follow_redirects=True)

    assert "已排期，将于 11月23日（周一）14:00 发送" in answer.text
    assert (fresh(campaign).status, fresh(campaign).scheduled_at) == (CampaignStatus.SCHEDULED, at)


def test_the_author_reads_why_it_cannot_be_reviewed_by_the_author(sign_in: SignIn) -> None:
    campaign = make_campaign()
    client = sign_in(campaign.author)
    client.post(f"/console/campaigns/{campaign.id}/submit")

    page = client.get(f"/console/campaigns/{campaign.id}/review")
    forced = client.post(
        f"/console/campaigns/{campaign.id}/review", data={"stage": "review_1", "decision": "passed"}
    )

    assert "作者不能审核自己的推送" in page.text
    assert 'name="decision"' not in page.text
    assert forced.status_code == 403


def test_a_return_needs_an_opinion_and_goes_back_to_the_author(sign_in: SignIn) -> None:
    campaign = make_campaign()
    sign_in(campaign.author).post(f"/console/campaigns/{campaign.id}/submit")
    client = sign_in(make_reviewers(campaign)[0])
    url = f"/console/campaigns/{campaign.id}/review"

    silent = client.post(url, data={"stage": "review_1", "decision": "returned"})
    client.post(url, data={"stage": "review_1", "decision": "returned", "opinion": "请写明停车位置"})

    assert (silent.status_code, "退回时请写明意见" in silent.text) == (422, True)
    assert fresh(campaign).status is CampaignStatus.DRAFT
    assert "请写明停车位置" in sign_in(campaign.author).get("/console/").text


def test_an_edit_after_review_voids_it_and_the_page_says_so(sign_in: SignIn) -> None:
    campaign = make_campaign()
    pass_reviews(campaign, make_reviewers(campaign)[:2])
    client = sign_in(campaign.author)
    form = filled(f"activity:{campaign.activity_id}", summary="改了一句", version=fresh(campaign).version)

    warned = client.get(f"/console/campaigns/{campaign.id}/edit")
    client.post(f"/console/campaigns/{campaign.id}/edit", data=form)

    assert "会使审核作废" in warned.text
    assert fresh(campaign).status is CampaignStatus.DRAFT
    assert CampaignReview.select().where(CampaignReview.voided_at.is_null()).count() == 0
    assert "已作废" in client.get(f"/console/campaigns/{campaign.id}/review").text


def test_an_edit_of_an_older_version_is_a_conflict(sign_in: SignIn) -> None:
    campaign = make_campaign()
    client = sign_in(campaign.author)
    form = filled(f"activity:{campaign.activity_id}", version=campaign.version)

    first = client.post(f"/console/campaigns/{campaign.id}/edit", data=form)
    second = client.post(f"/console/campaigns/{campaign.id}/edit", data=form)

    assert (first.status_code, second.status_code) == (302, 409)
    assert "data-clash" in second.text


def test_the_quiet_hours_need_a_reason(sign_in: SignIn) -> None:
    campaign = make_campaign()
    pass_reviews(campaign, make_reviewers(campaign))
    client = sign_in(campaign.author)
    url = f"/console/campaigns/{campaign.id}/schedule"

    refused = client.post(url, data={"scheduled_at": "2026-11-23T21:30"}, follow_redirects=True)
    was = fresh(campaign).status
    client.post(url, data={"scheduled_at": "2026-11-23T21:30", "quiet_hours_override": "台风停课通知"})

    assert "免打扰时段" in refused.text
    assert was is CampaignStatus.APPROVED
    assert fresh(campaign).quiet_hours_override == "台风停课通知"


def test_error_prone_words_stop_the_review_or_are_shown_with_the_reason(sign_in: SignIn) -> None:
    campaign = make_campaign(summary="市攻府组织学习")
    client, submit = sign_in(campaign.author), f"/console/campaigns/{campaign.id}/submit"

    refused = client.post(submit, follow_redirects=True)
    assert "还不能送审：一句话简介：“攻府”疑为“政府”" in refused.text
    assert fresh(campaign).status is CampaignStatus.DRAFT
    client.post(submit, data={"reason": "原文如此，系引用"})

    page = sign_in(make_reviewers(campaign)[0]).get(f"/console/campaigns/{campaign.id}/review")
    assert "疑为“政府”" in page.text
    assert "原文如此，系引用" in page.text


def test_an_editor_may_not_schedule_but_may_give_up_a_draft(sign_in: SignIn) -> None:
    editor = make_account(AccountRoleKind.EDITOR)
    campaign = make_campaign(author=editor, activity=make_activity(member_unit=editor.member_unit))
    client = sign_in(editor)

    refused = client.post(
        f"/console/campaigns/{campaign.id}/schedule", data={"scheduled_at": "2026-11-24T10:00"}
    )
    client.post(f"/console/campaigns/{campaign.id}/discard", data={"reason": "重复了"})

    assert refused.status_code == 403
    assert (fresh(campaign).status, fresh(campaign).status_reason) == (CampaignStatus.CANCELLED, "重复了")


def test_what_is_under_way_is_not_given_up_as_a_draft(sign_in: SignIn) -> None:
    campaign = make_campaign(status=CampaignStatus.SENDING)

    answer = sign_in(campaign.author).post(f"/console/campaigns/{campaign.id}/discard")

    assert answer.status_code == 409
    assert fresh(campaign).status is CampaignStatus.SENDING


def test_the_plan_adds_up_to_the_audience(sign_in: SignIn) -> None:
    campaign = make_campaign()
    make_member(unit=campaign.member_unit)
    make_member(unit=campaign.member_unit, is_following=False)
    make_person(member_unit=campaign.member_unit)

    page = sign_in(campaign.author).get(f"/console/campaigns/{campaign.id}/plan").text

    assert '<tr><td>未绑定微信</td><td class="number">1</td></tr>' in page
    assert '<tr><td>已取消关注</td><td class="number">1</td></tr>' in page
    assert (
        '<td>没有其他可用渠道，等其来消息时顺带</td><td class="number">1</td>' in page
        or "群发至少两人" in page
    )
    assert "今天的额度" in page
    assert "再等一小时" in page or "之后是免打扰时段" in page


def test_members_markup_never_becomes_the_pages(sign_in: SignIn) -> None:
    activity = make_activity(title="<script>alert(1)</script>", speaker="<img src=x onerror=alert(1)>")
    campaign = make_campaign(activity=activity)

    page = sign_in(campaign.author).get(f"/console/campaigns/{campaign.id}").text

    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_campaigns_are_found_by_status_topic_time_and_words(sign_in: SignIn, noon: datetime) -> None:
    client = sign_in(make_secretary())
    make_campaign(title="甲推送", status=CampaignStatus.SCHEDULED, scheduled_at=noon)
    make_campaign(title="乙推送", topic=Topic.SALON, scheduled_at=noon + timedelta(days=3))

    def found(query: str) -> list[str]:
        page = client.get(f"/console/campaigns/?{query}").text
        return [name for name in ("甲推送", "乙推送") if name in page]

    assert found("") == ["甲推送", "乙推送"]
    assert found("status=scheduled") == ["甲推送"]
    assert found("topic=salon") == ["乙推送"]
    assert found("since=2026-11-24") == ["乙推送"]
    assert found("until=2026-11-23") == ["甲推送"]
    assert found("q=乙") == ["乙推送"]
    assert found("status=nonsense&sort=99&page=-3") == ["甲推送", "乙推送"]


def test_a_long_list_takes_no_more_queries(
    sign_in: SignIn, count_statements: Callable[[Callable[[], object]], int]
) -> None:
    client = sign_in(make_secretary())
    make_campaign()
    one = count_statements(lambda: client.get("/console/campaigns/"))
    for _ in range(19):
        make_campaign()

    assert count_statements(lambda: client.get("/console/campaigns/")) == one


def test_a_time_that_has_passed_is_refused_with_its_field(sign_in: SignIn, noon: datetime) -> None:
    campaign = make_campaign()
    pass_reviews(campaign, make_reviewers(campaign))
    client, yesterday = sign_in(campaign.author), local(noon - timedelta(days=1))

    written = client.post(
        "/console/campaigns/new", data=filled(f"activity:{campaign.activity_id}", scheduled_at=yesterday)
    )
    client.post(f"/console/campaigns/{campaign.id}/schedule", data={"scheduled_at": yesterday})
    page = client.get(f"/console/campaigns/{campaign.id}").text

    assert (written.status_code, "发送时间已经过去" in written.text) == (422, True)
    assert "还不能排期：发送时间已经过去" in page
    assert fresh(campaign).status is CampaignStatus.APPROVED


def test_a_passed_time_of_a_draft_does_not_stop_other_changes(sign_in: SignIn, noon: datetime) -> None:
    campaign = make_campaign(scheduled_at=noon - timedelta(days=1))

    answer = sign_in(campaign.author).post(
        f"/console/campaigns/{campaign.id}/edit",
        data=filled(
            f"activity:{campaign.activity_id}",
            scheduled_at=local(noon - timedelta(days=1)),
            version=campaign.version,
            summary="改了简介",
        ),
    )

    assert (answer.status_code, fresh(campaign).summary) == (302, "改了简介")


def test_the_page_and_the_review_say_how_many_are_meant(sign_in: SignIn) -> None:
    campaign = make_campaign(audience={"tiers": ["9"]})
    client = sign_in(campaign.author)
    pages = [f"/console/campaigns/{campaign.id}", f"/console/campaigns/{campaign.id}/review"]
    campaigns.submit(campaign, actor=campaign.author)

    nobody = [client.get(page).text for page in pages]
    make_person(member_unit=make_unit(tier=UnitTier.NINE))
    somebody = [client.get(page).text for page in pages]

    assert all("受众里现在没有人" in page and "层级：区镇党校（9）（现有 0 人）" in page for page in nobody)
    assert all("受众里现在没有人" not in page and "（现有 1 人）" in page for page in somebody)


def test_the_history_names_people_not_accounts(sign_in: SignIn) -> None:
    campaign = make_campaign()
    campaigns.submit(campaign, actor=campaign.author)

    page = sign_in(campaign.author).get(f"/console/campaigns/{campaign.id}").text

    assert f"推送送审 · {campaign.author.display_name}" in page


def test_testers_of_another_unit_are_masked(sign_in: SignIn) -> None:
    campaign = make_campaign()
    tester = make_person(name="张晓明", member_unit=campaign.member_unit)
    TrialSend.create(
        campaign=campaign, person=tester, account=campaign.author, channel=Channel.WINDOW_MESSAGE,
        at=clock.utc_now(), outcome=AttemptOutcome.ACCEPTED, content_hash="",
    )  # fmt: skip
    url = f"/console/campaigns/{campaign.id}"

    own = sign_in(campaign.author).get(url).text
    other = sign_in(make_account(AccountRoleKind.SECRETARIAT)).get(url).text

    assert "张晓明" in own
    assert ("张*明" in other, "张晓明" in other) == (True, False)


def test_who_may_not_act_is_not_told_how(sign_in: SignIn) -> None:
    seen = sign_in(make_account(AccountRoleKind.LIAISON)).get("/console/campaigns/").text

    assert "还没有推送任务。" in seen
    assert "新建推送" not in seen
