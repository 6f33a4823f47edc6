"""Audiences: one SELECT of persons, validated, in words."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

import clock
from models.alliance import UnitTier
from models.people import PersonRole, PersonRoleKind, Topic
from services.errors import Invalid
from services.messaging import audiences
from tests.factories import make_activity, make_opt_in, make_person, make_sign_up, make_unit

pytestmark = pytest.mark.usefixtures("secretary")


def names(audience: dict[str, Any]) -> list[str]:
    found = audiences.sample(audience, actor=None, limit=100)
    assert len(found) == audiences.count(audience, actor=None)
    return sorted(person.name for person in found)


def test_keys_narrow_and_values_widen() -> None:
    town, x = make_unit(tier=UnitTier.NINE), make_unit(tier=UnitTier.X)
    left = make_unit(valid_to=date(2020, 1, 1))
    a, b, c = (
        make_person(name=name, member_unit=unit) for name, unit in (("甲", town), ("乙", town), ("丙", x))
    )
    make_person(name="已离开", member_unit=left)
    make_opt_in(a)
    make_opt_in(c, Topic.SALON)
    make_opt_in(b, is_on=False)
    PersonRole.create(person=b, member_unit=town, role=PersonRoleKind.LIAISON, valid_from=date(2020, 1, 1))
    PersonRole.create(
        person=c,
        member_unit=x,
        role=PersonRoleKind.LIAISON,
        valid_from=date(2020, 1, 1),
        valid_to=date(2021, 1, 1),
    )
    activity = make_activity(member_unit=town)
    make_sign_up(activity, c)

    assert names({"everyone": True}) == sorted(["甲", "乙", "丙"])
    assert names({"units": [town.id, x.id]}) == sorted(["甲", "乙", "丙"])
    assert names({"tiers": ["X"]}) == ["丙"]
    assert names({"topics": ["lecture", "salon"]}) == sorted(["甲", "丙"])
    assert names({"topics": ["lecture", "salon"], "tiers": ["9"]}) == ["甲"]
    assert names({"roles": ["liaison"]}) == ["乙"]
    assert names({"signed_up_for": activity.id}) == ["丙"]
    assert audiences.includes({"tiers": ["X"]}, c)
    assert not audiences.includes({"tiers": ["X"]}, a)


@pytest.mark.parametrize(
    "audience",
    [
        None, {}, [], "everyone", {"units": []}, {"everyone": False}, {"everyone": True, "tiers": ["X"]},
        {"units": ["x"]}, {"units": [999_999]}, {"tiers": ["8"]}, {"roles": ["king"]}, {"topics": [1]},
        {"signed_up_for": 999_999}, {"signed_up_for": "1; DROP"}, {"nobody": True},
    ],
)  # fmt: skip
def test_what_is_malformed_is_refused_naming_the_field(audience: Any) -> None:
    with pytest.raises(Invalid) as told:
        audiences.validate(audience)

    assert list(told.value.fields) == ["audience"]


def test_a_unit_that_joins_tomorrow_is_not_meant_today() -> None:
    make_person(name="甲", member_unit=make_unit(valid_from=clock.local_today() + timedelta(days=1)))
    make_person(name="乙", member_unit=make_unit(valid_from=clock.local_today()))

    assert names({"everyone": True}) == ["乙"]


def test_another_schools_own_activity_is_as_good_as_none() -> None:
    own, theirs = make_unit(), make_unit()
    hidden, shared = (make_activity(member_unit=theirs, is_shared=is_shared) for is_shared in (False, True))

    with pytest.raises(Invalid):
        audiences.validate({"signed_up_for": hidden.id}, scope=own.id)

    for wanted, scope in ((hidden, theirs.id), (hidden, None), (shared, own.id)):
        assert audiences.validate({"signed_up_for": wanted.id}, scope=scope) == {"signed_up_for": wanted.id}


def test_an_audience_reads_as_words() -> None:
    unit = make_unit(short_name="乐余镇党校")

    said = audiences.in_words({"units": [unit.id], "roles": ["liaison"], "topics": ["lecture"]})

    assert said == "单位：乐余镇党校；身份：联络员；订阅：讲座"
