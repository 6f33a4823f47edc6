"""Loads the demo alliance: units, accounts, people, content. A second run changes nothing.

Names of units follow the source document; persons are invented; every row is marked 样例.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from peewee import chunked

import clock
from demo import content
from demo.people import SamplePerson, sample_people
from models.accounts import Account, AccountRoleKind
from models.activities import Activity, ActivitySeries
from models.alliance import MemberUnit, UnitKind, UnitTier
from models.base import db
from models.messaging import TemplateMapping
from models.people import InviteCode, Person, PersonRole
from models.publishing import EJournal, EJournalIssue
from models.reviews import ReviewDecision, ReviewStage
from models.sealing import keyed_hash
from models.surveys import Questionnaire
from services import accounts, activities, bindings
from services.publishing import e_journals
from services.publishing import reviews as issue_reviews
from services.surveys import questionnaires

PASSWORD = "Demo-2026-xian"  # noqa: S105 - printed by `make run`; production refuses the demo
SINCE = date(2015, 1, 1)
PEOPLE_BATCH = 500
REVIEWERS = ("chushen", "fushen", "zhongshen")

UNITS = (
    ("中共张家港市委党校（样例）", "市委党校", UnitTier.ONE, UnitKind.CITY_SCHOOL, "320582"),
    ("杨舍镇党校（样例）", "杨舍", UnitTier.NINE, UnitKind.TOWN_SCHOOL, "320582100"),
    ("塘桥镇党校（样例）", "塘桥", UnitTier.NINE, UnitKind.TOWN_SCHOOL, "320582101"),
    ("金港镇党校（样例）", "金港", UnitTier.NINE, UnitKind.TOWN_SCHOOL, "320582102"),
    ("锦丰镇党校（样例）", "锦丰", UnitTier.NINE, UnitKind.TOWN_SCHOOL, "320582103"),
    ("乐余镇党校（样例）", "乐余", UnitTier.NINE, UnitKind.TOWN_SCHOOL, "320582104"),
    ("凤凰镇党校（样例）", "凤凰", UnitTier.NINE, UnitKind.TOWN_SCHOOL, "320582105"),
    ("南丰镇党校（样例）", "南丰", UnitTier.NINE, UnitKind.TOWN_SCHOOL, "320582106"),
    ("大新镇党校（样例）", "大新", UnitTier.NINE, UnitKind.TOWN_SCHOOL, "320582107"),
    ("常阴沙现代农业示范园区党校（样例）", "常阴沙", UnitTier.NINE, UnitKind.TOWN_SCHOOL, "320582400"),
    ("建设系统党校（样例）", "建设系统", UnitTier.X, UnitKind.SYSTEM_SCHOOL, None),
    ("卫生系统党校（样例）", "卫生系统", UnitTier.X, UnitKind.SYSTEM_SCHOOL, None),
    ("公安系统党校（样例）", "公安系统", UnitTier.X, UnitKind.SYSTEM_SCHOOL, None),
    ("沙钢集团党校（样例）", "沙钢集团", UnitTier.X, UnitKind.ENTERPRISE_SCHOOL, None),
    ("永联村党校（样例）", "永联村", UnitTier.X, UnitKind.VILLAGE_SCHOOL, None),
)


@dataclass(frozen=True)
class DemoAccount:
    username: str
    display_name: str
    unit: str
    roles: tuple[AccountRoleKind, ...]


ACCOUNTS = (
    DemoAccount("bianji", "编辑（样例）", "市委党校", (AccountRoleKind.EDITOR,)),
    DemoAccount("chushen", "初审员（样例）", "市委党校", (AccountRoleKind.SECRETARIAT,)),
    DemoAccount("fushen", "复审员（样例）", "市委党校", (AccountRoleKind.SECRETARIAT,)),
    DemoAccount("zhongshen", "终审员（样例）", "市委党校", (AccountRoleKind.SECRETARIAT,)),
    DemoAccount("mishu", "秘书处（样例）", "市委党校", (AccountRoleKind.SECRETARIAT,)),
    DemoAccount("leyu", "乐余管理员（样例）", "乐余", (AccountRoleKind.SCHOOL_ADMIN,)),
    DemoAccount("leyu_lianluo", "乐余联络员（样例）", "乐余", (AccountRoleKind.LIAISON,)),
    DemoAccount("sysadmin", "系统管理员（样例）", "市委党校", (AccountRoleKind.SYSTEM_ADMIN,)),
    DemoAccount("secadmin", "安全管理员（样例）", "市委党校", (AccountRoleKind.SECURITY_ADMIN,)),
    DemoAccount("audit", "审计管理员（样例）", "市委党校", (AccountRoleKind.AUDIT_ADMIN,)),
)


def load(people: int = 60) -> dict[str, int]:
    """Load the alliance once and tell how many rows of each kind are there now.

    A second run only brings the people up to the number: what somebody renamed, closed or
    removed since is theirs, and is not loaded again beside it.
    Call it with the database open. Raises services.errors.DomainError when a row is refused.
    """
    with db.atomic():
        is_new = not MemberUnit.select().where(MemberUnit.is_sample).exists()
        if is_new:
            _units()
            _accounts()
            _series_and_journals()
            _templates()
        add_people(people)
        if is_new:
            _content()
    return {
        "成员单位": MemberUnit.select().count(),
        "账号": Account.select().count(),
        "人员": Person.select().count(),
        "活动": Activity.select().count(),
        "期刊": EJournalIssue.select().count(),
        "问卷": Questionnaire.select().count(),
    }


def unit_named(short_name: str) -> MemberUnit:
    return MemberUnit.get(MemberUnit.short_name == short_name)


def _units() -> None:
    for order_no, (name, short_name, tier, kind, code) in enumerate(UNITS, 1):
        MemberUnit.get_or_create(
            name=name,
            defaults={
                "short_name": short_name,
                "tier": tier,
                "kind": kind,
                "division_code": code,
                "valid_from": SINCE,
                "order_no": order_no,
                "is_sample": True,
            },
        )


def _accounts() -> None:
    for wanted in ACCOUNTS:
        if Account.get_or_none(Account.username == wanted.username) is None:
            accounts.create(
                username=wanted.username,
                display_name=wanted.display_name,
                password=PASSWORD,
                member_unit=unit_named(wanted.unit),
                roles=wanted.roles,
                actor=None,
            )


def _series_and_journals() -> None:
    for order_no, (name, kind) in enumerate(content.SERIES, 1):
        ActivitySeries.get_or_create(name=name, defaults={"kind": kind, "order_no": order_no})
    city = unit_named("市委党校")
    for name, permit in content.JOURNALS:
        EJournal.get_or_create(name=name, defaults={"print_permit_no": permit, "member_unit": city})


def _templates() -> None:
    for values in content.TEMPLATES:
        TemplateMapping.get_or_create(name=values["name"], defaults=values)


def add_people(count: int) -> int:
    """Bring the sample people up to `count`, spread over the units; returns how many are new."""
    have = Person.select().where(Person.is_sample).count()
    units = MemberUnit.select().where(MemberUnit.is_sample).order_by(MemberUnit.order_no)
    unit_ids = [unit.id for unit in units]
    wanted = enumerate(sample_people(max(0, count - have), start=have), start=have)
    for batch in chunked(wanted, PEOPLE_BATCH):
        with db.atomic():
            _write_people([(unit_ids[number % len(unit_ids)], sample) for number, sample in batch])
    return max(0, count - have)


def _write_people(batch: list[tuple[int, SamplePerson]]) -> None:
    hashes = [keyed_hash(sample.phone) for _, sample in batch]
    Person.insert_many(
        [
            {
                "name": sample.name,
                "member_unit": unit_id,
                "phone": sample.phone,
                "phone_hash": phone_hash,
                "position": sample.position,
                "is_sample": True,
            }
            for (unit_id, sample), phone_hash in zip(batch, hashes, strict=True)
        ]
    ).execute()
    written = Person.select(Person.id, Person.phone_hash).where(Person.phone_hash << hashes)
    ids = {row.phone_hash: row.id for row in written}
    PersonRole.insert_many(
        [
            {"person": ids[phone_hash], "member_unit": unit_id, "role": sample.role, "valid_from": SINCE}
            for (unit_id, sample), phone_hash in zip(batch, hashes, strict=True)
        ]
    ).execute()


def _content() -> None:
    editor = Account.get(Account.username == "bianji")
    for values, days, hour in ((content.LECTURE, 7, 14), (content.SALON, 10, 9)):
        add_activity(values, days=days, hour=hour, actor=editor)
    add_issue(content.ISSUE, actor=editor)
    add_questionnaire(content.QUESTIONNAIRE, actor=Account.get(Account.username == "mishu"))


def add_activity(values: dict[str, Any], *, days: int, hour: int, actor: Account) -> Activity:
    """Publish a sample activity `days` from today at `hour` o'clock in Shanghai, two hours long."""
    day = clock.local_today() + timedelta(days=days)
    starts_at = clock.from_local(datetime.combine(day, time(hour)))
    activity = activities.create(
        values
        | {
            "series": ActivitySeries.get(ActivitySeries.name == values["series"]),
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(hours=2),
            "member_unit": unit_named("市委党校"),
            "is_shared": True,
            "is_sample": True,
        },
        actor=actor,
    )
    return activities.publish(activity, actor=actor)


