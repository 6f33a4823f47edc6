"""A roster goes in: what is read, what is refused and why, what a second run does."""

from __future__ import annotations

import io
from datetime import timedelta

import openpyxl
import pytest

import clock
from models.accounts import Account, AccountRoleKind
from models.alliance import MemberUnit
from models.audit import AuditEntry
from models.people import Person, PersonRole, PersonRoleKind, RosterImport, RosterImportStatus
from models.sealing import keyed_hash
from services import people, personal_data, roster
from services.errors import Invalid, NotFound, StaleState
from services.roster import files
from tests.factories import make_account, make_person, make_unit
from tests.services.roster.workbooks import nasty, xls, xlsx

pytestmark = pytest.mark.usefixtures("db", "noon")

HEADER = ["姓名", "手机", "单位", "职务", "身份"]


@pytest.fixture
def city() -> MemberUnit:
    return make_unit(name="张家港市委党校", short_name="市委党校")


@pytest.fixture
def town() -> MemberUnit:
    return make_unit(name="张家港市乐余镇党校", short_name="乐余镇党校")


@pytest.fixture
def secretary(city: MemberUnit) -> Account:
    return make_account(AccountRoleKind.SECRETARIAT, member_unit=city)


def _run(content: bytes, actor: Account, *, unit_scope: int | None = None) -> roster.Report:
    return roster.apply(roster.preview(content, "名单.xlsx", unit_scope=unit_scope, actor=actor), actor=actor)


def _rows(*rows: list[object], sheet: str = "名单") -> bytes:
    return xlsx((sheet, [HEADER, *rows]))


def _roles(phone: str) -> set[PersonRoleKind]:
    person = Person.get(Person.phone_hash == keyed_hash(phone))
    return {role.role for role in PersonRole.select().where(PersonRole.person == person)}


def test_a_nasty_workbook_comes_in(city: MemberUnit, town: MemberUnit, secretary: Account) -> None:
    preview = roster.preview(nasty(), "师资名单.xlsx", unit_scope=None, actor=secretary)
    assert Person.select().count() == 0  # a preview changes nothing

    report = roster.report_of(preview)
    assert report.counts == {"new": 5, "changed": 0, "same": 0, "wrong": 8}
    assert [(c.sheet, c.row, c.column) for c in report.wrong] == [
        ("教师", 8, "联系电话（必填）（B 列）"),
        ("教师", 9, "所在单位（D 列）"),
        ("教师", 11, "名字（E 列）"),
        ("学员", 5, "手机（C 列）"),
        ("学员", 6, "手机（C 列）"),
        ("学员", 7, "类别（D 列）"),
        ("学员", 8, "手机（C 列）"),
        ("学员", 9, "手机（C 列）"),
    ]
    assert all(cell.reason and cell.mend for cell in report.wrong)
    assert report.wrong[3].reason.endswith("（另见“学员”第 6 行）")
    assert "说明" in report.notes[0]

    roster.apply(preview, actor=secretary)

    stored = {(p.name, p.phone, p.member_unit_id, p.position) for p in Person.select()}
    assert stored == {
        ("张三", "13800138001", city.id, "副教授"),
        ("李晓明", "13800138002", town.id, "讲师"),
        ("王芳", "13800138003", town.id, ""),
        ("王芳", "13800138013", town.id, ""),
        ("孙八", None, town.id, ""),
    }
    assert _roles("13800138002") == {PersonRoleKind.INSTRUCTOR, PersonRoleKind.TRAINEE}
    assert _roles("13800138013") == {PersonRoleKind.TRAINEE, PersonRoleKind.CLASS_TEACHER}


def test_a_second_run_changes_nothing(town: MemberUnit, city: MemberUnit, secretary: Account) -> None:
    first = _run(nasty(), secretary)
    before = [list(Person.select().tuples()), list(PersonRole.select().tuples())]
    clock.advance(timedelta(days=3))

    second = _run(nasty(), secretary)

    assert second.counts == {"new": 0, "changed": 0, "same": first.counts["new"], "wrong": 8}
    assert [list(Person.select().tuples()), list(PersonRole.select().tuples())] == before


