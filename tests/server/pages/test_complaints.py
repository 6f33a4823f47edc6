"""投诉建议 on the page: submitted with its clock, read again, rated; nobody sees another's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

import clock
from models.accounts import AccountRoleKind
from models.complaints import Complaint, ComplaintStatus
from services import complaints, member_links
from tests.factories import make_account, make_follower, make_member
from tests.server.pages.conftest import Enter, path_of
from tests.server.pages.test_sign_in import csrf

pytestmark = pytest.mark.usefixtures("noon")
PAGE = "/m/complaints"
SAID = {"kind": "complaint", "text": "讲座的话筒听不清", "keep": "1"}


def send(client: FlaskClient, to: str = PAGE, **fields: Any) -> Any:
    return client.post(to, data={"csrf": csrf(client.get(PAGE)), **fields})


def test_a_complaint_has_a_number_and_a_day_and_is_only_mine(enter: Enter) -> None:
    member = make_member()
    client, other = enter(member), enter(make_member())

    done = client.get(send(client, **SAID).location).text

    made = Complaint.get()
    assert f"编号 {complaints.receipt(made)}" in done
    assert "前答复" in done
    assert "讲座的话筒听不清" in client.get(PAGE).text
    assert "讲座的话筒听不清" not in other.get(PAGE).text
    assert send(other, f"{PAGE}/{made.id}/rate", satisfied="yes").status_code == 404
    assert (made.person_id, made.source) == (member.person_id, "page")


def test_who_is_not_bound_may_complain_too(enter: Enter) -> None:
    client = enter(make_follower())

    assert send(client, **SAID).status_code == 302
    assert Complaint.get().person is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"text": " "}, "至少两个字"), ({"contact": "不是号码"}, "请填写手机号"), ({"kind": "x"}, "请选择")],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    enter: Enter, changed: dict[str, str], words: str
) -> None:
    answer = send(enter(make_member()), **(SAID | {"text": "写了很久的话"} | changed))

    assert answer.status_code == 422
    assert words in answer.text
    assert changed.get("text", "写了很久的话").strip() in answer.text
    assert Complaint.select().count() == 0


def test_an_answer_is_read_and_rated_once(enter: Enter) -> None:
    client = enter(make_member())
    send(client, **SAID)
    secretariat = make_account(AccountRoleKind.SECRETARIAT)
    made = complaints.find(Complaint.get().id, actor=secretariat)
    complaints.answer(made, "已更换话筒，谢谢", version=made.version, once="a1", actor=secretariat)
    assert "已更换话筒" in client.get(PAGE).text

    send(client, f"{PAGE}/{made.id}/rate", satisfied="no")

    assert Complaint.get().status is ComplaintStatus.REOPENED
    assert send(client, f"{PAGE}/{made.id}/rate", satisfied="yes").status_code == 409


def test_what_was_typed_too_late_is_there_again(enter: Enter) -> None:
    member = make_member()
    client = enter(member)
    shown = client.get(PAGE)
    clock.advance(timedelta(hours=3))

    assert "已替您保留" in client.post(PAGE, data={"csrf": csrf(shown), **SAID}).text
    again = client.get(path_of(member_links.make(member.id, PAGE)), follow_redirects=True).text

    assert "讲座的话筒听不清" in again
    assert 'value="complaint" checked' in again
    assert Complaint.select().count() == 0
