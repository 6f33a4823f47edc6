"""Rows for tests; every value may be given, none surprises."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import clock
from models.accounts import Account, AccountRole, AccountRoleKind
from models.activities import Activity, ActivityKind, ActivitySeries, ActivityStatus, SignUp, SignUpStatus
from models.alliance import MemberUnit, UnitKind, UnitTier
from models.people import Follower, FollowPeriod, Person, Topic, TopicOptIn
from models.publishing import EJournal, EJournalArticle, EJournalColumn, EJournalIssue, IssueStatus

_numbers = count(1)


def make_unit(**values: Any) -> MemberUnit:
    n = next(_numbers)
    defaults: dict[str, Any] = {
        "name": f"第{n}党校",
        "short_name": f"{n}校",
        "tier": UnitTier.NINE,
        "kind": UnitKind.TOWN_SCHOOL,
        "valid_from": date(2015, 1, 1),
        "order_no": n,
    }
    return MemberUnit.create(**(defaults | values))


def make_person(**values: Any) -> Person:
    n = next(_numbers)
    values.setdefault("member_unit", None)
    values["member_unit"] = values["member_unit"] or make_unit()
    return Person.create(**({"name": f"样例{n}"} | values))


def make_follower(**values: Any) -> Follower:
    """A follower of the official account; pass `person` to make it a bound member."""
    import config

    n = next(_numbers)
    defaults: dict[str, Any] = {
        "app_id": config.settings().wechat_app_id,
        "openid": f"oTestFollower{n:015d}",
        "is_following": True,
    }
    if values.get("person") is not None:
        defaults["bound_at"] = clock.utc_now()
    follower = Follower.create(**(defaults | values))
    if follower.is_following:
        FollowPeriod.create(follower=follower, followed_at=clock.utc_now())
    return follower


def make_member(**values: Any) -> Follower:
    """A bound, following member; `unit` may be given."""
    person = make_person(member_unit=values.pop("unit", None))
    return make_follower(person=person, **values)


def make_opt_in(person: Person, topic: Topic = Topic.LECTURE, *, is_on: bool = True) -> TopicOptIn:
    now = clock.utc_now()
    return TopicOptIn.create(person=person, topic=topic, is_on=is_on, changed_at=now, source="test")


def make_account(*roles: AccountRoleKind, **values: Any) -> Account:
    n = next(_numbers)
    values.setdefault("member_unit", None)
    values["member_unit"] = values["member_unit"] or make_unit()
    defaults: dict[str, Any] = {
        "username": f"account{n}",
        "display_name": f"账号{n}",
        "password_hash": "",
    }
    account = Account.create(**(defaults | values))
    for role in roles:
        AccountRole.create(account=account, role=role)
    return account


def make_series(kind: ActivityKind = ActivityKind.LECTURE, **values: Any) -> ActivitySeries:
    return ActivitySeries.create(**({"name": f"系列{next(_numbers)}", "kind": kind} | values))


def make_activity(**values: Any) -> Activity:
    """A published lecture in two days, two hours long, without a limit of seats."""
    starts_at: datetime = values.setdefault("starts_at", clock.utc_now() + timedelta(days=2))
    kind = values.pop("kind", ActivityKind.LECTURE)
    values.setdefault("series", None)
    values["series"] = values["series"] or make_series(kind)
    values.setdefault("member_unit", None)
    values["member_unit"] = values["member_unit"] or make_unit()
    defaults: dict[str, Any] = {
        "title": f"活动{next(_numbers)}",
        "place": "一号报告厅",
        "speaker": "王老师",
        "ends_at": starts_at + timedelta(hours=2),
        "status": ActivityStatus.PUBLISHED,
    }
    return Activity.create(**(defaults | values))


def make_sign_up(activity: Activity, person: Person, status: SignUpStatus = SignUpStatus.SIGNED_UP) -> SignUp:
    return SignUp.create(activity=activity, person=person, status=status, moved_at=clock.utc_now())


def make_issue(**values: Any) -> EJournalIssue:
    """A published issue with one column of one article."""
    n = next(_numbers)
    journal = values.pop("e_journal", None) or EJournal.create(name=f"《刊物{n}》", member_unit=make_unit())
    defaults: dict[str, Any] = {
        "issue_no": f"2026年第{n}期",
        "print_permit_no": "苏内准印(2026)001号",
        "status": IssueStatus.PUBLISHED,
        "published_at": clock.utc_now(),
    }
    issue = EJournalIssue.create(e_journal=journal, **(defaults | values))
    column = EJournalColumn.create(issue=issue, name="热点资讯", position=1)
    text = "<p>正文</p>"
    EJournalArticle.create(column=column, position=1, title=f"文章{n}", author="编辑部", body_html=text)
    return issue