def test_the_old_format_reads_alike(town: MemberUnit, secretary: Account) -> None:
    content = xls(
        (
            "学员",
            [
                ["乐余镇党校学员名册"],
                ["手机号码", "姓名"],
                [13800138001.0, "张 三"],
                ["138 0013 8002", "李四"],
            ],
        )
    )

    report = _run(content, secretary)

    assert report.counts == {"new": 2, "changed": 0, "same": 0, "wrong": 0}
    assert {(p.name, p.member_unit_id) for p in Person.select()} == {("张三", town.id), ("李四", town.id)}
    assert _roles("13800138001") == {PersonRoleKind.TRAINEE}


def test_a_header_over_two_rows_and_a_merged_unit(town: MemberUnit, secretary: Account) -> None:
    rows = [
        ["单位", "姓名", "联系", None],
        [None, None, "办公电话", "手机"],
        ["乐余镇党校", "张三", "58221234", "13800138001"],
        [None, "李四", "58221234", "13800138002"],
    ]
    content = xlsx(("名单", rows), merge=("A1:A2", "B1:B2", "C1:D1", "A3:A4"))

    report = _run(content, secretary)

    assert report.counts["new"] == 2
    assert {p.phone for p in Person.select()} == {"13800138001", "13800138002"}


def test_unit_and_position_in_one_column(town: MemberUnit, secretary: Account) -> None:
    content = xlsx(("名单", [["姓名", "单位及职务"], ["张三", "乐余镇党校办公室主任"]]))

    _run(content, secretary)

    person = Person.get()
    assert (person.member_unit_id, person.position) == (town.id, "办公室主任")


@pytest.mark.parametrize("written", ["大新镇党校", "大新镇党校(样例)", "大新镇党校（样例）", "大新"])
def test_a_remark_behind_a_units_name_does_not_matter(written: str, secretary: Account) -> None:
    unit = make_unit(name="大新镇党校（样例）", short_name="大新")

    report = _run(_rows(["张三", "13800138001", written, "", ""]), secretary)

    assert report.counts["new"] == 1
    assert Person.get().member_unit_id == unit.id


def test_what_changed_is_said_and_counted(town: MemberUnit, secretary: Account) -> None:
    _run(_rows(["张三", "13800138001", "乐余镇党校", "教员", "教师"]), secretary)

    again = roster.preview(
        _rows(["张三", "13800138001", "乐余镇党校", "副校长", "教师、联络员"]),
        "2.xlsx",
        unit_scope=None,
        actor=secretary,
    )

    report = roster.report_of(again)
    assert report.counts == {"new": 0, "changed": 1, "same": 0, "wrong": 0}
    assert report.people[0]["changes"] == "职务：教员 → 副校长；新增身份：联络员"
    roster.apply(again, actor=secretary)
    assert Person.get().position == "副校长"
    assert _roles("13800138001") == {PersonRoleKind.INSTRUCTOR, PersonRoleKind.LIAISON}


def test_a_role_that_ended_is_given_again(town: MemberUnit, secretary: Account) -> None:
    content = _rows(["张三", "13800138001", "乐余镇党校", "", "教师"])
    _run(content, secretary)
    people.end_role(PersonRole.get().id, actor=secretary)
    clock.advance(timedelta(days=2))

    assert _run(content, secretary).counts["changed"] == 1

    role = PersonRole.get()
    assert (role.valid_from, role.valid_to) == (clock.local_today(), None)


def test_another_name_for_a_known_phone_is_refused_masked(town: MemberUnit, secretary: Account) -> None:
    _run(_rows(["欧阳修", "13800138001", "乐余镇党校", "", ""]), secretary)

    report = _run(_rows(["张三", "13800138001", "乐余镇党校", "", ""]), secretary)

    assert report.counts == {"new": 0, "changed": 0, "same": 0, "wrong": 1}
    assert "欧*修" in report.wrong[0].reason
    assert Person.select().count() == 1


def test_nobody_is_merged_on_a_guess(town: MemberUnit, secretary: Account) -> None:
    _run(
        _rows(["张三", "13800138001", "乐余镇党校", "", ""], ["李四", None, "乐余镇党校", "", ""]), secretary
    )

    report = _run(
        _rows(["张三", None, "乐余镇党校", "", ""], ["李四", "13800138004", "乐余镇党校", "", ""]), secretary
    )

    assert report.counts == {"new": 0, "changed": 0, "same": 0, "wrong": 2}
    assert "138****8001" in report.wrong[0].reason
    assert "补登手机号" in report.wrong[1].mend
    assert Person.select().count() == 2


