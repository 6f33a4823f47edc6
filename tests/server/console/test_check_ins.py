"""The console's check-in: opening, the live fragment, the roll, the sheet; and the hall's screen."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

import clock
from models.accounts import AccountRoleKind
from models.audit import AuditEntry
from models.check_ins import CheckIn, CheckInOpening, CheckInStatus
from services import check_ins
from tests.factories import make_account, make_person, make_sign_up
from tests.factories.check_ins import make_check_in, make_opening, make_running, shown

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def desk(sign_in):
    """An activity that is going on and a browser of its unit's liaison."""
    activity = make_running(title="基层治理讲座")
    account = make_account(AccountRoleKind.LIAISON, member_unit=activity.member_unit)
    return activity, sign_in(account)


def test_check_in_is_opened_shown_and_closed(desk) -> None:
    activity, client = desk
    path = f"/console/check-ins/{activity.id}"
    assert "开放签到" in client.get(path).text

    client.post(f"{path}/open", data={"takes_walk_ins": "1", "latitude": "31.8756", "longitude": "120.5559"})
    page = client.get(path).text
    opening = CheckInOpening.get()

    assert (opening.takes_walk_ins, opening.radius_m) == (True, 300)
    digits = shown(opening).six_digits
    assert f"{digits[:3]} {digits[3:]}" in page
    assert "<svg" in page
    assert " style=" not in re.search(r"<svg.*?</svg>", page, re.S)[0]  # the page's policy allows none
    client.post(f"{path}/close")
    assert "签到没有开放" in client.get(path).text


@pytest.mark.parametrize(
    "given", [{"latitude": "abc", "longitude": "1"}, {"latitude": "95", "longitude": "1"}]
)
def test_a_place_that_is_none_is_named(desk, given: dict[str, str]) -> None:
    activity, client = desk

    answer = client.post(f"/console/check-ins/{activity.id}/open", data=given)

    assert answer.status_code == 422
    assert "纬度" in answer.text
    assert not CheckInOpening.select().exists()


def test_the_live_part_tells_who_came_and_does_not_keep_the_session_awake(desk, noon: datetime) -> None:
    activity, client = desk
    person = make_person(name="方小庆", member_unit=activity.member_unit)
    make_sign_up(activity, person)
    make_opening(activity)
    make_check_in(activity, person)

    with clock.fixed(noon + timedelta(minutes=9)):
        assert "方小庆" in client.get(f"/console/check-ins/{activity.id}/live").text
    with clock.fixed(noon + timedelta(minutes=11)):
        assert client.get(f"/console/check-ins/{activity.id}/live").status_code == 302


def test_the_roll_is_called_confirmed_and_taken_back(desk) -> None:
    activity, client = desk
    ticked, waits = make_person(), make_person()
    make_sign_up(activity, ticked), make_sign_up(activity, waits)
    make_check_in(activity, waits, status=CheckInStatus.TO_CONFIRM)
    path = f"/console/check-ins/{activity.id}"

    assert client.post(f"{path}/roll").status_code == 422
    client.post(f"{path}/roll", data={"people": [str(ticked.id)]})
    client.post(f"{path}/confirm")
    assert {row.status for row in CheckIn.select()} == {CheckInStatus.PRESENT}
    client.post(f"{path}/undo/{ticked.id}")

    assert check_ins.counts(activity).present == 1
    actions = [entry.action for entry in AuditEntry.select()]
    assert actions == ["check_in.roll_called", "check_in.confirmed", "check_in.roll_called"]


