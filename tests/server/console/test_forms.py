"""Forms: Shanghai times in and out, all errors at once."""

from __future__ import annotations

from datetime import datetime

import pytest
from werkzeug.datastructures import MultiDict

from models.activities import ActivityKind
from server.console import forms
from server.console.forms import Form
from services.errors import Conflict, Invalid


def test_times_are_read_as_shanghai_and_shown_as_shanghai() -> None:
    form = Form(MultiDict({"at": "2026-11-23T19:00"}))

    assert form.moment("at") == datetime(2026, 11, 23, 11, 0)
    assert forms.filled({"at": datetime(2026, 11, 23, 11, 0)}).shown("at") == "2026-11-23T19:00"


def test_every_error_is_told_at_once() -> None:
    form = Form(MultiDict({"seats": "many", "at": "soon", "kind": "party", "on": "someday"}))
    form.text("title", required="请填写标题")
    form.integer("seats")
    form.moment("at")
    form.day("on")
    form.choice("kind", ActivityKind)

    with pytest.raises(Invalid) as told:
        form.check()

    assert set(told.value.fields) == {"title", "seats", "at", "on", "kind"}


def test_what_is_not_required_may_be_empty() -> None:
    form = Form(MultiDict({"title": "  "}))

    assert (form.text("title"), form.integer("n"), form.moment("at"), form.day("on")) == (
        "",
        None,
        None,
        None,
    )
    assert (form.choice("kind", ActivityKind, required=""), form.many("x"), form.flag("is_shared")) == (
        None,
        [],
        False,
    )
    form.check()


def test_several_values_come_back_as_they_were_chosen() -> None:
    form = forms.filled({"units": [3, 5], "kind": ActivityKind.SALON, "is_shared": True})

    assert form.integers("units") == [3, 5]
    assert form.has("units", 5)
    assert not form.has("units", 4)
    assert (form.has("kind", "salon"), form.flag("is_shared")) == (True, True)


def test_a_refusal_without_fields_stands_above_the_form() -> None:
    form = Form()

    form.fail(Conflict())
    form.fail(Invalid(fields={"title": "太长"}))

    assert (form.errors, form.message) == ({"title": "太长"}, "")
