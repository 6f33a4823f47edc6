"""Searches: what a member may open, what an account may see. Access narrows the statement itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from peewee import Case, Field, ModelSelect, fn

import clock
from models.accounts import Account
from models.activities import Activity, ActivityStatus
from models.messaging import Campaign
from models.notices import Notice, NoticeStatus
from models.people import Person
from models.publishing import EJournal, EJournalArticle, EJournalColumn, EJournalIssue, IssueStatus
from models.surveys import Questionnaire
from services import access, activities, people
from services.activities.queries import is_member_today, open_to
from services.publishing import e_journals, notices
from services.search import grams
from services.search.grams import Term
from services.search.index import Kind, matches
from services.surveys import questionnaires


@dataclass(frozen=True, slots=True)
class Hit:
    """Something a member may open. `is_named`: its title holds what was looked for."""

    kind: Kind
    item: Any
    is_named: bool


def for_member(text: str, person: Person | None, limit: int) -> list[Hit]:
    """At most `limit` hits, those named so first; None: what the alliance shows to everybody.

    Published content only: activities and notices open to the person, and for people of present
    member units the issues and their articles. [] where the text holds no word.
    """
    terms = grams.terms(text)
    if not terms:
        return []
    found = _activities(terms, person, limit)
    if person is not None:
        found += _notices(terms, person, limit)
    if person is not None and is_member_today(person):
        found += _issues(terms, limit) + _articles(terms, limit)
    return sorted(found, key=lambda hit: not hit.is_named)[:limit]


def issues_for_member(text: str, person: Person, limit: int) -> list[Hit]:
    """As `for_member`, among the issues and their articles alone."""
    terms = grams.terms(text)
    if not terms or not is_member_today(person):
        return []
    found = _issues(terms, limit) + _articles(terms, limit)
    return sorted(found, key=lambda hit: not hit.is_named)[:limit]


def activities_for(account: Account, text: str) -> ModelSelect[Any] | None:
    """The activities the account may see, those named so first; None where the text holds no word."""
    terms = grams.terms(text)
    if not terms:
        return None
    query = activities.search(actor=account).where(matches(Activity.id, Kind.ACTIVITY, terms))
    return query.order_by(
        _named_first(Activity.id, Kind.ACTIVITY, terms), Activity.starts_at.desc(), Activity.id.desc()
    )


def issues_for(account: Account, text: str) -> ModelSelect[Any] | None:
    """The issues the account may see that hold the words, or an article of theirs does."""
    terms = grams.terms(text)
    if not terms:
        return None
    holders = (
        EJournalArticle.select(EJournalColumn.issue)
        .join(EJournalColumn)
        .where(matches(EJournalArticle.id, Kind.ARTICLE, terms))
    )
    query = e_journals.visible(actor=account).where(
        matches(EJournalIssue.id, Kind.ISSUE, terms) | EJournalIssue.id.in_(holders)
    )
    named = _named_first(EJournalIssue.id, Kind.ISSUE, terms)
    return query.order_by(named, EJournalIssue.created_at.desc(), EJournalIssue.id.desc())


def notices_for(account: Account, text: str) -> ModelSelect[Any] | None:
    """The notices the account may see, those named so first; None where the text holds no word."""
    terms = grams.terms(text)
    if not terms:
        return None
    query = notices.visible(actor=account).where(matches(Notice.id, Kind.NOTICE, terms))
    named = _named_first(Notice.id, Kind.NOTICE, terms)
    return query.order_by(named, Notice.created_at.desc(), Notice.id.desc())


def people_for(account: Account, text: str) -> ModelSelect[Any] | None:
    """The people the account may see, by their names alone; names are not in the index."""
    sought = text.lower().split()
    if not sought:
        return None
    name = "".join(sought)[: grams.QUERY_LENGTH]
    found = people.search(account).where(fn.LOWER(Person.name).contains(name))
    return found.order_by(Person.name, Person.id)


def campaigns_for(account: Account, text: str) -> ModelSelect[Any] | None:
    """The campaigns of the account's schools, by title and summary."""
    query = Campaign.select().order_by(Campaign.created_at.desc(), Campaign.id.desc())
    scope = access.unit_scope(account)
    if scope is not None:
        query = query.where(Campaign.member_unit == scope)
    return _narrowed(query, text, Campaign.title, Campaign.summary)


