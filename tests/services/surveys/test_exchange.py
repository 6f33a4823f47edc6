"""Questions, answers and papers in and out: good rows are kept, wrong ones told, nothing comes in twice."""

from __future__ import annotations

import json

import pytest

from models.accounts import AccountRoleKind
from models.audit import AuditEntry
from models.survey_analysis import PaperEntry
from models.surveys import Answer, Questionnaire, QuestionnaireStatus, Response
from services.errors import Invalid, StaleState
from services.roster.workbook import open_workbook
from services.surveys import (
    answers_file,
    courses,
    entries,
    papers,
    questionnaires,
    questions_file,
    response_files,
    results,
    sheet,
)
from services.surveys import columns as answer_columns
from services.surveys.columns import Columns
from services.surveys.entries import Entry
from services.surveys.reading import Reading
from services.surveys.workbooks import Page, book
from tests.factories import make_account, make_person, make_unit
from tests.factories.surveys import (
    free_text,
    make_questionnaire,
    multiple,
    ranking,
    scale,
    single,
    with_other,
)

pytestmark = pytest.mark.usefixtures("db", "noon")
WJX = (
    "序号",
    "提交答卷时间",
    "1、您最需要的专题？",
    "2、您喜欢的形式？(多选题)",
    "3、您总体满意吗？",
    "4、您的建议？",
    "单位",
)


@pytest.fixture
def survey() -> Questionnaire:
    return make_questionnaire(single(), multiple(), scale(), free_text(is_required=False))


def wjx(*rows: tuple[object, ...]) -> bytes:
    return book([Page("Sheet1", WJX, rows)])


GOOD = (
    ("1", "2026/11/1 9:00", "基层治理", "讲授┋研讨", 5, "=1+1", "乐余"),
    ("2", "2026/11/1 9:01", "A.乡村振兴", "现场", "4", "(空)", ""),
)


def test_another_tools_file_is_recognised_and_comes_in_once(survey: Questionnaire) -> None:
    account, unit = make_account(AccountRoleKind.SECRETARIAT), make_unit(short_name="乐余")
    bad = (("3", "", "不知道", "讲授", 9, "", "哪里"),)
    kept = response_files.read_in(survey, wjx(*GOOD, *bad), "按文本.xlsx", actor=account)
    topic, form, mark, words = sheet.of(survey.id).questions

    found = response_files.preview(kept)

    assert kept.mapping == {
        "0": "key", "2": str(topic.id), "3": str(form.id), "4": str(mark.id), "5": str(words.id), "6": "unit"
    }  # fmt: skip
    assert (found.good, found.repeated, found.wrong_rows) == (2, 0, 1)
    assert {(cell.row, cell.column) for cell in found.wrong} == {
        (4, "1、您最需要的专题？"), (4, "3、您总体满意吗？"), (4, "单位"),
    }  # fmt: skip
    assert all(cell.mend for cell in found.wrong)
    assert response_files.apply(kept, actor=account) == 2
    with pytest.raises(StaleState):
        response_files.apply(kept, actor=account)
    again = response_files.read_in(survey, wjx(*GOOD, *bad), "按文本.xlsx", actor=account)
    assert (response_files.preview(again).good, response_files.preview(again).repeated) == (0, 2)
    assert response_files.apply(again, actor=account) == 0

    rows = list(Response.select().where(Response.questionnaire == survey.id))
    assert {(row.source, row.person_id, row.created_at, row.completed_at) for row in rows} == {
        ("file", None, None, None)
    }
    assert {row.member_unit_id for row in rows} == {unit.id, None}
    assert [row.text for row in Answer.select().where(Answer.question == words.id)] == ["=1+1"]
    assert json.loads(kept.__class__.get_by_id(kept.id).rows) == []


