from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.people import PersonRoleKind
from services.person_fields import WrongCell, clean_name, clean_position, clean_roles, is_footnote, role_in

chinese = st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=5)


@given(name=chinese, gap=st.sampled_from(["", " ", "  ", "\u3000", "\u00a0", "\u200b", "\t", "\n"]))
def test_spaces_inside_a_name_go(name: str, gap: str) -> None:
    assert clean_name(gap + gap.join(name) + gap) == name


@given(st.text(max_size=30))
@example("A\u200b\u0304")
@example("A a \u0304")
def test_cleaning_twice_changes_nothing(text: str) -> None:
    try:
        once = clean_name(text)
    except WrongCell as told:
        wrong = told
        once = ""
    else:
        wrong = None

    assert clean_name(once) == once
    assert wrong is None or (wrong.reason and wrong.mend)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("阿卜杜拉 • 买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉・买买提", "阿卜杜拉·买买提"),
        ("John  Smith", "John Smith"),
        ("", ""),
        (None, ""),
    ],
)
def test_names_keep_what_belongs_to_them(written: str | None, kept: str) -> None:
    assert clean_name(written) == kept


@pytest.mark.parametrize(
    ("written", "reason"),
    [("张三（女）", "姓名里有"), ("张3", "姓名里有“3”"), ("刘", "只有一个字"), ("张" * 21, "超过")],
)
def test_what_is_no_name_tells_why(written: str, reason: str) -> None:
    with pytest.raises(WrongCell) as told:
        clean_name(written)

    assert reason in told.value.reason


def test_roles_are_read_by_many_words() -> None:
    assert clean_roles("教师、 班主任") == [PersonRoleKind.INSTRUCTOR, PersonRoleKind.CLASS_TEACHER]
    assert clean_roles("讲师/老师") == [PersonRoleKind.INSTRUCTOR]
    assert clean_roles("学员兼联络员") == [PersonRoleKind.TRAINEE, PersonRoleKind.LIAISON]
    assert clean_roles("兼职教师") == [PersonRoleKind.INSTRUCTOR]
    assert clean_roles(None) == []
    with pytest.raises(WrongCell) as told:
        clean_roles("学员、司机")
    assert "司机" in told.value.reason


def test_a_title_speaks_of_one_role_or_none() -> None:
    assert role_in("2026年教师名单") == PersonRoleKind.INSTRUCTOR
    assert role_in("教师和学员名单") is None
    assert role_in("成员单位名单") is None


def test_footnotes_are_told_from_people() -> None:
    assert all(map(is_footnote, ["合计", "合 计", "共60人", "备注：略", "注：见附件", "制表人：李四"]))
    assert not any(map(is_footnote, ["共建国", "注永明", "何合计", ""]))


def test_a_long_position_is_refused() -> None:
    assert clean_position(" 办公室  主任 ") == "办公室 主任"
    with pytest.raises(WrongCell):
        clean_position("主" * 61)
