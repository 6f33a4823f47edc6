"""Comparison with earlier surveys (与往期比较): what can be compared, how it differs, how sure that is.

Questions are matched by their words alone (marks, numbers of years and half-years left aside) and
their kind, options by their words. Wholes are compared, never units: nobody is ranked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from models.accounts import Account
from models.surveys import QuestionKind, Questionnaire, QuestionnaireStatus
from services.surveys import intervals, questionnaires, results, sheet
from services.surveys.intervals import Interval
from services.surveys.results import Bar, QuestionResult
from services.surveys.sheet import CHOICE, COUNTED, Asked

_TIME = re.compile(r"\d{4}年?(?:度)?|[上下]半年|第[一二三四]季度|本年度?|今年|明年|来年|去年|本次|这次|上次")
_MARKS = re.compile(r"[\s\W_]+")
MOST_OFFERED = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """One option or mean, now and then. `change` and `interval` None where it cannot be told."""

    label: str
    now: float | None
    before: float | None
    change: float | None
    interval: Interval | None
    is_mean: bool = False

    @property
    def in_words(self) -> str:
        if self.before is None:
            return "上次没有这一项"
        if self.now is None:
            return "这次没有这一项"
        if self.interval is None or self.change is None:
            return "人数太少，不能比较"
        if not self.interval.is_clear:
            return "看不出变化"
        return "上升" if self.change > 0 else "下降"


@dataclass(frozen=True, slots=True)
class Compared:
    now: Asked
    before: Asked
    answered: tuple[int, int]
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    questionnaire: Questionnaire
    earlier: Questionnaire
    compared: tuple[Compared, ...]
    only_now: tuple[Asked, ...]
    only_before: tuple[Asked, ...]


def earlier(questionnaire: Questionnaire, *, actor: Account) -> list[tuple[Questionnaire, int]]:
    """Earlier surveys the account may see, the newest first, with how many questions are comparable."""
    rows = questionnaires.search(actor=actor).where(
        Questionnaire.id != questionnaire.id,
        Questionnaire.status != QuestionnaireStatus.DRAFT,
        Questionnaire.created_at <= questionnaire.created_at,
    )
    mine = _topics(questionnaire)
    found = [(row, len(mine & _topics(row))) for row in rows.limit(MOST_OFFERED)]
    return [(row, count) for row, count in found if count]


def compare(questionnaire: Questionnaire, earlier_id: int, *, actor: Account) -> Comparison | None:
    """None where one of the two tells nothing yet. Raises NotFound for what the account may not see."""
    other = questionnaires.find(earlier_id, actor=actor)
    now, before = results.results(questionnaire, actor=actor), results.results(other, actor=actor)
    if now.questions is None or before.questions is None:
        return None
    theirs = {topic_of(each.asked): each for each in reversed(before.questions)}
    compared, only_now, matched = [], [], set()
    for result in now.questions:
        match = theirs.get(topic_of(result.asked))
        if match is None or not _is_counted(result.asked):
            only_now.append(result.asked)
            continue
        matched.add(match.asked.id)
        compared.append(_compared(result, match))
    only_before = tuple(each.asked for each in before.questions if each.asked.id not in matched)
    return Comparison(questionnaire, other, tuple(compared), tuple(only_now), only_before)


def _topics(questionnaire: Questionnaire) -> set[tuple[str, str]]:
    return {topic_of(asked) for asked in sheet.of(questionnaire.id).questions if _is_counted(asked)}


def topic_of(asked: Asked) -> tuple[str, str]:
    """What makes two questions the same: kind, and words without marks and times."""
    plain = _MARKS.sub("", _TIME.sub("", asked.matrix_text + asked.text))
    kind = f"{asked.kind.value} {asked.maximum}" if asked.kind is QuestionKind.SCALE else asked.kind.value
    return kind, plain.lower()


def _is_counted(asked: Asked) -> bool:
    return asked.kind in CHOICE | COUNTED or asked.kind is QuestionKind.RANKING


def _compared(now: QuestionResult, before: QuestionResult) -> Compared:
    answered = now.answered or 0, before.answered or 0
    if now.asked.kind in COUNTED:
        differences = [_mean_difference(now, before)]
    else:
        differences = _option_differences(now, before)
    return Compared(now.asked, before.asked, answered, tuple(differences))


def _option_differences(now: QuestionResult, before: QuestionResult) -> list[Difference]:
    then = {_MARKS.sub("", bar.label): bar for bar in before.bars}
    found = []
    for bar in now.bars:
        was = then.pop(_MARKS.sub("", bar.label), None)
        found.append(_share_difference(bar.label, (bar, now), (was, before)))
    gone = [_share_difference(bar.label, (None, now), (bar, before)) for bar in then.values()]
    return [*found, *gone]


def _share_difference(
    label: str, now: tuple[Bar | None, QuestionResult], before: tuple[Bar | None, QuestionResult]
) -> Difference:
    (bar, result), (was, earlier_result) = now, before
    if bar is None or was is None or bar.share is None or was.share is None:
        return Difference(label, bar.share if bar else None, was.share if was else None, None, None)
    interval = intervals.of_share_difference(
        (bar.count or 0, result.answered or 0), (was.count or 0, earlier_result.answered or 0)
    )
    return Difference(label, bar.share, was.share, bar.share - was.share, interval)


def _mean_difference(now: QuestionResult, before: QuestionResult) -> Difference:
    if now.mean is None or before.mean is None:
        return Difference("平均", now.mean, before.mean, None, None, is_mean=True)
    interval = intervals.of_mean_difference(_told(now), _told(before))
    return Difference("平均", now.mean, before.mean, now.mean - before.mean, interval, is_mean=True)


def _told(result: QuestionResult) -> tuple[float, float, int]:
    return result.mean or 0.0, result.variance, result.answered or 0