def test_a_school_imports_only_its_own(city: MemberUnit, town: MemberUnit, secretary: Account) -> None:
    stranger = make_person(
        name="钱七", member_unit=city, phone="13800138007", phone_hash=keyed_hash("13800138007")
    )
    admin = make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=town)
    content = _rows(
        ["张三", "13800138001", "乐余镇党校", "", ""],
        ["李四", "13800138002", None, "", ""],
        ["王五", "13800138003", "市委党校", "", ""],
        ["钱七", "13800138007", "乐余镇党校", "", ""],
    )

    with pytest.raises(NotFound):
        roster.preview(content, "x.xlsx", unit_scope=None, actor=admin)
    with pytest.raises(NotFound):
        roster.preview(content, "x.xlsx", unit_scope=city.id, actor=admin)
    report = _run(content, admin, unit_scope=town.id)

    assert report.counts == {"new": 2, "changed": 0, "same": 0, "wrong": 2}
    assert {p.name for p in Person.select().where(Person.member_unit == town)} == {"张三", "李四"}
    assert PersonRole.select().where(PersonRole.person == stranger).count() == 0


def test_another_school_cannot_touch_an_import(
    city: MemberUnit, town: MemberUnit, secretary: Account
) -> None:
    preview = roster.preview(
        _rows(["张三", None, "市委党校", "", ""]), "x.xlsx", unit_scope=None, actor=secretary
    )
    admin = make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=town)

    for act in (roster.apply, roster.discard):
        with pytest.raises(NotFound):
            act(preview, actor=admin)
    with pytest.raises(NotFound):
        roster.find(preview.id, actor=admin)
    assert roster.recent(admin) == []
    assert [row.id for row in roster.recent(secretary)] == [preview.id]


def test_an_import_ends_once_and_keeps_no_more_than_it_must(town: MemberUnit, secretary: Account) -> None:
    content = _rows(["张三", "13800138001", "乐余镇党校", "", ""], ["李四", "1380", "乐余镇党校", "", ""])
    applied = roster.preview(content, "x.xlsx", unit_scope=None, actor=secretary)
    dropped = roster.preview(content, "x.xlsx", unit_scope=None, actor=secretary)
    roster.apply(applied, actor=secretary)
    roster.discard(dropped, actor=secretary)

    for row in (applied, dropped):
        with pytest.raises(StaleState):
            roster.apply(roster.find(row.id, actor=secretary), actor=secretary)
    assert RosterImport.get_by_id(dropped.id).status == RosterImportStatus.DISCARDED
    assert {row.rows for row in RosterImport.select()} == {"[]"}
    assert roster.report_of(dropped).wrong == []
    assert len(roster.report_of(applied).wrong) == 1
    assert "张三" not in "".join(line.details for line in AuditEntry.select())


def test_apply_judges_anew_what_changed_since_the_preview(town: MemberUnit, secretary: Account) -> None:
    content = _rows(["张三", "13800138001", "乐余镇党校", "", ""], ["李四", "1380", "乐余镇党校", "", ""])
    preview = roster.preview(content, "x.xlsx", unit_scope=None, actor=secretary)
    make_person(name="赵六", member_unit=town, phone="13800138001", phone_hash=keyed_hash("13800138001"))

    report = roster.apply(preview, actor=secretary)

    assert report.counts == {"new": 0, "changed": 0, "same": 0, "wrong": 2}


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "a.xlsx", "文件是空的"),
        ("姓名,手机\n张三,1".encode(), "a.csv", "文本文件"),
        (b"<html><table><tr><td>", "a.xls", "网页"),
        (b"%PDF-1.7", "a.xlsx", "PDF"),
        (b"PK\x03\x04 broken", "a.xlsx", "打不开"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.xls", "打不开"),
        (b"PK\x03\x04" + b"\0" * (5 * 1024 * 1024), "a.xlsx", "超过 5 MB"),
        (xlsx(("Sheet1", [["名称", "数量"], ["桌子", 3]])), "a.xlsx", "没有找到表头"),
        (xlsx(("Sheet1", [["姓名", "手机"]])), "a.xlsx", "没有任何人员"),
    ],
)
def test_what_is_no_roster_is_refused_with_a_way_out(
    content: bytes, name: str, words: str, secretary: Account
) -> None:
    with pytest.raises(Invalid) as told:
        roster.preview(content, name, unit_scope=None, actor=secretary)

    assert words in told.value.fields["file"]
    assert RosterImport.select().count() == 0


