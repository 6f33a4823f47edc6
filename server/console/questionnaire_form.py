"""The form of a questionnaire: its questions as fields, arranged before anything is saved.

Fields are `question-0-kind`, `question-0-options` (one option a line; “上午【限30】” has thirty places),
`question-0-other` (the option whose words one writes), `question-0-joined` (a further row of the table
above). A display condition stands in `question-2-if-how` and, for each term, `question-2-if-0-on`
(`q0` for the first question, or `units`, `tiers`, `roles`), `-is`, `-options` (the options' words) and
`-number`. Buttons named `do` say what to arrange: `add-single`, `question-2-up`, `question-2-copy`,
`question-2-condition`, `order-1,0,2`, `undo` …
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from models.surveys import QuestionKind
from server.console.forms import Form
from services.surveys import conditions, dates

Questions = list[dict[str, Any]]

_QUESTION = re.compile(r"question-(\d{1,3})-text$")
_DO = re.compile(r"question-(\d{1,3})-(up|down|remove|copy|row|condition)$")
_ADD = re.compile(rf"add-({'|'.join(QuestionKind)})$")
_ORDER = re.compile(r"order-(\d{1,3}(?:,\d{1,3})*)$")
_ERROR = re.compile(r"questions\.(\d+)\.(\w+)$")
_TERM = re.compile(r"if-(\d{1,2})-on$")
_PLACES = re.compile(r"\s*[【\[]限\s*(\d{1,7})\s*人?[】\]]\s*$")
_PIPE = re.compile(r"\{\{\s*(\d{1,3})\s*\}\}")
GONE = "gone"  # what a condition refers to when its question was removed
TEXTS = ("text", "minimum", "maximum", "low_words", "high_words", "options", "other", "help_text", "section")
WORDS = (*TEXTS, "matrix_text")


def read(form: Form) -> Questions:
    """The questions that a form holds, as they were typed."""
    values = form.values
    numbers = sorted(int(match[1]) for key in values if (match := _QUESTION.match(key)))
    return [_question(values, f"question-{number}-") for number in numbers]


def shown(questions: list[dict[str, Any]]) -> Questions:
    """What was stored, as it is typed."""
    found: Questions = []
    for no, each in enumerate(questions):
        is_date = each["kind"] is QuestionKind.DATE
        matrix = each["matrix"]
        own = [option for option in each["options"] if not option["is_other"]]
        other = next((option["text"] for option in each["options"] if option["is_other"]), "")
        found.append(
            {
                name: each[name]
                for name in ("text", "low_words", "high_words", "help_text", "section", "matrix_text")
            }
            | {
                "kind": each["kind"].value,
                "is_required": each["is_required"],
                "options": "\n".join(_option_line(option) for option in own),
                "other": other,
                "minimum": _bound_text(each["minimum"], is_date),
                "maximum": _bound_text(each["maximum"], is_date),
                "is_joined": no > 0 and matrix is not None and questions[no - 1]["matrix"] == matrix,
                "how": "any" if each["condition"] and "any" in each["condition"] else "all",
                "terms": [_term_shown(term, questions) for term in conditions.terms(each["condition"])],
            }
        )
    return found


def fields(questions: Questions) -> dict[str, Any]:
    """The questions as the form's fields, by name."""
    found: dict[str, Any] = {}
    for no, each in enumerate(questions):
        key = f"question-{no}-"
        found |= {f"{key}{name}": each[name] for name in WORDS}
        found |= {f"{key}kind": each["kind"], f"{key}required": "1" if each["is_required"] else ""}
        found |= {f"{key}joined": "1" if each["is_joined"] else "", f"{key}if-how": each["how"]}
        for at, term in enumerate(each["terms"]):
            found |= {f"{key}if-{at}-{name}": term[name] for name in ("on", "is", "options", "number")}
    return found