def test_columns_of_options_are_ticked_and_can_be_mapped_by_hand(survey: Questionnaire) -> None:
    account = make_account(AccountRoleKind.SECRETARIAT)
    topic, form, mark, _ = sheet.of(survey.id).questions
    head = ("专题", "2(讲授)", "2(研讨)", "分")
    file = book([Page("表", head, [("党史", 1, 0, 3), ("党史", 1, 1, 3), ("党史", 1, 1, 3)])])
    kept = response_files.read_in(survey, file, "别的工具.xlsx", actor=account)
    assert response_files.preview(kept).good == 0

    options = [f"option:{choice.id}" for choice in form.choices]
    mapping = {"0": str(topic.id), "1": options[0], "2": options[1], "3": str(mark.id)}
    response_files.set_mapping(kept, mapping, actor=account)
    line = AuditEntry.get(AuditEntry.action == "response_import.mapped")
    assert (line.account_id, json.loads(line.details)) == (account.id, {"columns": 4})

    assert response_files.apply(kept, actor=account) == 3  # two equal rows are two people
    again = response_files.read_in(survey, file, "别的工具.xlsx", actor=account)
    response_files.set_mapping(again, mapping, actor=account)
    assert response_files.preview(again).repeated == 3
    with pytest.raises(Invalid):
        response_files.set_mapping(again, {"0": str(topic.id), "1": str(topic.id)}, actor=account)


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7 x", b"<html></html>", b"PK\x03\x04broken", "姓名,1".encode()]
)
def test_what_is_no_excel_gets_a_clear_sentence(survey: Questionnaire, content: bytes) -> None:
    account = make_account(AccountRoleKind.SECRETARIAT)

    for act in (
        lambda: response_files.read_in(survey, content, "答卷.xlsx", actor=account),
        lambda: questions_file.read_in(content, "题目.xlsx", actor=account),
        lambda: courses.read_in(content, "课程.xlsx", actor=account),
    ):
        with pytest.raises(Invalid) as wrong:
            act()
        assert "文件" in wrong.value.fields["file"]


def test_questions_go_out_and_come_in_the_same() -> None:
    account = make_account(AccountRoleKind.SECRETARIAT)
    rows = {"matrix": 1, "matrix_text": "各方面"}
    survey = make_questionnaire(
        single("=cmd?"),
        with_other(),
        ranking(),
        scale("内容", **rows),
        scale("教师", **rows),
        free_text(is_required=False),
        is_open=False,
    )

    made = questions_file.read_in(questions_file.export(survey, actor=account), "下半年.xlsx", actor=account)

    assert (made.title, made.status) == ("下半年", QuestionnaireStatus.DRAFT)
    told = [
        [
            (q.kind, q.text, q.is_required, q.minimum, q.maximum, q.matrix, q.matrix_text,
             [(c.text, c.is_other) for c in q.choices])
            for q in sheet.of(each.id).questions
        ]
        for each in (survey, made)
    ]  # fmt: skip
    assert told[0] == told[1]
    questions_file.read_in(questions_file.template(), "模板.xlsx", actor=account)


def test_wrong_questions_are_told_by_row_and_column() -> None:
    account = make_account(AccountRoleKind.SECRETARIAT)
    file = book(
        [
            Page(
                "题目",
                questions_file.HEADINGS,
                [("单选", "专题？", "只有一个", "是"), ("猜谜", "？", "", "是", "三")],
            )
        ]
    )
    before = Questionnaire.select().count()

    with pytest.raises(questions_file.WrongQuestions) as wrong:
        questions_file.read_in(file, "题目.xlsx", actor=account)

    assert {(cell.row, cell.column) for cell in wrong.value.cells} == {(3, "题型"), (3, "最小")}
    better = book([Page("题目", questions_file.HEADINGS, [("单选", "专题？", "只有一个", "是")])])
    with pytest.raises(questions_file.WrongQuestions) as wrong:
        questions_file.read_in(better, "题目.xlsx", actor=account)
    assert [(cell.row, cell.column) for cell in wrong.value.cells] == [(2, "选项（一行一个）")]
    assert Questionnaire.select().count() == before


