"""The import wizard: upload, preview, apply or discard, downloads."""

from __future__ import annotations

import io
from collections.abc import Callable
from urllib.parse import unquote

import openpyxl
import pytest
from flask.testing import FlaskClient
from peewee import Database

from models.accounts import Account, AccountRoleKind
from models.alliance import MemberUnit
from models.people import Person, RosterImport, RosterImportStatus
from services.roster import workbook
from tests.factories import make_account, make_unit
from tests.services.roster.workbooks import nasty, xlsx

SignIn = Callable[[Account], FlaskClient]
pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def town(db: Database) -> MemberUnit:
    return make_unit(name="张家港市乐余镇党校", short_name="乐余镇党校")


@pytest.fixture
def secretary(town: MemberUnit) -> Account:
    city = make_unit(name="张家港市委党校", short_name="市委党校")
    return make_account(AccountRoleKind.SECRETARIAT, member_unit=city)


def _upload(client: FlaskClient, content: bytes, name: str = "师资名单.xlsx"):
    return client.post("/console/rosters/", data={"file": (io.BytesIO(content), name)})


def test_upload_preview_apply_and_again(sign_in: SignIn, secretary: Account) -> None:
    client = sign_in(secretary)
    address = _upload(client, nasty()).location

    preview = client.get(address).text
    assert "确认导入 5 人" in preview
    assert "联系电话（必填）（B 列）" in preview
    assert "Excel 把号码存成了科学计数法" in preview
    assert "13800138001" not in preview  # right rows are masked
    assert Person.select().count() == 0

    done = client.post(f"{address}/apply", follow_redirects=True).text
    assert "新增 5 人，更新 0 人，0 人没有变化" in done
    assert client.post(f"{address}/apply").status_code == 409

    again = _upload(client, nasty()).location
    assert "认出的 5 人都已登记，没有变化，不需要导入" in client.get(again).text
    assert "新增 0 人，更新 0 人，5 人没有变化" in client.post(f"{again}/apply", follow_redirects=True).text
    assert Person.select().count() == 5


def test_a_preview_can_be_dropped(sign_in: SignIn, secretary: Account) -> None:
    client = sign_in(secretary)
    address = _upload(client, nasty()).location

    client.post(f"{address}/discard")

    assert RosterImport.get().status is RosterImportStatus.DISCARDED
    assert "已放弃" in client.get("/console/rosters/").text
    assert "确认导入" not in client.get(address).text


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "a.xlsx", "文件是空的"),
        (b"\x00" * 10, "a.xlsx", "这不是 Excel 文件"),
        (b"PK\x03\x04" + b"0" * workbook.MOST_BYTES, "a.xlsx", "超过 5 MB"),
        (b"x", "", "请先选择一个 Excel 文件"),
    ],
)
def test_what_is_no_roster_is_answered_on_the_form(
    content: bytes, name: str, words: str, sign_in: SignIn, secretary: Account
) -> None:
    answer = _upload(sign_in(secretary), content, name)

    assert (answer.status_code, words in answer.text) == (422, True)


def test_downloads_are_named_in_chinese_and_open(sign_in: SignIn, secretary: Account) -> None:
    client = sign_in(secretary)
    address = _upload(client, nasty()).location

    template = client.get("/console/rosters/template.xlsx")
    wrong = client.get(f"{address}/wrong.xlsx")

    assert unquote(template.headers["Content-Disposition"]).endswith("人员名单模板.xlsx")
    assert [c.value for c in openpyxl.load_workbook(io.BytesIO(template.data)).worksheets[0][1]] == [
        "姓名",
        "手机",
        "单位",
        "职务",
        "身份",
    ]
    assert openpyxl.load_workbook(io.BytesIO(wrong.data)).active.max_row == 9


def test_a_school_sees_and_imports_its_own_only(
    sign_in: SignIn, secretary: Account, town: MemberUnit
) -> None:
    address = _upload(sign_in(secretary), nasty()).location
    school = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=town))

    for path in ("", "/wrong.xlsx"):
        assert school.get(address + path).status_code == 404
    for path in ("/apply", "/discard"):
        assert school.post(address + path).status_code == 404
    own = xlsx(
        (
            "名单",
            [["姓名", "手机", "单位"], ["张三", "13800138001", None], ["李四", "13800138002", "市委党校"]],
        )
    )
    report = school.get(_upload(school, own).location).text
    assert "属于市委党校，您只能导入本单位人员" in report
    assert "确认导入 1 人" in report
    liaison = sign_in(make_account(AccountRoleKind.LIAISON, member_unit=town))
    assert liaison.get("/console/rosters/").status_code == 403


def test_text_of_a_file_is_escaped(sign_in: SignIn, secretary: Account) -> None:
    evil = "<script>alert(1)</script>"
    content = xlsx(("名单", [["姓名", "手机", "单位"], [evil, "13800138001", evil]]))

    page = sign_in(secretary).get(_upload(sign_in(secretary), content, f"{evil}.xlsx").location).text

    assert evil not in page
    assert "&lt;script&gt;" in page
