"""Themes of the words given to a text question: asked for, worked out in the worker, kept as rows."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import clock
from models.accounts import Account
from models.base import db
from models.survey_analysis import Theme, ThemeRun, ThemeRunStatus, ThemeSentence
from models.surveys import Answer, QuestionKind, Questionnaire
from services import audit
from services.errors import Invalid, NotFound
from services.surveys import alliance_names, clusters, questionnaires, sheet, words
from services.surveys.small_groups import SMALL_GROUP

log = logging.getLogger(__name__)

RUN_LEASE = timedelta(minutes=10)  # a run that a killed worker left is taken up again
MOST_TEXTS = 50_000
SENTENCES_SHOWN = 20
LEAST_OF_NAMED = 2  # where nobody was promised anonymity
WRITTEN_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class FoundTheme:
    """`words` empty: what belongs to no theme. `first`: its three most typical sentences."""

    no: int
    words: tuple[str, ...]
    size: int
    first: tuple[str, ...]

    @property
    def name(self) -> str:
        return "、".join(self.words[:3]) or "其他说法"


def ask(questionnaire: Questionnaire, question_id: int, *, actor: Account) -> ThemeRun:
    """Have the words of a question sorted, anew where they were before. A run under way goes on.

    Raises NotFound for what is no text question of a questionnaire the account may see.
    """
    questionnaires.find(questionnaire.id, actor=actor)
    _require_text(questionnaire, question_id)
    with db.atomic():
        run = ThemeRun.get_or_none(ThemeRun.question == question_id)
        if run is None:
            run = ThemeRun.create(question=question_id, asked_at=clock.utc_now())
        elif run.status in (ThemeRunStatus.DONE, ThemeRunStatus.FAILED):
            run.status, run.asked_at, run.done_share = ThemeRunStatus.WAITING, clock.utc_now(), 0
            run.save(only=[ThemeRun.status, ThemeRun.asked_at, ThemeRun.done_share])
        audit.record("themes.asked", questionnaire, actor=actor, question=question_id)
    return run


def of_question(questionnaire: Questionnaire, question_id: int) -> ThemeRun | None:
    """The last run; None where nobody asked yet. Raises NotFound for no text question of it."""
    _require_text(questionnaire, question_id)
    return ThemeRun.get_or_none(ThemeRun.question == question_id)


def found(run: ThemeRun) -> list[FoundTheme]:
    """The themes of a run, the largest first."""
    rows = list(Theme.select().where(Theme.run == run.id).order_by(Theme.no))
    first: dict[int, list[str]] = {}
    typical = ThemeSentence.select().where(
        ThemeSentence.theme.in_([row.id for row in rows]), ThemeSentence.place <= 3
    )
    for sentence in typical.order_by(ThemeSentence.theme, ThemeSentence.place):
        first.setdefault(sentence.theme_id, []).append(sentence.text)
    return [FoundTheme(row.no, tuple(row.words), row.size, tuple(first.get(row.id, ()))) for row in rows]


def sentences(run: ThemeRun, no: int, *, page: int = 1) -> tuple[FoundTheme, list[str]]:
    """A theme and a page of its sentences, twenty each. Raises NotFound."""
    theme = Theme.get_or_none(Theme.run == run.id, Theme.no == no)
    if theme is None:
        raise NotFound()
    rows = (
        ThemeSentence.select(ThemeSentence.text)
        .where(ThemeSentence.theme == theme.id)
        .order_by(ThemeSentence.place)
        .paginate(page, SENTENCES_SHOWN)
    )
    return FoundTheme(theme.no, tuple(theme.words), theme.size, ()), [row.text for row in rows]


def due() -> list[int]:
    """Runs that wait, and those whose worker was lost (a job pokes them)."""
    lost = clock.utc_now() - RUN_LEASE
    rows = ThemeRun.select(ThemeRun.id).where(
        (ThemeRun.status == ThemeRunStatus.WAITING)
        | ((ThemeRun.status == ThemeRunStatus.RUNNING) & (ThemeRun.started_at < lost))
    )
    return [row.id for row in rows.order_by(ThemeRun.asked_at)]


def work(run_id: int) -> bool:
    """Sort one run's words (a task); False where another worker has it or none waits."""
    now = clock.utc_now()
    claimed = (
        ThemeRun.update(status=ThemeRunStatus.RUNNING, started_at=now, done_share=0)
        .where(
            ThemeRun.id == run_id,
            (ThemeRun.status == ThemeRunStatus.WAITING)
            | ((ThemeRun.status == ThemeRunStatus.RUNNING) & (ThemeRun.started_at < now - RUN_LEASE)),
        )
        .execute()
    )
    if not claimed:
        return False
    run = ThemeRun.get_by_id(run_id)
    try:
        _work(run)
    except Exception:  # whatever is in the words, the page says that it came to nothing
        log.exception("themes of run %s failed", run_id)
        ThemeRun.update(status=ThemeRunStatus.FAILED).where(ThemeRun.id == run_id).execute()
    return True


def _require_text(questionnaire: Questionnaire, question_id: int) -> None:
    asked = sheet.of(questionnaire.id).question(question_id)
    if asked is None:
        raise NotFound()
    if asked.kind is not QuestionKind.TEXT:
        raise Invalid("只有文字题可以整理主题")


def _work(run: ThemeRun) -> None:
    is_anonymous = bool(run.question.questionnaire.is_anonymous)
    said = _texts(run.question_id)
    if is_anonymous and len(said) < SMALL_GROUP:
        said = []
    names = alliance_names.occurring(said)
    told = [words.masked(text, names) for text in said]
    cut = [words.words_of(text) for text in told]  # masked, so that no name is a word of a theme
    _progress(run, 10)
    least = SMALL_GROUP if is_anonymous else LEAST_OF_NAMED
    sorted_out = clusters.themes(cut, least=least, progress=lambda percent: _progress(run, percent))
    kept = words.keywords(cut)
    with db.atomic():
        Theme.delete().where(Theme.run == run.id).execute()
        for no, cluster in enumerate(sorted_out, 1):
            theme = Theme.create(run=run.id, no=no, words=list(cluster.words), size=len(cluster.texts))
            _write(theme, [told[place] for place in cluster.texts])
        run.keywords = [[each.word, each.texts, round(each.weight, 2)] for each in kept]
        run.texts, run.done_share = len(said), 100
        run.status, run.done_at = ThemeRunStatus.DONE, clock.utc_now()
        run.save()


def _texts(question_id: int) -> list[str]:
    """What was written, in the order of the random ids."""
    rows: Any = (
        Answer.select(Answer.text)
        .where(Answer.question == question_id, Answer.text.is_null(False))
        .order_by(Answer.id)
        .limit(MOST_TEXTS)
        .tuples()
    )
    return [text for (text,) in rows if text.strip()]


def _write(theme: Theme, texts: Sequence[str]) -> None:
    now = clock.utc_now()
    rows = [
        {"theme": theme.id, "place": place, "text": text, "created_at": now}
        for place, text in enumerate(texts, 1)
    ]
    for start in range(0, len(rows), WRITTEN_AT_ONCE):
        ThemeSentence.insert_many(rows[start : start + WRITTEN_AT_ONCE]).execute()


def _progress(run: ThemeRun, percent: int) -> None:
    ThemeRun.update(done_share=percent).where(ThemeRun.id == run.id).execute()
