"""工作台: figures of the own unit for staff, nothing for others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from models.complaints import Complaint, ComplaintKind
from models.people import PersonRole, PersonRoleKind
from services import complaints, inbox
from tests.bot.conftest import Phone
from tests.factories import make_activity, make_member, make_unit

Phones = Callable[..., Phone]


def test_staff_see_figures_of_their_own_unit(phone: Phones) -> None:
    unit = make_unit(short_name="乐余")
    liaison, member, other = make_member(unit=unit), make_member(unit=unit), make_member()
    PersonRole.create(
        person=liaison.person, member_unit=unit, role=PersonRoleKind.LIAISON, valid_from=date(2020, 1, 1)
    )
    inbox.keep(member, "食堂几点开饭"), inbox.keep(other, "别校的话")
    late = complaints.submit(member, ComplaintKind.COMPLAINT, "很久以前的")
    complaints.submit(other, ComplaintKind.COMPLAINT, "别校的投诉")
    Complaint.update(due_on=date(2026, 11, 1)).where(Complaint.id == late.id).execute()
    make_activity(title="乐余的讲座", member_unit=unit)
    make_activity(title="别校的讲座")

    said = phone(liaison).clicks("DESK")

    assert "没有处理的来信：1 条" in said
    assert "等待答复的投诉建议：1 条，其中 1 条已超期" in said
    assert "乐余的讲座" in said
    for secret in ("食堂几点开饭", "很久以前的", "别校"):
        assert secret not in said
    assert "/console/" in said


def test_others_are_told_whom_it_is_for(phone: Phones) -> None:
    assert "给联络员" in phone(make_member()).says("工作台")
    assert "绑定" in phone().clicks("DESK")
