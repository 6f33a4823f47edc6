"""Binding in chat: by a unit's code, by its word, and what is said before leaving for good."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from models.accounts import AccountRoleKind
from models.activities import SignUpStatus
from models.bindings import BindingRequest
from models.people import Follower, Person, TopicOptIn
from models.sealing import keyed_hash
from services import activities, binding_decisions, consents, opt_ins, unit_bindings
from tests.bot.conftest import Phone, event
from tests.factories import (
    make_account,
    make_activity,
    make_follower,
    make_opt_in,
    make_person,
    make_sign_up,
    make_unit,
)
from tests.factories.surveys import make_questionnaire

NewPhone = Callable[..., Phone]


def on_roster(unit: object) -> Person:
    phone = "13800005678"
    return make_person(name="张晓明", member_unit=unit, phone=phone, phone_hash=keyed_hash(phone))


def scan(phone: Phone, unit_id: int) -> str:
    return phone._answered(event(phone.openid, "SCAN", unit_bindings.scene_of(unit_id)))


def test_a_follow_by_the_units_code_binds_into_the_unit(phone: NewPhone) -> None:
    unit = make_unit(name="乐余镇党校")
    person, new = on_roster(unit), phone()

    assert "乐余镇党校的绑定入口" in new.follows(f"qrscene_{unit_bindings.scene_of(unit.id)}")
    assert consents.PRIVACY_NOTICE in new.says("张晓明 5678")
    assert "绑定成功" in new.says("同意")

    assert new.follower.person_id == person.id
    assert "您已绑定" in scan(new, unit.id)


def test_a_word_and_a_request_the_liaison_answers_with_the_next_reply(phone: NewPhone) -> None:
    unit, new = make_unit(short_name="乐余"), phone()
    new.follows()
    assert "绑定入口" in new.says(f"绑定 {unit_bindings.ensure(unit.id).word.lower()}")
    assert "没有核对到" in new.says("李新 4321")
    assert "提交联络员" in new.says("提交申请") or "提交本单位联络员" in new.says("提交申请")
    assert "已提交给乐余联络员" in new.says("同意")
    assert "已提交给乐余联络员" in new.says("怎么绑定")
    for asked in ("我的", "订阅设置", "我的报名"):
        said = new.says(asked)
        assert "已提交给乐余联络员，正在等待核实" in said
        assert "还没有绑定" not in said
    liaison = make_account(AccountRoleKind.LIAISON, member_unit=unit)
    binding_decisions.refuse(BindingRequest.get(), reason="请先到单位登记", actor=liaison)

    assert "请先到单位登记" in new.says("帮助")
    assert "请先到单位登记" not in new.says("帮助")


def test_while_the_yes_is_waited_for_every_way_leads_to_it(phone: NewPhone) -> None:
    unit, new = make_unit(short_name="乐余"), phone()
    on_roster(unit)
    new.follows()
    scan(new, unit.id)
    assert "还没有填完" in new.says("订阅设置")
    new.says("张晓明 5678")

    for asked in ("我的", "身份绑定", "订阅设置", "我的消息"):
        said = new.says(asked)
        assert "绑定还差一步：张*明" in said
        assert "同意后完成绑定" in said
    assert "/m/bind/notice" in new.says("我的")
    assert "绑定成功" in new.says("同意")
    assert "绑定还差一步" not in new.says("我的")


def test_other_words_are_answered_as_ever_while_name_and_phone_are_waited_for(phone: NewPhone) -> None:
    unit, new = make_unit(), phone()
    new.follows()
    scan(new, unit.id)

    assert "讲座" in new.says("最新讲座")
    assert "点文字或直接发送" in new.says("帮助")
    assert new.follower.binding_request is not None


def test_after_a_scan_in_the_middle_of_a_survey_a_name_is_no_answer(phone: NewPhone) -> None:
    unit = make_unit()
    follower = make_follower(person=None)
    make_questionnaire()
    mine = phone(follower)
    mine.says("需求征集")
    scan(mine, unit.id)

    assert "没有核对到" in mine.says("李新 4321")


def test_erasing_takes_two_words_and_says_what_it_does(phone: NewPhone) -> None:
    person = make_person(name="张晓明")
    follower = make_follower(person=person)
    make_opt_in(person)
    coming = make_activity()
    make_sign_up(coming, person)
    mine = phone(follower)

    asked = mine.says("注销资料")
    assert "不能恢复" in asked
    assert Person.get_by_id(person.id).erased_at is None
    assert "已注销" in mine.says("确认注销资料")

    gone = Person.get_by_id(person.id)
    assert (gone.name, gone.phone) == ("已注销", None)
    assert Follower.get_by_id(follower.id).person_id is None
    assert TopicOptIn.select().count() == 0
    assert activities.sign_up_of(coming, gone).status is SignUpStatus.CANCELLED
    assert [row.is_granted for row in opt_ins.history_of(gone)] == [False]
    assert "请先绑定" in mine.says("确认注销资料")


@pytest.mark.parametrize("word", ["解除绑定", "注销资料"])
def test_what_leaving_does_fits_into_one_reply(phone: NewPhone, word: str) -> None:
    said = phone(make_follower(person=make_person(name="阿卜杜拉买买提"))).says(word)

    assert len(said.encode()) < 1700
