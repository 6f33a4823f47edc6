"""The form of a questionnaire: its questions as fields, arranged before anything is saved.

Fields are `question-0-kind`, `question-0-options` (one option a line) …; buttons named `do`
say what to arrange: `add-single`, `question-2-up`, `question-2-remove` …
"""

from __future__ import annotations

import re
from typing import Any

from werkzeug.datastructures import MultiDict

from models.surveys import QuestionKind
from server.console.forms import Form

Questions = list[dict[str, Any]]

_QUESTION = re.compile(r"question-(\d{1,3})-text$")
_DO = re.compile(r"question-(\d{1,3})-(up|down|remove)$")
_ADD = re.compile(r"add-(single|multiple|scale|number|text)$")
_ERROR = re.compile(r"questions\.(\d+)\.(\w+)$")


def read(form: Form) -> Questions:
    """The questions that a form holds, as they were typed."""
    values = form.values
    numbers = sorted(int(match[1]) for key in values if (match := _QUESTION.match(key)))
    return [_question(values, f"question-{number}-") for number in numbers]


def shown(questions: list[dict[str, Any]]) -> Questions:
    """What was stored, as it is typed."""
    return [
        {
            **each,
            "kind": each["kind"].value,
            "options": "\n".join(option["text"] for option in each["options"]),
            "minimum": "" if each["minimum"] is None else str(each["minimum"]),
            "maximum": "" if each["maximum"] is None else str(each["maximum"]),
        }
        for each in questions
    ]


def for_services(questions: Questions, form: Form) -> list[dict[str, Any]]:
    """As `questionnaires.create` takes them; a bound that is no whole number is noted in the form."""
    taken = []
    for number, each in enumerate(questions):
        bounds = {
            name: _whole(each[name], f"question-{number}-{name}", form) for name in ("minimum", "maximum")
        }
        taken.append({**each, **bounds, "options": each["options"].splitlines()})
    return taken


def arrange(questions: Questions, do: str) -> str:
    """Carry out one button; gives the id of the element to look at afterwards."""
    if match := _ADD.match(do):
        questions.append(empty(match[1]))
        return f"question-{len(questions) - 1}"
    if match := _DO.match(do):
        return f"question-{_move(questions, int(match[1]), match[2])}"
    return "questions"


def empty(kind: str = QuestionKind.SINGLE.value) -> dict[str, Any]:
    blank = dict.fromkeys(("text", "minimum", "maximum", "low_words", "high_words", "options"), "")
    return {"kind": kind, "is_required": True, **blank}


def place_errors(form: Form) -> None:
    """Name the errors of `questions.1.text` after the fields of the form."""
    for key in list(form.errors):
        if match := _ERROR.match(key):
            form.errors[f"question-{match[1]}-{match[2]}"] = form.errors.pop(key)


def _question(values: MultiDict[str, str], key: str) -> dict[str, Any]:
    return {
        "kind": values.get(f"{key}kind", QuestionKind.SINGLE.value),
        "text": values.get(f"{key}text", ""),
        "is_required": values.get(f"{key}required", "") == "1",
        "minimum": values.get(f"{key}minimum", "").strip(),
        "maximum": values.get(f"{key}maximum", "").strip(),
        "low_words": values.get(f"{key}low_words", ""),
        "high_words": values.get(f"{key}high_words", ""),
        "options": values.get(f"{key}options", ""),
    }


def _whole(text: str, name: str, form: Form) -> int | None:
    if not text:
        return None
    if re.fullmatch(r"-?\d{1,10}", text):
        return int(text)
    form.errors[name] = "请填写整数"
    return None


def _move(questions: Questions, at: int, how: str) -> int:
    if at >= len(questions):
        return 0
    if how == "remove":
        del questions[at]
        return max(0, min(at, len(questions) - 1))
    to = max(0, min(at + (-1 if how == "up" else 1), len(questions) - 1))
    questions.insert(to, questions.pop(at))
    return to
