"""One person across our apps: a unionid brings followers together, or makes a human decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peewee import Database

import clock
import config
from models.accounts import AccountRoleKind
from models.bindings import BindingRequest, BindingRequestKind, BindingRequestStatus
from models.people import Follower, Person
from models.sealing import keyed_hash
from services import (
    binding_decisions,
    binding_requests,
    bindings,
    consents,
    followers,
    identities,
    personal_data,
    unit_bindings,
)
from services.errors import DomainError
from tests.factories import make_account, make_follower, make_person, make_unit

pytestmark = pytest.mark.usefixtures("db", "noon")
MINI = "wxminiapp0000000"


def member(person: Person, **values: Any) -> Follower:
    """A follower bound to a person who agreed."""
    consents.keep(person, is_granted=True, source="chat", at=clock.utc_now())
    return make_follower(person=person, **values)


def again(follower: Follower) -> Follower:
    return Follower.get_by_id(follower.id)


def test_the_mini_programs_follower_comes_along_when_its_unionid_is_learnt() -> None:
    person = make_person()
    official, mini = member(person), make_follower(app_id=MINI)

    identities.learn_unionid(mini, "u1")
    assert again(mini).person_id is None
    identities.learn_unionid(official, "u1")

    assert again(mini).person_id == person.id
    assert again(mini).bound_at is not None
    identities.learn_unionid(official, "u1")  # a second report changes nothing
    assert BindingRequest.select().count() == 0


def test_binding_in_one_app_brings_the_other_along_and_leaving_ends_both() -> None:
    person = make_person()
    official, mini = make_follower(unionid="u1"), make_follower(app_id=MINI, unionid="u1")
    [(_, code)] = bindings.issue_codes([person.id], actor=None)
    bindings.begin(official, code)
    bindings.agree(official)

    assert again(mini).person_id == person.id
    bindings.unbind(again(mini))
    assert [again(each).person_id for each in (official, mini)] == [None, None]
    identities.learn_unionid(again(mini), "u2")
    identities.learn_unionid(again(mini), "u1")
    assert again(mini).person_id is None  # nobody is bound again after a no


def test_two_persons_of_one_wechat_wait_for_a_human() -> None:
    unit = make_unit()
    one, two = make_person(member_unit=unit), make_person(member_unit=unit)
    official, mini = member(one, unionid="u1"), member(two, app_id=MINI)

    identities.learn_unionid(mini, "u1")

    assert (again(official).person_id, again(mini).person_id) == (one.id, two.id)
    [request] = BindingRequest.select()
    assert (request.kind, request.status) == (BindingRequestKind.CONFLICT, BindingRequestStatus.OPEN)
    liaison = make_account(AccountRoleKind.LIAISON, member_unit=unit)
    assert binding_decisions.candidates(request, actor=liaison) == [one, two]
    binding_decisions.approve(request, two.id, actor=liaison)
    assert [again(each).person_id for each in (official, mini)] == [two.id, two.id]


def test_a_conflict_of_two_units_is_the_secretariats() -> None:
    one, two = make_person(), make_person()
    member(one, unionid="u1")
    identities.learn_unionid(member(two, app_id=MINI), "u1")

    [request] = BindingRequest.select()
    assert request.member_unit is None
    of_one = make_account(AccountRoleKind.LIAISON, member_unit=one.member_unit)
    assert list(binding_decisions.waiting(of_one)) == []
    assert list(binding_decisions.waiting(make_account(AccountRoleKind.SECRETARIAT))) == [request]


def test_a_place_taken_by_another_wechat_waits_for_a_human() -> None:
    person = make_person()
    official, taken, newcomer = member(person), member(person, app_id=MINI), make_follower(app_id=MINI)
    identities.learn_unionid(official, "u1")

    identities.learn_unionid(newcomer, "u1")

    assert (again(taken).person_id, again(newcomer).person_id) == (person.id, None)
    assert BindingRequest.get().kind is BindingRequestKind.CONFLICT


def test_a_new_wechat_ends_the_lost_ones_bindings_in_every_app() -> None:
    person = make_person()
    lost, lost_mini = member(person, unionid="u1"), member(person, app_id=MINI, unionid="u1")
    fresh = make_follower(unionid="u2")
    liaison = make_account(AccountRoleKind.LIAISON, member_unit=person.member_unit)

    code = bindings.rebind(person, reason="手机遗失，换新微信", actor=liaison)
    bindings.begin(fresh, code)
    bindings.agree(fresh)

    assert [again(each).person_id for each in (lost, lost_mini, fresh)] == [None, None, person.id]


class World:
    """A few WeChats in two apps, three people on one roster, and everything that can happen to them."""

    def __init__(self) -> None:
        self.unit = make_unit()
        self.secretariat = make_account(AccountRoleKind.SECRETARIAT)
        self.people = [
            make_person(
                name=f"样例{n}", member_unit=self.unit, phone=f"1380000000{n}", phone_hash=keyed_hash(str(n))
            )
            for n in range(3)
        ]
        self.app = config.settings().wechat_app_id
        self.openids = [(self.app, f"o{n}") for n in range(3)] + [(MINI, f"m{n}") for n in range(2)]
        for app, openid in self.openids:
            followers.followed(app, openid, at=clock.utc_now())

    def follower(self, which: int) -> Follower:
        app, openid = self.openids[which % len(self.openids)]
        return Follower.get(Follower.app_id == app, Follower.openid == openid)

    def person(self, which: int) -> Person:
        return Person.get_by_id(self.people[which % len(self.people)].id)

    def follow(self, who: int, _: int) -> None:
        row = self.follower(who)
        followers.followed(row.app_id, row.openid, at=clock.utc_now())

    def unfollow(self, who: int, _: int) -> None:
        row = self.follower(who)
        followers.unfollowed(row.app_id, row.openid, at=clock.utc_now())

    def code(self, who: int, whom: int) -> None:
        [(_, code)] = bindings.issue_codes([self.person(whom).id], actor=None)
        bindings.begin(self.follower(who), code)

    def scan(self, who: int, _: int) -> None:
        binding_requests.start(self.follower(who), self.unit, way="qr")

    def tell(self, who: int, whom: int) -> None:
        n = whom % len(self.people)
        binding_requests.tell(self.follower(who), f"样例{n}", f"000{n}")

    def apply(self, who: int, _: int) -> None:
        binding_requests.apply(self.follower(who))

    def agree(self, who: int, _: int) -> None:
        bindings.agree(self.follower(who))

    def refuse(self, who: int, _: int) -> None:
        bindings.refuse(self.follower(who))

    def leave(self, who: int, _: int) -> None:
        bindings.unbind(self.follower(who))

    def learn(self, who: int, which: int) -> None:
        identities.learn_unionid(self.follower(who), f"u{which % 2}")

    def decide(self, _: int, whom: int) -> None:
        request = binding_decisions.waiting(self.secretariat).first()
        if request is not None:
            binding_decisions.approve(request, self.person(whom).id, actor=self.secretariat)

    def ask_approval(self, _: int, which: int) -> None:
        row = unit_bindings.ensure(self.unit.id)
        unit_bindings.change(row, word=row.word, needs_approval=which == 0, actor=self.secretariat)

    def erase(self, _: int, whom: int) -> None:
        personal_data.erase_own(self.person(whom), source="chat")

    def check(self) -> None:
        bound = list(Follower.select().where(Follower.person.is_null(False)))
        places = [(row.app_id, row.person_id) for row in bound]
        assert len(places) == len(set(places))
        for row in bound:
            assert consents.is_in_force(row.person)
            assert row.person.erased_at is None
            assert row.bound_at is not None


ACTS: dict[str, Callable[[World, int, int], None]] = {
    act.__name__: act
    for act in (
        *(World.follow, World.unfollow, World.code, World.scan, World.tell, World.apply, World.agree),
        *(World.refuse, World.leave, World.learn, World.decide, World.ask_approval, World.erase),
    )
}
steps = st.tuples(
    st.sampled_from([*ACTS, "agree", "agree", "learn", "code", "tell", "scan"]),
    st.integers(0, 4),
    st.integers(0, 2),
)


@given(st.lists(steps, max_size=25))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_happens_in_whatever_order_a_person_has_one_wechat_in_an_app(
    db: Database, order: list[tuple[str, int, int]]
) -> None:
    with db.atomic() as transaction:
        world = World()
        for name, one, two in order:
            try:
                with db.atomic():
                    ACTS[name](world, one, two)
            except DomainError:
                pass  # refused in words: nothing may have changed for the worse
            world.check()
        transaction.rollback()
