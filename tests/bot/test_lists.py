"""Numbered lists: cards, numbers in every spelling, pages, and whose numbers they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from peewee import Database

import clock
import config
from bot import dispatcher, lists
from models.activities import ActivityKind, ActivityStatus
from models.inbound import InboundMessage, InboxItem
from models.people import Follower
from models.publishing import EJournal
from models.surveys import Conversation
from services import bindings, inbound
from tests.bot.conftest import CARD, Phone, message
from tests.factories import make_activity, make_issue, make_member, make_unit
from tests.factories.surveys import make_questionnaire, number, single
from wechat.replies import NewsArticle

Phones = Callable[..., Phone]


@pytest.fixture
def subscription(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = config.settings().model_copy(update={"wechat_account_kind": "subscription"})
    monkeypatch.setattr(config, "settings", lambda: settings)


def lectures(count: int) -> None:
    for n in range(1, count + 1):
        make_activity(title=f"第{n}讲", starts_at=clock.utc_now() + timedelta(days=n), place=f"{n}号厅")


def test_the_latest_is_a_card_with_the_others_numbered_under_it(phone: Phones) -> None:
    lectures(7)
    member = make_member()

    card = dispatcher.answer(message(member.openid, "最新讲座"))

    assert isinstance(card, NewsArticle)
    assert card.title == "第1讲"
    assert card.url.startswith(f"{config.settings().public_url}/m/activities/")
    assert card.picture_url.endswith("/static/pages/cards/lecture.png")
    told = card.description.splitlines()
    assert told[:2] == ["11月24日（周二）12:00", "地点：1号厅"]
    assert "2. 第2讲（11月25日）" in told
    assert "5. 第5讲（11月28日）" in told
    assert told[-1] == "回复 2 看第二篇，“更多”看后面的，“列表”看全部链接。"


@pytest.mark.parametrize(
    "words",
    [
        "2",
        "２",
        "２。",
        "二",
        "②",
        "第二篇",
        "第2个",
        "第 2 条",
        "回复 2",
        "回复2",
        "看第二篇",
        "2、",
        "2）",
        "第二",
        "二篇",
    ],
)
def test_a_number_in_any_spelling_shows_that_one(phone: Phones, words: str) -> None:
    lectures(3)
    mine = phone(make_member())
    mine.says("最新讲座")

    assert mine.says(words).startswith(f"{CARD}第2讲\n11月25日（周三）12:00\n地点：2号厅\n主讲：王老师\n")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("十", 10), ("十二", 12), ("二十", 20), ("三十五", 35), ("两", 2), ("60", 60), ("0", None),
        ("00", None), ("123", None), ("第", None), ("篇", None), ("十十", None), ("一二", None), ("", None),
        ("2月", None), ("我2", None), ("2 3", None), ("第二篇文章是什么", None),
    ],
)  # fmt: skip
def test_what_is_a_number_and_what_is_none(words: str, meant: int | None) -> None:
    assert lists.asked_number(words) == meant


def test_more_goes_on_and_all_numbers_stay_good(phone: Phones) -> None:
    lectures(12)
    mine = phone(make_member())
    mine.says("最新讲座")

    second, third, end = mine.says("更多"), mine.says("下一页"), mine.says("更多")

    assert [
        line[line.index(">") + 1 : line.index("</a>")] for line in second.splitlines() if "/m/" in line
    ] == [f"{n}. 第{n}讲" for n in range(6, 11)]
    assert "11. 第11讲" in third
    assert "12. 第12讲" in third
    assert "看后面的" not in third
    assert end.startswith("后面没有了，一共 12 条")
    assert mine.says("12").startswith(f"{CARD}第12讲")
    assert mine.says("2").startswith(f"{CARD}第2讲")
    assert mine.says("第十三个").startswith("刚才的列表列到第 12 条。")


def test_each_kind_of_list_is_numbered(phone: Phones) -> None:
    journal = EJournal.create(name="《前沿观察》", member_unit=make_unit())
    for no in (1, 2):
        make_issue(
            e_journal=journal,
            issue_no=f"2026年第{no}期",
            published_at=clock.utc_now() - timedelta(days=10 - no),
        )
    make_activity(title="沙龙甲", kind=ActivityKind.SALON)
    mine = phone(make_member())

    assert mine.says("期刊").startswith(f"{CARD}《前沿观察》2026年第2期\n栏目：热点资讯\n苏内准印")
    assert mine.says("2").startswith(f"{CARD}《前沿观察》2026年第1期\n")
    assert "内部资料" in mine.says("2")
    only = mine.clicks("SALONS")
    assert only.startswith(f"{CARD}沙龙甲\n")
    assert "还有" not in only


def test_the_last_list_holds_for_a_day(phone: Phones) -> None:
    lectures(2)
    make_activity(title="沙龙甲", kind=ActivityKind.SALON)
    mine = phone(make_member())
    mine.says("讲座"), mine.says("沙龙")

    assert mine.says("1").startswith(f"{CARD}沙龙甲")
    assert mine.says("2").startswith("刚才的列表只有 1 条")
    clock.advance(timedelta(hours=23))
    assert mine.says("1").startswith(f"{CARD}沙龙甲")
    clock.advance(timedelta(hours=25))  # since it was used last
    assert mine.says("1").startswith("现在没有可以按序号看的列表")
    assert InboxItem.select().count() == 0


def test_each_follower_has_a_list_of_its_own(phone: Phones) -> None:
    lectures(2)
    one, other = phone(make_member()), phone(make_member())
    one.says("讲座")

    assert other.says("2").startswith("现在没有")
    assert one.says("2").startswith(f"{CARD}第2讲")


def test_a_repeated_list_or_number_is_answered_as_before(phone: Phones) -> None:
    lectures(3)
    member = make_member()
    first, number_two = message(member.openid, "讲座"), message(member.openid, "2")

    shown = [dispatcher.answer(first), dispatcher.answer(number_two)]
    make_activity(title="新的第一讲", starts_at=clock.utc_now() + timedelta(hours=1))
    repeated = [dispatcher.answer(first), dispatcher.answer(number_two)]

    assert shown == repeated
    assert InboundMessage.select().where(InboundMessage.listed.is_null(False)).count() == 2
    assert phone(member).says("1").startswith(f"{CARD}第1讲")


def test_a_number_during_a_survey_belongs_to_the_survey(phone: Phones) -> None:
    lectures(3)
    survey = make_questionnaire(single(), number())
    mine = phone(make_member())
    mine.says("讲座"), mine.says("需求征集")

    assert "【2/2】" in mine.says("２")
    assert Conversation.get().questionnaire == survey
    wrong = mine.says("99999")
    assert "【2/2】" in wrong
    mine.says("退出")
    assert mine.says("2").startswith(f"{CARD}第2讲")


def test_during_a_survey_a_list_is_text_so_that_the_offer_stands_below(phone: Phones) -> None:
    lectures(2)
    make_questionnaire(single())
    mine = phone(make_member())
    mine.says("需求征集")

    said = mine.says("最新讲座")

    assert said.startswith("【近期讲座】\n")
    assert said.endswith("接着答。")
    assert "点标题看那一篇" in said
    assert "回复序号" not in said


def test_what_was_withdrawn_or_closed_meanwhile_is_not_shown(phone: Phones) -> None:
    unit = make_unit()
    inner = make_activity(title="校内讲座", member_unit=unit, is_shared=False)
    member = make_member(unit=unit)
    mine = phone(member)
    mine.says("讲座"), mine.says("期刊")
    mine.says("讲座")
    inner.status = ActivityStatus.CANCELLED
    inner.save()
    assert mine.says("1").startswith("第 1 条已撤下")

    inner.status = ActivityStatus.PUBLISHED
    inner.save()
    bindings.unbind(Follower.get_by_id(member.id))
    assert mine.says("1").startswith("第 1 条已撤下，或不对您开放")


def test_who_is_not_bound_gets_text_and_how_to_bind(phone: Phones) -> None:
    lectures(2)
    stranger = phone()

    assert stranger.says("讲座").startswith("【近期讲座】\n")
    told = stranger.says("2")
    assert told.startswith("【第2讲】\n11月25日")
    assert "绑定 邀请码" in told


def test_a_subscription_account_signs_its_cards(phone: Phones, subscription: None) -> None:
    lectures(6)
    mine = phone(make_member())

    assert "/m/open/" in mine.says("讲座")
    assert "5分钟内有效" in mine.says("讲座")
    assert "看后面的" in mine.says("列表")


def test_lists_of_a_forgotten_message_are_forgotten(phone: Phones, db: Database) -> None:
    lectures(2)
    phone(make_member()).says("讲座")

    inbound.forget_raw(clock.utc_now() + timedelta(seconds=1))

    assert InboundMessage.get().listed is None


def test_a_list_costs_what_it_did_and_a_number_one_more(
    phone: Phones, count_statements: Callable[..., int]
) -> None:
    lectures(9)
    member = make_member()
    for words, most in (("最新讲座", 3), ("列表", 4), ("更多", 4), ("2", 4)):
        sent = message(member.openid, words)
        assert count_statements(lambda sent=sent: dispatcher.answer(sent)) <= most, words
