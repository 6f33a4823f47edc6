"""How a campaign will look, and how much room each channel still has."""

from __future__ import annotations

from models.messaging import Channel, ContentKind, TemplateMapping
from models.people import Topic
from services.messaging import previews
from tests.factories import make_activity
from tests.factories.composer import make_notice
from tests.services.messaging.conftest import MakeCampaign


def test_each_usable_channel_has_one_with_its_room(
    make_campaign: MakeCampaign, mappings: list[TemplateMapping]
) -> None:
    campaign = make_campaign(summary="请{姓名}参加")

    made = previews.of(campaign)

    assert [each.channel for each in made] == [
        Channel.WINDOW_MESSAGE,
        Channel.TEMPLATE_MESSAGE,
        Channel.TEMPLATE_MESSAGE,
        Channel.ONE_TIME_SUBSCRIPTION,
        Channel.MASS_SEND,
        Channel.RIDER,
    ]
    window, card, _, _, article, _ = made
    assert "请李样例参加" in window.text
    assert window.limits[0].used == len(window.text.rsplit("\n", 1)[0].encode())
    assert window.limits[0].left == 1600 - window.limits[0].used
    assert card.rows[0] == ("主题", "基层治理")
    assert (article.text, article.hints) == ("请各位同志参加", ("一份发给所有人，姓名、单位统一改写",))
    assert not any(each.is_cut for each in made)


def test_what_will_be_cut_is_told(make_campaign: MakeCampaign, mappings: list[TemplateMapping]) -> None:
    title = "新时代基层党组织书记治理能力提升专题研讨与现场教学观摩交流活动开班式"
    campaign = make_campaign(activity=make_activity(title=title), channels=[Channel.TEMPLATE_MESSAGE])

    card = previews.of(campaign)[0]

    assert card.is_cut
    assert card.limits[0].used == len(title)
    assert card.rows[0][1] + card.limits[0].lost[:1] == title[:19] + "…" + title[19]


def test_a_value_that_is_missing_and_wrong_words_are_told_at_once(
    make_campaign: MakeCampaign, mappings: list[TemplateMapping]
) -> None:
    campaign = make_campaign(summary="攻府{网址}")
    mappings[0].fields = {"thing1": "nothing"}
    mappings[0].save()

    judged = previews.judge(campaign)

    assert "没有变量{网址}" in judged.stops[0]
    assert "攻府" in judged.wording[0]
    assert "没有“nothing”" in previews.of(campaign)[1].problem


def test_what_no_template_carries_says_why(make_campaign: MakeCampaign) -> None:
    about = {"content_kind": ContentKind.NOTICE, "topic": Topic.NOTICE, "activity": None}
    notice = make_campaign(published_notice=make_notice(), **about)
    unmapped = make_campaign(channels=[Channel.TEMPLATE_MESSAGE])

    of_notice = [each for each in previews.of(notice) if each.channel is Channel.TEMPLATE_MESSAGE]

    assert ["没有这样的依据" in each.problem for each in of_notice] == [True]
    assert ["还没有登记" in each.problem for each in previews.of(unmapped)] == [True]
