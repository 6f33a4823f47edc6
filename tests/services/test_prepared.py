"""Statements built once."""

from __future__ import annotations

import pytest
from peewee import Database

from models.people import Person
from services.prepared import Prepared, given
from tests.factories import make_person

NAMED = Prepared(
    lambda: Person.select(Person.name).where(Person.id == given("person"), Person.position == "")
)


def test_rows_are_those_of_the_values_given(db: Database) -> None:
    one, other = make_person(name="甲"), make_person(name="乙")

    assert NAMED.rows(person=one.id) == [("甲",)]
    assert NAMED.rows(person=other.id) == [("乙",)]
    assert NAMED.rows(person=0) == []


def test_a_missing_value_is_an_error(db: Database) -> None:
    with pytest.raises(KeyError):
        NAMED.rows()


def test_a_change_tells_how_many_rows(db: Database) -> None:
    person = make_person()
    rename = Prepared(lambda: Person.update({Person.name: given("name")}).where(Person.id == given("person")))

    assert rename.run(person=person.id, name="丙") == 1
    assert Person.get_by_id(person.id).name == "丙"
