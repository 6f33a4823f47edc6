"""To the readers: sent to review, three stages, published, withdrawn."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from models.publishing import ISSUE_STATUS_WORDS, EJournalIssue, IssueStatus
from models.reviews import REVIEW_STAGE_WORDS, ReviewDecision, ReviewStage
from server.console import forms
from server.console.e_journals import bp
from server.console.e_journals.screens import may_preview
from server.console.forms import Form
from server.console.guard import me, requires
from services.errors import Invalid
from services.publishing import e_journals, reviews

Answer = str | Response | tuple[str, int]


@bp.post("/<int:issue_id>/submit")
@requires("e_journals.manage")
def submit(issue_id: int) -> Answer:
    reviews.submit(e_journals.find(issue_id, actor=me(), to_manage=True), actor=me())
    flash("已送审，等待初审", "success")
    return redirect(url_for(".show", issue_id=issue_id))


@bp.post("/<int:issue_id>/take-back")
@requires("e_journals.manage")
def take_back(issue_id: int) -> Answer:
    reviews.take_back(e_journals.find(issue_id, actor=me(), to_manage=True), actor=me())
    flash("已取回为草稿，改好后请重新送审", "warning")
    return redirect(url_for(".show", issue_id=issue_id))


@bp.post("/<int:issue_id>/publish")
@requires("e_journals.manage")
def publish(issue_id: int) -> Answer:
    e_journals.publish(e_journals.find(issue_id, actor=me(), to_manage=True), actor=me())
    flash("已发布，成员单位的会员登录后可以阅读；要通知大家，请新建一个推送任务", "success")
    return redirect(url_for(".show", issue_id=issue_id))


@bp.post("/<int:issue_id>/withdraw")
@requires("e_journals.manage")
def withdraw(issue_id: int) -> Answer:
    issue = e_journals.find(issue_id, actor=me(), to_manage=True)
    e_journals.withdraw(issue, forms.submitted().text("reason"), actor=me())
    flash("已撤回，会员不再看到这一期", "warning")
    return redirect(url_for(".show", issue_id=issue_id))


@bp.get("/to-review")
@requires("e_journals.review")
def to_review() -> str:
    """Every issue under review; what waits for this account stands first."""
    return render_template(
        "console/e_journals/to_review.html", rows=reviews.waiting_for(me()), stage_words=REVIEW_STAGE_WORDS
    )


@bp.get("/<int:issue_id>/review")
@requires("e_journals.view")
def review(issue_id: int) -> Answer:
    return _page(e_journals.find(issue_id, actor=me()), Form())


@bp.post("/<int:issue_id>/review")
@requires("e_journals.review")
def decide(issue_id: int) -> Answer:
    issue, form = e_journals.find(issue_id, actor=me()), forms.submitted()
    try:
        stage = form.chosen("stage", ReviewStage)
        decision = form.chosen("decision", ReviewDecision, required="请选择通过或退回")
        reviews.review(issue, stage, decision, form.text("opinion"), actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _page(issue, form), 422
    word = "已通过" if decision is ReviewDecision.PASSED else "已退回"
    flash(f"{REVIEW_STAGE_WORDS[stage]}{word}", "success")
    return redirect(url_for(".review", issue_id=issue_id))


def _page(issue: EJournalIssue, form: Form) -> str:
    given = {each.stage: each for each in reviews.standing(issue)}
    due = reviews.next_stage(issue)
    return render_template(
        "console/e_journals/review.html",
        issue=issue,
        form=form,
        columns=e_journals.columns_of(issue),
        permit_line=e_journals.permit_line(issue),
        findings=e_journals.findings(issue),
        stages=[
            {"word": REVIEW_STAGE_WORDS[each], "given": given.get(each), "is_due": each is due}
            for each in ReviewStage
        ],
        missing=[],
        due=due,
        why_may_not=reviews.why_may_not_review(issue, me()),
        history=reviews.history(issue),
        may_preview=may_preview(issue),
        stage_words=REVIEW_STAGE_WORDS,
        status_words=ISSUE_STATUS_WORDS,
        statuses=IssueStatus,
    )
