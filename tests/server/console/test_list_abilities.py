"""What every served list can do: views, columns, export, bulk acts; and the history of a row."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta

import openpyxl
import pytest
from flask.testing import FlaskClient
from peewee import Database

import clock
from models.accounts import Account, AccountRoleKind
from models.activities import Activity, ActivityStatus
from models.alliance import MemberUnit
from models.audit import AuditEntry
from models.people import InviteCode, Person, PersonRole, PersonRoleKind
from models.saved_views import ListSetting, SavedView
from server.console import bulk
from services import activities, people
from tests.factories import make_account, make_activity, make_follower, make_person, make_unit

SignIn = Callable[[Account], FlaskClient]
pytestmark = pytest.mark.usefixtures("noon")
LIST = "/console/activities/"
PHONE = "13800138000"


@pytest.fixture
def town(db: Database) -> MemberUnit:
    return make_unit(name="张家港市乐余镇党校", short_name="乐余镇党校")


@pytest.fixture
def admin(town: MemberUnit) -> Account:
    return make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=town)


@pytest.fixture
def client(sign_in: SignIn, admin: Account) -> FlaskClient:
    return sign_in(admin)


def _titles(page: str) -> list[str]:
    return re.findall(r'/console/activities/\d+">([^<]+)</a>', page)


def _book(answer: object) -> list[list[object]]:
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active  # type: ignore[attr-defined]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def _named(actor: Account, name: str = "张晓明", phone: str = PHONE) -> Person:
    unit, roles = int(actor.member_unit_id), [PersonRoleKind.MEMBER]
    return people.create(name=name, phone=phone, member_unit=unit, roles=roles, actor=actor)


# views and columns


def test_a_view_keeps_conditions_and_opens_the_list_when_it_is_the_default(
    client: FlaskClient, town: MemberUnit
) -> None:
    make_activity(title="草稿讲座", member_unit=town, status=ActivityStatus.DRAFT)
    make_activity(title="公开讲座", member_unit=town)

    saved = client.post(
        f"{LIST}views", data={"view_name": "我的草稿", "status": "draft", "sort": "-0", "is_default": "1"}
    )

    assert saved.location == f"{LIST}?status=draft&sort=-0"
    assert _titles(client.get(LIST).text) == ["草稿讲座"]
    assert set(_titles(client.get(f"{LIST}?plain=1").text)) == {"草稿讲座", "公开讲座"}
    assert f'href="{LIST}?plain=1"' in client.get(LIST).text

    client.post(f"{LIST}views/default", data={})
    assert len(_titles(client.get(LIST).text)) == 2


def test_a_shared_view_is_seen_in_the_unit_and_deleted_by_its_owner_alone(
    sign_in: SignIn, client: FlaskClient, town: MemberUnit
) -> None:
    colleague = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=town))
    stranger = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN))
    client.post(f"{LIST}views", data={"view_name": "本月讲座", "status": "published", "is_shared": "1"})
    client.post(f"{LIST}views", data={"view_name": "只给自己", "status": "draft"})
    shared = SavedView.get(SavedView.name == "本月讲座")

    assert "本月讲座" in colleague.get(LIST).text
    assert "只给自己" not in colleague.get(LIST).text
    assert "本月讲座" not in stranger.get(LIST).text
    assert colleague.post(f"{LIST}views/{shared.id}/delete").status_code == 403
    assert stranger.post(f"{LIST}views/{shared.id}/delete").status_code == 404
    assert stranger.post(f"{LIST}views/default", data={"view_id": shared.id}).status_code == 404
    client.post(f"{LIST}views/{shared.id}/delete")
    assert SavedView.select().where(SavedView.name == "本月讲座").count() == 0


def test_a_view_of_the_same_name_is_replaced_and_a_phone_is_not_kept(client: FlaskClient) -> None:
    for status in ("draft", "published"):
        client.post(f"{LIST}views", data={"view_name": "我的", "status": status})
    refused = client.post("/console/people/views", data={"view_name": "某人", "q": "138-0013-8000"})
    nameless = client.post(f"{LIST}views", data={"view_name": " "})

    assert [view.query for view in SavedView.select()] == ["status=published"]
    assert (refused.status_code, nameless.status_code) == (422, 422)
    assert "搜索里是手机号" in refused.text


def test_chosen_columns_are_shown_and_kept_until_put_back(client: FlaskClient, town: MemberUnit) -> None:
    make_activity(title="讲座", member_unit=town, place="二号楼")

    client.post(f"{LIST}columns", data={"column": ["标题", "状态", "没有这一列"], "status": "published"})
    page = client.get(LIST).text
    assert "二号楼" not in page
    assert ListSetting.get().columns == "标题\n状态"
    assert [row[0] for row in _book(client.get(f"{LIST}list.xlsx"))] == ["标题", "讲座"]

    client.post(f"{LIST}columns", data={"reset": "1", "column": ["标题"]})
    assert "二号楼" in client.get(LIST).text


# export


def test_an_export_holds_what_the_filters_find_and_is_audited(client: FlaskClient, town: MemberUnit) -> None:
    for number in range(3):
        make_activity(title=f"讲座{number}", member_unit=town)
    make_activity(title="草稿", member_unit=town, status=ActivityStatus.DRAFT)
    make_activity(title="别校草稿", status=ActivityStatus.DRAFT)

    rows = _book(client.get(f"{LIST}list.xlsx?status=published&q=讲座&sort=0"))
    everything = _book(client.get(f"{LIST}list.xlsx"))

    assert [row[0] for row in rows] == ["标题", "讲座0", "讲座1", "讲座2"]
    assert "别校草稿" not in {row[0] for row in everything}
    line = AuditEntry.select().where(AuditEntry.action == "list.exported").order_by(AuditEntry.id).first()
    told = json.loads(line.details)
    assert (told["rows"], told["conditions"]) == (3, "状态：已发布；按词搜索")


def test_phones_leave_masked_unless_a_reason_and_the_right_are_there(
    sign_in: SignIn, client: FlaskClient, admin: Account
) -> None:
    _named(admin)

    masked = _book(client.get("/console/people/list.xlsx"))
    refused = client.post("/console/people/list-full.xlsx", data={"reason": "看"})
    full = _book(client.post("/console/people/list-full.xlsx", data={"reason": "电话通知开班"}))
    editor = sign_in(make_account(AccountRoleKind.EDITOR, member_unit=admin.member_unit))

    assert masked[1][1] == "138****8000"
    assert refused.status_code == 422
    assert full[1][1] == PHONE
    line = AuditEntry.get(AuditEntry.action == "list.exported_full")
    assert "电话通知开班" in line.details
    assert PHONE not in line.details
    assert editor.post("/console/people/list-full.xlsx", data={"reason": "电话通知开班"}).status_code == 403
    assert "不遮盖" not in editor.get("/console/people/").text


@pytest.mark.parametrize("title", ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1"])
def test_nothing_typed_becomes_a_formula(client: FlaskClient, town: MemberUnit, title: str) -> None:
    make_activity(title=title, member_unit=town)

    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{LIST}list.xlsx").data))

    cell = book.active["A2"]
    assert (cell.data_type, cell.value) == ("s", title)
    assert cell.quotePrefix


# bulk acts


def test_a_bulk_act_is_previewed_with_who_is_left_out_and_then_done(
    client: FlaskClient, town: MemberUnit
) -> None:
    draft = make_activity(title="新讲座", member_unit=town, status=ActivityStatus.DRAFT)
    past = make_activity(
        title="过期讲座",
        member_unit=town,
        status=ActivityStatus.DRAFT,
        starts_at=clock.utc_now() - timedelta(days=2),
    )
    theirs = make_activity(title="别校讲座")
    hidden = make_activity(title="别校草稿", status=ActivityStatus.DRAFT)
    rows = {"row": [draft.id, past.id, theirs.id, hidden.id]}

    preview = client.post(f"{LIST}bulk/publish", data=rows)
    assert "将对 1 条发布" in preview.text
    assert "3 条不在其中" in preview.text
    assert all(
        why in preview.text
        for why in ("开始时间已过：1 条", "是其他单位的活动：1 条", "不在您能看到的范围：1 条")
    )
    assert Activity.get_by_id(draft.id).status is ActivityStatus.DRAFT

    done = client.post(f"{LIST}bulk/publish", data=rows | {"sure": "1"})
    again = client.post(f"{LIST}bulk/publish", data=rows | {"sure": "1"})
    assert "已对 1 条发布" in done.text
    assert "一条也没有发布" in again.text
    statuses = {row.title: row.status.value for row in Activity.select()}
    assert statuses == {
        "新讲座": "published",
        "过期讲座": "draft",
        "别校讲座": "published",
        "别校草稿": "draft",
    }
    assert AuditEntry.select().where(AuditEntry.action == "activity.published").count() == 1


def test_a_row_that_is_refused_keeps_no_other_from_being_done(
    client: FlaskClient, town: MemberUnit, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (make_activity(title=title, member_unit=town) for title in ("甲", "乙"))
    real = bulk.sort_out

    def and_meanwhile(*given: object) -> bulk.Sorted:
        told = real(*given)  # type: ignore[arg-type]
        activities.cancel(first, "刚刚取消", actor=None)
        return told

    monkeypatch.setattr(bulk, "sort_out", and_meanwhile)
    done = client.post(
        f"{LIST}bulk/cancel", data={"row": [first.id, second.id], "sure": "1", "answer": "场地检修"}
    )

    assert "已对 1 条取消活动" in done.text
    assert "1 条没有办成" in done.text
    assert Activity.get_by_id(second.id).status_reason == "场地检修"


def test_a_missing_reason_comes_back_with_the_ticked_rows(client: FlaskClient, town: MemberUnit) -> None:
    activity = make_activity(member_unit=town)

    refused = client.post(f"{LIST}bulk/cancel", data={"row": [activity.id], "sure": "1", "answer": " "})
    empty = client.post(f"{LIST}bulk/cancel", data={})

    assert (refused.status_code, empty.status_code) == (422, 422)
    assert "请填写取消原因" in refused.text
    assert f'name="row" value="{activity.id}"' in refused.text
    assert "请先在列表里勾选" in empty.text


def test_all_that_was_found_is_taken_without_ticking(client: FlaskClient, town: MemberUnit) -> None:
    for number in range(25):
        make_activity(title=f"讲座{number}", member_unit=town, status=ActivityStatus.DRAFT)
    make_activity(title="沙龙", member_unit=town, status=ActivityStatus.DRAFT)

    preview = client.post(f"{LIST}bulk/publish", data={"all": "1", "q": "讲座"})

    assert "将对 25 条发布" in preview.text


def test_who_may_not_act_neither_sees_nor_reaches_the_bulk_acts(sign_in: SignIn, town: MemberUnit) -> None:
    activity = make_activity(member_unit=town)
    liaison = sign_in(make_account(AccountRoleKind.LIAISON, member_unit=town))

    page = liaison.get(LIST).text

    assert 'name="row"' not in page
    assert liaison.post(f"{LIST}bulk/publish", data={"row": [activity.id]}).status_code == 403


def test_invite_codes_go_to_the_unbound_among_the_ticked(client: FlaskClient, admin: Account) -> None:
    first, bound = _named(admin), _named(admin, "李四", "13800138001")
    make_follower(person=bound)

    preview = client.post("/console/people/bulk/invite", data={"row": [first.id, bound.id]}).text
    client.post("/console/people/bulk/invite", data={"row": [first.id, bound.id], "sure": "1"})

    assert "已绑定微信，不需要邀请码：1 条" in preview
    assert [code.person_id for code in InviteCode.select()] == [first.id]


def test_ended_roles_are_given_back_within_the_hour(client: FlaskClient, admin: Account) -> None:
    person = _named(admin)
    given = {"row": [person.id], "sure": "1", "answer": "member"}

    done = client.post("/console/people/bulk/end_role", data=given)
    ended = PersonRole.get().valid_to
    undo = re.search(r'name="undo" value="([^"]+)"', done.text)[1]  # type: ignore[index]
    undone = client.post("/console/people/bulk/end_role/undo", data={"undo": undo})
    client.post("/console/people/bulk/end_role", data=given)
    clock.advance(timedelta(minutes=61))
    with client.session_transaction(path="/console/") as session:
        session["seen_at"] = int(clock.timestamp())
    late = client.post("/console/people/bulk/end_role/undo", data={"undo": undo})

    assert ended == clock.local_today()
    assert "已对 1 条撤销结束身份" in undone.text
    assert (late.status_code, "已超过一小时" in late.text) == (422, True)
    assert client.post("/console/people/bulk/end_role/undo", data={"undo": "x"}).status_code == 422


def test_people_are_moved_by_the_secretariat_alone(
    sign_in: SignIn, client: FlaskClient, admin: Account
) -> None:
    person, other = _named(admin), make_unit(short_name="凤凰镇党校")
    secretary = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    given = {"row": [person.id], "sure": "1", "answer": str(other.id)}

    assert client.post("/console/people/bulk/move", data=given).status_code == 403
    done = secretary.post("/console/people/bulk/move", data=given)
    assert Person.get().member_unit_id == other.id
    undo = re.search(r'name="undo" value="([^"]+)"', done.text)[1]  # type: ignore[index]
    secretary.post("/console/people/bulk/move/undo", data={"undo": undo})

    assert Person.get().member_unit_id == admin.member_unit_id
    assert Person.get().version == 3


# history


def test_a_rows_history_tells_who_did_what_and_stays_with_its_unit(
    sign_in: SignIn, client: FlaskClient, admin: Account, town: MemberUnit
) -> None:
    activity = make_activity(title="讲座", member_unit=town)
    activities.cancel(activity, "场地检修", actor=admin)
    stranger = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN))

    shown = client.get(f"{LIST}{activity.id}")
    told = client.get(f"{LIST}{activity.id}/history").text
    elsewhere = stranger.get(f"{LIST}{activity.id}/history").text

    assert f'href="{LIST}{activity.id}/history"' in shown.text
    assert all(words in told for words in ("取消活动", admin.display_name, "理由：场地检修"))
    assert "场地检修" not in elsewhere
    assert "经过由该单位保管" in elsewhere


def test_anothers_person_has_no_history_here(sign_in: SignIn, admin: Account) -> None:
    person = make_person()
    client = sign_in(admin)

    assert client.get(f"/console/people/{person.id}/history").status_code == 404


@pytest.mark.parametrize("area", ["check-ins", "unit-places", "saved-replies"])
def test_the_small_lists_have_them_too(client: FlaskClient, area: str) -> None:
    address = f"/console/{area}/"

    client.post(f"{address}views", data={"view_name": "按名查", "q": "讲坛", "is_default": "1"})

    assert "视图：按名查" in client.get(address).text
    assert client.get(f"{address}list.xlsx").status_code == 200
