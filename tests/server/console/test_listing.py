"""Declared lists: paging, sorting, narrowing; whatever the address says."""

from __future__ import annotations

import pytest
from flask import Flask

from models.alliance import MemberUnit, UnitTier
from server.console.listing import Column, Filter, Listing
from tests.factories import make_unit

LIST = Listing(
    columns=(
        Column("名称", "name", sort=MemberUnit.name, link=lambda row: f"/units/{row.id}"),
        Column("简称", "short_name"),
    ),
    filters=(
        Filter(
            "tier", "层级", [("9", "九"), ("X", "其他")], lambda value: MemberUnit.tier == UnitTier(value)
        ),
        Filter("since", "从", (), lambda moment: MemberUnit.created_at >= moment, kind="day"),
    ),
    search=(MemberUnit.name, MemberUnit.short_name),
    order=(MemberUnit.id,),
    page_size=10,
)


@pytest.fixture
def ask(app: Flask):
    """The page for a query string."""

    def asked(query: str = ""):
        with app.test_request_context(f"/list?{query}"):
            page = LIST.page(MemberUnit.select())
            return page, [row.short_name for row in page.rows], page.url(page=2), page.sort_url(0)

    return asked


def test_pages_are_cut_and_counted(ask) -> None:
    for number in range(25):
        make_unit(short_name=f"校{number:02}")

    page, names, *_ = ask("page=3")

    assert (page.total, page.pages, page.number) == (25, 3, 3)
    assert names == ["校20", "校21", "校22", "校23", "校24"]


@pytest.mark.parametrize("number", ["0", "-1", "99", "x", "9" * 30, "１"])
def test_a_page_that_is_not_there_becomes_one_that_is(ask, number: str) -> None:
    make_unit()

    page, names, *_ = ask(f"page={number}")

    assert (page.number, len(names)) == (1, 1)


def test_sorting_goes_both_ways_and_is_kept_in_links(ask) -> None:
    make_unit(name="乙", short_name="2")
    make_unit(name="甲", short_name="1")

    _, up, next_page, again = ask("sort=0&tier=9")
    _, down, *_ = ask("sort=-0")

    assert up == list(reversed(down))
    assert next_page == "/list?tier=9&sort=0&page=2"
    assert again == "/list?tier=9&sort=-0"


@pytest.mark.parametrize("sort", ["1", "7", "-", "--0", "0;drop", "name"])
def test_a_column_that_does_not_sort_is_ignored(ask, sort: str) -> None:
    make_unit(short_name="1")
    make_unit(short_name="2")

    assert ask(f"sort={sort}")[1] == ["1", "2"]


def test_filters_and_search_narrow_together(ask) -> None:
    make_unit(short_name="税务校", tier=UnitTier.X)
    make_unit(short_name="公安校", tier=UnitTier.X)
    make_unit(short_name="税务镇", tier=UnitTier.NINE)

    page, names, *_ = ask("tier=X&q=税务")

    assert (names, page.is_narrowed) == (["税务校"], True)


@pytest.mark.parametrize("query", ["tier=nonsense", "since=yesterday", "since=2026-13-40"])
def test_a_value_that_is_no_choice_narrows_nothing(ask, query: str) -> None:
    make_unit()

    page, names, *_ = ask(query)

    assert (len(names), page.is_narrowed) == (1, False)


@pytest.mark.parametrize("text", ["%", "_", "'; --"])
def test_wildcards_are_only_characters(ask, text: str) -> None:
    make_unit()

    assert ask(f"q={text}")[1] == []


def test_page_numbers_leave_gaps(ask) -> None:
    for _ in range(200):
        make_unit()

    page, *_ = ask("page=10")

    assert page.numbers == [1, None, 8, 9, 10, 11, 12, None, 20]


def test_cells_are_escaped(app: Flask) -> None:
    unit = make_unit(name="<b>党校</b>", short_name="")

    assert str(LIST.columns[0].show(unit)) == f'<a href="/units/{unit.id}">&lt;b&gt;党校&lt;/b&gt;</a>'
    assert str(LIST.columns[1].show(unit)) == "—"
