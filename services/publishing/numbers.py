"""The number of an issue (期号) and its permit line (准印证): what a person should look at again.

None of it stops an issue: journals number as they always did, and the certificate alone is right.
"""

from __future__ import annotations

import re

from models.publishing import EJournalIssue, IssueStatus
from services.publishing.wording import Finding

_NUMBER = re.compile(r"(?P<year>20\d\d)年第(?P<no>\d{1,3})期(（总第\d{1,4}期）)?")
_TOTAL = re.compile(r"总第\d{1,4}期")
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")


def tidy(text: str) -> str:
    """Spaces gone from the ends and from between, digits in half width."""
    return " ".join((text or "").split()).translate(FULL_WIDTH)


def findings(issue: EJournalIssue) -> list[Finding]:
    return [*_of_number(issue), *_of_permit(issue)]


def _of_number(issue: EJournalIssue) -> list[Finding]:
    number = _NUMBER.fullmatch(issue.issue_no)
    if number is None:
        if _TOTAL.fullmatch(issue.issue_no):
            return []
        return [_told("期号", issue.issue_no, "：一般写作“2026年第3期”或“总第120期”，请核对")]
    found = []
    year, no = int(number["year"]), int(number["no"])
    if issue.publish_on is not None and issue.publish_on.year != year:
        found.append(_told("期号", issue.issue_no, f"与刊期日期{issue.publish_on.year}年不符，请核对"))
    before = max((each for each in _numbers(issue, year) if each < no), default=0)
    if no - before > 1:
        missing = f"第{before + 1}期" if no - before == 2 else f"第{before + 1}至{no - 1}期"
        found.append(_told("期号", issue.issue_no, f"：{year}年还没有{missing}，请核对是否跳号"))
    return found


def _numbers(issue: EJournalIssue, year: int) -> list[int]:
    """The numbers of the journal's other issues of that year that are not withdrawn."""
    others = EJournalIssue.select(EJournalIssue.issue_no).where(
        EJournalIssue.e_journal == issue.e_journal_id,
        EJournalIssue.id != issue.id,
        EJournalIssue.status != IssueStatus.WITHDRAWN,
    )
    matched = (_NUMBER.fullmatch(row.issue_no) for row in others)
    return [int(each["no"]) for each in matched if each is not None and int(each["year"]) == year]


def _of_permit(issue: EJournalIssue) -> list[Finding]:
    registered = issue.e_journal.print_permit_no
    permit = issue.print_permit_no or registered
    if not permit:
        return []
    found = []
    if "准印" not in permit or not re.search(r"\d", permit):
        found.append(_told("准印证号", permit, "：一般含“准印”和编号，如“苏内准印(2026)1号”，请对照证书"))
    if registered and issue.print_permit_no and issue.print_permit_no != registered:
        found.append(_told("准印证号", permit, f"与刊物登记的“{registered}”不同，请核对"))
    year, own = _YEAR.search(permit), _NUMBER.fullmatch(issue.issue_no)
    if year is not None and own is not None and year[1] != own["year"]:
        found.append(
            _told("准印证号", permit, f"是{year[1]}年的，这一期是{own['year']}年的，请核对是否已换证")
        )
    return found


def _told(place: str, words: str, advice: str) -> Finding:
    return Finding(place, words, advice, stops=False)
