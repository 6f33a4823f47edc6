"""Two half-years whose truth is known: counts, differences, demand, themes, reports, what changed."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZipFile

import pytest
from docx import Document

from models.accounts import AccountRoleKind
from models.surveys import Answer, Questionnaire, Response, ResponseStatus
from services.errors import Invalid, StaleState
from services.messaging import audiences
from services.roster.workbook import open_workbook
from services.surveys import (
    changes_made,
    comparison,
    courses,
    demand,
    participation,
    report,
    results,
    sheet,
    themes,
)
from services.surveys.workbooks import Page, book
from tests.factories import make_account, make_member, make_unit
from tests.factories.surveys import free_text, make_questionnaire, multiple, scale, single
from tests.services.surveys.test_themes import planted

pytestmark = pytest.mark.usefixtures("db", "noon")
TOPICS = ("基层治理", "乡村振兴", "数字政府")


@dataclass
class HalfYear:
    survey: Questionnaire
    chosen: Counter[str]
    marks: list[int]
    planted: Counter[str]


def half_year(title: str, weights: tuple[int, int, int], mark: float, seed: int, *more: object) -> HalfYear:
    """Ninety responses of three units, drawn with a seed."""
    source = random.Random(seed)
    survey = make_questionnaire(
        single(f"{title[:8]}您最需要的专题？", TOPICS),
        scale("您对培训总体满意吗？"),
        free_text(),
        *more,  # type: ignore[arg-type]
        title=title,
    )
    topic, satisfied, words = sheet.of(survey.id).questions[:3]
    truth = HalfYear(survey, Counter(), [], Counter())
    texts, topics = planted(90)
    units = [make_unit() for _ in range(3)]
    for no in range(90):
        response = Response.create(
            questionnaire=survey,
            respondent=f"r{no}",
            member_unit=units[no % 3],
            status=ResponseStatus.COMPLETED,
        )
        choice = source.choices(topic.choices, weights)[0]
        given = max(1, min(5, round(source.gauss(mark, 0.6))))
        Answer.create(response=response, question=topic.id, option_no=choice.id)
        Answer.create(response=response, question=satisfied.id, number=given)
        Answer.create(response=response, question=words.id, text=texts[no])
        truth.chosen[choice.text] += 1
        truth.marks.append(given)
        truth.planted[topics[no]] += 1
    return truth


def test_two_half_years_are_counted_compared_and_their_themes_found() -> None:
    account = make_account(AccountRoleKind.SECRETARIAT)
    before = half_year("2026年上半年需求征集", (8, 1, 1), 3.0, 1, multiple("只有上次问的？"))
    now = half_year("2026年下半年需求征集", (1, 1, 8), 4.4, 2)

    for truth in (before, now):
        told = results.results(truth.survey, actor=None).questions or []
        assert {bar.label: bar.count for bar in told[0].bars} == {name: truth.chosen[name] for name in TOPICS}
        assert told[1].mean == pytest.approx(sum(truth.marks) / 90)
        run = themes.ask(truth.survey, told[2].asked.id, actor=account)
        themes.work(run.id)
        sizes = sorted(theme.size for theme in themes.found(run) if theme.words)
        assert sizes == sorted(truth.planted.values())
    ((offered, count),) = comparison.earlier(now.survey, actor=account)
    found = comparison.compare(now.survey, offered.id, actor=account)

    assert found is not None
    assert (offered.id, count) == (before.survey.id, 2)
    topic, satisfied = found.compared
    assert [one.in_words for one in topic.differences] == ["下降", "看不出变化", "上升"]
    assert topic.differences[2].change == pytest.approx(
        (now.chosen["数字政府"] - before.chosen["数字政府"]) / 90
    )
    assert [one.in_words for one in satisfied.differences] == ["上升"]
    assert [asked.text for asked in found.only_before] == ["您的建议？", "只有上次问的？"]


def test_the_demand_list_marks_what_no_course_covers() -> None:
    account = make_account(AccountRoleKind.SECRETARIAT)
    now = half_year("2026年下半年需求征集", (3, 2, 4), 4.0, 3)
    courses.create({"title": "基层治理的十个案例", "topics": ""}, actor=account)
    courses.create({"title": "大数据入门", "topics": "数字政府、大数据"}, actor=account)
    courses.create({"title": "乡村振兴", "is_offered": False}, actor=account)

    found = demand.demand(now.survey, None, actor=account)

    assert found is not None
    assert {wish.topic: wish.people for wish in found.wishes} == dict(now.chosen)
    assert [wish.people for wish in found.wishes] == sorted(now.chosen.values(), reverse=True)
    assert [wish.topic for wish in found.not_covered] == ["乡村振兴"]
    assert all(len(wish.by_unit) == 3 for wish in found.wishes)


def test_courses_come_from_excel_once_and_wrong_rows_are_told() -> None:
    account = make_account(AccountRoleKind.SECRETARIAT)
    unit = make_unit(short_name="乐余")
    rows = [
        ["党史专题", "党史，党性", "王老师", "乐余"],
        ["", "没有名字", "", ""],
        ["沙盘推演", "应急", "", "哪里的单位"],
        ["=cmd|' /C calc'!A1", "", "", ""],
    ]
    file = book([Page("课程", ("课程名称", "专题", "教师", "单位"), rows)])

    first = courses.read_in(file, "课程.xlsx", actor=account)
    second = courses.read_in(file, "课程.xlsx", actor=account)

    assert (first.new, second.new, second.same) == (2, 0, 2)
    assert [(cell.row, cell.column) for cell in first.wrong] == [(3, "课程名称"), (4, "单位")]
    history = courses.search(actor=account).where(courses.Course.title == "党史专题").get()
    assert (history.member_unit_id, courses.topics_of(history.topics)) == (unit.id, ["党史", "党性"])
    with pytest.raises(Invalid) as wrong:
        courses.read_in(b"%PDF-1.7", "课程.xlsx", actor=account)
    assert "PDF" in wrong.value.fields["file"]


def test_the_report_is_whole_in_excel_and_word_and_holds_no_formula() -> None:
    account = make_account(AccountRoleKind.SECRETARIAT)
    survey = make_questionnaire(single("=cmd|' /C calc'!A1", ("=1+1", "+乡村", "@党史")), free_text())
    asked, words = sheet.of(survey.id).questions
    for no in range(8):
        response = Response.create(questionnaire=survey, respondent=f"r{no}", member_unit=make_unit())
        Answer.create(response=response, question=asked.id, option_no=asked.choices[0].id)
        Answer.create(response=response, question=words.id, text='=HYPERLINK("http://x")')
    run = themes.ask(survey, words.id, actor=account)
    themes.work(run.id)
    gathered = report.gather(survey, actor=account)

    sheets = open_workbook(report.excel(gathered, actor=account), "报告.xlsx")
    document = Document(BytesIO(report.word(gathered, actor=account)))

    names = [each.name for each in sheets]
    assert names[:2] == ["概况", "结果"]
    assert sheets[1].rows[1][:3] == ["=cmd|' /C calc'!A1", "=1+1", 8.0]
    raw = report.excel(gathered, actor=account)
    assert _formulas(raw) == 0
    said = "\n".join(part.text for part in document.paragraphs)
    assert "主要情况" in said
    assert any("=1+1" in cell.text for table in document.tables for row in table.rows for cell in row.cells)


def _formulas(content: bytes) -> int:
    with ZipFile(BytesIO(content)) as parts:
        return sum(
            parts.read(name).count(b"<f>") for name in parts.namelist() if name.startswith("xl/worksheets/")
        )


def test_what_changed_is_shown_to_those_who_answered_and_drafted_for_them() -> None:
    account = make_account(AccountRoleKind.SECRETARIAT)
    survey = make_questionnaire(single())
    answered, other = make_member(), make_member()
    participation.completed(survey, answered.person.id)
    with pytest.raises(Invalid):
        changes_made.draft_campaign(survey, actor=account)

    kept = changes_made.write(survey, "新开两期班。\n<b>谢谢</b>", is_shown=True, version=0, actor=account)
    campaign = changes_made.draft_campaign(survey, actor=account)

    assert [each.id for each in changes_made.shown_to(answered.person.id)] == [kept.id]
    assert changes_made.shown_to(other.person.id) == []
    meant = {person.id for person in audiences.persons(campaign.audience)}
    assert answered.person.id in meant
    assert other.person.id not in meant
    assert "&lt;b&gt;" in campaign.published_notice.body_html
    with pytest.raises(StaleState):
        changes_made.write(survey, "别的", is_shown=True, version=kept.version + 1, actor=account)
