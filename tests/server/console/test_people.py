"""人员, 成员单位, 邀请码: what each role sees and can do there."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date

import openpyxl
import pytest
from flask.testing import FlaskClient
from peewee import Database

from models.accounts import Account, AccountRoleKind
from models.alliance import MemberUnit
from models.audit import AuditEntry
from models.messaging import DeliveryStatus
from models.people import Follower, InviteCode, Person, PersonRole, PersonRoleKind, Topic
from services import opt_ins, people
from tests.factories import make_account, make_follower, make_unit
from tests.server.console.campaign_rows import make_campaign, make_delivery

SignIn = Callable[[Account], FlaskClient]
pytestmark = pytest.mark.usefixtures("noon")

PERSON = {"name": "张晓明", "phone": "138 0013 8000", "position": "教员", "roles": ["instructor", "trainee"]}


@pytest.fixture
def town(db: Database) -> MemberUnit:
    return make_unit(name="张家港市乐余镇党校", short_name="乐余镇党校")


@pytest.fixture
def admin(town: MemberUnit) -> Account:
    return make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=town)


def _person(actor: Account, **values: str) -> Person:
    given = {"name": "张晓明", "phone": "13800138000"} | values
    return people.create(
        **given, member_unit=actor.member_unit_id, roles=[PersonRoleKind.MEMBER], actor=actor
    )


def test_a_person_is_added_shown_and_changed(sign_in: SignIn, admin: Account) -> None:
    client = sign_in(admin)
    added = client.post("/console/people/new", data=PERSON)
    person = Person.get()

    assert added.location == f"/console/people/{person.id}"
    page = client.get(added.location).text
    assert "138****8000" in page
    assert "13800138000" not in page
    assert {role.role for role in PersonRole.select()} == {PersonRoleKind.INSTRUCTOR, PersonRoleKind.TRAINEE}

    client.post(f"/console/people/{person.id}/edit", data={"name": "张晓鸣", "phone": "", "position": "主任"})
    stored = Person.get()
    assert (stored.name, stored.phone, stored.position) == ("张晓鸣", "13800138000", "主任")


def test_a_wrong_form_keeps_what_was_typed_and_says_what_is_wrong(sign_in: SignIn, admin: Account) -> None:
    answer = sign_in(admin).post(
        "/console/people/new", data={"name": "张3", "phone": "1380", "position": "科长"}
    )

    assert answer.status_code == 422
    assert 'value="张3"' in answer.text
    assert 'value="科长"' in answer.text
    assert all(words in answer.text for words in ("姓名里有“3”", "应为 11 位，现有 4 位", "请至少选一个身份"))
    assert Person.select().count() == 0


def test_the_list_filters_searches_and_takes_the_same_queries_for_more(
    sign_in: SignIn, admin: Account, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _person(admin)
    client = sign_in(admin)

    def queries() -> int:
        seen: list[str] = []
        execute = db.execute_sql
        with monkeypatch.context() as patched:
            patched.setattr(db, "execute_sql", lambda sql, *a, **k: seen.append(sql) or execute(sql, *a, **k))
            client.get("/console/people/")
        return len(seen)

    few = queries()
    _person(admin, name="李四", phone="13800138001")
    _person(admin, name="王五", phone="13800138002")
    assert queries() == few

    make_follower(person=first)

    def shown(query: str) -> list[str]:
        page = client.get(f"/console/people/?{query}").text
        return re.findall(r'/console/people/\d+">([^<]+)</a>', page)

    assert shown("q=138-0013-8001") == ["李四"]
    assert shown("q=%E6%99%93") == ["张晓明"]
    assert shown("bound=no") == ["李四", "王五"]
    assert shown("role=trainee") == []
    assert len(shown(f"unit={admin.member_unit_id}&role=member")) == 3


def test_another_schools_people_do_not_exist(sign_in: SignIn, admin: Account, db: Database) -> None:
    person = _person(admin)
    role = PersonRole.get()
    client = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN))

    assert "张晓明" not in client.get("/console/people/").text
    assert "张晓明" not in client.get(f"/console/people/?unit={admin.member_unit_id}").text
    for path in ("", "/edit"):
        assert client.get(f"/console/people/{person.id}{path}").status_code == 404
    posts = (
        "/edit",
        "/phone",
        "/export.xlsx",
        "/erase",
        "/roles",
        f"/roles/{role.id}/end",
        "/topics/salon/off",
        "/invite-code",
    )
    for path in posts:
        assert (
            client.post(f"/console/people/{person.id}{path}", data={"reason": "核对信息"}).status_code == 404
        )
    assert client.post("/console/invite-codes/issue", data={"person": person.id}).status_code == 404
    assert InviteCode.select().count() == 0


def test_the_phone_is_shown_for_a_reason_that_is_kept(sign_in: SignIn, admin: Account) -> None:
    person = _person(admin)
    client = sign_in(admin)

    refused = client.post(f"/console/people/{person.id}/phone", data={"reason": ""})
    shown = client.post(f"/console/people/{person.id}/phone", data={"reason": "电话通知开班"})

    assert (refused.status_code, "13800138000" in refused.text) == (422, False)
    assert "13800138000" in shown.text
    line = AuditEntry.select().where(AuditEntry.action == "person.unmasked").get()
    assert "电话通知开班" in line.details
    liaison = sign_in(make_account(AccountRoleKind.LIAISON, member_unit=admin.member_unit))
    assert liaison.post(f"/console/people/{person.id}/phone", data={"reason": "电话通知"}).status_code == 403
    assert "查看完整手机号" not in liaison.get(f"/console/people/{person.id}").text


def test_codes_go_to_the_ticked_or_to_all_unbound_that_were_found(sign_in: SignIn, admin: Account) -> None:
    first, second, third = (
        _person(admin, name=n, phone=f"1380013800{i}") for i, n in enumerate(("甲一", "乙二", "丙三"))
    )
    make_follower(person=third)
    client = sign_in(admin)

    client.post("/console/invite-codes/issue", data={"person": [first.id]})
    assert {row.person_id for row in InviteCode.select()} == {first.id}
    client.post("/console/invite-codes/issue", data={"all": "1", "q": "乙"})
    assert {row.person_id for row in InviteCode.select()} == {first.id, second.id}
    client.post("/console/invite-codes/issue", data={"all": "1"})
    assert InviteCode.select().where(InviteCode.person == third).count() == 0
    assert client.post("/console/invite-codes/issue", data={}).status_code == 422
    assert client.post("/console/invite-codes/issue", data={"all": "1", "q": "丙"}).status_code == 422


def test_the_export_of_codes_is_audited_and_the_page_shows_none(sign_in: SignIn, admin: Account) -> None:
    person = _person(admin)
    client = sign_in(admin)
    client.post("/console/invite-codes/issue", data={"person": [person.id]})
    code = str(InviteCode.get().code)

    page = client.get("/console/invite-codes/").text
    book = openpyxl.load_workbook(io.BytesIO(client.get("/console/invite-codes/codes.xlsx").data))

    assert "张晓明" in page
    assert code not in page
    assert [cell.value for cell in book.active[2]][2:4] == [f"{code[:4]} {code[4:]}", f"绑定 {code}"]
    assert AuditEntry.select().where(AuditEntry.action == "invite_codes.exported").count() == 1
    other = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN))
    book = openpyxl.load_workbook(io.BytesIO(other.get("/console/invite-codes/codes.xlsx").data))
    assert book.active.max_row == 1


def test_a_single_code_is_shown_once_and_not_in_the_address(sign_in: SignIn, admin: Account) -> None:
    person = _person(admin)
    client = sign_in(admin)

    answer = client.post(f"/console/people/{person.id}/invite-code")

    code = str(InviteCode.get().code)
    assert f"绑定 {code}" in answer.text
    assert code not in client.get(f"/console/people/{person.id}").text


def test_roles_topics_and_bindings_end_on_the_page(sign_in: SignIn, admin: Account) -> None:
    person = _person(admin)
    follower = make_follower(person=person)
    opt_ins.set_topic(person, Topic.SALON, True, source="chat_word")
    client = sign_in(admin)
    address = f"/console/people/{person.id}"

    client.post(
        f"{address}/roles", data={"role": "liaison", "valid_from": "2026-01-01", "valid_to": "2026-12-31"}
    )
    late = client.post(
        f"{address}/roles", data={"role": "liaison", "valid_from": "2026-01-01", "valid_to": "2025-01-01"}
    )
    client.post(f"{address}/topics/salon/off")
    client.post(f"{address}/followers/{follower.id}/unbind")

    assert PersonRole.get(PersonRole.role == PersonRoleKind.LIAISON).valid_to == date(2026, 12, 31)
    assert (late.status_code, "结束日期不能早于开始日期" in late.text) == (422, True)
    assert opt_ins.topics_of(person) == set()
    assert Follower.get_by_id(follower.id).person_id is None
    page = client.get(address).text
    assert "公众号（发送文字）" in page
    assert client.post(f"{address}/topics/nonsense/off").status_code == 404
    assert client.post(f"{address}/followers/{follower.id}/unbind").status_code == 404


def test_an_export_and_an_erasure(sign_in: SignIn, admin: Account) -> None:
    person = _person(admin)
    client = sign_in(admin)
    address = f"/console/people/{person.id}"

    assert client.get(f"{address}/export.xlsx").status_code == 404
    assert client.post(f"{address}/export.xlsx", data={"reason": ""}).status_code == 422
    file = client.post(f"{address}/export.xlsx", data={"reason": "本人书面要求"})
    book = openpyxl.load_workbook(io.BytesIO(file.data))
    cells = {row[0].value: row[1].value for row in book.active.iter_rows(min_row=2)}
    assert cells["手机号"] == "13800138000"
    assert cells["身份 1 · 身份"] == "会员"

    assert client.post(f"{address}/erase", data={"reason": "本人书面要求"}).location == "/console/people/"
    page = client.get(address).text
    assert "已注销" in page
    assert "生成邀请码" not in page


def test_units_are_read_by_all_and_changed_by_the_secretariat(sign_in: SignIn, admin: Account) -> None:
    _person(admin)
    other = make_unit(name="市建设系统党校")
    values = {
        "name": "张家港市凤凰镇党校",
        "short_name": "凤凰镇党校",
        "tier": "9",
        "kind": "town_school",
        "division_code": "320582105",
        "valid_from": "2015-01-01",
        "valid_to": "",
        "order_no": "6",
    }
    school, secretary = sign_in(admin), sign_in(make_account(AccountRoleKind.SECRETARIAT))

    page = school.get("/console/units/").text
    assert other.name in page
    assert f"/console/people/?unit={admin.member_unit_id}" in page
    assert f"/console/people/?unit={other.id}" not in page
    assert school.post("/console/units/new", data=values).status_code == 403

    assert secretary.post("/console/units/new", data=values | {"tier": "1"}).status_code == 422
    assert secretary.post("/console/units/new", data=values).status_code == 302
    unit = MemberUnit.get(MemberUnit.short_name == "凤凰镇党校")
    secretary.post(f"/console/units/{unit.id}/edit", data=values | {"short_name": "凤凰校"})
    wrong = secretary.post(f"/console/units/{unit.id}/close", data={"close_on": "2014-01-01"})
    assert (wrong.status_code, "退出日期不能早于加入日期" in wrong.text) == (422, True)
    secretary.post(f"/console/units/{unit.id}/close", data={"close_on": "2026-06-30"})
    stored = MemberUnit.get_by_id(unit.id)
    assert (stored.short_name, stored.valid_to) == ("凤凰校", date(2026, 6, 30))


def test_all_that_was_sent_to_a_person_is_there_page_by_page(sign_in: SignIn, admin: Account) -> None:
    person = _person(admin)
    for number in range(21):
        make_delivery(
            make_campaign(title=f"推送{number}号", author=admin), DeliveryStatus.SKIPPED, person=person
        )
    client = sign_in(admin)

    first, second = (client.get(f"/console/people/{person.id}?sent={page}").text for page in (1, 2))

    assert ("推送20号" in first, "推送0号" in first, "较早的" in first) == (True, False, True)
    assert ("推送0号" in second, "较早的" in second, "较新的" in second) == (True, False, True)
