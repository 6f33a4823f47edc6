"""投诉建议 in the console: the clock, states, answers, hands, and who sees what."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

import clock
from models.accounts import AccountRoleKind
from models.audit import AuditEntry
from models.automatic_notices import AutomaticNotice
from models.complaints import Complaint, ComplaintAct, ComplaintKind, ComplaintStatus, ComplaintStep
from models.inbound import StaffReply, StaffReplyStatus
from models.people import Follower
from services import complaints
from tests.factories import make_account, make_follower, make_member
from tests.server.console.conftest import SignIn

pytestmark = pytest.mark.usefixtures("db", "noon")


def complain(who: Any = None, text: str = "讲座排在周末", **values: Any) -> Complaint:
    return complaints.submit(who or make_member(), ComplaintKind.COMPLAINT, text, source="chat", **values)


def secretary(sign_in: SignIn) -> FlaskClient:
    return sign_in(make_account(AccountRoleKind.SECRETARIAT))


def do(client: FlaskClient, row: Complaint, what: str, **typed: str) -> Any:
    """Submit one of the page's forms as it stands there."""
    page = client.get(f"/console/complaints/{row.id}").text
    version = re.search(r'name="version" value="(\d+)"', page)
    once = re.search(r'name="once" value="([^"]+)"', page)
    kept = {"version": version[1] if version else "", "once": once[1] if once else ""}
    return client.post(f"/console/complaints/{row.id}/{what}", data=kept | typed)


def test_the_list_shows_the_clock_and_what_is_late_first(sign_in: SignIn) -> None:
    late = complain(text="很久以前的")
    Complaint.update(due_on=date(2026, 11, 20)).where(Complaint.id == late.id).execute()
    soon = complain(text="快到期的")
    Complaint.update(due_on=date(2026, 11, 25)).where(Complaint.id == soon.id).execute()
    complain(text="刚来的 <b>")
    client = secretary(sign_in)

    page = client.get("/console/complaints/").text

    assert re.findall(r"很久以前的|快到期的|刚来的", page) == ["很久以前的", "快到期的", "刚来的"]
    assert "11月20日 已超 3 天" in page
    assert "11月25日 还有 2 天" in page
    assert "12月3日 还有 10 天" in page
    assert "刚来的 &lt;b&gt;" in page
    assert "快到期的" not in client.get("/console/complaints/?due=late").text
    assert "很久以前的" in client.get(f"/console/complaints/?q={complaints.receipt(late)}").text
    assert "快到期的" not in client.get(f"/console/complaints/?q={complaints.receipt(late)}").text
    first_page = client.get("/console/").text
    assert "超过期限还没有答复的投诉建议" in first_page
    assert "等待答复的投诉建议" in first_page


def test_a_due_day_on_a_rest_day_is_put_off() -> None:
    assert complaints.due_after(date(2026, 11, 23)) == date(2026, 12, 3)
    assert complaints.due_after(date(2026, 11, 25)) == date(2026, 12, 7)  # the 5th is a Saturday
    assert complaints.due_after(date(2026, 12, 22)) == date(2027, 1, 4)  # new year


def test_from_received_to_answered_with_each_step_kept(sign_in: SignIn) -> None:
    follower = make_follower(window_until=clock.utc_now() - timedelta(hours=1))
    row = complain(follower, text="公众号打不开")
    account = make_account(AccountRoleKind.SECRETARIAT)
    client = sign_in(account)

    assert do(client, row, "take").status_code == 302
    assert Complaint.get().assigned_to_id == account.id
    assert do(client, row, "answer", text="已修好").status_code == 302

    kept = Complaint.get()
    assert (kept.status, kept.answer) == (ComplaintStatus.ANSWERED, "已修好")
    steps = [step.act for step in ComplaintStep.select().order_by(ComplaintStep.id)]
    assert steps == [ComplaintAct.RECEIVED, ComplaintAct.TAKEN, ComplaintAct.ANSWERED]
    waiting = StaffReply.get()
    assert waiting.status is StaffReplyStatus.WAITING
    assert "已修好\n对答复是否满意？" in waiting.text
    page = client.get(f"/console/complaints/{row.id}").text
    assert "等对方下次来消息时附上" in page
    assert AuditEntry.select().where(AuditEntry.action == "complaint.moved").count() == 2


def test_a_member_whose_window_is_shut_is_told_by_a_notice(sign_in: SignIn) -> None:
    row = complain()

    do(secretary(sign_in), row, "answer", text="改到周六")

    notice = AutomaticNotice.get()
    assert complaints.receipt(row) in notice.text
    assert notice.url == "/m/complaints"
    assert StaffReply.select().count() == 0


def test_the_answer_to_who_hides_the_name_leaves_no_notice_with_a_recipient(sign_in: SignIn) -> None:
    row = complain(hides_name=True)

    do(secretary(sign_in), row, "answer", text="改到周六")

    assert not AutomaticNotice.select().exists()
    assert StaffReply.get().status is StaffReplyStatus.WAITING


def test_what_is_answered_is_opened_again_and_closed_with_a_reason(sign_in: SignIn) -> None:
    row, client = complain(), secretary(sign_in)

    assert "请写明原因" in client.get(do(client, row, "close", reason="").location).text
    do(client, row, "answer", text="改到周六")
    clock.advance(timedelta(minutes=5))
    do(client, row, "reopen", reason="会员来电补充")
    assert Complaint.get().status is ComplaintStatus.REOPENED
    do(client, row, "answer", text="改到周日")
    do(client, row, "close", reason="")

    kept = Complaint.get()
    assert (kept.status, kept.answer) == (ComplaintStatus.CLOSED, "改到周日")
    assert "当前状态不能这样操作" in client.get(do(client, row, "take").location).text


