"""A roster import: previewed, then applied or discarded; each once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import PurePath
from typing import Any

from peewee import IntegrityError

import clock
from models.accounts import Account
from models.alliance import MemberUnit
from models.base import db
from models.people import ROLE_WORDS, Person, PersonRoleKind, RosterImport, RosterImportStatus
from services import access, alliance, audit, people
from services.errors import Conflict, NotFound, StaleState
from services.masking import mask_phone
from services.roster.matching import Plan, PlannedPerson, make_plan
from services.roster.rows import RosterRow, WrongCellReport, read_sheets
from services.roster.workbook import open_workbook

SHOWN_PEOPLE = 50


@dataclass
class Report:
    """What an import found: people by outcome, wrong cells, notes, the first people, the sheets."""

    counts: dict[str, int] = field(default_factory=dict)
    wrong: list[WrongCellReport] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    people: list[dict[str, str]] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)

    @property
    def wrong_rows(self) -> int:
        return len({(cell.sheet, cell.row) for cell in self.wrong})

    @property
    def right_people(self) -> int:
        return self.to_write + self.counts.get("same", 0)

    @property
    def to_write(self) -> int:
        return self.counts.get("new", 0) + self.counts.get("changed", 0)


def preview(content: bytes, file_name: str, *, unit_scope: int | None, actor: Account) -> RosterImport:
    """Read a roster and say what applying it would do; nothing is changed yet.

    `unit_scope` bounds the rows to one unit (None: the whole alliance). Raises Invalid
    (field `file`) for what is no roster, NotFound for another school's unit.
    """
    if unit_scope is not None:
        access.require_unit(actor, unit_scope)
    elif access.unit_scope(actor) is not None:
        raise NotFound()
    own_unit = MemberUnit.get_by_id(unit_scope) if unit_scope is not None else None
    name = PurePath(file_name.replace("\\", "/")).name[-200:] or "名单"
    sheets = open_workbook(content, name)
    reading = read_sheets(sheets, alliance.listed(), own_unit=own_unit)
    plan = make_plan(reading.rows, unit_scope=unit_scope)
    report = _report(plan, reading.wrong, reading.notes, [sheet.name for sheet in sheets])
    with db.atomic():
        roster = RosterImport.create(
            account_id=actor.id,
            member_unit=own_unit,
            file_name=name,
            rows=json.dumps([asdict(row) for row in reading.rows], ensure_ascii=False),
            report=_dump(report),
        )
        audit.record("roster.previewed", roster, actor=actor, counts=report.counts)
        return roster


def apply(roster: RosterImport, *, actor: Account) -> Report:
    """Write the right rows; the wrong ones stay in the report. A second run changes nothing.

    The rows are matched anew, since people may have changed after the preview. Raises
    StaleState when it was applied or discarded, Conflict when another import ran meanwhile,
    NotFound for another school's.
    """
    _require_own(roster, actor)
    try:
        with db.atomic():
            _move(roster, RosterImportStatus.APPLIED)
            before = report_of(roster)
            plan = make_plan(_rows(roster), unit_scope=roster.member_unit_id)
            for planned in plan.people:
                _write(planned)
            report = _report(plan, _unreadable(roster, before.wrong), before.notes, before.sheets)
            roster.rows, roster.report, roster.applied_at = "[]", _dump(report), clock.utc_now()
            roster.save(only=[RosterImport.rows, RosterImport.report, RosterImport.applied_at])
            audit.record("roster.applied", roster, actor=actor, counts=report.counts)
            return report
    except IntegrityError as error:
        raise Conflict("另一份名单刚刚写入了相同的人员，请重新点击“确认导入”") from error


def discard(roster: RosterImport, *, actor: Account) -> None:
    """Throw a preview away with all the data it held. Raises StaleState, NotFound."""
    _require_own(roster, actor)
    with db.atomic():
        _move(roster, RosterImportStatus.DISCARDED)
        roster.rows, roster.report = "[]", _dump(Report(counts=report_of(roster).counts))
        roster.save(only=[RosterImport.rows, RosterImport.report])
        audit.record("roster.discarded", roster, actor=actor)


def find(roster_id: int, *, actor: Account) -> RosterImport:
    """Raises NotFound, for another school's too."""
    roster = RosterImport.get_or_none(RosterImport.id == roster_id)
    if roster is None:
        raise NotFound()
    _require_own(roster, actor)
    return roster


