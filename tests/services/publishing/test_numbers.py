"""期号 and 准印证号: what a person should look at again."""

from __future__ import annotations

from datetime import date

import pytest

from models.publishing import IssueStatus
from services.publishing import numbers
from tests.factories import make_issue
from tests.services.publishing.test_e_journals import make_journal

pytestmark = pytest.mark.usefixtures("db", "noon")
PERMIT = "苏内准印(2026)1号"


def told(issue_no: str = "2026年第3期", permit: str = PERMIT, **values: object) -> list[str]:
    journal = values.pop("e_journal", None) or make_journal(print_permit_no=PERMIT)
    issue = make_issue(
        e_journal=journal,
        issue_no=issue_no,
        print_permit_no=permit,
        status=IssueStatus.DRAFT,
        **values,
    )
    return [f"{each.place}{each.advice}" for each in numbers.findings(issue) if not each.stops]


@pytest.mark.parametrize("issue_no", ["2026年第1期", "总第120期", "2026年第1期（总第120期）"])
def test_usual_numbers_are_not_told(issue_no: str) -> None:
    assert told(issue_no) == []


def test_an_odd_number_another_year_and_a_gap_are_told() -> None:
    journal = make_journal(print_permit_no=PERMIT)
    for no in (1, 2):
        make_issue(e_journal=journal, issue_no=f"2026年第{no}期", print_permit_no=PERMIT)

    assert told("冬季号", e_journal=journal)[0].startswith("期号：一般写作")
    assert told("2026年第3期", e_journal=journal) == []
    assert told("2026年第6期", e_journal=journal) == ["期号：2026年还没有第4至5期，请核对是否跳号"]
    assert told("2026年第4期", e_journal=journal, publish_on=date(2027, 1, 5)) == [
        "期号与刊期日期2027年不符，请核对"
    ]


def test_a_permit_without_number_of_another_year_or_not_the_journals_is_told() -> None:
    assert told("2026年第1期", "内部资料") == [
        "准印证号：一般含“准印”和编号，如“苏内准印(2026)1号”，请对照证书",
        f"准印证号与刊物登记的“{PERMIT}”不同，请核对",
    ]
    journal = make_journal(name="《乙》", print_permit_no="苏内准印(2025)1号")
    assert told("2026年第1期", "", e_journal=journal) == [
        "准印证号是2025年的，这一期是2026年的，请核对是否已换证"
    ]


def test_full_width_digits_and_spaces_are_tidied() -> None:
    assert numbers.tidy(" ２０２６年第３期 ") == "2026年第3期"
