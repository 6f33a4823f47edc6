"""The whole report of a survey: gathered once, told as Excel, as Word, and as one page for leaders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from docx import Document
from docx.oxml.ns import qn
from docx.shared import Pt

import clock
from models.accounts import Account
from models.survey_analysis import ThemeRunStatus
from models.surveys import QUESTION_KIND_WORDS, QuestionKind, Questionnaire
from services import list_exports
from services.surveys import comparison, cross_tables, questionnaires, results, themes
from services.surveys import demand as demand_lists
from services.surveys.comparison import Comparison, Difference
from services.surveys.cross_tables import CrossTable
from services.surveys.demand import DemandList, Wish
from services.surveys.intervals import Interval
from services.surveys.results import QuestionResult, Results
from services.surveys.small_groups import SMALL_GROUP
from services.surveys.themes import FoundTheme
from services.surveys.workbooks import Page, book

UNTOLD = "不显示"
TOP = 3
RULE = (
    f"少于{SMALL_GROUP}份的小组、以及能由其他数字推算出小组的数字都不显示。"
    "“大致范围”：若把答卷的人看作随机抽到的，真实占比有95%的把握落在其中。单位按机构顺序排列，不排名。"
)


@dataclass(frozen=True)
class Report:
    questionnaire: Questionnaire
    found: Results
    crossed: tuple[CrossTable, ...]
    themes: tuple[tuple[str, tuple[FoundTheme, ...]], ...]  # by question
    demand: DemandList | None
    comparison: Comparison | None


@dataclass(frozen=True, slots=True)
class Finding:
    """A plain sentence of the leaders' page, with what it is about."""

    about: str
    words: str


def gather(questionnaire: Questionnaire, *, actor: Account) -> Report:
    """Everything that may be told. Raises NotFound for another school's."""
    questionnaires.find(questionnaire.id, actor=actor)
    found = results.results(questionnaire, actor=actor)
    told = found.questions or []
    crossed = [
        cross_tables.cross(questionnaire, each.asked.id, cross_tables.BY_UNIT, actor=actor)
        for each in told
        if each.asked.kind not in (QuestionKind.TEXT, QuestionKind.PICTURE, QuestionKind.NUMBER)
    ]
    offered = comparison.earlier(questionnaire, actor=actor) if told else []
    return Report(
        questionnaire,
        found,
        tuple(crossed),
        tuple(_themes(questionnaire, told)),
        demand_lists.demand(questionnaire, None, actor=actor),
        comparison.compare(questionnaire, offered[0][0].id, actor=actor) if offered else None,
    )


def findings(report: Report) -> list[Finding]:
    """What a leader should know, in plain sentences; at most a page."""
    return [*_most_wanted(report), *_means(report), *_changes(report), *_not_covered(report), *_said(report)]


def excel(report: Report, *, actor: Account) -> bytes:
    """The report as a workbook; that it left is kept in the audit trail."""
    list_exports.taken("问卷报告", report.found.started, conditions=report.questionnaire.title, actor=actor)
    return book(_pages(report))


def word(report: Report, *, actor: Account) -> bytes:
    """The report as a Word document; that it left is kept in the audit trail."""
    list_exports.taken("问卷报告", report.found.started, conditions=report.questionnaire.title, actor=actor)
    document = Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "宋体", Pt(11)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "宋体")
    _cover(document, report)
    for result in report.found.questions or []:
        document.add_heading(f"{result.asked.no}. {_full_text(result)}", 2)
        document.add_paragraph(_answered_words(result))
        if result.bars:
            _table(document, *_result_rows(result))
    _word_parts(document, report)
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _themes(
    questionnaire: Questionnaire, told: list[QuestionResult]
) -> Iterator[tuple[str, tuple[FoundTheme, ...]]]:
    for each in told:
        if each.asked.kind is QuestionKind.TEXT:
            run = themes.of_question(questionnaire, each.asked.id)
            if run is not None and run.status is ThemeRunStatus.DONE:
                yield each.asked.text, tuple(themes.found(run))


