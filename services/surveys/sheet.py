"""A questionnaire as it is asked: its questions in order with their options. Frozen once open.

`of` gives all of it; `flow.shown` what of it one person is asked, numbered anew.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from models.surveys import SCALE_ENDS, Option, Question, QuestionKind
from services.prepared import Prepared, given

CHOICE = frozenset({QuestionKind.SINGLE, QuestionKind.MULTIPLE})
WITH_OPTIONS = CHOICE | {QuestionKind.RANKING}
COUNTED = frozenset({QuestionKind.NUMBER, QuestionKind.SCALE})  # the answer is a whole number
NUMBERED = COUNTED | {QuestionKind.DATE}  # kept as a number; a date as YYYYMMDD
GREATEST_NUMBER = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Choice:
    id: int
    no: int  # 1 for the first, as it is shown
    text: str
    is_other: bool = False
    quota: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One question. For multiple choice `minimum` and `maximum` count choices, for a ranking
    `maximum` counts places, else they bound the number (a date: YYYYMMDD).

    `low_words` and `high_words` say what the two ends of a scale mean; both may be empty.
    `no` is the number a person sees, `position` the one conditions and {{n}} refer to.
    """

    id: int
    no: int
    kind: QuestionKind
    text: str
    is_required: bool = True
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[Choice, ...] = ()
    low_words: str = ""
    high_words: str = ""
    help_text: str = ""
    section: str = ""
    matrix: int | None = None
    matrix_text: str = ""
    condition: dict[str, Any] | None = None
    position: int = 0

    @property
    def steps(self) -> range:
        """The values of a scale in order; of any other question none."""
        if self.kind is not QuestionKind.SCALE:
            return range(0)
        return range(self.minimum or 1, (self.maximum or SCALE_ENDS[0]) + 1)

    def end_words(self, value: int) -> str:
        """What this value of a scale means, where it is one of its ends."""
        if self.steps and value == self.steps[0]:
            return self.low_words
        return self.high_words if self.steps and value == self.steps[-1] else ""

    @property
    def least(self) -> int:
        """The least number of choices that make an answer."""
        if self.kind is QuestionKind.RANKING:
            return self.most
        if self.kind is not QuestionKind.MULTIPLE:
            return 1
        return max(1, self.minimum or 1)

    @property
    def most(self) -> int:
        """The greatest number of choices; of a ranking its places, all of which are to be given."""
        if self.kind not in (QuestionKind.MULTIPLE, QuestionKind.RANKING):
            return 1
        return min(self.maximum or len(self.choices), len(self.choices))

    @property
    def has_quotas(self) -> bool:
        return any(choice.quota is not None for choice in self.choices)

    def choice(self, option_id: int) -> Choice | None:
        return next((each for each in self.choices if each.id == option_id), None)


@dataclass(frozen=True, slots=True)
class Sheet:
    questionnaire_id: int
    questions: tuple[Asked, ...]

    def question(self, question_id: int | None) -> Asked | None:
        return next((each for each in self.questions if each.id == question_id), None)

    def before(self, asked: Asked) -> Asked | None:
        return self.questions[asked.no - 2] if asked.no > 1 else None

    def after(self, asked: Asked) -> Asked | None:
        return self.questions[asked.no] if asked.no < len(self.questions) else None


def of(questionnaire_id: int) -> Sheet:
    """The questions and options; one statement."""
    return Sheet(questionnaire_id, tuple(_asked(_ROWS.rows(questionnaire=questionnaire_id))))


def draft(questions: list[dict[str, Any]]) -> Sheet:
    """Questions as they are being written, not kept anywhere: for a preview and for the check."""
    found = []
    for no, each in enumerate(questions, 1):
        options = [one for one in each["options"] if one["text"]]
        choices = tuple(
            Choice(no * 1000 + at, at, one["text"], bool(one.get("is_other")), one.get("quota"))
            for at, one in enumerate(options, 1)
        )
        kept = {name: each[name] for name in ("is_required", "minimum", "maximum", "matrix", "condition")}
        words = {
            name: each[name] for name in ("low_words", "high_words", "help_text", "section", "matrix_text")
        }
        text = each["text"].strip() or "（还没有写题目）"
        kind = QuestionKind(each["kind"])
        if kind is QuestionKind.SCALE:
            kept |= {"minimum": 1, "maximum": each["maximum"] or SCALE_ENDS[0]}
        found.append(Asked(no, no, kind, text, choices=choices, position=no, **kept, **words))
    return Sheet(0, tuple(found))


_ROWS = Prepared(
    lambda: (
        Question.select(
            Question.id,
            Question.kind,
            Question.text,
            Question.is_required,
            Question.minimum,
            Question.maximum,
            Question.low_words,
            Question.high_words,
            Question.help_text,
            Question.section,
            Question.matrix,
            Question.matrix_text,
            Question.condition,
            Option.id,
            Option.text,
            Option.is_other,
            Option.quota,
        )
        .left_outer_join(Option)
        .where(Question.questionnaire == given("questionnaire"))
        .order_by(Question.position, Question.id, Option.position, Option.id)
    )
)


def _asked(rows: list[tuple[Any, ...]]) -> list[Asked]:
    options: dict[int, list[Choice]] = {}
    heads: dict[int, list[Any]] = {}
    for question_id, *head, option_id, option_text, is_other, quota in rows:
        heads[question_id] = head
        listed = options.setdefault(question_id, [])
        if option_id is not None:
            listed.append(Choice(option_id, len(listed) + 1, option_text, bool(is_other), quota))
    found = []
    for no, (question_id, head) in enumerate(heads.items(), 1):
        kind, text, needed, least, most, low, high, about, section, matrix, matrix_text, condition = head
        found.append(
            Asked(
                question_id,
                no,
                QuestionKind(kind),
                text,
                bool(needed),
                least,
                most,
                tuple(options[question_id]),
                low,
                high,
                about,
                section,
                matrix,
                matrix_text,
                json.loads(condition) if isinstance(condition, str) else condition,
                no,
            )
        )
    return found
