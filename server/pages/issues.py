"""期刊: internal material, read by people of member units only, permit line on every page."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from models.publishing import EJournalArticle, EJournalIssue
from server.pages.member import me, member_only
from services.publishing import e_journals, reading
from services.search import finding

bp = Blueprint("issues", __name__)
Answer = str | Response | tuple[str, int]
PAGE_SIZE = 20
MOST_FOUND = 30


@bp.get("/issues")
@member_only
def index() -> Answer:
    e_journals.require_reader(me())
    journals = e_journals.journals()
    journal = next((each for each in journals if str(each.id) == request.args.get("journal")), None)
    years = e_journals.years(e_journal=journal)
    year = next((each for each in years if str(each) == request.args.get("year")), None)
    asked = request.args.get("page", "1")
    number = max(1, int(asked)) if asked.isdecimal() and len(asked) < 6 else 1
    found = e_journals.latest(PAGE_SIZE + 1, e_journal=journal, offset=(number - 1) * PAGE_SIZE, year=year)
    return render_template(
        "pages/issues/index.html",
        issues=found[:PAGE_SIZE],
        journals=journals,
        journal=journal,
        years=years,
        year=year,
        number=number,
        has_more=len(found) > PAGE_SIZE,
    )


@bp.get("/issues/search")
@member_only
def search() -> Answer:
    """Issues and articles that hold the words, those named so first."""
    e_journals.require_reader(me())
    words = request.args.get("q", "").strip()
    hits = finding.issues_for_member(words, me(), MOST_FOUND) if words else []
    return render_template("pages/issues/search.html", words=words, hits=hits, most=MOST_FOUND)


@bp.get("/issues/<int:issue_id>")
@member_only
def show(issue_id: int) -> Answer:
    issue, _ = e_journals.read(issue_id, me())
    return _page("pages/issues/show.html", issue, **reading.contents(issue))


@bp.get("/issues/<int:issue_id>/articles/<int:article_id>")
@member_only
def article(issue_id: int, article_id: int) -> Answer:
    issue, _ = e_journals.read(issue_id, me())
    return _page("pages/issues/article.html", issue, **reading.article(issue, article_id))


def _page(template: str, issue: EJournalIssue, **values: object) -> str:
    """A page of an issue; the console shows the same templates with addresses of its own."""

    def article_url(article: EJournalArticle) -> str:
        return url_for(".article", issue_id=issue.id, article_id=article.id)

    contents_url = url_for(".show", issue_id=issue.id)
    return render_template(
        template, issue=issue, contents_url=contents_url, article_url=article_url, **values
    )
