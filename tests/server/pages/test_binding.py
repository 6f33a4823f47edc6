"""Binding on the page: phone and invite code, or the unit's word; notice, consents, a request."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from models.accounts import AccountRoleKind
from models.alliance import MemberUnit
from models.bindings import BindingRequest
from models.people import Follower, Person, Topic
from models.sealing import keyed_hash
from services import binding_decisions, bindings, consents, opt_ins, unit_bindings
from tests.factories import make_account, make_follower, make_member, make_person, make_unit
from tests.server.pages.conftest import Enter
from tests.server.pages.test_sign_in import csrf

pytestmark = pytest.mark.usefixtures("noon")
FORM, NOTICE = "/m/bind", "/m/bind/notice"


def on_roster(unit: MemberUnit | None = None) -> Person:
    phone = "13800005678"
    return make_person(name="张晓明", member_unit=unit, phone=phone, phone_hash=keyed_hash(phone))


def code_of(person: Person) -> str:
    [(_, code)] = bindings.issue_codes([person.id], actor=None)
    return code


def send(client: FlaskClient, page: str, to: str = "", **fields: Any) -> Any:
    return client.post(to or page, data={"csrf": csrf(client.get(page)), **fields})


def again(follower: Follower) -> Follower:
    return Follower.get_by_id(follower.id)


def test_phone_and_code_then_notice_and_chosen_topics_bind(enter: Enter) -> None:
    person, follower = on_roster(), make_follower()
    client = enter(follower)

    begun = send(client, FORM, by="code", phone="138 0000 5678", code=code_of(person).lower())
    assert begun.location == NOTICE
    shown = client.get(NOTICE).text
    assert consents.PRIVACY_NOTICE.splitlines()[2] in shown
    assert "张*明" in shown
    assert again(follower).person_id is None
    assert send(client, NOTICE, answer="yes").status_code == 422  # the box was not ticked
    done = send(client, NOTICE, answer="yes", agrees="1", topic=["lecture"])

    assert done.location == "/m/me"
    assert again(follower).person_id == person.id
    assert opt_ins.topics_of(person) == {Topic.LECTURE}
    assert "张晓明" in client.get("/m/me").text
    assert "您已绑定" in client.get(FORM).text


def test_a_wrong_phone_or_code_says_so_alike_keeps_the_fields_and_locks_at_the_fifth(enter: Enter) -> None:
    person, follower = on_roster(), make_follower()
    client, code = enter(follower), code_of(person)

    first = send(client, FORM, by="code", phone="13900001111", code=code)
    second = send(client, FORM, by="code", phone="13800005678", code="ZZZZ9999")
    for _ in range(3):
        last = send(client, FORM, by="code", phone="13900001111", code=code)

    assert first.status_code == second.status_code == 422
    assert "手机号或邀请码不正确，还可以再试 4 次" in first.text
    assert "手机号或邀请码不正确，还可以再试 3 次" in second.text
    assert 'value="13900001111"' in first.text
    assert "60 分钟" in last.text
    assert "60 分钟" in send(client, FORM, by="code", phone="13800005678", code=code).text
    assert again(follower).person_id is None


def test_a_no_binds_nothing(enter: Enter) -> None:
    person, follower = on_roster(), make_follower()
    client = enter(follower)
    send(client, FORM, by="code", phone="13800005678", code=code_of(person))

    assert send(client, NOTICE, answer="no").location == FORM
    assert client.get(NOTICE).location == FORM
    assert again(follower).person_id is None


def test_the_units_word_and_a_request_whose_answer_the_page_tells(enter: Enter) -> None:
    unit, follower = make_unit(), make_follower()
    client, word = enter(follower), unit_bindings.ensure(unit.id).word
    unmatched = send(client, FORM, by="unit", word=word, name="李新", digits="4321")
    assert "没有核对到" in unmatched.text
    assert 'action="/m/bind/apply"' in unmatched.text

    assert send(client, FORM, "/m/bind/apply").location == NOTICE
    assert send(client, NOTICE, answer="yes", agrees="1").location == FORM
    assert "申请已提交" in client.get(FORM).text
    liaison = make_account(AccountRoleKind.LIAISON, member_unit=unit)
    binding_decisions.refuse(BindingRequest.get(), reason="请先到单位登记", actor=liaison)

    assert "请先到单位登记" in client.get(FORM).text
    assert "有邀请码" in client.get(FORM).text  # and then one may try again


def test_the_units_word_binds_who_is_on_the_roster(enter: Enter) -> None:
    unit, follower = make_unit(), make_follower()
    person, client = on_roster(unit), enter(follower)

    begun = send(
        client, FORM, by="unit", word=unit_bindings.ensure(unit.id).word, name="张晓明", digits="5678"
    )

    assert begun.location == NOTICE
    send(client, NOTICE, answer="yes", agrees="1")
    assert again(follower).person_id == person.id


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"by": "code", "phone": "", "code": ""}, "请填写手机号和邀请码"),
        ({"by": "unit", "word": "", "name": "张晓明", "digits": "5678"}, "绑定口令"),
        ({"by": "unit", "word": "没有的", "name": "张晓明", "digits": "5678"}, "不正确"),
        ({"by": "unit", "word": "没有的", "name": "", "digits": "56"}, "姓名和手机号后四位"),
    ],
)
def test_what_is_missing_is_said(enter: Enter, fields: dict[str, str], words: str) -> None:
    answer = send(enter(make_follower()), FORM, **fields)

    assert answer.status_code == 422
    assert words in answer.text


def test_a_request_may_be_taken_back(enter: Enter) -> None:
    unit, follower = make_unit(), make_follower()
    client, word = enter(follower), unit_bindings.ensure(unit.id).word
    send(client, FORM, by="unit", word=word, name="李新", digits="4321")
    send(client, FORM, "/m/bind/apply")
    send(client, NOTICE, answer="yes", agrees="1")

    assert send(client, FORM, "/m/bind/withdraw").location == FORM

    assert list(binding_decisions.waiting(make_account(AccountRoleKind.SECRETARIAT))) == []


def test_only_who_follows_us_gets_here(client: FlaskClient, enter: Enter) -> None:
    for path in (FORM, NOTICE):
        assert client.get(path).location == f"/m/sign-in?next={path}"
    assert enter(make_member()).post(FORM, data={"csrf": "0"}).status_code == 400


@pytest.mark.parametrize("page", ["/m/", "/m/me", "/m/topics"])
def test_the_pages_say_what_a_binding_waits_for(enter: Enter, page: str) -> None:
    unit = make_unit(short_name="乐余")
    follower = make_follower()
    client = enter(follower)
    assert "请先绑定本人身份" in client.get(page).text
    word = unit_bindings.ensure(unit.id).word
    send(client, FORM, by="unit", word=word, name="李新", digits="4321")
    assert "没有填完" in client.get(page).text

    send(client, FORM, "/m/bind/apply")
    assert "绑定还差一步" in client.get(page).text
    send(client, NOTICE, answer="yes", agrees="1")

    waits = client.get(page)
    assert waits.status_code == 403
    assert "正在等联络员核实" in waits.text
    assert "已提交给乐余联络员" in waits.text
    assert "请先绑定" not in waits.text
    binding_decisions.refuse(
        BindingRequest.get(), reason="请先登记", actor=make_account(AccountRoleKind.LIAISON, member_unit=unit)
    )
    assert "请先登记" in client.get(page).text
