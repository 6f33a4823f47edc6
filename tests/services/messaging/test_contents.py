"""What members read, channel by channel; what may not go out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

import clock
import config
from models.messaging import Basis, Campaign, ContentKind, TemplateMapping
from models.people import Topic
from models.publishing import EJournal, EJournalArticle, EJournalColumn
from models.surveys import Questionnaire, QuestionnaireStatus
from services.errors import Invalid
from services.messaging import contents
from tests.factories import make_activity, make_issue, make_unit
from tests.services.messaging.conftest import MakeCampaign
from wechat.template_values import format_values

SECRET = "只供联盟内部阅读的正文"


@pytest.fixture
def issue_campaign(make_campaign: MakeCampaign) -> Campaign:
    """An issue of one internal and one public article."""
    journal = EJournal.create(name="《党校图书情报》", member_unit=make_unit(), print_permit_no="苏内准印001")
    issue = make_issue(e_journal=journal, issue_no="2026年第3期", print_permit_no="")
    EJournalArticle.update(body_html=f"<p>{SECRET}</p>").execute()
    column = EJournalColumn.create(issue=issue, name="政策速览", position=2)
    EJournalArticle.create(
        column=column, position=1, title="公开的文章", body_html="<p>人人可读</p>", is_public=True
    )
    return make_campaign(
        content_kind=ContentKind.E_JOURNAL_ISSUE, topic=Topic.E_JOURNAL, issue=issue, title="新一期"
    )


def mapping(kind: ContentKind, **fields: str) -> TemplateMapping:
    return TemplateMapping.create(
        name="模板", template_id="T", title="模板", basis=Basis.OPT_IN, content_kind=kind, fields=fields
    )


def test_the_text_of_an_internal_article_never_goes_out(issue_campaign: Campaign) -> None:
    fields = mapping(
        ContentKind.E_JOURNAL_ISSUE, thing1="e_journal", character_string2="issue_no", time3="published_at"
    )

    said = [
        contents.chat_text(issue_campaign),
        contents.rider_text(issue_campaign),
        *contents.one_time_fields(issue_campaign),
        *contents.template_fields(issue_campaign, fields).values(),
        contents.article(issue_campaign).content_html,
    ]

    assert not [text for text in said if SECRET in text]
    assert "人人可读" in said[-1]
    assert "热点资讯、政策速览" in said[0]
    assert f"/m/issues/{issue_campaign.issue_id}" in said[0]


def test_template_values_fit_their_types(make_campaign: MakeCampaign, issue_campaign: Campaign) -> None:
    long = make_activity(title="新" * 40, speaker="王老师2", place="一号\n报告厅")
    lecture = make_campaign(activity=long)
    fields = mapping(ContentKind.ACTIVITY, thing1="title", time2="starts_at", thing3="place", name4="speaker")
    values = contents.template_fields(lecture, fields)

    assert values == format_values(None, values)
    assert (len(values["thing1"]), values["name4"], values["thing3"]) == (20, "王老师", "一号 报告厅")
    issue_no = TemplateMapping(name="期号", fields={"character_string2": "issue_no"})
    assert contents.template_fields(issue_campaign, issue_no) == {"character_string2": "2026-3"}


def test_a_template_that_asks_for_what_is_not_there_is_refused(make_campaign: MakeCampaign) -> None:
    with pytest.raises(Invalid) as told:
        contents.template_fields(make_campaign(), TemplateMapping(name="错", fields={"thing1": "issue_no"}))

    assert list(told.value.fields) == ["content"]


def test_user_text_cannot_open_a_link(make_campaign: MakeCampaign) -> None:
    campaign = make_campaign(activity=make_activity(title='<a href="http://x">点我</a>'), summary="a<b")

    for said in (contents.chat_text(campaign), contents.rider_text(campaign)):
        assert said.count("<a ") == 1
    assert '<a href="http://x"' not in contents.article(campaign).content_html


def test_everything_stays_within_the_platforms_limits(make_campaign: MakeCampaign) -> None:
    activity = make_activity(title="题" * 80, place="地" * 80, speaker="人" * 40)
    campaign = make_campaign(activity=activity, summary="概" * 120)
    title, text = contents.one_time_fields(campaign)
    article = contents.article(campaign)

    assert len(contents.chat_text(campaign).encode()) <= contents.CHAT_BYTES
    assert (len(title) <= 15, len(text) <= 200) == (True, True)
    assert (len(article.title) <= 32, len(article.author) <= 16, len(article.digest) <= 120) == (True,) * 3


def test_a_survey_is_answered_in_chat_or_on_its_page(make_campaign: MakeCampaign) -> None:
    questionnaire = Questionnaire.create(
        title="需求征集", member_unit=make_unit(), status=QuestionnaireStatus.OPEN
    )
    campaign = make_campaign(
        content_kind=ContentKind.QUESTIONNAIRE, topic=Topic.SURVEY, questionnaire=questionnaire
    )

    page = f"{config.settings().public_url}/m/surveys/{questionnaire.id}"
    assert contents.link(campaign) == contents.article(campaign).source_url == page
    assert f'href="{page}"' in contents.chat_text(campaign)
    assert f'href="{page}"' in contents.article(campaign).content_html
    for text in (
        contents.chat_text(campaign),
        contents.rider_text(campaign),
        contents.one_time_fields(campaign)[1],
        contents.article(campaign).content_html,
    ):
        assert "回复“需求征集”" in text
    assert len(contents.rider_text(campaign).encode()) <= contents.RIDER_BYTES
    assert "weixin://bizmsgmenu?msgmenucontent=" in contents.chat_text(campaign)
    assert "匿名" in contents.chat_text(campaign)


@pytest.mark.parametrize(
    ("changed", "is_read"),
    [
        ({"title": "新题"}, True),
        ({"place": "别处"}, True),
        ({"starts_at": datetime(2027, 1, 1)}, True),
        ({"body_html": "<p>新</p>"}, True),
        ({"seats": 10}, False),
        ({"version": 9}, False),
    ],
)
def test_the_hash_covers_what_members_read(
    make_campaign: MakeCampaign, changed: dict[str, Any], is_read: bool
) -> None:
    campaign = make_campaign()
    before = contents.content_hash(campaign)

    for name, value in changed.items():
        setattr(campaign.activity, name, value)

    assert (contents.content_hash(campaign) != before) is is_read


def test_what_is_over_cannot_be_sent(make_campaign: MakeCampaign) -> None:
    campaign = make_campaign()
    assert contents.why_not_sendable(campaign) == ""

    clock.advance(timedelta(days=4))

    assert contents.why_not_sendable(campaign) == "活动已经结束，不能推送"
