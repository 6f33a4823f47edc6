"""The pages of one activity: who waits, units' places, materials, feedback, notices."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

import clock
import config
from models.accounts import Account, AccountRoleKind
from models.activities import Activity, ActivityMaterial, InvitationStatus, SignUp, UnitInvitation, UnitLimit
from models.automatic_notices import AutomaticNotice, NoticeKind
from services import activities
from services.activities import feedback, invitations
from tests.factories import make_account, make_activity, make_person, make_sign_up, make_unit
from tests.server.console.conftest import SignIn

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(config.settings(), "storage_url", f"file://{tmp_path}")
    return tmp_path


@pytest.fixture
def host(db: object) -> Account:
    return make_account(AccountRoleKind.SCHOOL_ADMIN)


@pytest.fixture
def activity(host: Account) -> Activity:
    return make_activity(member_unit=host.member_unit, seats=3)


def page(activity: Activity, name: str = "") -> str:
    return f"/console/activities/{activity.id}/{name}".rstrip("/")


def in_hours(hours: int) -> str:
    return clock.to_local(clock.utc_now() + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def test_a_moved_activity_says_who_comes_and_who_left(
    sign_in: SignIn, host: Account, activity: Activity
) -> None:
    make_sign_up(activity, make_person())
    form = {
        "series": activity.series_id,
        "title": activity.title,
        "place": "二号厅",
        "starts_at": "2026-11-25T12:00",
        "ends_at": "2026-11-25T14:00",
        "is_shared": "1",
        "offer_hours": "6",
        "reminders": "60",
        "version": "1",
        "reason": "原场地检修",
    }
    client = sign_in(host)

    assert client.post(page(activity, "edit"), data=form).status_code == 302

    shown = client.get(page(activity)).text
    assert "地点改为二号厅（原一号报告厅）。原场地检修" in shown
    assert "1 人还没有答复" in shown
    assert "开始前1小时" in shown
    assert "修改、改期" in shown
    assert "取消活动" in shown
    assert (Activity.get().offer_hours, Activity.get().reminders) == (6, "60")
    assert "活动变动" in client.get(page(activity, "notices")).text


def test_the_queue_is_shown_masked_in_its_order(sign_in: SignIn, host: Account, activity: Activity) -> None:
    Activity.update(seats=1).execute()
    first = make_person(name="钱先生")
    activities.sign_up(activity, first)
    for name in ("孙女士", "李同志", "周同志"):
        activities.wait(activity, make_person(name=name))
    activities.cancel_sign_up(activity, first)

    shown = sign_in(host).get(page(activity, "waiting")).text

    assert "孙*士" in shown
    assert "孙女士" not in shown
    assert shown.index("孙*士") < shown.index("李*志") < shown.index("周*志")


def test_units_are_invited_and_taken_back(sign_in: SignIn, host: Account, activity: Activity) -> None:
    unit = make_unit(short_name="乐余镇党校")
    client, path = sign_in(host), page(activity, "units")

    wrong = client.post(path, data={"units": [unit.id], "places": "9", "answer_by": in_hours(24)})
    right = client.post(path, data={"units": [unit.id], "places": "2", "answer_by": in_hours(24)})
    invitation = UnitInvitation.get()

    assert (wrong.status_code, right.status_code) == (422, 302)
    assert "名额不够：还差6个" in wrong.text
    assert 'value="9"' in wrong.text
    shown = client.get(path).text
    assert "乐余镇党校" in shown
    assert "没有登记联络员" in shown
    assert "提醒未报满的单位" in shown
    assert client.post(f"{path}/remind").status_code == 302
    assert client.post(f"{path}/{invitation.id}/withdraw").status_code == 302
    assert UnitInvitation.get().status is InvitationStatus.WITHDRAWN


def test_a_unit_has_a_limit_of_its_own(sign_in: SignIn, host: Account, activity: Activity) -> None:
    unit, client, path = make_unit(short_name="塘桥镇党校"), sign_in(host), page(activity, "units/limit")

    assert client.post(path, data={"unit": unit.id, "unit_limit": "2"}).status_code == 302
    assert "塘桥镇党校：最多 2 人" in client.get(page(activity, "units")).text
    assert client.post(path, data={"unit": unit.id, "unit_limit": "-1"}).status_code == 422
    assert client.post(path, data={"unit": unit.id, "unit_limit": ""}).status_code == 302
    assert UnitLimit.select().count() == 0


def test_the_liaison_names_people_and_finishes(sign_in: SignIn, activity: Activity) -> None:
    liaison = make_account(AccountRoleKind.LIAISON)
    named = make_person(name="王小明", member_unit=liaison.member_unit)
    make_person(name="赵外人")
    answer_by = clock.utc_now() + timedelta(days=1)
    made = invitations.invite(activity, {liaison.member_unit_id: 2}, answer_by, actor=None)[0]
    client, path = sign_in(liaison), f"/console/unit-places/{made.id}"

    assert activity.title in client.get("/console/unit-places/").text
    shown = client.get(path).text
    assert "王小明" in shown
    assert "赵外人" not in shown
    assert client.get(f"{path}?q=没有这个人").text.count("王小明") == 0
    assert "请先勾选" in client.post(f"{path}/people", data={}).text
    assert client.post(f"{path}/people", data={"people": [named.id]}).status_code == 302
    assert "还能报 1 人" in client.get(path).text
    assert client.post(f"{path}/finish").status_code == 302
    assert UnitInvitation.get().status is InvitationStatus.ANSWERED
    assert AutomaticNotice.get(AutomaticNotice.kind == NoticeKind.UNIT_NAMED).activity == activity


def test_the_liaison_takes_a_name_off_and_declines_with_a_reason(sign_in: SignIn, activity: Activity) -> None:
    liaison = make_account(AccountRoleKind.LIAISON)
    person = make_person(member_unit=liaison.member_unit)
    answer_by = clock.utc_now() + timedelta(days=1)
    made = invitations.invite(activity, {liaison.member_unit_id: 2}, answer_by, actor=None)[0]
    client, path = sign_in(liaison), f"/console/unit-places/{made.id}"
    client.post(f"{path}/people", data={"people": [person.id]})

    early = client.post(f"{path}/refuse", data={"reason": "有会"})
    client.post(f"{path}/people/{SignUp.get().id}/remove")
    late = client.post(f"{path}/refuse", data={"reason": "有会"})

    assert (early.status_code, late.status_code) == (422, 302)
    assert "不参加的原因" in client.get(path).text


def test_another_units_invitation_is_not_there(sign_in: SignIn, activity: Activity) -> None:
    answer_by = clock.utc_now() + timedelta(days=1)
    made = invitations.invite(activity, {make_unit().id: 2}, answer_by, actor=None)[0]
    client = sign_in(make_account(AccountRoleKind.LIAISON))

    assert client.get(f"/console/unit-places/{made.id}").status_code == 404
    assert client.post(f"/console/unit-places/{made.id}/finish").status_code == 404
    assert activity.title not in client.get("/console/unit-places/").text


def test_materials_are_uploaded_and_removed(sign_in: SignIn, host: Account, activity: Activity) -> None:
    client, path = sign_in(host), page(activity, "materials")
    file = {"file": (io.BytesIO(b"%PDF-1.7 x"), "课件.pdf"), "title": "讲座课件"}
    secret = {"file": (io.BytesIO(b"%PDF-1.7 x"), "机密.pdf"), "title": "讲座课件"}

    assert client.post(path, data=file).status_code == 302
    refused = client.post(path, data=secret)
    kept = ActivityMaterial.get()
    got = client.get(f"{path}/{kept.id}")

    assert "“机密”字样" in refused.text
    assert 'value="讲座课件"' in refused.text
    assert got.data == b"%PDF-1.7 x"
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert client.post(f"{path}/{kept.id}/open", data={"opens_to_all": "1"}).status_code == 302
    assert "结束后对所有能看到活动的人开放" in client.get(path).text
    assert client.post(f"{path}/{kept.id}/remove").status_code == 302
    assert ActivityMaterial.select().count() == 0


def test_feedback_is_shown_from_five_on(sign_in: SignIn, host: Account) -> None:
    over = make_activity(member_unit=host.member_unit, starts_at=clock.utc_now() - timedelta(hours=3))
    client, grades = sign_in(host), dict.fromkeys(feedback.ITEMS, "3")
    for number in range(5):
        person = make_person()
        make_sign_up(over, person)
        feedback.give(over, person, grades, f"意见{number}")
        shown = client.get(page(over, "feedback")).text
        assert ("意见0" in shown) == (number == 4)


@pytest.mark.parametrize("name", ["sign-ups", "waiting", "units", "notices"])
def test_a_page_costs_the_same_for_one_and_for_three(
    sign_in: SignIn, host: Account, activity: Activity, name: str, count_statements: Callable[..., int]
) -> None:
    client = sign_in(host)

    def grow() -> None:
        Activity.update(seats=None).execute()
        make_sign_up(activity, make_person())
        Activity.update(seats=1).execute()
        activities.wait(activity, make_person())
        Activity.update(seats=None).execute()
        answer_by = clock.utc_now() + timedelta(days=1)
        invitations.invite(activity, {make_unit().id: 1}, answer_by, actor=None)
        activities.update(
            activity, {"place": f"{AutomaticNotice.select().count()}号厅"},
            version=Activity.get_by_id(activity.id).version, actor=None,
        )  # fmt: skip

    grow()
    one = count_statements(lambda: client.get(page(activity, name)))
    grow()
    grow()
    three = count_statements(lambda: client.get(page(activity, name)))

    assert three == one


def test_the_liaison_finds_the_invitation_among_what_waits(sign_in: SignIn, activity: Activity) -> None:
    liaison = make_account(AccountRoleKind.LIAISON)
    invitations.invite(
        activity, {liaison.member_unit_id: 2}, clock.utc_now() + timedelta(hours=5), actor=None
    )

    home = sign_in(liaison).get("/console/").text

    assert "单位名额待报送" in home
    assert f"{activity.title}：2个名额" in home