def for_services(questions: Questions, form: Form) -> list[dict[str, Any]]:
    """As `questionnaires.create` takes them; a bound that is no whole number is noted in the form."""
    taken: list[dict[str, Any]] = []
    for number, each in enumerate(questions):
        key = f"question-{number}-"
        is_date = each["kind"] == QuestionKind.DATE.value
        read_bound = _day if is_date else _whole
        bounds = {name: read_bound(each[name], f"{key}{name}", form) for name in ("minimum", "maximum")}
        options = [_option(line) for line in each["options"].splitlines()]
        if each["other"].strip() and each["kind"] in ("single", "multiple"):
            options.append({"text": each["other"], "is_other": True})
        value = {name: each[name] for name in ("kind", "text", "is_required", "low_words", "high_words")}
        value |= {name: each[name] for name in ("help_text", "section", "matrix_text")}
        value |= {"options": options, "matrix": None, **bounds}
        if each["matrix_text"].strip():
            value["matrix"] = number + 1
        if each["is_joined"] and taken and taken[-1]["matrix"] is not None:
            # a further row of the table above: answers are chosen from the same
            same = (
                "kind",
                "options",
                "minimum",
                "maximum",
                "low_words",
                "high_words",
                "matrix",
                "matrix_text",
            )
            value |= {name: taken[-1][name] for name in same}
        value["condition"] = _condition(each, questions, f"{key}if", form)
        taken.append(value)
    return taken


def arrange(questions: Questions, form: Form) -> str:
    """Carry out one button; gives the id of the element to look at afterwards."""
    do = form.text("do")
    if match := _ADD.match(do):
        questions.append(empty(match[1]))
        return f"question-{len(questions) - 1}"
    if match := _ORDER.match(do):
        order = [int(no) for no in match[1].split(",")]
        if sorted(order) == list(range(len(questions))):
            _reorder(questions, order)
        return "questions"
    if do == "undo":
        return _undo(questions, form)
    if match := _DO.match(do):
        return f"question-{_act(questions, int(match[1]), match[2], form)}"
    return "questions"


def empty(kind: str = QuestionKind.SINGLE.value) -> dict[str, Any]:
    blank: dict[str, Any] = dict.fromkeys(WORDS, "")
    return {"kind": kind, "is_required": True, "is_joined": False, "how": "all", "terms": [], **blank}


def place_errors(form: Form) -> None:
    """Name the errors of `questions.1.text` after the fields of the form."""
    for key in list(form.errors):
        if match := _ERROR.match(key):
            form.errors[f"question-{match[1]}-{match[2]}"] = form.errors.pop(key)


def _question(values: MultiDict[str, str], key: str) -> dict[str, Any]:
    numbers = sorted(
        int(match[1])
        for name in values
        if name.startswith(key) and (match := _TERM.fullmatch(name.removeprefix(key)))
    )
    terms = [
        {
            "on": values.get(f"{key}if-{no}-on", ""),
            "is": values.get(f"{key}if-{no}-is", ""),
            "options": values.getlist(f"{key}if-{no}-options"),
            "number": values.get(f"{key}if-{no}-number", "").strip(),
        }
        for no in numbers
    ]
    bounds = {name: values.get(f"{key}{name}", "").strip() for name in ("minimum", "maximum")}
    return {
        **{name: values.get(f"{key}{name}", "") for name in WORDS},
        **bounds,
        "kind": values.get(f"{key}kind", QuestionKind.SINGLE.value),
        "is_required": values.get(f"{key}required", "") == "1",
        "is_joined": values.get(f"{key}joined", "") == "1",
        "how": "any" if values.get(f"{key}if-how") == "any" else "all",
        "terms": [term for term in terms if term["on"]],
    }


def _act(questions: Questions, at: int, how: str, form: Form) -> int:
    if at >= len(questions):
        return 0
    order = list(range(len(questions)))
    if how == "condition":
        questions[at]["terms"].append(
            {"on": "q0" if at else "units", "is": "chosen", "options": [], "number": ""}
        )
        return at
    if how in ("copy", "row"):
        _reorder(questions, [*order[: at + 1], at, *order[at + 1 :]])
        if how == "row":
            questions[at + 1] |= {"text": "", "is_joined": True}
        return at + 1
    if how == "remove":
        form.values["removed"] = json.dumps({"at": at, "question": questions[at]}, ensure_ascii=False)
        _reorder(questions, order[:at] + order[at + 1 :])
        return max(0, min(at, len(questions) - 1))
    to = max(0, min(at + (-1 if how == "up" else 1), len(questions) - 1))
    order.insert(to, order.pop(at))
    _reorder(questions, order)
    return to


def _undo(questions: Questions, form: Form) -> str:
    """The question removed last comes back to its place."""
    try:
        told = json.loads(form.values.pop("removed", ""))
        at, question = int(told["at"]), empty() | dict(told["question"])
    except (ValueError, TypeError, KeyError):
        return "questions"
    at = max(0, min(at, len(questions)))
    questions.append(empty())
    order = list(range(len(questions) - 1))
    _reorder(questions, [*order[:at], len(questions) - 1, *order[at:]])
    questions[at] = question
    for each in questions:  # what asked about it does so again
        each["terms"] = [term | ({"on": f"q{at}"} if term["on"] == GONE else {}) for term in each["terms"]]
    return f"question-{at}"