def questionnaires_for(account: Account, text: str) -> ModelSelect[Any] | None:
    """The questionnaires of the account's schools, by title."""
    query = questionnaires.search(actor=account)
    query = query.order_by(Questionnaire.created_at.desc(), Questionnaire.id.desc())
    return _narrowed(query, text, Questionnaire.title)


def _narrowed(query: ModelSelect[Any], text: str, *fields: Field) -> ModelSelect[Any] | None:
    """Every word between spaces in one of the fields: few rows, read through."""
    words = text[: grams.QUERY_LENGTH].split()[: grams.MAX_TERMS]
    if not words:
        return None
    held = [reduce(lambda a, b: a | b, (field.contains(word) for field in fields)) for word in words]
    return query.where(reduce(and_, held))


def _activities(terms: Sequence[Term], person: Person | None, limit: int) -> list[Hit]:
    """The ones to come first, the nearest before the later; then those past, the latest first."""
    now = clock.utc_now()
    is_past = Case(None, [(Activity.ends_at > now, 0)], 1)
    query = Activity.select(Activity, _is_named(Activity.id, Kind.ACTIVITY, terms)).where(
        matches(Activity.id, Kind.ACTIVITY, terms),
        Activity.status == ActivityStatus.PUBLISHED,
        open_to(person),
    )
    to_come = Case(None, [(Activity.ends_at > now, Activity.starts_at)], None)
    named = _named_first(Activity.id, Kind.ACTIVITY, terms)
    query = query.order_by(named, is_past, to_come.asc(), Activity.starts_at.desc(), Activity.id).limit(limit)
    return [Hit(Kind.ACTIVITY, row, bool(row.is_named)) for row in query.objects()]


def _notices(terms: Sequence[Term], person: Person, limit: int) -> list[Hit]:
    query = (
        Notice.select(Notice, _is_named(Notice.id, Kind.NOTICE, terms))
        .where(
            matches(Notice.id, Kind.NOTICE, terms),
            Notice.status == NoticeStatus.PUBLISHED,
            notices.open_to(person),
        )
        .order_by(_named_first(Notice.id, Kind.NOTICE, terms), Notice.published_at.desc(), Notice.id.desc())
        .limit(limit)
    )
    return [Hit(Kind.NOTICE, row, bool(row.is_named)) for row in query.objects()]


def _issues(terms: Sequence[Term], limit: int) -> list[Hit]:
    query = (
        EJournalIssue.select(
            EJournalIssue, EJournal.name.alias("journal_name"), _is_named(EJournalIssue.id, Kind.ISSUE, terms)
        )
        .join(EJournal)
        .where(matches(EJournalIssue.id, Kind.ISSUE, terms), EJournalIssue.status == IssueStatus.PUBLISHED)
        .order_by(
            _named_first(EJournalIssue.id, Kind.ISSUE, terms),
            EJournalIssue.published_at.desc(),
            EJournalIssue.id.desc(),
        )
        .limit(limit)
    )
    return [Hit(Kind.ISSUE, row, bool(row.is_named)) for row in query.objects()]


def _articles(terms: Sequence[Term], limit: int) -> list[Hit]:
    query = (
        EJournalArticle.select(
            EJournalArticle.id,
            EJournalArticle.title,
            EJournalIssue.id.alias("issue_id"),
            EJournalIssue.issue_no,
            EJournal.name.alias("journal_name"),
            _is_named(EJournalArticle.id, Kind.ARTICLE, terms),
        )
        .join(EJournalColumn)
        .join(EJournalIssue)
        .join(EJournal)
        .where(
            matches(EJournalArticle.id, Kind.ARTICLE, terms), EJournalIssue.status == IssueStatus.PUBLISHED
        )
        .order_by(
            _named_first(EJournalArticle.id, Kind.ARTICLE, terms),
            EJournalIssue.published_at.desc(),
            EJournalArticle.id,
        )
        .limit(limit)
    )
    return [Hit(Kind.ARTICLE, row, bool(row.is_named)) for row in query.objects()]


def _named_first(field: Field, kind: Kind, terms: Sequence[Term]) -> Any:
    return Case(None, [(matches(field, kind, terms, in_title=True), 0)], 1)


def _is_named(field: Field, kind: Kind, terms: Sequence[Term]) -> Any:
    return Case(None, [(matches(field, kind, terms, in_title=True), 1)], 0).alias("is_named")
