"""搜索 in chat: what is found, what is not, and what is no search at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from peewee import Database

import clock
from models.activities import Activity, ActivityStatus
from models.inbound import InboxItem
from models.publishing import EJournalArticle, EJournalIssue, IssueStatus
from services.search import content
from tests.bot.conftest import Phone
from tests.factories import make_activity, make_issue, make_member, make_unit
from tests.factories.composer import make_notice

Phones = Callable[..., Phone]


def lecture(**values: Any) -> Activity:
    activity = make_activity(**values)
    content.index_activity(activity)
    return activity


def issue(**values: Any) -> EJournalIssue:
    made = make_issue(**values)
    EJournalArticle.update(title="基层治理新探", body_html="<p>积分制治理</p>").execute()
    content.index_issue(made)
    return made


@pytest.mark.parametrize(
    "words", ["搜索 基层治理", "搜索基层治理", "找 基层治理", "搜：基层　治理", "查找 “治理”", "检索 治"]
)
def test_a_search_gives_links_to_what_is_open(phone: Phones, words: str) -> None:
    activity = lecture(title="基层治理讲座", starts_at=clock.utc_now() + timedelta(days=1))
    issue()

    reply = phone(make_member()).says(words)

    assert "1. 基层治理讲座</a>" in reply
    assert "2. 基层治理新探</a>" in reply
    assert "11月24日（周二）12:00" in reply
    assert reply.count("/m/") == 2
    assert activity.status is ActivityStatus.PUBLISHED
    assert InboxItem.select().count() == 0


def test_nothing_found_says_what_to_do(phone: Phones, db: Database) -> None:
    reply = phone(make_member()).says("搜索 量子<力学>")

    assert reply.startswith("没有找到“量子&lt;力学&gt;”")
    assert "短一些的词" in reply


@pytest.mark.parametrize("words", ["搜索", "找", "搜索 ，", "搜索："])
def test_a_search_for_nothing_says_how(phone: Phones, words: str) -> None:
    assert "请发送“搜索 关键词”" in phone(make_member()).says(words)


@pytest.mark.parametrize("words", ["找不到邀请码怎么办", "搜不到课件", "查找功能在哪里"])
def test_a_sentence_that_begins_so_still_goes_to_the_staff(phone: Phones, words: str) -> None:
    reply = phone(make_member()).says(words)

    assert "已转给工作人员" in reply
    assert InboxItem.select().count() == 1


def test_what_is_not_open_is_not_told(phone: Phones) -> None:
    lecture(title="治理内部", is_shared=False, member_unit=make_unit())
    lecture(title="治理草稿", status=ActivityStatus.DRAFT)
    lecture(title="治理取消", status=ActivityStatus.CANCELLED)
    issue(status=IssueStatus.WITHDRAWN)

    for who in (phone(make_member()), phone()):
        assert who.says("搜索 治理").startswith("没有找到")


def test_who_is_not_bound_finds_shared_activities_and_no_journal(phone: Phones) -> None:
    lecture(title="基层治理讲座")
    issue()

    reply = phone().says("搜索 治理")

    assert "基层治理讲座" in reply
    assert "新探" not in reply
    assert "绑定 邀请码" in reply
    assert phone().says("搜索 积分制").startswith("没有找到")


def test_at_most_five_and_never_too_long(phone: Phones) -> None:
    for _ in range(9):
        lecture(title="治理" + "长" * 78)

    reply = phone(make_member()).says("搜索 治理" + "长" * 300)
    short = phone(make_member()).says("搜索 治理")

    assert "长" * 21 not in reply.partition("\n")[0]
    assert 3 <= short.count("/m/activities/") <= 5
    assert "看后面的" in short


def test_the_help_tells_of_it(phone: Phones) -> None:
    assert "搜索" in phone(make_member()).says("帮助")


def test_a_notice_is_found_and_opened_by_its_number(phone: Phones) -> None:
    content.index_notice(make_notice(title="关于集体备课的通知", is_shared=True))
    someone = phone(make_member())

    found, card = someone.says("搜索 集体备课"), someone.says("1")

    assert "1. 关于集体备课的通知</a>" in found
    assert "关于集体备课的通知" in card
    assert "/m/notices/" in card