def add_issue(values: dict[str, Any], *, actor: Account) -> EJournalIssue:
    """Publish a sample issue of 《党校图书情报》, after its three reviews."""
    journal = EJournal.get(EJournal.name == "《党校图书情报》")
    issue = e_journals.save_issue(
        values | {"e_journal": journal, "print_permit_no": journal.print_permit_no, "is_sample": True},
        actor=actor,
    )
    issue_reviews.submit(issue, actor=actor)
    for stage, username in zip(ReviewStage, REVIEWERS, strict=True):
        reviewer = Account.get(Account.username == username)
        issue_reviews.review(issue, stage, ReviewDecision.PASSED, "同意", actor=reviewer)
    return e_journals.publish(issue, actor=actor)


def add_questionnaire(values: dict[str, Any], *, actor: Account) -> Questionnaire:
    """Open a sample needs survey for everyone, for thirty days."""
    questionnaire = questionnaires.create(
        values
        | {
            "audience": {"everyone": True},
            "closes_at": clock.utc_now() + timedelta(days=30),
            "is_sample": True,
        },
        actor=actor,
    )
    questionnaires.open(questionnaire, actor=actor)
    return questionnaire


def invite_code_for(person: Person) -> str:
    """The open invite code of a sample person; a new one when none is left."""
    now = clock.utc_now()
    waiting = InviteCode.get_or_none(
        (InviteCode.person == person)
        & InviteCode.used_at.is_null()
        & InviteCode.revoked_at.is_null()
        & (InviteCode.expires_at > now)
    )
    if waiting is not None:
        return str(waiting.code)
    return bindings.issue_codes([person.id], actor=None)[0][1]