def _most_wanted(report: Report) -> Iterator[Finding]:
    for result in report.found.questions or []:
        if result.asked.kind not in (QuestionKind.SINGLE, QuestionKind.MULTIPLE, QuestionKind.RANKING):
            continue
        told = [bar for bar in result.bars if bar.count]
        top = sorted(told, key=lambda bar: -(bar.count or 0))[:TOP]
        if top and result.answered:
            words = "，".join(f"{bar.label} {bar.count}人（{_percent(bar.share)}）" for bar in top)
            first = "排在第一位最多的是" if result.asked.kind is QuestionKind.RANKING else "选得最多的是"
            yield Finding(_full_text(result), f"{result.answered}人回答，{first}：{words}。")


def _means(report: Report) -> Iterator[Finding]:
    for result in report.found.questions or []:
        if result.asked.steps and result.mean is not None:
            yield Finding(
                _full_text(result),
                f"{result.answered}人打分，平均{result.mean:.1f}分（满分{result.asked.steps[-1]}分）。",
            )


def _changes(report: Report) -> Iterator[Finding]:
    if report.comparison is None:
        return
    before = report.comparison.earlier.title
    for each in report.comparison.compared:
        for one in each.differences:
            if one.change is not None and one.interval is not None and one.interval.is_clear:
                yield Finding(
                    f"与《{before}》相比",
                    f"“{each.now.text}”中{one.label}由{_value(one, one.before)}变为{_value(one, one.now)}，"
                    f"{one.in_words}明显。",
                )


def _not_covered(report: Report) -> Iterator[Finding]:
    if report.demand is None:
        return
    missing = [wish for wish in report.demand.not_covered if wish.people]
    if missing:
        words = "、".join(f"{wish.topic}（{wish.people}人）" for wish in missing[:5])
        yield Finding("还没有课程的需求", f"课程目录里还没有：{words}。")


def _said(report: Report) -> Iterator[Finding]:
    for text, found in report.themes:
        named = [theme for theme in found if theme.words][:TOP]
        if named:
            words = "；".join(f"{theme.name}（{theme.size}条）" for theme in named)
            yield Finding(text, f"大家写得最多的是：{words}。例如：“{named[0].first[0][:60]}”")


def _pages(report: Report) -> Iterator[Page]:
    found = report.found
    yield Page("概况", ("项目", "内容"), _facts(report))
    if found.questions is None:
        return
    rows = [
        [_full_text(each) if no == 0 else "", *row]
        for each in found.questions
        for no, row in enumerate(_result_rows(each)[1] or [[_answered_words(each)]])
    ]
    yield Page(
        "结果",
        ("题目", "回答", "人数", "占比", "范围下限", "范围上限", "平均名次", "得分"),
        rows,
        frozenset({3, 4, 5}),
    )
    for table in report.crossed:
        head = ("单位", *table.labels, *(("平均",) if table.asked.steps else ()), "份数")
        yield Page(f"按单位 {table.asked.no}", head, _crossed_rows(table))
    if report.demand:
        yield demand_page(report.demand)
    if report.comparison:
        yield Page(
            "与往期比较",
            ("题目", "回答", "这次", "上次", "相差", "范围下限", "范围上限", "结论"),
            _compared_rows(report.comparison),
        )
    for text, told in report.themes:
        rows = [[theme.name, "、".join(theme.words), theme.size, *theme.first] for theme in told]
        yield Page(f"主题 {text}", ("主题", "关键词", "条数", "原话1", "原话2", "原话3"), rows)


def demand_page(listed: DemandList) -> Page:
    """The demand list as a sheet."""
    rows: list[list[Any]] = [
        [wish.topic, _number(wish.people), *map(_number, wish.by_unit), _covered(wish)]
        for wish in listed.wishes
    ]
    blank = [""] * len(listed.units)
    rows += [[f"（文字）{wish.topic}", wish.people, *blank, _covered(wish)] for wish in listed.said]
    return Page("需求清单", ("专题", "人数", *listed.units, "课程目录"), rows)


def _covered(wish: Wish) -> str:
    return "、".join(course.title for course in wish.courses) or "没有课程"


def _crossed_rows(table: CrossTable) -> Iterator[list[Any]]:
    for line in table.lines:
        mean = [None if line.mean is None else round(line.mean, 2)] if table.asked.steps else []
        yield [line.label, *map(_number, line.counts), *mean, _number(line.answered)]