def test_the_sheet_leaves_as_excel_and_the_trail_says_so(desk) -> None:
    activity, client = desk
    own = activity.member_unit
    person, walk_in = (make_person(name=name, member_unit=own) for name in ("方小庆", "=1+1"))
    make_sign_up(activity, person)
    make_check_in(activity, walk_in, is_walk_in=True, is_inside=False)

    answer = client.get(f"/console/check-ins/{activity.id}/sheet.xlsx")

    rows = CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert rows[0] == ["姓名", "单位", "是否报名", "签到", "方式", "时间", "现场位置"]
    by_name = {row[0]: row for row in rows[1:]}
    assert by_name["方小庆"][0::3] == ["方小庆", "未到", ""]
    assert by_name["=1+1"][2::4] == ["未报名", "不在现场附近"]
    assert AuditEntry.get().action == "check_in.exported"


def test_another_schools_activity_is_not_there(desk, sign_in) -> None:
    activity, _ = desk
    stranger = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN))
    person = make_person()
    make_sign_up(activity, person)
    path = f"/console/check-ins/{activity.id}"

    told = [stranger.get(path), stranger.get(f"{path}/live"), stranger.get(f"{path}/sheet.xlsx")]
    told += [
        stranger.post(f"{path}/{what}") for what in ("open", "close", "roll", "confirm", f"undo/{person.id}")
    ]

    assert {answer.status_code for answer in told} <= {404, 422}
    assert "基层治理讲座" not in stranger.get("/console/check-ins/").text
    assert not CheckInOpening.select().exists()


def test_the_list_costs_the_same_for_one_and_for_three(sign_in, count_statements) -> None:
    account = make_account(AccountRoleKind.SECRETARIAT)
    client = sign_in(account)
    costs = []
    for _ in range(3):
        activity = make_running()
        person = make_person()
        make_sign_up(activity, person)
        make_check_in(activity, person)
        costs.append(count_statements(lambda: client.get("/console/check-ins/")))

    assert costs == [costs[0]] * 3


def test_the_halls_screen_needs_no_sign_in_and_names_nobody(desk, client) -> None:
    activity, administrator = desk
    person = make_person(name="方小庆")
    make_sign_up(activity, person)
    opening = make_opening(activity)
    make_check_in(activity, person)
    found = re.search(
        r'href="(/m/screen/[^"]+)"', administrator.get(f"/console/check-ins/{activity.id}").text
    )
    assert found is not None

    page, now = client.get(found[1]).text, client.get(f"{found[1]}/now")

    digits = shown(opening).six_digits
    assert f"{digits[:3]} {digits[3:]}" in page
    assert now.status_code == 200
    assert "方小庆" not in page + now.text
    check_ins.close(activity, by=make_account(AccountRoleKind.SECRETARIAT))
    assert client.get(f"{found[1]}/now").status_code == 286
    assert client.get("/m/screen/nonsense").status_code == 404
    make_opening(activity)
    assert client.get(found[1]).status_code == 404  # opened anew: an old screen shows no new code


def test_names_of_other_schools_stand_on_the_roll_and_nowhere_else(desk, sign_in) -> None:
    activity, client = desk
    own = make_person(name="顾本校", member_unit=activity.member_unit)
    guest = make_person(name="欧阳建国")
    for person in (own, guest):
        make_sign_up(activity, person)
        make_check_in(activity, person)
    path = f"/console/check-ins/{activity.id}"

    roll, live = client.get(path).text, client.get(f"{path}/live").text
    file = CalamineWorkbook.from_filelike(BytesIO(client.get(f"{path}/sheet.xlsx").data))
    clock.set_fixed(activity.ends_at + timedelta(days=7, seconds=1))
    account = make_account(AccountRoleKind.LIAISON, member_unit=activity.member_unit)
    late = sign_in(account).get(path).text
    alliance = sign_in(make_account(AccountRoleKind.SECRETARIAT)).get(path).text

    assert ("欧阳建国" in roll, "欧阳建国" in live, "欧**国" in live) == (True, False, True)
    assert {row[0] for row in file.get_sheet_by_index(0).to_python()[1:]} == {"顾本校", "欧**国"}
    assert ("欧阳建国" in late, "欧**国" in late, "顾本校" in late) == (False, True, True)
    assert "欧阳建国" in alliance
