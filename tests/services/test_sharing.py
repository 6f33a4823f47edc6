"""Words for a class group: complete, and no more than the channels say."""

from __future__ import annotations

from datetime import timedelta

import pytest

import clock
import config
from models.activities import ActivityStatus
from models.publishing import EJournalArticle
from services import sharing
from tests.factories import make_account, make_activity, make_issue
from tests.factories.surveys import make_questionnaire, single
from tests.server.console.campaign_rows import make_campaign

pytestmark = pytest.mark.usefixtures("db", "noon")


def test_a_survey_tells_both_ways_and_its_end() -> None:
    survey = make_questionnaire(single(), closes_at=clock.utc_now() + timedelta(days=3))

    assert sharing.text_of(survey) == (
        "【需求征集】2027年上半年需求征集\n"
        "约两分钟。\n"
        "共1题。本问卷匿名：不记录是谁答的，只看汇总。\n"
        "怎么填写（任选一种）：\n"
        "1. 打开微信公众号“微党校”，回复“需求征集”，点选作答，可随时离开，回复“继续”接着答；\n"
        f"2. 用网页填写：{config.settings().public_url}/m/surveys/{survey.id}\n"
        "截止时间：2026年11月26日（周四）12:00\n"
        "还没有绑定的，请先在公众号里回复“绑定 邀请码”，邀请码向本单位联络员索取。"
    )


def test_without_web_sign_in_chat_is_the_only_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings(), "wechat_account_kind", "subscription")

    told = sharing.text_of(make_questionnaire(single()))

    assert "怎么填写：打开微信公众号“微党校”" in told
    assert "/m/surveys" not in told


def test_an_issue_tells_title_columns_and_the_way_and_nothing_of_its_texts() -> None:
    issue = make_issue()
    article = EJournalArticle.get()

    told = sharing.text_of(issue, summary="本期看点")

    assert told.startswith(f"【新刊】{issue.e_journal.name}{issue.issue_no}\n本期看点\n栏目：热点资讯\n")
    assert "内部资料，免费交流，请勿外传。" in told
    assert article.title not in told
    assert "正文" not in told


def test_an_activity_tells_when_where_and_how_to_sign_up() -> None:
    activity = make_activity(title="全会精神专题辅导")

    told = sharing.text_of(activity)

    assert "：全会精神专题辅导\n时间：2026年11月25日（周三）12:00\n地点：一号报告厅\n主讲：王老师\n" in told
    assert "回复“讲座”" in told
    assert f"/m/activities/{activity.id}" in told


def test_a_campaign_adds_its_sentence_and_waits_until_its_content_may_go_out() -> None:
    campaign = make_campaign(
        activity=make_activity(title="全会精神专题辅导"), summary="席位有限", author=make_account()
    )

    told = sharing.of_campaign(campaign)
    assert sharing.of_activity(campaign.activity).startswith("【讲座】")
    campaign.activity.status = ActivityStatus.CANCELLED

    assert told.splitlines()[1] == "席位有限"
    assert sharing.of_campaign(campaign) == sharing.of_activity(campaign.activity) == ""
