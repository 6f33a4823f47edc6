from __future__ import annotations

from datetime import timedelta

import pytest

import clock
from models.bindings import KeptForm
from services import kept_forms

pytestmark = pytest.mark.usefixtures("db", "noon")
TYPED = [("answer-1", "甲"), ("answer-1", "乙"), ("answer-2", "想说的话")]
PAGE = "/m/surveys/3"


def test_what_was_kept_comes_back_once_to_the_same_member_and_page() -> None:
    token = kept_forms.keep(TYPED, path=PAGE, follower_id=7)

    assert kept_forms.take(token, path=PAGE, follower_id=8) is None
    assert kept_forms.take(token, path="/m/surveys/4", follower_id=7) is None
    assert kept_forms.take("another", path=PAGE, follower_id=7) is None
    assert kept_forms.waiting_at(token, follower_id=7) == PAGE
    assert kept_forms.waiting_at(token, follower_id=8) == ""
    assert kept_forms.take(token, path=PAGE, follower_id=7) == TYPED
    assert kept_forms.take(token, path=PAGE, follower_id=7) is None


def test_a_row_tells_neither_what_was_typed_nor_whose_it_is() -> None:
    kept_forms.keep(TYPED, path=PAGE, follower_id=7)

    row = KeptForm.select().dicts().get()

    assert set(row) == {"id", "created_at", "token_hash", "owner_hash", "path", "fields", "kept_until"}
    raw = KeptForm._meta.database.execute_sql("SELECT fields FROM kept_form").fetchone()[0]
    assert "想说的话".encode() not in bytes(raw)


def test_it_is_kept_for_an_hour_and_not_without_bounds() -> None:
    token = kept_forms.keep(TYPED, path=PAGE, follower_id=7)
    assert kept_forms.keep([("text", "长" * kept_forms.MOST_BYTES)], path=PAGE, follower_id=7) == ""
    assert kept_forms.keep([], path=PAGE, follower_id=7) == ""
    clock.advance(timedelta(hours=1))

    assert kept_forms.take(token, path=PAGE, follower_id=7) is None
    assert kept_forms.forget_old(clock.utc_now()) == 1
