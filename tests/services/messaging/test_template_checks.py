"""Values that a template would refuse stop a campaign before anything is queued."""

from __future__ import annotations

import pytest

from models.accounts import Account
from models.messaging import Basis, Campaign, CampaignStatus, ContentKind, Delivery, TemplateMapping
from services.errors import Invalid
from services.messaging import campaigns, launch, template_checks
from tests.factories import make_activity, make_member, make_sign_up
from tests.services.messaging.conftest import MakeCampaign


def mapping(**fields: str) -> TemplateMapping:
    return TemplateMapping.create(
        name="报名提醒",
        template_id="TPL_SIGN_UP",
        title="活动报名提醒",
        basis=Basis.SIGN_UP,
        content_kind=ContentKind.ACTIVITY,
        fields=fields,
    )


@pytest.mark.parametrize(
    ("key", "name", "told"),
    [
        (
            "phrase3",
            "place",
            "字段 phrase3 不能填“一号报告厅(东)”：须是5 个以内的汉字，不能有数字、字母或空格",
        ),
        ("number3", "speaker", "字段 number3 不能填“王老师”：须是32 位以内的数字"),
        ("amount3", "title", "字段 amount3 不能填“基层治理”：须是一个币种符号加 10 位以内的数字"),
        ("thing3", "place", ""),
        ("time3", "starts_at", ""),
        ("character_string3", "title", "字段 character_string3 没有可填的内容"),
    ],
)
def test_the_field_and_its_limit_are_named(
    make_campaign: MakeCampaign, secretary: Account, key: str, name: str, told: str
) -> None:
    mapping(thing1="title", **{key: name})
    activity = make_activity(title="基层治理", place="一号报告厅(东)", member_unit=secretary.member_unit)
    campaign = make_campaign(activity=activity, status=CampaignStatus.DRAFT, scheduled_at=None)

    problem = template_checks.problem(campaign)

    assert problem.startswith(f"模板“报名提醒”的{told}" if "须是" in told else f"模板{told}" if told else "")
    assert bool(problem) is bool(told)
    if told:
        with pytest.raises(Invalid) as refusal:
            campaigns.submit(campaign, actor=secretary)
        assert list(refusal.value.fields) == ["template"]


def test_a_template_changed_after_the_approval_stops_the_launch(make_campaign: MakeCampaign) -> None:
    row = mapping(thing1="title")
    campaign = make_campaign()
    make_sign_up(campaign.activity, make_member().person)
    TemplateMapping.update(fields={"phrase1": "starts_at"}).where(TemplateMapping.id == row.id).execute()

    assert not launch.launch(campaign.id)

    fresh = Campaign.get_by_id(campaign.id)
    assert (fresh.status, fresh.scheduled_at) == (CampaignStatus.APPROVED, None)
    assert "phrase1" in fresh.status_reason
    assert Delivery.select().count() == 0
