"""报名, 候补, 取消报名 in chat: by number, by card, by title, by tap."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

import clock
from models.activities import Activity, SignUp, SignUpStatus
from models.inbound import InboxItem
from models.people import Person
from services import activities
from tests.bot.conftest import CARD, Phone
from tests.factories import make_activity, make_issue, make_member, make_person, make_sign_up

Phones = Callable[..., Phone]
LINK = re.compile(r"msgmenuid=([^\"]+)\">([^<]+)</a>")


def lectures(count: int, **values: object) -> list[Activity]:
    now = clock.utc_now()
    return [
        make_activity(title=f"第{n}讲", starts_at=now + timedelta(days=n), **values)
        for n in range(1, count + 1)
    ]


def tap(mine: Phone, said: str, words: str) -> str:
    """Tap the link that shows these words."""
    links = {text: menu_id for menu_id, text in LINK.findall(said)}
    return mine.taps(links[words], words)


def held(person: Person) -> list[tuple[str, SignUpStatus]]:
    rows = SignUp.select().where(SignUp.person == person).order_by(SignUp.activity)
    return [(row.activity.title, row.status) for row in rows]


@pytest.mark.parametrize("words", ["报名 2", "报名2", "报名第二场", "我要报名 2", "报名：2"])
def test_a_number_signs_up_for_that_one(phone: Phones, words: str) -> None:
    lectures(3)
    member = make_member()
    mine = phone(member)
    assert "“报名 2”报第二场" in mine.says("最新讲座")

    said = mine.says(words)

    assert said.startswith("✓ 报名成功。")
    assert "第2讲</a>\n11月25日（周三）12:00" in said
    assert held(member.person) == [("第2讲", SignUpStatus.SIGNED_UP)]
    assert SignUp.get().source == "chat"
    assert mine.says(words).startswith("您已报名，不用再报")
    assert mine.says("候补 2").startswith("您已报名，不用候补")


def test_after_a_card_one_word_is_enough(phone: Phones) -> None:
    lectures(3)
    member = make_member()
    mine = phone(member)
    mine.says("最新讲座")
    assert mine.says("3").startswith(f"{CARD}第3讲")

    mine.says("报名")
    mine.says("最新讲座")
    mine.says("报名")

    assert held(member.person) == [("第1讲", SignUpStatus.SIGNED_UP), ("第3讲", SignUpStatus.SIGNED_UP)]


def test_what_is_full_offers_the_queue_and_says_the_turn(phone: Phones) -> None:
    [lecture] = lectures(1, seats=1)
    make_sign_up(lecture, make_person())
    first, second = make_member(), make_member()
    for member, turn in ((first, 1), (second, 2)):
        mine = phone(member)
        mine.says("最新讲座")
        full = mine.says("报名")
        assert "名额已满。可以排队候补" in full
        assert f"排在第 {turn} 位" in tap(mine, full, "候补")
        assert f"您在候补第{turn}位" in mine.says("报名 1")

    assert "候补中" in phone(first).says("我的报名")
    assert held(first.person) == [("第1讲", SignUpStatus.WAITING)]
    assert "排在第 2 位" in phone(second).says("候补 1")


def test_the_limit_of_a_unit_and_the_closing_time_are_said(phone: Phones) -> None:
    member = make_member()
    [one] = lectures(1, unit_seats=1)
    make_sign_up(one, make_person(member_unit=member.person.member_unit))
    make_activity(
        title="截止", starts_at=clock.utc_now() + timedelta(days=5), sign_up_closes_at=clock.utc_now()
    )
    mine = phone(member)
    mine.says("最新讲座")

    assert "您单位的名额已满" in mine.says("报名 1")
    assert "报名已于11月23日 12:00 截止" in mine.says("报名 2")
    assert held(member.person) == []


def test_a_seat_is_given_back_by_number_or_after_a_question(phone: Phones) -> None:
    one, two, _ = lectures(3)
    member = make_member()
    for lecture in (one, two):
        make_sign_up(lecture, member.person)
    mine = phone(member)
    shown = mine.says("我的报名")
    assert "1. 第2讲" in shown
    assert "取消报名 1" in shown

    said = mine.says("取消报名 1")
    assert said.startswith("已取消报名：第2讲")
    asked = mine.says("不参加了")
    assert "要取消报名吗？\n第1讲" in asked
    assert held(member.person)[0] == ("第1讲", SignUpStatus.SIGNED_UP)
    assert "已取消报名：第1讲" in tap(mine, asked, "确认取消报名")
    assert "报名成功" in tap(mine, said, "重新报名")

    assert held(member.person) == [("第1讲", SignUpStatus.CANCELLED), ("第2讲", SignUpStatus.SIGNED_UP)]


def test_a_number_of_another_list_takes_no_seat_away(phone: Phones) -> None:
    _, two = lectures(2)
    member = make_member()
    make_sign_up(two, member.person)
    mine = phone(member)
    mine.says("最新讲座")

    said = mine.says("取消报名 1")

    assert said.startswith("您没有报名第 1 条。")
    assert "1. 第2讲" in said
    assert held(member.person) == [("第2讲", SignUpStatus.SIGNED_UP)]
    assert mine.says("取消报名 1").startswith("已取消报名：第2讲")


def test_without_a_list_it_is_said_how(phone: Phones) -> None:
    lectures(2)
    mine = phone(make_member())

    assert mine.says("报名").startswith("请告诉我是哪一场：回复“报名 序号”")
    assert "报名成功" in mine.says("报名 2")
    assert "列到第 2 条" in mine.says("报名 9")
    assert SignUp.select().count() == 1


def test_a_title_is_enough_and_a_mere_sentence_goes_to_the_staff(phone: Phones) -> None:
    make_activity(title="基层治理的三个抓手")
    mine = phone(make_member())

    assert "没有找到标题里有“乡村”" in mine.says("报名 乡村")
    assert "转给工作人员" in mine.says("报名表在哪里下载")
    assert "报名成功" in mine.says("报名《基层治理》")
    assert InboxItem.select().count() == 1


def test_who_is_not_bound_and_what_is_no_activity_are_told_so(phone: Phones) -> None:
    lectures(1)
    make_issue()
    assert "请先绑定" in phone().says("报名 1")
    mine = phone(make_member())
    mine.says("期刊")
    assert "不是活动，不能报名" in mine.says("报名 1")
    assert SignUp.select().count() == 0


def test_another_activity_at_the_time_is_named(phone: Phones) -> None:
    member = make_member()
    [one] = lectures(1)
    make_sign_up(make_activity(title="同时的沙龙", starts_at=one.starts_at), member.person)
    mine = phone(member)

    assert "与您报名的“同时的沙龙”时间重叠" in mine.says("报名 第1讲")
    assert activities.sign_up_of(one, member.person) is not None
