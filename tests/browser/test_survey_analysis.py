"""The pages of analysis in a browser: charts drawn from their tables, nothing cut off, axe content."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from models.accounts import AccountRoleKind
from models.people import PersonRoleKind
from models.surveys import Answer, Questionnaire, Response, ResponseStatus
from services import accounts
from services.surveys import changes_made, courses, response_files, sheet
from services.surveys import themes as survey_themes
from services.surveys.workbooks import Page as Sheet
from services.surveys.workbooks import book
from tests.browser import axe
from tests.browser.conftest import PHONE, WIDE, OpenPage, Site
from tests.factories import make_unit
from tests.factories.surveys import free_text, make_questionnaire, multiple, ranking, scale, single
from tests.services.surveys.test_themes import planted

pytestmark = pytest.mark.browser
PASSWORD = "Demo-2026-xian"
ROLES = (PersonRoleKind.TRAINEE, PersonRoleKind.MEMBER, PersonRoleKind.INSTRUCTOR)


def answered(title: str, seed: int, weights: tuple[int, ...], units: list[int]) -> Questionnaire:
    source = random.Random(seed)
    matrix = {"matrix": 1, "matrix_text": "您对去年的安排满意吗？"}
    survey = make_questionnaire(
        single("您最需要的专题？", ("基层治理", "乡村振兴", "数字政府", "党史教育")),
        multiple("您喜欢的形式？"),
        scale("内容", **matrix),
        scale("教师", **matrix),
        ranking("请把专题按先后排一排"),
        free_text("您的建议？"),
        title=title,
    )
    texts, _ = planted(160)
    for no in range(160):
        response = Response.create(
            questionnaire=survey,
            respondent=f"r{no}",
            member_unit=units[min(no % 5, 3) if no < 150 else no % 4],
            role=ROLES[no % 3],
            status=ResponseStatus.COMPLETED,
        )
        topic, form, content, teacher, order, words = sheet.of(survey.id).questions
        rows = [
            (topic, source.choices(topic.choices, weights)[0].id, None, None),
            (content, 0, source.randint(3, 5), None),
            (teacher, 0, source.randint(2, 5), None),
            (words, 0, None, texts[no]),
        ]
        chosen = source.sample(form.choices, source.randint(1, 3))
        rows += [(form, choice.id, None, None) for choice in chosen]
        ranked = source.sample(order.choices, 3)
        rows += [(order, choice.id, place, None) for place, choice in enumerate(ranked, 1)]
        Answer.insert_many(
            [
                {
                    "id": Answer.id.default(),
                    "response": response.id,
                    "question": asked.id,
                    "option_no": option,
                }
                | {"number": number, "text": text}
                for asked, option, number, text in rows
            ]
        ).execute()
    return survey


def test_charts_tables_and_pages_of_analysis(site: Site, open_page: OpenPage) -> None:
    units = [make_unit(short_name=name) for name in ("市委党校", "杨舍", "塘桥", "乐余")]
    account = accounts.create(
        username="mishu",
        display_name="王秘书",
        password=PASSWORD,
        member_unit=units[0],
        roles=[AccountRoleKind.SECRETARIAT],
        actor=None,
    )
    ids = [unit.id for unit in units]
    answered("2026年上半年培训需求征集", 1, (6, 3, 2, 2), ids)
    survey = answered("2026年下半年培训需求征集", 2, (3, 3, 6, 2), ids)
    courses.create({"title": "基层治理案例", "topics": "基层治理、矛盾调解"}, actor=account)
    courses.create({"title": "数字政府入门", "topics": "数字政府、大数据"}, actor=account)
    changes_made.write(survey, "下半年新开两期数字政府班。", is_shown=True, version=0, actor=account)
    words = sheet.of(survey.id).questions[5]
    survey_themes.work(survey_themes.ask(survey, words.id, actor=account).id)
    head = ("序号", "来源", "1、您最需要的专题？", "2、您喜欢的形式？(多选题)", "您的建议？")
    rows = [(1, "微信", "基层治理", "讲授┋研讨", "多办"), (2, "微信", "不清楚", "现场", "")]
    kept = response_files.read_in(survey, book([Sheet("表", head, rows)]), "问卷星导出.xlsx", actor=account)
    base = f"/console/surveys/{survey.id}"
    pages = {
        "results": f"{base}/results",
        "cross": f"{base}/cross",
        "themes": f"{base}/themes/{words.id}",
        "demand": f"{base}/demand",
        "compare": f"{base}/compare",
        "leaders": f"{base}/leaders",
        "mapping": f"{base}/files/{kept.id}",
    }
    page = open_page()
    page.goto("/console/sign-in")
    page.get_by_label("账号").fill("mishu")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/console/")

    found, drawn, wide = {}, {}, []
    for size in (WIDE, PHONE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        for name, address in pages.items():
            page.goto(address)
            drawn[name] = page.locator(".chart canvas").count()
            if size is WIDE:
                found[name] = axe.findings(page)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append((name, size))
            if folder := os.environ.get("SHOTS"):
                page.screenshot(path=str(Path(folder) / f"analysis-{name}-{size[0]}.png"), full_page=True)

    assert {name: each for name, each in found.items() if each} == {}
    assert wide == []
    assert drawn == {
        "results": 3, "cross": 1, "themes": 1, "demand": 1, "compare": 3, "leaders": 0, "mapping": 0
    }  # fmt: skip