def test_anonymous_answers_leave_without_person_unit_time_order_or_rare_choices(
    survey: Questionnaire,
) -> None:
    account, unit = make_account(AccountRoleKind.SECRETARIAT), make_unit(short_name="乐余")
    head = ("序号", *WJX[2:])
    rows = [
        (no, "基层治理" if no < 8 else "党史", "讲授", 5, "=cmd 张建国 13812345678", "乐余")
        for no in range(10)
    ]
    kept = response_files.read_in(survey, book([Page("表", head, rows)]), "x.xlsx", actor=account)
    response_files.apply(kept, actor=account)

    sheets = {
        each.name: each for each in open_workbook(answers_file.export(survey, actor=account), "回答.xlsx")
    }

    (heading, *answers) = sheets["回答"].rows
    assert len(heading) == 3
    assert sorted(row[0] for row in answers) == ["不足5人"] * 10  # two alone would follow; so all
    assert {row[1] for row in answers} == {"讲授"}
    told = str([each.rows for each in sheets.values()])
    assert not any(secret in told for secret in (unit.short_name, "2026", "张建国", "13812345678"))
    assert len(sheets["文字 4"].rows) == 11


def test_a_named_survey_leaves_with_masked_names(survey: Questionnaire) -> None:
    account = make_account(AccountRoleKind.SECRETARIAT)
    few = make_questionnaire(single())
    with pytest.raises(Invalid):
        answers_file.export(few, actor=account)
    named = make_questionnaire(single(), is_anonymous=False)
    kept = response_files.read_in(
        named, book([Page("表", ("您最需要的专题？",), [("党史",)])]), "x.xlsx", actor=account
    )
    response_files.apply(kept, actor=account)

    (page,) = open_workbook(answers_file.export(named, actor=account), "回答.xlsx")

    assert page.rows[0][:2] == ["单位", "姓名（已遮盖）"]
    assert page.rows[1][2] == "党史"


def test_a_response_that_comes_meanwhile_moves_nobodys_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    named = make_questionnaire(single(), is_anonymous=False)
    (asked,) = sheet.of(named.id).questions

    def said(row_id: int, name: str, no: int) -> None:
        person = make_person(name=name)
        held = Response.create(id=row_id, questionnaire=named, respondent=name, person=person)
        Answer.create(response=held, question=asked.id, option_no=asked.choices[no].id)

    said(200, "王一", 0)
    said(300, "李二", 1)
    read = answer_columns.of

    def then_another_comes(questionnaire: Questionnaire) -> Columns:
        found = read(questionnaire)
        said(100, "赵早", 2)  # its id is before the others'
        return found

    monkeypatch.setattr(answer_columns, "of", then_another_comes)

    content = answers_file.export(named, actor=make_account(AccountRoleKind.SECRETARIAT))

    (page,) = open_workbook(content, "回答.xlsx")
    assert [row[1:] for row in page.rows[1:]] == [["王*", "基层治理"], ["李*", "乡村振兴"]]


def test_a_question_asked_of_few_is_told_nowhere_in_an_anonymous_survey() -> None:
    unit, few = make_unit(), 3
    asked_if = {"condition": {"all": [{"units": [unit.id]}]}}
    made = make_questionnaire(
        single(), single("您是哪种编制？", ("行政", "事业"), **asked_if), free_text(**asked_if)
    )
    topic, kind, words = sheet.of(made.id).questions
    everyone = {topic.id: Reading(choices=topic.choices[:1])}
    those = everyone | {kind.id: Reading(choices=kind.choices[:1]), words.id: Reading(text="门卫室漏雨")}
    told = [Entry(str(no), unit.id, those if no < few else everyone) for no in range(10)]
    entries.write(made, told, source=entries.FILE)
    account = make_account(AccountRoleKind.SECRETARIAT)

    found = results.results(made, actor=account)
    sheets = {
        page.name: page.rows for page in open_workbook(answers_file.export(made, actor=account), "x.xlsx")
    }

    for asked in (kind, words):
        one = found.question(asked.id)
        assert one is not None
        assert one.answered is None
        assert all((bar.count, bar.share) == (None, None) for bar in one.bars)
    assert results.texts(made, words.id, actor=account) == []
    assert [row[1] for row in sheets["回答"][1:]] == ["不足5人"] * 10  # a blank would say who was not asked
    assert "门卫室" not in str(sheets)


