"""Reading a form and showing it again with its errors.

    form = forms.submitted()                       # what was typed
    try:
        values = {
            "title": form.text("title", required="请填写标题"),
            "seats": form.integer("seats"),
            "starts_at": form.moment("starts_at", required="请选择开始时间"),   # Shanghai → UTC
            "kind": form.choice("kind", ActivityKind),
            "units": form.integers("units"),
            "is_shared": form.flag("is_shared"),
        }
        form.check()                               # raises Invalid with all of them at once
        activity = activities.create(values, actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return render_template("…/form.html", form=form), 422

To edit a row: `forms.of(row, "title", "seats", "starts_at")` fills the form from it.
In the template: `{{ field(form, "title", "标题", required=True) }}` (macros.html).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar

from flask import request
from peewee import Model
from werkzeug.datastructures import MultiDict

import clock
from services.errors import DomainError, Invalid

Kind = TypeVar("Kind", bound=Enum)
MOMENT_FORMATS = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")


class Form:
    """Values as text, as a browser sends and shows them, and what is wrong with each."""

    def __init__(self, values: MultiDict[str, str] | None = None) -> None:
        self.values: MultiDict[str, str] = values if values is not None else MultiDict()
        self.errors: dict[str, str] = {}
        self.message = ""
        self.clash: Any = None  # conflicts.py: what somebody else changed meanwhile

    # for templates
    def shown(self, name: str) -> str:
        return self.values.get(name, "")

    def has(self, name: str, value: object) -> bool:
        return _text(value) in self.values.getlist(name)

    @property
    def was_text(self) -> str:
        """What the form was opened with, as digests by field: goes with the form and comes back."""
        if "was" in self.values:
            return self.values["was"]
        return json.dumps({name: self.digest(self.values.getlist(name)) for name in self.values})

    # for views
    @property
    def was(self) -> dict[str, str]:
        """The digests that came back with the form; {} where they did not, or were tampered with."""
        try:
            told = json.loads(self.values.get("was", ""))
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}

    @staticmethod
    def digest(values: Iterable[str]) -> str:
        """Tells values apart; line ends and empty values are no difference."""
        text = "\x00".join(sorted(value.replace("\r\n", "\n").strip() for value in values if value))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def raw(self, name: str) -> str:
        """As typed, spaces included (passwords, texts in several lines)."""
        return self.values.get(name, "")

    def text(self, name: str, *, required: str = "") -> str:
        value = self.values.get(name, "").strip()
        if not value and required:
            self.errors[name] = required
        return value

    def integer(self, name: str, *, required: str = "") -> int | None:
        value = self.text(name, required=required)
        if not value:
            return None
        try:
            return int(value)
        except ValueError:
            self.errors[name] = "请填写整数"
            return None

    def integers(self, name: str) -> list[int]:
        return [int(value) for value in self.values.getlist(name) if value.isdecimal()]

    def many(self, name: str) -> list[str]:
        return [value for value in self.values.getlist(name) if value]

    def flag(self, name: str) -> bool:
        return self.values.get(name, "") not in ("", "0", "false")

    def choice(self, name: str, kind: type[Kind], *, required: str = "请选择一项") -> Kind | None:
        value = self.text(name, required=required)
        if not value:
            return None
        try:
            return kind(value)
        except ValueError:
            self.errors[name] = "没有这个选项，请重新选择"
            return None

    def chosen(self, name: str, kind: type[Kind], *, required: str = "请选择一项") -> Kind:
        """As `choice`, where the view cannot go on without it. Raises Invalid."""
        value = self.choice(name, kind, required=required)
        if value is None:
            raise Invalid(fields={name: self.errors.get(name, required)})
        return value

    def moment(self, name: str, *, required: str = "") -> datetime | None:
        """A time of the alliance's zone, as naive UTC."""
        value = self.text(name, required=required)
        if not value:
            return None
        for shape in MOMENT_FORMATS:
            try:
                return clock.from_local(datetime.strptime(value, shape))  # noqa: DTZ007 - the zone is added here
            except ValueError:
                continue
        self.errors[name] = "请按 2026-11-23 19:00 的样子填写时间"
        return None

    def day(self, name: str, *, required: str = "") -> date | None:
        value = self.text(name, required=required)
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.errors[name] = "请按 2026-11-23 的样子填写日期"
            return None

    def check(self) -> None:
        """Raises Invalid with everything the readers above found."""
        if self.errors:
            raise Invalid(fields=dict(self.errors))

    def fail(self, error: DomainError) -> None:
        """Keep what an act refused, to be shown beside the fields (or above the form)."""
        fields = getattr(error, "fields", {})
        self.errors.update(fields)
        self.message = "" if fields else error.message


def submitted() -> Form:
    return Form(MultiDict(request.form))


def of(row: Model, *names: str) -> Form:
    """The form of a row: times in the alliance's zone, references as ids."""
    return filled({name: getattr(row, f"{name}_id", None) or getattr(row, name) for name in names})


def filled(values: dict[str, Any]) -> Form:
    shown: MultiDict[str, str] = MultiDict()
    for name, value in values.items():
        several = value if isinstance(value, (list, tuple, set)) else (value,)
        _add(shown, name, several)
    return Form(shown)


def _add(shown: MultiDict[str, str], name: str, values: Iterable[Any]) -> None:
    for value in values:
        if value is not None:
            shown.add(name, _text(value))


def _text(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, datetime):
        return clock.to_local(value).strftime(MOMENT_FORMATS[0])
    return str(value)