def _compared_rows(compared: Comparison) -> Iterator[list[Any]]:
    for each in compared.compared:
        for one in each.differences:
            low, high = (one.interval.low, one.interval.high) if one.interval else (None, None)
            told = [one.now, one.before, one.change, low, high]
            yield [
                each.now.text, one.label, *(None if v is None else round(v, 3) for v in told), one.in_words
            ]  # fmt: skip


def _facts(report: Report) -> list[tuple[str, Any]]:
    found, survey = report.found, report.questionnaire
    return [
        ("问卷", survey.title),
        ("方式", "匿名" if survey.is_anonymous else "实名"),
        ("征集对象（人）", found.meant),
        ("收到回答（份）", found.started),
        ("答完（份）", found.completed),
        ("导出日期", f"{clock.local_today():%Y年%m月%d日}"),
        ("说明", RULE if found.questions is not None else f"匿名问卷的回答不足{SMALL_GROUP}份，不显示结果。"),
    ]


def _cover(document: Any, report: Report) -> None:
    document.add_heading(report.questionnaire.title, 0)
    _table(document, ("项目", "内容"), _facts(report))
    told = findings(report)
    if told:
        document.add_heading("主要情况", 1)
        for each in told:
            document.add_paragraph(f"{each.about}：{each.words}", style="List Bullet")
    document.add_heading("逐题结果", 1)


def _word_parts(document: Any, report: Report) -> None:
    if report.crossed:
        document.add_heading("按单位", 1)
        for table in report.crossed:
            document.add_heading(f"{table.asked.no}. {table.asked.text}", 2)
            head = ("单位", *table.labels, *(("平均",) if table.asked.steps else ()), "份数")
            _table(document, head, _crossed_rows(table))
    if report.demand:
        document.add_heading("需求清单", 1)
        page = demand_page(report.demand)
        _table(document, page.headings, page.rows)
    if report.comparison:
        document.add_heading(f"与《{report.comparison.earlier.title}》比较", 1)
        head = ("题目", "回答", "这次", "上次", "相差", "范围下限", "范围上限", "结论")
        _table(document, head, _compared_rows(report.comparison))
    for text, told in report.themes:
        document.add_heading(f"文字回答的主题：{text}", 1)
        for theme in told:
            document.add_paragraph(f"{theme.name}（{theme.size}条）", style="List Bullet")
            for sentence in theme.first:
                document.add_paragraph(f"“{sentence}”", style="List Continue")


def _table(document: Any, headings: Any, rows: Any) -> None:
    table = document.add_table(rows=1, cols=len(headings), style="Table Grid")
    for cell, heading in zip(table.rows[0].cells, headings, strict=True):
        cell.text = str(heading)
    for row in rows:
        cells = table.add_row().cells
        for cell, value in zip(cells, row, strict=False):
            cell.text = _cell_text(value)


def _result_rows(result: QuestionResult) -> tuple[tuple[str, ...], list[list[Any]]]:
    headings: tuple[str, ...] = ("回答", "人数", "占比", "范围下限", "范围上限", "平均名次", "得分")
    rows = [
        [bar.label, _number(bar.count), bar.share, *_ends(bar.interval), bar.mean_place, bar.points]
        for bar in result.bars
    ]
    if all(row[5] is None for row in rows):
        headings, rows = headings[:5], [row[:5] for row in rows]
    return headings, rows


def _ends(interval: Interval | None) -> tuple[float | None, float | None]:
    return (interval.low, interval.high) if interval else (None, None)


def _answered_words(result: QuestionResult) -> str:
    words = [QUESTION_KIND_WORDS[result.asked.kind]]
    words.append("人数不显示" if result.answered is None else f"{result.answered}人回答")
    if result.mean is not None:
        words.append(f"平均{result.mean:.1f}")
    if result.mean_interval is not None:
        words.append(f"真实平均大致在{result.mean_interval.low:.1f}到{result.mean_interval.high:.1f}之间")
    return "，".join(words)


def _full_text(result: QuestionResult) -> str:
    asked = result.asked
    return f"{asked.matrix_text}：{asked.text}" if asked.matrix_text else asked.text


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.2f}"
    return str(value)


def _number(value: int | None) -> int | str:
    return UNTOLD if value is None else value


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share * 100:.0f}%"


def _value(one: Difference, value: float | None) -> str:
    return f"{value:.1f}分" if one.is_mean else _percent(value)