def _reorder(questions: Questions, order: list[int]) -> None:
    """Put them into this order; conditions and {{n}} follow the questions they are about."""
    to: dict[int, int] = {}
    for new, old in enumerate(order):
        to.setdefault(old, new)

    def piped(text: str) -> str:
        return _PIPE.sub(lambda found: f"{{{{{to.get(int(found[1]) - 1, -1) + 1}}}}}", text)

    def referred(on: str) -> str:
        if not re.fullmatch(r"q\d{1,3}", on):
            return on
        new = to.get(int(on[1:]))
        return GONE if new is None else f"q{new}"

    moved = [
        questions[old]
        | {"text": piped(questions[old]["text"]), "help_text": piped(questions[old]["help_text"])}
        | {"terms": [term | {"on": referred(term["on"])} for term in questions[old]["terms"]]}
        for old in order
    ]
    questions[:] = moved


def _condition(each: Mapping[str, Any], questions: Questions, at: str, form: Form) -> dict[str, Any] | None:
    terms = [
        _term(term, questions, f"{at}-{no}", form) for no, term in enumerate(each["terms"]) if term["on"]
    ]
    return {each["how"]: terms} if terms else None


def _term(term: Mapping[str, Any], questions: Questions, at: str, form: Form) -> dict[str, Any]:
    on = term["on"]
    if on in conditions.KNOWN_KEYS:
        values: list[Any] = list(term["options"])
        return {on: [int(each) for each in values if each.isdecimal()] if on == "units" else values}
    index = int(on[1:]) if re.fullmatch(r"q\d{1,3}", on) else -1
    found: dict[str, Any] = {"question": index + 1, "is": term["is"] or "answered"}
    asked = questions[index] if 0 <= index < len(questions) else None
    if found["is"] in conditions.OF_OPTIONS:
        words = option_words(questions, index) if asked is not None else []
        # an option that was reworded or taken away: a number that no option has, for the check to find
        found["options"] = [words.index(each) + 1 if each in words else 99 for each in term["options"]]
    elif found["is"] in conditions.OF_NUMBERS:
        is_date = asked is not None and asked["kind"] == QuestionKind.DATE.value
        found["number"] = (_day if is_date else _whole)(term["number"], f"{at}-number", form)
    return found


def option_words(questions: Questions, at: int) -> list[str]:
    """The options of a question in words, those of a further row being its table's."""
    while at > 0 and questions[at]["is_joined"]:
        at -= 1
    each = questions[at]
    lines = [_option(line)["text"] for line in each["options"].splitlines()]
    if each["kind"] in ("single", "multiple"):
        lines.append(" ".join(each["other"].split()))
    return [line for line in lines if line]


def _term_shown(term: dict[str, Any], questions: list[dict[str, Any]]) -> dict[str, Any]:
    for key in conditions.KNOWN_KEYS:
        if key in term:
            return {"on": key, "is": "", "options": [str(each) for each in term[key]], "number": ""}
    at = term["question"] - 1
    asked = questions[at] if 0 <= at < len(questions) else None
    options = asked["options"] if asked is not None else []
    is_date = asked is not None and asked["kind"] is QuestionKind.DATE
    return {
        "on": f"q{at}" if asked is not None else GONE,
        "is": term["is"],
        "options": [options[no - 1]["text"] for no in term.get("options", ()) if no <= len(options)],
        "number": _bound_text(term.get("number"), is_date),
    }


def _option(line: str) -> dict[str, Any]:
    places = _PLACES.search(line)
    text = " ".join(_PLACES.sub("", line).split())
    return {"text": text, "quota": int(places[1]) if places else None}


def _option_line(option: Mapping[str, Any]) -> str:
    return f"{option['text']}【限{option['quota']}】" if option["quota"] is not None else option["text"]


def _bound_text(value: int | None, is_date: bool) -> str:
    if value is None:
        return ""
    day = dates.day_of(value) if is_date else None
    return day.isoformat() if day is not None else str(value)


def _day(text: str, name: str, form: Form) -> int | None:
    if not text:
        return None
    if match := re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text):
        return int("".join(match.groups()))
    form.errors[name] = "请按 2027-03-15 的样子填写日期"
    return None


def _whole(text: str, name: str, form: Form) -> int | None:
    if not text:
        return None
    if re.fullmatch(r"-?\d{1,10}", text):
        return int(text)
    form.errors[name] = "请填写整数"
    return None
