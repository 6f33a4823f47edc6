"""Variables of a campaign's sentence: said for the content and for a person, never a name in a mass send."""

from __future__ import annotations

from datetime import datetime

import pytest

from models.accounts import Account
from models.messaging import CampaignStatus, Channel, TemplateMapping
from models.people import Follower
from sandbox.testing import Sandbox
from services.errors import Invalid
from services.messaging import campaigns, contents, deliveries, variables
from services.messaging.variables import BY_NAME, PERSONAL_CHANNELS, PersonWords
from tests.factories import make_activity, make_issue, make_person, make_unit
from tests.factories.composer import make_notice
from tests.services.messaging.conftest import MakeCampaign, launched
from tests.services.messaging.test_mass import OnPhone
from wechat.gateway import Gateway

WORDS = PersonWords("王小明", "乐余镇党校")


def test_the_contents_variables_follow_it_and_the_persons_are_common_without_one(
    make_campaign: MakeCampaign,
) -> None:
    activity = make_activity(title="基层治理", place="一号厅", starts_at=datetime(2026, 11, 30, 11, 0))
    campaign = make_campaign(
        activity=activity, summary="请{姓名}｛时间｝到{ 地点 }听《{活动名称}》，{单位}派员"
    )

    assert (
        contents.summary(campaign) == "请各位同志11月30日（周一）19:00到一号厅听《基层治理》，各成员单位派员"
    )
    assert contents.summary(campaign, WORDS).startswith("请王小明11月30日")
    activity.place = "二号厅"
    assert "到二号厅听" in contents.summary(campaign)


def test_no_name_enters_a_mass_send_or_a_rider(make_campaign: MakeCampaign) -> None:
    campaign = make_campaign(summary="{姓名}，{单位}")

    told = [
        contents.article(campaign).content_html,
        contents.article(campaign).digest,
        contents.rider_text(campaign),
    ]

    assert "各位同志，各成员单位" in told[0]
    assert told[1] == "各位同志，各成员单位"
    assert Channel.MASS_SEND not in PERSONAL_CHANNELS
    assert Channel.RIDER not in PERSONAL_CHANNELS


def test_what_is_unknown_unfit_or_unpaired_is_refused_with_what_to_write(
    make_campaign: MakeCampaign, secretary: Account
) -> None:
    issue = make_issue()

    assert variables.problems("{姓名}请看{刊名}{期号}", issue) == []
    assert "没有变量{名字}，可用：{姓名}、{单位}、{刊名}、{期号}" in variables.problems("{名字}", issue)
    assert variables.problems("{地点}", issue) == ["这类内容没有{地点}，可用：{姓名}、{单位}、{刊名}、{期号}"]
    assert "没有成对" in variables.problems("{刊名", issue)[0]
    assert variables.problems("{姓名}" * 4, issue) == ["姓名、单位最多写 3 处"]
    assert "还没有内容" in variables.problems("{主讲人}", make_activity(speaker=""))[0]
    assert variables.problems("请看{通知标题}", make_notice()) == []
    campaign = make_campaign(summary="{网址}", status=CampaignStatus.DRAFT, scheduled_at=None)
    with pytest.raises(Invalid) as refusal:
        campaigns.submit(campaign, actor=secretary)
    assert list(refusal.value.fields) == ["summary"]


def test_each_reads_the_own_name_in_chat_and_in_a_template(
    make_campaign: MakeCampaign,
    mappings: list[TemplateMapping],
    on_phone: OnPhone,
    sandbox: Sandbox,
    gateway: Gateway,
) -> None:
    unit = make_unit(short_name="乐余镇党校")
    people = [make_person(name=name, member_unit=unit) for name in ("甲<同志>", "乙同志")]
    followers = [follower_of(on_phone, person) for person in people]
    campaign = launched(make_campaign(summary="请{姓名}代表{单位}参加", channels=[Channel.WINDOW_MESSAGE]))

    for _, chunk in deliveries.due_chunks():
        deliveries.send_chunk(campaign.id, chunk, wechat=gateway)

    said = [sandbox.chat(each.openid)[-1]["body"]["text"] for each in followers]
    assert "请甲&lt;同志&gt;代表乐余镇党校参加" in said[0] or "请甲<同志>代表乐余镇党校参加" in said[0]
    assert "请乙同志代表乐余镇党校参加" in said[1]
    mapping = mappings[0]
    mapping.fields = {"thing1": "summary"}
    assert contents.template_fields(campaign, mapping, WORDS) == {"thing1": "请王小明代表乐余镇党校参加"}


def follower_of(on_phone: OnPhone, person: object) -> Follower:
    follower = on_phone(window=True)
    follower.person = person
    follower.save()
    return follower


def test_a_name_however_long_keeps_the_text_within_its_bytes(make_campaign: MakeCampaign) -> None:
    campaign = make_campaign(summary="{姓名}" * 3 + "长" * 100)

    text = contents.chat_text(campaign, PersonWords("名" * 40, "单位" * 20))

    assert len(text.encode()) <= contents.CHAT_BYTES
    assert set(BY_NAME) >= {"姓名", "单位", "活动名称", "时间", "地点"}