def test_the_phone_is_masked_and_looking_at_it_is_kept(sign_in: SignIn) -> None:
    row, client = complain(contact="138 1234 5678"), secretary(sign_in)

    assert "138****5678" in client.get(f"/console/complaints/{row.id}").text
    assert "13812345678" not in client.get(f"/console/complaints/{row.id}").text
    assert "13812345678" in do(client, row, "contact").text

    assert AuditEntry.select().where(AuditEntry.action == "complaint.contact_seen").count() == 1


def test_of_two_who_answer_at_once_the_second_is_told_and_loses_nothing(sign_in: SignIn) -> None:
    row, one, other = complain(), secretary(sign_in), secretary(sign_in)
    late = {"version": "1", "once": "b", "text": "我写的另一个答复"}

    one.post(f"/console/complaints/{row.id}/take", data={"version": "1"})
    refused = other.post(f"/console/complaints/{row.id}/answer", data=late)

    assert refused.status_code == 409
    assert ">我写的另一个答复</textarea>" in refused.text
    assert Complaint.get().answer is None
    assert do(other, row, "answer", text="长" * 700).status_code == 422


def test_a_form_sent_twice_answers_once(sign_in: SignIn) -> None:
    row, client = complain(make_follower(), text="重复提交"), secretary(sign_in)
    typed = {"version": "1", "once": "same", "text": "好的"}

    answers = [client.post(f"/console/complaints/{row.id}/answer", data=typed).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert StaffReply.select().count() == 1


def test_who_hides_the_name_is_named_nowhere_and_stays_with_the_secretariat(sign_in: SignIn) -> None:
    member = make_member()
    member.person.name = "王小明"
    member.person.save()
    row = complain(member, text="处长总迟到", hides_name=True)
    liaison = make_account(AccountRoleKind.LIAISON, member_unit=member.person.member_unit)
    client, school = secretary(sign_in), sign_in(liaison)

    listed, shown = client.get("/console/complaints/").text, client.get(f"/console/complaints/{row.id}").text
    for page in (listed, shown):
        assert "不具名" in page
        assert "王*明" not in page
    assert "处长总迟到" not in school.get("/console/complaints/").text
    assert school.get(f"/console/complaints/{row.id}").status_code == 404
    refused = do(client, row, "hand-over", to=f"unit:{member.person.member_unit_id}", note="")
    assert "不转给单位" in client.get(refused.location).text
    assert Complaint.get().member_unit_id is None


def test_a_school_deals_with_its_own_and_gives_back_to_the_secretariat(sign_in: SignIn) -> None:
    admin = make_account(AccountRoleKind.SCHOOL_ADMIN)
    own, other = complain(make_member(unit=admin.member_unit), text="本校的"), complain(text="别校的")
    client = sign_in(admin)

    page = client.get("/console/complaints/").text
    assert "本校的" in page
    assert "别校的" not in page
    for what in ("answer", "take", "close", "reopen", "hand-over"):
        assert client.post(f"/console/complaints/{other.id}/{what}").status_code == 404
    do(client, own, "hand-over", to="unit:", note="是平台的问题")

    assert Complaint.get_by_id(own.id).member_unit is None
    step = ComplaintStep.get(ComplaintStep.act == ComplaintAct.HANDED_OVER)
    assert step.note == "是平台的问题"
    assert "是平台的问题" in secretary(sign_in).get(f"/console/complaints/{own.id}").text


def test_it_is_closed_by_itself_after_fifteen_days_and_forgotten_after_two_years(sign_in: SignIn) -> None:
    row = complain()
    do(secretary(sign_in), row, "answer", text="改到周六")

    clock.advance(timedelta(days=14))
    assert complaints.close_settled() == 0
    clock.advance(timedelta(days=2))
    assert complaints.close_settled() == 1
    assert Complaint.get().status is ComplaintStatus.CLOSED
    assert complaints.forget_old(clock.utc_now()) == 0
    assert complaints.forget_old(clock.utc_now() + timedelta(days=731)) == 1


def test_the_same_text_sent_again_from_a_page_is_the_same_complaint() -> None:
    person = make_member().person

    first = complaints.submit(person, ComplaintKind.SUGGESTION, "加一场讲座")
    again = complaints.submit(person, ComplaintKind.SUGGESTION, "加一场讲座 ")

    assert first.id == again.id
    follower = Follower.get(Follower.person == person)
    assert [row.id for row in complaints.of(follower)] == [first.id]


def test_what_an_earlier_owner_of_a_wechat_wrote_is_not_the_next_ones() -> None:
    follower = make_member()
    complaints.submit(follower, ComplaintKind.OPINION, "前一个人的意见")

    follower.person = None
    follower.save()

    assert complaints.of(Follower.get_by_id(follower.id)) == []


def test_the_list_costs_the_same_with_one_row_and_with_three(sign_in: SignIn, count_statements: Any) -> None:
    client = secretary(sign_in)
    complain()
    client.get("/console/complaints/")
    one = count_statements(lambda: client.get("/console/complaints/"))
    complain(), complain(make_follower(), text="路人的")

    assert count_statements(lambda: client.get("/console/complaints/")) == one
