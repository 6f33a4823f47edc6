"""The reader's pages before publication, by the very templates that members get, in a phone's frame."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, render_template, request, url_for

from models.publishing import EJournalArticle, EJournalIssue, IssueStatus
from server.console.e_journals import bp
from server.console.e_journals.screens import may_preview
from server.console.guard import me, requires
from server.headers import CONTENT_SECURITY_POLICY
from services.errors import NotAllowed
from services.publishing import e_journals, reading

FRAMED = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")


@bp.get("/<int:issue_id>/preview")
@requires("e_journals.view")
def preview(issue_id: int) -> str:
    """`?article=` opens the frame at that article."""
    issue = _issue(issue_id)
    wanted = request.args.get("article", type=int)
    opened = url_for(".preview_contents", issue_id=issue_id)
    if wanted is not None:
        opened = url_for(".preview_article", issue_id=issue_id, article_id=wanted)
    return render_template(
        "console/e_journals/preview.html",
        issue=issue,
        opened=opened,
        columns=e_journals.columns_of(issue),
        is_published=issue.status is IssueStatus.PUBLISHED,
    )


@bp.get("/<int:issue_id>/preview/contents")
@requires("e_journals.view")
def preview_contents(issue_id: int) -> Response:
    issue = _issue(issue_id)
    return _framed("pages/issues/show.html", issue, **reading.contents(issue))


@bp.get("/<int:issue_id>/preview/articles/<int:article_id>")
@requires("e_journals.view")
def preview_article(issue_id: int, article_id: int) -> Response:
    issue = _issue(issue_id)
    return _framed("pages/issues/article.html", issue, **reading.article(issue, article_id))


def _issue(issue_id: int) -> EJournalIssue:
    issue = e_journals.find(issue_id, actor=me())
    if not may_preview(issue):
        raise NotAllowed("发布之前只有编者和审核人可以预览")
    return issue


def _framed(template: str, issue: EJournalIssue, **values: Any) -> Response:
    """A member's page without a member: nobody's tab bar, links that stay in the preview."""

    def article_url(article: EJournalArticle) -> str:
        return url_for(".preview_article", issue_id=issue.id, article_id=article.id, type=large)

    is_large = request.args.get("type") == "large"
    large = "large" if is_large else None
    page = render_template(
        template,
        me=None,
        is_large=is_large,
        is_preview=True,
        issue=issue,
        contents_url=url_for(".preview_contents", issue_id=issue.id, type=large),
        article_url=article_url,
        **values,
    )
    response = make_response(page)
    response.headers["Content-Security-Policy"] = FRAMED
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
