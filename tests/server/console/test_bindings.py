"""绑定 in the console: deciding requests, a unit's way in, a lost phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

import config
from models.accounts import Account, AccountRoleKind
from models.alliance import MemberUnit
from models.audit import AuditEntry
from models.bindings import BindingRequest, BindingRequestStatus, UnitBinding
from models.people import Follower, Person
from models.sealing import keyed_hash
from sandbox.testing import Sandbox, running_sandbox
from services import binding_requests, bindings, mini_account, unit_bindings, wechat_account
from tests.factories import make_account, make_follower, make_person, make_unit
from wechat.client import Timeouts
from wechat.gateway import make_gateway
from wechat.mini_program import make_mini_program
from wechat.token_stores import MemoryTokenStore

pytestmark = pytest.mark.usefixtures("noon")
SignIn = Callable[[Account], FlaskClient]


@pytest.fixture
def unit(db: Any) -> MemberUnit:
    return make_unit(name="乐余镇党校")


@pytest.fixture
def client(unit: MemberUnit, sign_in: SignIn) -> FlaskClient:
    """The unit's liaison."""
    return sign_in(make_account(AccountRoleKind.LIAISON, member_unit=unit))


@pytest.fixture
def wechat() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        settings = config.settings().model_copy(update={"wechat_api_url": running.url})
        gateway = make_gateway(settings, MemoryTokenStore(), timeouts=Timeouts(2.0, 2.0))
        wechat_account.set_gateway(gateway)
        try:
            yield running
        finally:
            wechat_account.set_gateway(None)
            gateway.close()


def asked(unit: MemberUnit, name: str = "李新", digits: str = "4321") -> BindingRequest:
    follower = make_follower()
    binding_requests.start(follower, unit, way="qr")
    if "没有核对到" in binding_requests.tell(follower, name, digits):
        binding_requests.apply(follower)
    bindings.agree(follower)
    return BindingRequest.get(BindingRequest.follower == follower)


def on_roster(unit: MemberUnit, name: str = "张晓明", phone: str = "13800005678") -> Person:
    return make_person(name=name, member_unit=unit, phone=phone, phone_hash=keyed_hash(phone))


def bound_to(request: BindingRequest) -> int | None:
    return Follower.get_by_id(request.follower_id).person_id


def test_a_request_stands_on_the_first_page_and_in_the_list(client: FlaskClient, unit: MemberUnit) -> None:
    asked(unit)
    asked(make_unit(), name="别校人")

    assert "等我处理的绑定申请" in client.get("/console/").text
    listed = client.get("/console/bindings/?status=open").text
    assert "李新" in listed
    assert "别校人" not in listed


def test_the_liaison_links_to_somebody_on_the_roster(client: FlaskClient, unit: MemberUnit) -> None:
    person, request = on_roster(unit), asked(unit, "张小明", "5678")
    page = client.get(f"/console/bindings/{request.id}").text
    assert "张晓明" in page  # same surname and digits
    assert "13800005678" not in page

    client.post(f"/console/bindings/{request.id}/approve", data={"person": person.id})

    assert bound_to(request) == person.id
    again = client.post(f"/console/bindings/{request.id}/approve", data={"person": person.id})
    assert again.status_code == 409
    assert "已经处理过" in again.text


def test_the_liaison_adds_who_is_missing_and_nothing_typed_is_lost(
    client: FlaskClient, unit: MemberUnit
) -> None:
    request = asked(unit)
    wrong = client.post(
        f"/console/bindings/{request.id}/create", data={"name": "李新", "phone": "123", "position": "干事"}
    )
    assert wrong.status_code == 422
    assert 'value="干事"' in wrong.text
    assert bound_to(request) is None

    client.post(f"/console/bindings/{request.id}/create", data={"name": "李新", "phone": "13700004321"})

    person = Person.get(Person.name == "李新")
    assert (person.member_unit_id, bound_to(request)) == (unit.id, person.id)


def test_a_refusal_wants_a_reason(client: FlaskClient, unit: MemberUnit) -> None:
    request = asked(unit)

    assert client.post(f"/console/bindings/{request.id}/refuse", data={"reason": " "}).status_code == 422
    client.post(f"/console/bindings/{request.id}/refuse", data={"reason": "不在本单位工作"})

    assert BindingRequest.get_by_id(request.id).status is BindingRequestStatus.REFUSED
    assert "不在本单位工作" in client.get(f"/console/bindings/{request.id}").text