def recent(actor: Account, limit: int = 10) -> list[RosterImport]:
    """The newest imports the actor may see."""
    rows = RosterImport.select().order_by(RosterImport.id.desc()).limit(limit)
    scope = access.unit_scope(actor)
    return list(rows if scope is None else rows.where(RosterImport.member_unit == scope))


def report_of(roster: RosterImport) -> Report:
    told: dict[str, Any] = json.loads(roster.report)
    return Report(
        counts=told["counts"],
        wrong=[WrongCellReport(**cell) for cell in told["wrong"]],
        notes=told["notes"],
        people=told["people"],
        sheets=told["sheets"],
    )


def _report(plan: Plan, wrong: list[WrongCellReport], notes: list[str], sheets: list[str]) -> Report:
    cells = sorted([*wrong, *plan.wrong], key=lambda cell: (sheets.index(cell.sheet), cell.row))
    report = Report(wrong=cells, notes=notes, people=list(_shown(plan)), sheets=sheets)
    report.counts = {
        "new": plan.count("new"),
        "changed": plan.count("changed"),
        "same": plan.count("same"),
        "wrong": report.wrong_rows,
    }
    return report


def _shown(plan: Plan) -> Iterator[dict[str, str]]:
    """The first people of the plan, those that change before those that stay."""
    units = {unit.id: unit.short_name for unit in MemberUnit.select()}
    order = {"changed": 0, "new": 1, "same": 2}
    for planned in sorted(plan.people, key=lambda p: order[p.outcome])[:SHOWN_PEOPLE]:
        yield {
            "outcome": planned.outcome,
            "name": planned.first.name,
            "phone": mask_phone(planned.first.phone),
            "unit": units[planned.first.unit_id],
            "position": planned.position,
            "roles": "、".join(dict.fromkeys(ROLE_WORDS[role] for _, role in planned.roles)),
            "places": "、".join(f"{row.sheet}第{row.row}行" for row in planned.rows),
            "changes": "；".join(planned.changes),
        }


def _write(planned: PlannedPerson) -> None:
    if planned.outcome == "same":
        return
    person = planned.person
    if person is None:
        person = people.insert(
            planned.first.name, planned.first.phone, planned.first.unit_id, planned.position
        )
    elif planned.position and planned.position != person.position:
        person.position = planned.position
        person.version += 1
        person.save(only=[Person.position, Person.version])
    for unit_id, role in planned.roles:
        people.give_role(person.id, unit_id, role)


def _move(roster: RosterImport, to: RosterImportStatus) -> None:
    moved = (
        RosterImport.update(status=to)
        .where(RosterImport.id == roster.id, RosterImport.status == RosterImportStatus.PREVIEWED)
        .execute()
    )
    if not moved:
        raise StaleState("这份名单已经处理过，请重新上传")
    roster.status = to


def _require_own(roster: RosterImport, actor: Account) -> None:
    scope = access.unit_scope(actor)
    if scope is not None and roster.member_unit_id != scope:
        raise NotFound()


def _rows(roster: RosterImport) -> list[RosterRow]:
    return [
        RosterRow(**(row | {"roles": tuple(PersonRoleKind(role) for role in row["roles"])}))
        for row in json.loads(roster.rows)
    ]


def _unreadable(roster: RosterImport, cells: list[WrongCellReport]) -> list[WrongCellReport]:
    """The cells that were wrong when read; those of rows that could be read are judged anew."""
    readable = {(row.sheet, row.row) for row in _rows(roster)}
    return [cell for cell in cells if (cell.sheet, cell.row) not in readable]


def _dump(report: Report) -> str:
    return json.dumps(asdict(report), ensure_ascii=False)
