"""The board (进度) of a survey under way: how far each unit is, in the units' fixed order, never ranked.

It tells that people took part, never what they said. Of an anonymous survey a number from one to four
is told as "fewer than five".
"""

from __future__ import annotations

from dataclasses import dataclass
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
    total = Line(
        "合计",
        *(
            sum(getattr(line, name) for line in lines)
            for name in ("meant", "invited", "begun", "completed", "refused")
        ),
    )
    return Board(total, lines)


def told(number: int, questionnaire: Questionnaire) -> str:
    """A number of people of one unit as the board shows it."""
    is_hidden = bool(questionnaire.is_anonymous) and 0 < number < SMALL_GROUP
    return f"少于{SMALL_GROUP}" if is_hidden else f"{number:,}"


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