def test_another_schools_request_and_way_in_are_not_there(client: FlaskClient) -> None:
    other = make_unit()
    request, foreign = asked(other), make_person(member_unit=other)

    answers = [
        client.get(f"/console/bindings/{request.id}"),
        client.post(f"/console/bindings/{request.id}/approve", data={"person": foreign.id}),
        client.post(f"/console/bindings/{request.id}/refuse", data={"reason": "不在本单位工作"}),
        client.get(f"/console/bindings/units/{other.id}"),
        client.post(f"/console/bindings/units/{other.id}", data={"word": "别人的"}),
        client.post(f"/console/bindings/people/{foreign.id}/rebind", data={"reason": "换了手机"}),
    ]

    assert {answer.status_code for answer in answers} == {404}


def test_the_list_costs_the_same_queries_for_one_and_three(
    client: FlaskClient, unit: MemberUnit, count_statements: Any
) -> None:
    asked(unit)
    client.get("/console/bindings/")
    one = count_statements(lambda: client.get("/console/bindings/"))
    asked(unit, "王新")
    asked(unit, "赵新")

    assert count_statements(lambda: client.get("/console/bindings/")) == one


def test_a_units_word_approval_and_sheet(client: FlaskClient, unit: MemberUnit) -> None:
    assert "乐余镇党校的绑定入口" in client.get("/console/bindings/units").text
    page = f"/console/bindings/units/{unit.id}"

    assert client.post(page, data={"word": "一"}).status_code == 422
    client.post(page, data={"word": "乐余党校", "needs_approval": "1"})

    row = UnitBinding.get()
    assert (row.word, row.needs_approval) == ("乐余党校", True)
    sheet = client.get(f"{page}/sheet").text
    assert "绑定 乐余党校" in sheet
    assert "乐余镇党校" in sheet
    assert [line.action for line in AuditEntry.select()] == ["unit_binding.changed"]


def test_the_code_is_asked_of_wechat_once_and_drawn_here(
    client: FlaskClient, unit: MemberUnit, wechat: Sandbox
) -> None:
    page = f"/console/bindings/units/{unit.id}"
    assert "生成二维码" in client.get(page).text

    for _ in range(2):
        client.post(f"{page}/qr")

    row = UnitBinding.get()
    assert row.qr_url.startswith("http")
    shown = client.get(f"{page}/sheet").text
    assert "<svg" in shown
    assert row.qr_url not in shown.replace("&amp;", "&")
    assert [line.action for line in AuditEntry.select()] == ["unit_binding.qr_made"]


def test_without_parametric_codes_the_mini_programs_code_is_printed(
    client: FlaskClient, unit: MemberUnit, wechat: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours = {"wechat_api_url": wechat.url, "wechat_account_kind": "subscription"}
    settings = config.settings().model_copy(update=ours | {"storage_url": f"file://{tmp_path}"})
    monkeypatch.setattr(config, "settings", lambda: settings)
    monkeypatch.setattr(wechat_account, "_gateway", make_gateway(settings, MemoryTokenStore()))
    mini_account.set_program(make_mini_program(settings, MemoryTokenStore(), timeouts=Timeouts(2.0, 2.0)))
    page = f"/console/bindings/units/{unit.id}"
    try:
        assert "可以用小程序码代替" in client.get(page).text
        for _ in range(2):
            assert client.post(f"{page}/mini-code").status_code == 302
    finally:
        mini_account.set_program(None)

    sheet = client.get(f"{page}/sheet").text
    assert 'src="data:image/jpeg;base64,' in sheet
    assert "微信扫一扫，打开小程序" in sheet
    [opening] = wechat.platform.mini_codes.by_key.values()
    assert (opening.page, opening.query) == ("pages/bind/bind", f"scene=unit_{unit.id}")
    assert [line.action for line in AuditEntry.select()] == ["unit_binding.mini_code_made"]


def test_wechat_without_an_answer_leaves_the_word(
    client: FlaskClient, unit: MemberUnit, wechat: Sandbox
) -> None:
    wechat.fault(path="/cgi-bin/qrcode/create", errcode=45029)
    page = f"/console/bindings/units/{unit.id}"

    client.post(f"{page}/qr")

    assert "没有给出二维码" in client.get(page).text
    assert UnitBinding.get().qr_url == ""


def test_a_lost_phone_gets_a_fresh_code_shown_once(client: FlaskClient, unit: MemberUnit) -> None:
    person = on_roster(unit)
    lost = make_follower(person=person)

    refused = client.post(f"/console/bindings/people/{person.id}/rebind", data={"reason": ""})
    shown = client.post(f"/console/bindings/people/{person.id}/rebind", data={"reason": "手机遗失"})

    assert refused.status_code == 422
    assert "新的邀请码" in shown.text
    assert Follower.get_by_id(lost.id).person_id is None
    assert "换绑微信" not in client.get(f"/console/people/{person.id}").text
    assert unit_bindings.needs_approval(unit.id) is False