def test_a_few_bytes_that_claim_the_whole_sheet_are_refused(secretary: Account) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "姓名"
    book.active.cell(1_048_576, 16_000, "远")
    buffer = io.BytesIO()
    book.save(buffer)

    with pytest.raises(Invalid) as told:
        roster.preview(buffer.getvalue(), "a.xlsx", unit_scope=None, actor=secretary)

    assert "过大" in told.value.fields["file"] or "行数过多" in told.value.fields["file"]


def test_hidden_sheets_are_left_out_and_said(town: MemberUnit, secretary: Account) -> None:
    rows = [HEADER, ["张三", "13800138001", "乐余镇党校", "", ""]]
    hidden = [HEADER, ["李四", "13800138002", "乐余镇党校", "", ""]]

    report = _run(xlsx(("名单", rows), ("旧", hidden), hidden="旧"), secretary)

    assert report.counts["new"] == 1
    assert report.notes == ["工作表“旧”是隐藏的，没有读取"]


def test_two_lists_side_by_side_are_pointed_out(town: MemberUnit, secretary: Account) -> None:
    content = xlsx(
        ("名单", [["姓名", "手机", "姓名", "手机"], ["张三", "13800138001", "李四", "13800138002"]])
    )

    report = roster.report_of(roster.preview(content, "x.xlsx", unit_scope=None, actor=secretary))

    assert [(c.row, c.column, c.reason) for c in report.wrong] == [(1, "姓名（C 列）", "有两列“姓名”")]


def test_the_template_comes_back_in_and_wrong_rows_go_out_without_formulas(
    town: MemberUnit, secretary: Account
) -> None:
    book = openpyxl.load_workbook(io.BytesIO(files.template([town])))
    sheet = book["人员名单"]
    sheet.append(["张三", "13800138001", town.name, "教员", "教师"])
    sheet.append(['=HYPERLINK("http://x","点我")', "13800138002", town.name, "", ""])
    sheet["A3"].data_type = "s"
    buffer = io.BytesIO()
    book.save(buffer)

    report = _run(buffer.getvalue(), secretary)

    assert report.counts == {"new": 1, "changed": 0, "same": 0, "wrong": 1}
    out = openpyxl.load_workbook(io.BytesIO(files.wrong_rows(report.wrong))).active
    assert [cell.value for cell in out[2]][:2] == ["人员名单", "3"]
    assert out["E2"].value.startswith("=HYPERLINK")
    assert out["E2"].data_type == "s" or out["E2"].quotePrefix


def test_erasing_a_person_reaches_every_roster_that_named_them(town: MemberUnit, secretary: Account) -> None:
    gone, stays = (
        ["张三", "13800138001", "乐余镇党校", "教员", "教师"],
        ["李四", "13800138004", "乐余镇党校", "", ""],
    )
    _run(_rows(gone, stays), secretary)
    waits = roster.preview(
        _rows([*gone[:3], "副校长", "教师"], ["张三", None, "乐余镇党校", "", ""], stays),
        "2.xlsx",
        unit_scope=None,
        actor=secretary,
    )
    person = Person.get(Person.name == "张三")

    personal_data.erase(person, reason="本人要求删除", actor=secretary)

    for row in RosterImport.select():
        assert "张三" not in row.rows + row.report
        assert "13800138001" not in row.rows + row.report
        assert "李四" in row.report
    roster.apply(roster.find(waits.id, actor=secretary), actor=secretary)
    assert Person.select().where(Person.erased_at.is_null()).count() == 1


def test_a_namesake_with_another_phone_stays_in_the_roster(town: MemberUnit, secretary: Account) -> None:
    _run(_rows(["张三", "13800138001", "乐余镇党校", "", ""]), secretary)
    namesake = _rows(["张三", "13900139002", "乐余镇党校", "", ""])
    waits = roster.preview(namesake, "2.xlsx", unit_scope=None, actor=secretary)

    personal_data.erase(Person.get(), reason="本人要求删除", actor=secretary)

    assert roster.apply(roster.find(waits.id, actor=secretary), actor=secretary).counts["new"] == 1
