"""The list of error-prone words: shipped, of the alliance, off, by Excel."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
import xlsxwriter
from peewee import Database

from models.accounts import Account, AccountRoleKind
from models.error_words import ErrorWord
from services.errors import Invalid, NotAllowed, NotFound
from services.publishing import error_words, wording
from tests.factories import make_account
from tests.server.console.conftest import SignIn
from tests.server.console.conftest import sign_in as sign_in


@pytest.fixture
def secretary(db: Database) -> Account:
    return make_account(AccountRoleKind.SECRETARIAT)


def found(text: str) -> list[tuple[str, bool]]:
    return [(each.words, each.stops) for each in wording.errors_in({"标题": text})]


def test_a_word_stops_warns_or_is_switched_off(secretary: Account) -> None:
    assert found("正 府 部 署") == [("正府", True)]

    error_words.keep("部暑", suggestion="部署", stops=False, actor=secretary)
    error_words.keep("正府", suggestion="政府", stops=True, is_active=False, actor=secretary)
    assert found("正府部暑") == [("部暑", False)]
    assert str(wording.errors_in({"标题": "部暑"})[0]) == "标题：“部暑”疑为“部署”，请核对"

    error_words.remove("正府", actor=secretary)
    assert found("正府") == [("正府", True)]
    with pytest.raises(NotFound):
        error_words.remove("正府", actor=secretary)


def test_what_is_wrong_with_a_word_is_named(secretary: Account) -> None:
    with pytest.raises(Invalid) as refusal:
        error_words.keep("字", suggestion="字", stops=True, note="长" * 101, actor=secretary)
    assert set(refusal.value.fields) == {"word", "suggestion", "note"}
    school = make_account(AccountRoleKind.SCHOOL_ADMIN)
    with pytest.raises(NotAllowed):
        error_words.keep("部暑", suggestion="部署", stops=True, actor=school)


def test_a_wrong_sheet_changes_nothing(secretary: Account) -> None:
    for rows in ([], [["词", "改"]], [[*error_words.HEADINGS], ["部暑", "部署"], ["字", "词"]]):
        with pytest.raises(Invalid):
            error_words.import_rows(rows, actor=secretary)
    assert ErrorWord.select().count() == 0


def test_the_sheet_that_was_exported_is_taken_again(sign_in: SignIn, secretary: Account) -> None:
    error_words.keep("部暑", suggestion="=部署", stops=False, note="常见", actor=secretary)
    client = sign_in(secretary)
    exported = client.get("/console/error-words/export").data
    before = [(w.word, w.suggestion, w.stops, w.is_active) for w in error_words.all_words()]

    sent = {"file": (io.BytesIO(exported), "易错词.xlsx")}
    assert (
        "已导入 11 个词" in client.post("/console/error-words/import", data=sent, follow_redirects=True).text
    )

    assert [(w.word, w.suggestion, w.stops, w.is_active) for w in error_words.all_words()] == before
    more = {
        "file": (io.BytesIO(sheet([error_words.HEADINGS, ("帐号", "账号", "提醒", "停用", "")])), "a.xlsx")
    }
    client.post("/console/error-words/import", data=more)
    assert found("帐号") == []


def test_the_page_keeps_changes_and_removes(sign_in: SignIn, secretary: Account) -> None:
    client = sign_in(secretary)
    client.post(
        "/console/error-words/", data={"word": "部暑", "suggestion": "部署", "stops": "no", "is_active": "1"}
    )
    assert found("部暑") == [("部暑", False)]
    assert 'value="部暑"' in client.get("/console/error-words/?word=部暑").text
    assert client.post("/console/error-words/", data={"word": "x"}).status_code == 422
    client.post("/console/error-words/remove", data={"word": "部暑"})
    assert found("部暑") == []


def sheet(rows: Sequence[Sequence[str]]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        page = book.add_worksheet()
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    return file.getvalue()
