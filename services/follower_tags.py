"""Follower tags kept in step with roles, topics and units: what conditional menus and tag sends go by.

A tag is made where one is wanted, and adopted where one bears the name already. What the platform
was told is mirrored (`Tagging`), so that a night's work is the difference alone, fifty followers a
call; a call that broke off is made again, for putting a tag on twice changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from peewee import ModelSelect, chunked

import clock
import config
from models.alliance import MemberUnit
from models.base import db
from models.people import TOPIC_WORDS, Follower, Person, PersonRole, PersonRoleKind, Topic, TopicOptIn
from models.tags import FollowerTag, Tagging
from services import leases
from wechat import tags as platform
from wechat.capabilities import Capability
from wechat.errors import OutcomeUnknown, Refused, TryLater, WeChatError
from wechat.gateway import Gateway

log = logging.getLogger(__name__)

INSTRUCTOR, STAFF = "role:instructor", "role:staff"
# A follower who is both gets both tags; the menu of the first here is shown.
ROLES: dict[str, tuple[str, tuple[PersonRoleKind, ...]]] = {
    STAFF: ("工作人员", (PersonRoleKind.LIAISON, PersonRoleKind.CLASS_TEACHER)),
    INSTRUCTOR: ("教师", (PersonRoleKind.INSTRUCTOR,)),
}
MOST_UNITS = 80  # leaves twenty of the hundred for roles, topics and what was made by hand
RECENT = timedelta(hours=1)
LEASE_SECONDS = 600.0
ONE_BY_ONE = frozenset(
    {platform.NOT_OF_APP, platform.BAD_OPENID, platform.TOO_MANY_ON_FOLLOWER, platform.PARTIAL}
)


@dataclass
class Outcome:
    """What a run did; `problems` in words, for an operator."""

    put_on: int = 0
    taken_off: int = 0
    made: int = 0
    left_out: int = 0
    problems: list[str] = field(default_factory=list)


class _Stop(Exception):
    """The platform is not to be had now, or not for this account: the next run goes on."""


def sync(*, wechat: Gateway) -> Outcome | None:
    """Bring every tag in step with the database; None while another run is at it."""
    with leases.held("follower_tags.sync", seconds=LEASE_SECONDS) as lease:
        return _Run(wechat, None).go() if lease is not None else None


def sync_recent(*, wechat: Gateway) -> Outcome | None:
    """The role tags of who was bound or unbound within the hour, so that the right menu shows soon.

    No call is made where nothing differs.
    """
    if not anybody_recent():
        return None
    with leases.held("follower_tags.sync", seconds=LEASE_SECONDS) as lease:
        return _Run(wechat, list(ROLES)).go() if lease is not None else None


def bring(keys: Sequence[str], *, wechat: Gateway) -> Outcome | None:
    """Bring these tags alone in step, before a mass send goes by them; None while another run is at it."""
    with leases.held("follower_tags.sync", seconds=LEASE_SECONDS) as lease:
        return _Run(wechat, keys).go() if lease is not None else None


def anybody_recent() -> bool:
    """Whether a role tag of somebody bound or unbound of late differs; without any call."""
    since = clock.utc_now() - RECENT
    for key in ROLES:
        wanted = set(_wanted_ids(key, _of_app().where(Follower.bound_at >= since)))
        has = _has_ids(key)
        unbound = _ids(_of_app().where(Follower.person.is_null(), Follower.id.in_(list(has)[:500])))
        if wanted - has or set(unbound) & has:
            return True
    return False


def ensure(keys: Sequence[str], *, wechat: Gateway) -> dict[str, int]:
    """The platform's number of each of these tags, made where it is missing. Raises what the calls raise."""
    run = _Run(wechat, keys)
    run.make_tags()
    return {tag.key: tag.tag_id for tag in run.tags.values()}


def wanted_names() -> dict[str, str]:
    """Every tag there should be: its key and its name. Units in their fixed order, as many as fit."""
    today = clock.local_today()
    names = {key: name for key, (name, _) in ROLES.items()}
    names |= {f"topic:{topic.value}": f"订阅{word}" for topic, word in TOPIC_WORDS.items()}
    units = (
        MemberUnit.select()
        .where(MemberUnit.valid_to.is_null() | (MemberUnit.valid_to >= today))
        .order_by(MemberUnit.order_no, MemberUnit.id)
        .limit(MOST_UNITS)
    )
    return names | {f"unit:{unit.id}": f"单位-{unit.short_name}"[: platform.LONGEST_NAME] for unit in units}