def test_a_condition_nested_beyond_reason_is_a_wrong_cell() -> None:
    row = ["单选", "专题？", "党史\n法治", "是", *[""] * (len(questions_file.HEADINGS) - 4)]
    row[-1] = "[" * 30000

    with pytest.raises(questions_file.WrongQuestions) as wrong:
        questions_file.read_in(
            book([Page("题目", questions_file.HEADINGS, [row])]),
            "题目.xlsx",
            actor=make_account(AccountRoleKind.SECRETARIAT),
        )

    assert [(cell.row, cell.column) for cell in wrong.value.cells] == [(2, questions_file.HEADINGS[-1])]


def test_a_paper_counts_when_two_keyings_agree(survey: Questionnaire) -> None:
    account = make_account(AccountRoleKind.SECRETARIAT)
    topic, form, mark, words = sheet.of(survey.id).questions
    keyed = {topic.id: "2", form.id: "1 3", mark.id: "4", words.id: "多办"}

    assert not papers.key(survey, "A1", None, keyed, actor=account).is_counted
    with pytest.raises(papers.KeyedOtherwise) as otherwise:
        papers.key(survey, "A1", None, keyed | {mark.id: "5"}, actor=account)
    assert otherwise.value.fields == {f"question-{mark.id}": "第一次录的是：4"}
    assert papers.waiting(survey) == ["A1"]
    assert papers.key(survey, "A1", None, keyed | {form.id: "3 1"}, actor=account).is_counted

    (response,) = Response.select().where(Response.questionnaire == survey.id)
    assert (response.source, response.person_id, response.created_at) == ("paper", None, None)
    assert not PaperEntry.select().exists()
    with pytest.raises(Invalid):
        papers.key(survey, "A1", None, keyed, actor=account)
    with pytest.raises(Invalid) as wrong:
        papers.key(survey, "A2", None, {topic.id: "9"}, actor=account)
    assert set(wrong.value.fields) >= {f"question-{topic.id}", f"question-{form.id}"}
    found = results.results(make_questionnaire(single(), is_anonymous=False), actor=None)
    assert found.started == 0


def test_a_first_keying_that_was_wrong_is_replaced(survey: Questionnaire) -> None:
    account = make_account(AccountRoleKind.SECRETARIAT)
    topic, form, mark, _ = sheet.of(survey.id).questions
    keyed = {topic.id: "2", form.id: "1", mark.id: "4"}
    papers.key(survey, "7", None, keyed | {mark.id: "1"}, actor=account)

    assert not papers.key(survey, "7", None, keyed, replaces=True, actor=account).is_counted
    assert papers.key(survey, "7", None, keyed, actor=account).is_counted
    keyings = AuditEntry.select().where(AuditEntry.action.startswith("paper.")).order_by(AuditEntry.id)
    assert [(line.action, json.loads(line.details)) for line in keyings] == [
        ("paper.keyed", {"sheet_no": "7"}), ("paper.replaced", {"sheet_no": "7"}), ("paper.entered", {}),
    ]  # fmt: skip


def test_a_draft_takes_no_answers(survey: Questionnaire) -> None:
    account = make_account(AccountRoleKind.SECRETARIAT)
    draft = questionnaires.copy(survey, actor=account)

    with pytest.raises(Invalid, match="草稿"):
        response_files.read_in(draft, wjx(*GOOD), "x.xlsx", actor=account)
