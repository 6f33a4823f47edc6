"""Who of a unit's roster is meant by a name and the last four digits of a phone."""

from __future__ import annotations

import hmac
import re
import unicodedata

from models.people import Person
from services.person_fields import WrongCell, clean_name

DIGITS = 4
_GAP = r"\s,，、:：;；"
_GIVEN = re.compile(
    rf"(?P<name>[^\d{_GAP}][^\d,，、:：;；]{{1,30}}?)[{_GAP}]*(?P<digits>\d{{4}}|1[3-9]\d{{9}})"
)


def read(text: str) -> tuple[str, str] | None:
    """Name and last four digits out of “张晓明 5678” (a whole number serves too); None for other words."""
    plain = unicodedata.normalize("NFKC", text).strip().rstrip("。.!！")
    matched = _GIVEN.fullmatch(plain)
    if matched is None:
        return None
    try:
        return clean_name(matched["name"]), matched["digits"][-DIGITS:]
    except WrongCell:
        return None


def find(unit_id: int, name: str, digits: str) -> Person | None:
    """The one person of the unit with this name whose phone ends so; None for none and for several."""
    try:
        wanted = clean_name(name)
    except WrongCell:
        return None
    same_name = Person.select().where(
        Person.member_unit == unit_id, Person.erased_at.is_null(), Person.name == wanted
    )
    found = [
        person
        for person in same_name
        if person.phone and hmac.compare_digest(person.phone[-DIGITS:].encode(), digits.encode())
    ]
    return found[0] if len(found) == 1 else None


def like(unit_id: int, name: str, digits: str) -> list[Person]:
    """People of the unit with the same name, or with such a phone and surname: for a liaison to look at."""
    people = Person.select().where(Person.member_unit == unit_id, Person.erased_at.is_null())
    by_name = people.where(Person.name == name)
    by_surname = people.where(Person.name.startswith(name[:1])) if name and digits else []
    found = {person.id: person for person in by_name}
    found |= {person.id: person for person in by_surname if person.phone and person.phone[-DIGITS:] == digits}
    return list(found.values())