class _Run:
    """One run over all tags (`keys` None) or over some."""

    def __init__(self, wechat: Gateway, keys: Sequence[str] | None) -> None:
        self.wechat, self.keys = wechat, keys
        self.outcome = Outcome()
        self.tags: dict[str, FollowerTag] = {}

    def go(self) -> Outcome:
        reason = self.wechat.capabilities.reason(Capability.TAGS)
        if reason:
            self.outcome.problems.append(reason)
            return self.outcome
        try:
            self.make_tags()
            _forget_those_who_left()
            for key, tag in self.tags.items():
                self._step(key, tag)
        except _Stop as stop:
            self.outcome.problems.append(str(stop))
        except WeChatError as error:
            self.outcome.problems.append(f"微信没有答应：{error}")
        if self.outcome.problems:
            log.warning("follower tags: %s", "; ".join(self.outcome.problems))
        return self.outcome

    def make_tags(self) -> None:
        """Rows and the platform's tags, brought together: adopted by name, made, or taken away."""
        names = wanted_names()
        if self.keys is not None:
            names = {key: name for key, name in names.items() if key in self.keys}
        there = {tag.id: tag for tag in self.wechat.tags.all()}
        rows = {row.key: row for row in FollowerTag.select().where(FollowerTag.app_id == _app_id())}
        if self.keys is None:
            self._drop_unwanted(rows, names, there)
        count = len(there)
        by_name = {tag.name: tag for tag in there.values()}
        for key, name in names.items():
            row = rows.get(key)
            if row is not None and row.tag_id not in there:  # deleted by hand: nobody has it any more
                row.delete_instance(recursive=True)
                row = None
            if row is None:
                tag = by_name.get(name)
                if tag is None and count >= platform.MOST_TAGS:
                    self.outcome.problems.append(f"标签已满 {platform.MOST_TAGS} 个，没有建“{name}”")
                    continue
                if tag is None:
                    tag = self.wechat.tags.create(name)
                    count += 1
                    self.outcome.made += 1
                row = FollowerTag.create(app_id=_app_id(), key=key, name=name, tag_id=tag.id)
            elif row.name != name:
                self.wechat.tags.rename(row.tag_id, name)
                row.name = name
                row.save(only=[FollowerTag.name])
            self.tags[key] = row

    def _drop_unwanted(
        self, rows: dict[str, FollowerTag], names: dict[str, str], there: dict[int, platform.Tag]
    ) -> None:
        for key in [key for key in rows if key not in names]:
            row = rows.pop(key)
            if row.tag_id in there:
                self.wechat.tags.delete(row.tag_id)
                del there[row.tag_id]
            row.delete_instance(recursive=True)

    def _step(self, key: str, tag: FollowerTag) -> None:
        wanted, has = set(_wanted_ids(key, _of_app())), _has_ids(key)
        off, on = sorted(has - wanted), sorted(wanted - has)
        self.outcome.taken_off += self._each(off, tag, self.wechat.tags.take_off, _unmirror)
        self.outcome.put_on += self._each(on, tag, self.wechat.tags.put_on, _mirror)

    def _each(
        self,
        ids: Sequence[int],
        tag: FollowerTag,
        call: Callable[[Sequence[str], int], None],
        kept: Callable[[FollowerTag, Sequence[int]], None],
    ) -> int:
        done = 0
        for batch in chunked(ids, platform.MOST_A_CALL):
            done += self._batch([int(each) for each in batch], tag, call, kept)
        return done

    def _batch(
        self,
        ids: list[int],
        tag: FollowerTag,
        call: Callable[[Sequence[str], int], None],
        kept: Callable[[FollowerTag, Sequence[int]], None],
    ) -> int:
        """One call, and what it did written down. Who alone is refused is left out of it."""
        rows: Any = Follower.select(Follower.id, Follower.openid).where(Follower.id.in_(ids)).tuples()
        openids: dict[int, str] = dict(rows)
        try:
            call([openids[each] for each in ids if each in openids], tag.tag_id)
        except Refused as refusal:
            if refusal.errcode not in ONE_BY_ONE:
                raise
            if len(ids) == 1:
                self.outcome.left_out += 1
                return 0
            return sum(self._batch([each], tag, call, kept) for each in ids)
        except (TryLater, OutcomeUnknown) as later:
            raise _Stop(f"微信暂时不可用（{later.errcode or '没有答复'}），下次接着同步") from later
        kept(tag, ids)
        return len(ids)


def _wanted_ids(key: str, among: ModelSelect[Any]) -> list[int]:
    """The followers (ids) among those given who should have the tag."""
    kind, _, what = key.partition(":")
    bound = among.where(Follower.person.is_null(False), Follower.is_following == True)  # noqa: E712
    holders: Any
    if kind == "unit":
        holders = Person.select(Person.id).where(Person.member_unit == int(what), Person.erased_at.is_null())
    elif kind == "topic":
        holders = TopicOptIn.select(TopicOptIn.person).where(
            TopicOptIn.topic == Topic(what),
            TopicOptIn.is_on == True,  # noqa: E712 - SQL
        )
    else:
        today = clock.local_today()
        holders = PersonRole.select(PersonRole.person).where(
            PersonRole.role.in_(list(ROLES[key][1])),
            PersonRole.valid_from <= today,
            PersonRole.valid_to.is_null() | (PersonRole.valid_to >= today),
        )
    return _ids(bound.where(Follower.person.in_(holders)))


def _has_ids(key: str) -> set[int]:
    rows: Any = (
        Tagging.select(Tagging.follower)
        .join(FollowerTag)
        .where(FollowerTag.app_id == _app_id(), FollowerTag.key == key)
        .tuples()
    )
    return {follower_id for (follower_id,) in rows}


def _of_app() -> ModelSelect[Any]:
    return Follower.select(Follower.id).where(Follower.app_id == _app_id())


def _ids(query: ModelSelect[Any]) -> list[int]:
    return [int(row[0]) for row in query.tuples()]


def _forget_those_who_left() -> None:
    """Who unfollowed lost the tags there, and cannot be called about; a new follow begins anew."""
    gone = Follower.select(Follower.id).where(Follower.is_following == False)  # noqa: E712 - SQL
    Tagging.delete().where(Tagging.follower.in_(gone)).execute()


def _mirror(tag: FollowerTag, ids: Sequence[int]) -> None:
    now = clock.utc_now()
    rows = [{"created_at": now, "follower": each, "tag": tag.id} for each in ids]
    with db.atomic():
        Tagging.insert_many(rows).on_conflict_ignore().execute()


def _unmirror(tag: FollowerTag, ids: Sequence[int]) -> None:
    Tagging.delete().where(Tagging.tag == tag.id, Tagging.follower.in_(list(ids))).execute()


def _app_id() -> str:
    return config.settings().wechat_app_id
