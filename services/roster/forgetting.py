"""Erasing a person reaches the sealed rosters that named them: rows to write, and what was shown of them."""

from __future__ import annotations

import json
from typing import Any

from models.people import Person, RosterImport
from services.masking import mask_phone

GONE = "（本人已注销资料，内容已删除）"


def forget(person: Person) -> int:
    """Take the person out of every roster that was read, applied or not; how many rosters changed.

    Call it before the name goes. Rows count by name with the same phone or none, or by the phone
    alone; in what was shown the phone is masked, so that a namesake's line may go too.
    """
    changed = 0
    for row in list(RosterImport.select(RosterImport.id).order_by(RosterImport.id)):
        roster = RosterImport.get_by_id(row.id)  # one at a time: a roster may hold thousands
        if not _may_name(person, roster):
            continue
        rows, report = json.loads(roster.rows), json.loads(roster.report)
        kept = [each for each in rows if not _is_row_of(person, each)]
        told = {
            **report,
            "people": [each for each in report["people"] if not _is_shown(person, each)],
            "wrong": [_without(person, cell) for cell in report["wrong"]],
            "notes": [note for note in report["notes"] if person.name not in note],
        }
        if kept == rows and told == report:
            continue
        roster.rows = json.dumps(kept, ensure_ascii=False)
        roster.report = json.dumps(told, ensure_ascii=False)
        roster.save(only=[RosterImport.rows, RosterImport.report])
        changed += 1
    return changed


def _may_name(person: Person, roster: RosterImport) -> bool:
    """Quickly, before anything is read: most rosters do not."""
    texts = (roster.rows, roster.report)
    return any(person.name in text or (person.phone or person.name) in text for text in texts)


def _is_row_of(person: Person, row: dict[str, Any]) -> bool:
    phone = row["phone"]
    if person.phone and phone == person.phone:
        return True
    return bool(row["name"] == person.name and not (phone and person.phone))


def _is_shown(person: Person, shown: dict[str, str]) -> bool:
    masked, known = shown["phone"], mask_phone(person.phone)
    return shown["name"] == person.name and (masked == known or not masked or not known)


def _without(person: Person, cell: dict[str, Any]) -> dict[str, Any]:
    """A wrong cell of the person: where it stood stays, what it said goes."""
    said = " ".join(str(cell[name]) for name in ("name", "value", "reason", "mend"))
    if person.name not in said and not (person.phone and person.phone in said):
        return cell
    return {**cell, "name": "", "value": "", "reason": GONE, "mend": ""}
