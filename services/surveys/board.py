"""The board (进度) of a survey under way: how far each unit is, in the units' fixed order, never ranked.

It tells that people took part, never what they said. Of an anonymous survey a number from one to four
is told as "fewer than five", and where the total less the shown ones would give it, the next smallest
is not told either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from peewee import ModelSelect, fn

from models.accounts import Account
from models.alliance import MemberUnit
from models.messaging import REACHED, Campaign, Delivery
from models.people import Person
from models.surveys import Disposition, Participation, Questionnaire
from services.messaging import audiences
from services.surveys import fieldwork, questionnaires
from services.surveys.results import SMALL_GROUP

NUMBERS = ("meant", "invited", "begun", "completed", "refused")
COVERED = NUMBERS[1:]  # how many are meant says nothing of what anybody did
FEWER, UNTOLD = f"少于{SMALL_GROUP}", "不显示"


@dataclass(frozen=True, slots=True)
class Line:
    """One unit, or all of them: persons. `wanted` None: no target."""

    name: str
    meant: int
    invited: int  # a delivery of an invitation or a reminder reached them
    begun: int  # and not yet completed
    completed: int
    refused: int
    wanted: int | None = None
    hidden: frozenset[str] = frozenset()  # names of the numbers that are not told

    @property
    def is_reached(self) -> bool:
        """Whether the target is met, as far as that may be told."""
        return self.wanted is not None and self.completed >= self.wanted and "completed" not in self.hidden

    @property
    def share(self) -> float:
        """Completed of those meant, from 0 to 1."""
        return min(1.0, self.completed / self.meant) if self.meant else 0.0


@dataclass(frozen=True, slots=True)
class Board:
    total: Line
    units: list[Line]


def board(questionnaire: Questionnaire, *, actor: Account) -> Board:
    """Where it stands now. Raises NotFound for another school's questionnaire."""
    questionnaires.find(questionnaire.id, actor=actor)
    meant = _by_unit(audiences.persons(questionnaire.audience))
    invited = _by_unit(Person.select().where(Person.id.in_(_reached(questionnaire))))
    standing = {
        disposition: _by_unit(
            Person.select()
            .join(Participation)
            .where(Participation.questionnaire == questionnaire.id, Participation.disposition == disposition)
        )
        for disposition in Disposition
    }
    targets = {row.member_unit_id: row.wanted for row in fieldwork.targets_of(questionnaire)}
    seen = set(meant) | set(invited).union(*standing.values())
    units = MemberUnit.select().where(MemberUnit.id.in_(seen)).order_by(MemberUnit.order_no, MemberUnit.id)
    lines = [
        Line(
            unit.short_name,
            meant.get(unit.id, 0),
            invited.get(unit.id, 0),
            standing[Disposition.BEGUN].get(unit.id, 0),
            standing[Disposition.COMPLETED].get(unit.id, 0),
            standing[Disposition.REFUSED].get(unit.id, 0),
            targets.get(unit.id),
        )
        for unit in units
    ]
    total = Line("合计", *(sum(getattr(line, name) for line in lines) for name in NUMBERS))
    return _covered(total, lines) if questionnaire.is_anonymous else Board(total, lines)


def told(line: Line, name: str) -> str:
    """A number of a line as the board shows it."""
    number: int = getattr(line, name)
    if name not in line.hidden:
        return f"{number:,}"
    return FEWER if number < SMALL_GROUP else UNTOLD


def _covered(total: Line, lines: list[Line]) -> Board:
    """The same without what would tell of fewer than five people of a unit."""
    hidden: list[set[str]] = [set() for _ in lines]
    of_total: set[str] = set()
    for name in COVERED:
        numbers = [getattr(line, name) for line in lines]
        places = _hidden(numbers)
        for no in places:
            hidden[no].add(name)
        untold = [numbers[no] for no in places]
        if _is_given_away(untold) and max(untold) < SMALL_GROUP:  # no other unit to hide beside it
            of_total.add(name)
    return Board(
        replace(total, hidden=frozenset(of_total)),
        [replace(line, hidden=frozenset(names)) for line, names in zip(lines, hidden, strict=True)],
    )


def _hidden(numbers: list[int]) -> list[int]:
    """The places of those that are not told."""
    few = [no for no, number in enumerate(numbers) if 0 < number < SMALL_GROUP]
    if not _is_given_away([numbers[no] for no in few]):
        return few
    others = [(number, no) for no, number in enumerate(numbers) if number >= SMALL_GROUP]
    return [*few, min(others)[1]] if others else few


def _is_given_away(numbers: list[int]) -> bool:
    """Whether their sum tells each: of one alone, and of several when all are one, or all are four."""
    whole, most = sum(numbers), SMALL_GROUP - 1
    return len(numbers) == 1 or (bool(numbers) and whole in (len(numbers), most * len(numbers)))


def _reached(questionnaire: Questionnaire) -> ModelSelect[Any]:
    reminders = [row.campaign_id for row in fieldwork.reminders_of(questionnaire) if row.campaign_id]
    return (
        Delivery.select(Delivery.person)
        .join(Campaign)
        .where(
            (Campaign.questionnaire == questionnaire.id) | Campaign.id.in_(reminders),
            Delivery.status.in_(list(REACHED)),
        )
    )


def _by_unit(people: ModelSelect[Any]) -> dict[int, int]:
    counted: Any = (
        people.select(Person.member_unit, fn.COUNT(Person.id)).group_by(Person.member_unit).tuples()
    )
    return dict(counted)
