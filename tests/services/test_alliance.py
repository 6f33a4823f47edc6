from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from models.accounts import AccountRoleKind
from models.alliance import MemberUnit, UnitKind, UnitTier
from services import alliance
from services.errors import Conflict, Invalid
from tests.factories import make_account, make_person, make_unit

pytestmark = pytest.mark.usefixtures("db", "noon")


def _values(**values: Any) -> dict[str, Any]:
    return {
        "name": "张家港市乐余镇党校",
        "short_name": "乐余镇党校",
        "tier": "9",
        "kind": "town_school",
        "division_code": "320582104",
        "valid_from": date(2015, 1, 1),
        "valid_to": None,
        "order_no": 5,
    } | values


def test_a_unit_is_made_and_changed() -> None:
    unit = alliance.create(_values(), actor=None)
    alliance.update(unit, _values(short_name="乐余校"), actor=None)

    stored = MemberUnit.get()
    assert (stored.short_name, stored.tier, stored.kind) == ("乐余校", UnitTier.NINE, UnitKind.TOWN_SCHOOL)


def test_every_wrong_field_is_named() -> None:
    alliance.create(_values(), actor=None)
    wrong = {"short_name": "", "tier": "1", "division_code": "32", "valid_to": date(2014, 1, 1)}

    with pytest.raises(Invalid) as told:
        alliance.create(_values(**wrong), actor=None)

    assert set(told.value.fields) == {"name", "short_name", "kind", "division_code", "valid_to"}
    assert MemberUnit.select().count() == 1


def test_units_come_in_their_order_while_they_are_members(noon: datetime) -> None:
    second, first = make_unit(order_no=2), make_unit(order_no=1)
    past = make_unit(order_no=0, valid_to=date(2020, 12, 31))
    make_unit(order_no=0, valid_from=date(2027, 1, 1))

    assert alliance.listed() == [first, second]
    assert alliance.listed(on=date(2020, 12, 31)) == [past, first, second]
    assert len(alliance.listed(with_past=True)) == 4


def test_a_unit_that_leaves_keeps_its_people() -> None:
    unit = make_unit()
    make_person(member_unit=unit)

    alliance.close(unit, on=date(2026, 11, 22), actor=None)

    assert alliance.listed() == []
    assert alliance.person_counts() == {unit.id: 1}
    with pytest.raises(Conflict):
        alliance.close(unit, on=date(2026, 11, 23), actor=None)
    with pytest.raises(Invalid):
        alliance.close(make_unit(), on=date(2010, 1, 1), actor=None)


def test_choices_are_bound_to_the_own_unit() -> None:
    own, other = make_unit(order_no=1), make_unit(order_no=2)

    assert alliance.choices(make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=own)) == [own]
    assert alliance.choices(make_account(AccountRoleKind.SECRETARIAT, member_unit=own)) == [own, other]
