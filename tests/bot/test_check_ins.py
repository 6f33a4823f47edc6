"""Checking in from the chat: the menu's scanner and six digits typed."""

from __future__ import annotations

from datetime import datetime, timedelta

import clock
from bot import dispatcher
from models.check_ins import CheckIn, CheckInWay
from models.inbound import InboxItem
from models.surveys import Answer
from services import check_ins
from tests.bot.conftest import event
from tests.factories import make_member, make_sign_up
from tests.factories.check_ins import make_opening, make_runner, make_running, shown
from tests.factories.surveys import make_questionnaire, number


def scan(openid: str, result: str, key: str = "CHECK_IN") -> str | None:
    said = {"ScanCodeInfo": {"ScanType": "qrcode", "ScanResult": result}}
    return dispatcher.answer(event(openid, "scancode_waitmsg", key, fields=said))  # type: ignore[return-value]


def test_a_code_scanned_from_the_menu_checks_in(phone) -> None:
    member = make_member()
    activity = make_running(title="基层治理讲座 <一>")
    make_sign_up(activity, member.person)
    phone(member)

    reply = scan(member.openid, shown(make_opening(activity)).address)

    assert reply == "✓ 签到成功：基层治理讲座 &lt;一&gt;"
    assert CheckIn.get().way is CheckInWay.SCAN_CHAT


def test_another_code_is_told_to_be_none_of_ours(phone) -> None:
    phone(member := make_member())

    assert "不是本平台的签到码" in str(scan(member.openid, "https://example.org/m/c/1-2-3"))


def test_six_digits_check_in(phone) -> None:
    member = make_member()
    activity = make_running()
    make_sign_up(activity, member.person)
    digits = shown(make_opening(activity)).six_digits

    mine = phone(member)

    assert mine.says(digits).startswith("✓ 签到成功")
    assert mine.says(digits) == f"✓ 您已签到，不用再签：{activity.title}"
    assert CheckIn.get().way is CheckInWay.SIX_DIGITS


def test_wrong_digits_and_a_closed_check_in_are_told_apart(phone, noon: datetime) -> None:
    member = make_member()
    activity = make_running()
    make_sign_up(activity, member.person)
    runner = make_runner(activity.member_unit)
    opening = check_ins.open_(activity, by=runner)
    wrong = "000000" if shown(opening).six_digits != "000000" else "111111"
    mine = phone(member)

    assert "签到码不对" in mine.says(wrong)
    check_ins.close(activity, by=runner)
    assert "点名补记" in mine.says(shown(opening).six_digits)
    assert not InboxItem.select().exists()


def test_digits_mean_nothing_special_when_no_check_in_was_of_late(phone) -> None:
    mine = phone(make_member())

    mine.says("123456")

    assert InboxItem.get().text == "123456"


def test_who_is_not_bound_is_told_how_to_bind(phone) -> None:
    make_opening(make_running())

    assert "绑定" in phone().says("123456")


def test_a_number_in_a_survey_stays_an_answer_unless_it_is_the_code_on_show(phone) -> None:
    member = make_member()
    activity = make_running()
    make_sign_up(activity, member.person)
    digits = shown(make_opening(activity)).six_digits
    other = "100000" if digits != "100000" else "100001"
    make_questionnaire(number(minimum=0, maximum=900000))
    mine = phone(member)
    mine.says("需求征集")

    assert mine.says(digits).startswith("✓ 签到成功")
    mine.says(other)

    assert Answer.get().number == int(other)


def test_a_message_that_came_late_counts_from_when_it_was_sent(phone, noon: datetime) -> None:
    member = make_member()
    activity = make_running()
    make_sign_up(activity, member.person)
    digits = shown(make_opening(activity)).six_digits
    phone(member)
    sent = event(member.openid, "x")
    sent.msg_type, sent.event, sent.content, sent.msg_id = "text", "", digits, "24000000000000999"

    with clock.fixed(noon + timedelta(minutes=4)):  # WeChat's third try
        assert str(dispatcher.answer(sent)).find("签到成功") >= 0


def test_how_to_check_in_is_told(phone) -> None:
    assert "六位数字" in phone(make_member()).says("签到")
