"""Grams: how text is cut, and that every part of a text finds it, on the engine under test."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peewee import Database

from models.search import SearchEntry
from services.search import grams
from services.search.index import PASSAGE, Kind, index, matches, remove

CHINESE = "基层治理党校的一二三〇龘𠮷𰻝ー々"
MIXED = st.lists(
    st.one_of(
        st.text(alphabet=CHINESE, min_size=1, max_size=6),
        st.sampled_from(
            [
                "2026",
                "AI",
                "Governance",
                "ＷｅＣｈａｔ",
                "café",
                "Ωμέγα",
                "x9",
                "，",
                "《",
                " ",
                "-",
                "'",
                '"',
                "%",
                "*",
                ":",
            ]
        ),
    ),
    min_size=1,
    max_size=12,
)


def found(query: str, kind: Kind = Kind.ACTIVITY) -> set[int]:
    terms = grams.terms(query)
    if not terms:
        return set()
    rows = SearchEntry.select(SearchEntry.item_id).where(matches(SearchEntry.item_id, kind, terms))
    return {row.item_id for row in rows}


def test_chinese_is_cut_into_pairs_and_latin_stays_whole() -> None:
    assert grams.of_text("基层治理AI 2026年") == ["基层", "层治", "治理", "理", "ai", "2026", "年"]
    assert grams.of_text("，。 “”") == []


def test_a_query_is_a_row_of_grams_for_each_part_between_spaces() -> None:
    assert grams.terms("基层治理　Gov") == [
        grams.Term(("基层", "层治", "治理"), is_open=False),
        grams.Term(("gov",), is_open=True),
    ]
    assert grams.terms("治") == [grams.Term(("治",), is_open=True)]
    assert grams.terms(" ，") == []
    assert len(grams.terms("一 二 三 四 五 六 七")) == grams.MAX_TERMS


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=MIXED, data=st.data())
def test_every_part_of_a_text_finds_it(db: Database, parts: list[str], data: st.DataObject) -> None:
    """Any part that does not begin in the midst of a Latin word; cut anywhere at its end."""
    pieces = [piece for part in parts for piece in (part if part[0] in CHINESE else [part])]
    start = data.draw(st.integers(0, len(pieces) - 1))
    # a word begins where Latin does not follow Latin
    while start and pieces[start][0] not in CHINESE + " ，" and pieces[start - 1][-1] not in CHINESE + " ，":
        start -= 1
    rest = "".join(pieces[start:])
    end = data.draw(st.integers(1, min(len(rest), grams.QUERY_LENGTH)))
    query = rest[:end]
    if " " in query:  # the parts between spaces are sought as words of their own
        query = query if not query.rstrip().count(" ") else "".join(query.split(" ")[-1:])
    with db.atomic() as transaction:
        index(Kind.ACTIVITY, 1, "".join(parts), [])
        assert not grams.terms(query) or found(query) == {1}
        transaction.rollback()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=CHINESE, min_size=1, max_size=600), data=st.data())
def test_every_part_of_a_long_text_finds_it_across_passages(
    db: Database, text: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    length = data.draw(st.integers(1, grams.QUERY_LENGTH))
    with db.atomic() as transaction:
        index(Kind.ACTIVITY, 1, "", [text])
        assert found(text[start : start + length]) == {1}
        transaction.rollback()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(alphabet="基层治理", max_size=12), query=st.text(alphabet="基层治理", min_size=1, max_size=4)
)
def test_nothing_is_found_that_is_not_there(db: Database, text: str, query: str) -> None:
    with db.atomic() as transaction:
        index(Kind.ACTIVITY, 1, text, [])
        assert (found(query) == {1}) == (query in text)
        transaction.rollback()


def test_words_may_stand_in_different_passages(db: Database) -> None:
    index(Kind.ACTIVITY, 1, "基层治理", ["一" * PASSAGE * 2, "数字经济"])
    index(Kind.ACTIVITY, 2, "基层党建", [])

    assert found("数字 基层") == {1}
    assert found("基层") == {1, 2}
    assert found("基层 数学") == set()


def test_kinds_are_apart_and_what_is_taken_out_is_gone(db: Database) -> None:
    index(Kind.ACTIVITY, 1, "基层治理", [])
    index(Kind.ARTICLE, 1, "基层治理", [], under=9)

    remove(Kind.ARTICLE, 9)

    assert (found("治理"), found("治理", Kind.ARTICLE)) == ({1}, set())
    remove(Kind.ACTIVITY, 1)
    assert found("治理") == set()


@pytest.mark.parametrize(
    "query", ['"', "'", '基层" OR "党', "a' | 'b", "NEAR(基 层)", "*", "%", ":*", "!基", "\\", "\x00"]
)
def test_no_query_is_read_as_an_operator(db: Database, query: str) -> None:
    index(Kind.ACTIVITY, 1, "理论", [])

    assert found(query) == set()
