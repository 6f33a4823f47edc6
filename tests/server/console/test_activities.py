"""The console's screens of activities."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import openpyxl
import pytest

import clock
from models.accounts import AccountRoleKind
from models.activities import Activity, ActivitySeries, ActivityStatus
from models.audit import AuditEntry
from tests.factories import (
    make_account,
    make_activity,
    make_person,
    make_series,
    make_sign_up,
    make_unit,
)
from tests.server.console.conftest import SignIn

pytestmark = pytest.mark.usefixtures("noon")


def typed(**values: Any) -> dict[str, Any]:
    return {
        "series": str((values.pop("series", None) or make_series()).id),
        "title": "基层治理讲座",
        "place": "报告厅",
        "starts_at": "2026-11-26T14:30",
        "ends_at": "2026-11-26T16:30",
        "seats": "80",
        "is_shared": "1",
        "body": "第一段\n\n第二段",
        **values,
    }


def test_a_typed_activity_is_stored_in_utc_and_shown(sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.EDITOR))

    answer = client.post("/console/activities/new", data=typed())

    activity = Activity.get()
    assert answer.location == f"/console/activities/{activity.id}"
    assert activity.starts_at == datetime(2026, 11, 26, 6, 30)
    assert activity.body_html == "<p>第一段</p><p>第二段</p>"
    assert activity.is_shared
    assert "11月26日（周四）14:30" in client.get(answer.location).text
    form = client.get(f"/console/activities/{activity.id}/edit").text
    assert 'value="2026-11-26T14:30"' in form
    assert ">第一段\n\n第二段</textarea>" in form


def test_wrong_fields_are_named_and_what_was_typed_stays(sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.EDITOR))

    answer = client.post(
        "/console/activities/new", data=typed(ends_at="2026-11-26T14:00", seats="三十", place="二号厅")
    )
    later = client.post("/console/activities/new", data=typed(ends_at="2026-11-26T14:00", place="二号厅"))

    assert (answer.status_code, later.status_code) == (422, 422)
    assert "请填写整数" in answer.text
    assert "结束时间应晚于开始时间" in later.text
    assert 'value="二号厅"' in later.text
    assert Activity.select().count() == 0


def test_of_two_editors_the_second_sees_the_conflict_and_keeps_the_text(sign_in: SignIn) -> None:
    account = make_account(AccountRoleKind.EDITOR)
    activity = make_activity(member_unit=account.member_unit)
    client, path = sign_in(account), f"/console/activities/{activity.id}/edit"

    client.post(path, data=typed(version="1", title="先改的"))
    second = client.post(path, data=typed(version="1", title="后改的"))

    assert second.status_code == 409
    assert "有人改过它" in second.text
    assert 'value="后改的"' in second.text
    assert Activity.get().title == "先改的"


def test_publishing_and_cancelling_with_a_reason(sign_in: SignIn) -> None:
    account = make_account(AccountRoleKind.SCHOOL_ADMIN)
    activity = make_activity(member_unit=account.member_unit, status=ActivityStatus.DRAFT)
    client, path = sign_in(account), f"/console/activities/{activity.id}"

    assert client.post(f"{path}/publish").status_code == 302
    assert client.post(f"{path}/cancel", data={"reason": " "}).status_code == 422
    assert client.post(f"{path}/cancel", data={"reason": "停电"}).status_code == 302
    assert client.post(f"{path}/publish").status_code == 409

    stored = Activity.get()
    assert (stored.status, stored.status_reason) == (ActivityStatus.CANCELLED, "停电")
    assert "活动已取消：停电" in client.get(path).text


def test_the_list_is_filtered_searched_and_paged(sign_in: SignIn) -> None:
    account = make_account(AccountRoleKind.SECRETARIAT)
    for number in range(21):
        make_activity(title=f"讲座{number:02d}", starts_at=clock.utc_now() + timedelta(days=number + 1))
    make_activity(title="往日讲座", starts_at=clock.utc_now() - timedelta(days=9), speaker="赵老师")
    client = sign_in(account)

    assert "共 22 条" in client.get("/console/activities/").text
    assert "讲座00" in client.get("/console/activities/?page=2").text
    past = client.get("/console/activities/?when=past").text
    assert "往日讲座" in past
    assert "讲座20" not in past
    assert "往日讲座" in client.get("/console/activities/?q=赵老师").text
    assert "共 0 条" in client.get("/console/activities/?status=cancelled").text


def test_a_school_sees_its_own_and_what_is_shared_and_changes_its_own_only(sign_in: SignIn) -> None:
    unit = make_unit()
    shared = make_activity(title="别校共享")
    make_activity(title="别校内部", is_shared=False)
    client = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=unit))

    listed, page = client.get("/console/activities/").text, f"/console/activities/{shared.id}"

    assert "别校共享" in listed
    assert "别校内部" not in listed
    shown = client.get(page).text
    assert "修改" not in shown.replace("修改密码", "")
    for path in (
        "edit",
        "sign-ups",
        "sign-ups/list.xlsx",
        "waiting",
        "units",
        "materials",
        "feedback",
        "notices",
    ):
        assert client.get(f"{page}/{path}").status_code == 404
    for path in ("edit", "publish", "cancel"):
        assert client.post(f"{page}/{path}", data=typed(reason="停电")).status_code == 404
    assert Activity.get_by_id(shared.id).version == 1


def test_who_only_looks_cannot_change(sign_in: SignIn) -> None:
    account = make_account(AccountRoleKind.LIAISON)
    activity = make_activity(member_unit=account.member_unit)
    client = sign_in(account)

    assert client.get(f"/console/activities/{activity.id}").status_code == 200
    assert client.get(f"/console/activities/{activity.id}/sign-ups").status_code == 200
    assert client.get("/console/activities/new").status_code == 403
    assert client.get(f"/console/activities/{activity.id}/sign-ups/list.xlsx").status_code == 403
    assert client.post(f"/console/activities/{activity.id}/cancel", data={"reason": "x"}).status_code == 403


def test_sign_ups_are_shown_and_exported_masked_and_the_export_is_audited(sign_in: SignIn) -> None:
    account = make_account(AccountRoleKind.SCHOOL_ADMIN)
    activity = make_activity(member_unit=account.member_unit)
    make_sign_up(activity, make_person(name="欧阳明明"))
    make_sign_up(activity, make_person(name="=1+1"))
    client, path = sign_in(account), f"/console/activities/{activity.id}/sign-ups"

    page, file = client.get(path).text, client.get(f"{path}/list.xlsx")

    with file:
        book = openpyxl.load_workbook(io.BytesIO(file.data))
    rows = [[cell.value for cell in row] for row in book.active]
    assert "欧**明" in page
    assert "欧阳明明" not in page
    assert rows[0] == ["姓名", "单位", "状态", "时间", "来源"]
    assert sorted(row[0] for row in rows[1:]) == ["=**1", "欧**明"]
    assert AuditEntry.select().where(AuditEntry.action == "list.exported").count() == 1


def test_the_full_export_unmasks_ones_own_people_only(sign_in: SignIn) -> None:
    account = make_account(AccountRoleKind.SCHOOL_ADMIN)
    activity = make_activity(member_unit=account.member_unit)
    make_sign_up(activity, make_person(name="欧阳明明", member_unit=account.member_unit))
    make_sign_up(activity, make_person(name="赵钱孙李"))
    path = f"/console/activities/{activity.id}/sign-ups/list-full.xlsx"

    with sign_in(account).post(path, data={"reason": "打印签到表"}) as file:
        book = openpyxl.load_workbook(io.BytesIO(file.data))

    assert {row[0].value for row in list(book.active)[1:]} == {"欧阳明明", "赵**李"}


def test_a_series_is_registered_before_the_first_activity(sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.EDITOR))

    assert client.get("/console/activities/new").location == "/console/activities/series"
    first = client.post("/console/activities/series", data={"name": " 红色讲坛 ", "kind": "lecture"})
    again = client.post("/console/activities/series", data={"name": "红色讲坛", "kind": "salon"})

    assert (first.status_code, again.status_code) == (302, 422)
    assert "已有名为“红色讲坛”的系列" in again.text
    assert [(row.name, row.kind.value) for row in ActivitySeries.select()] == [("红色讲坛", "lecture")]
    assert client.get("/console/activities/new").status_code == 200


def test_a_cancelled_activity_is_not_offered_for_editing(sign_in: SignIn) -> None:
    account = make_account(AccountRoleKind.EDITOR)
    activity = make_activity(member_unit=account.member_unit, status=ActivityStatus.CANCELLED)
    client = sign_in(account)

    answer = client.get(f"/console/activities/{activity.id}/edit")

    assert answer.location == f"/console/activities/{activity.id}"
    assert "已取消的活动不能再修改" in client.get(answer.location).text
