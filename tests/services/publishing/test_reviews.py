"""An issue before its readers: three people, one text, and what voids their word."""

from __future__ import annotations

import pytest

from models.accounts import AccountRoleKind
from models.audit import AuditEntry
from models.pictures import Picture, PictureLicence
from models.publishing import EJournalArticle, EJournalIssue, IssueReview, IssueStatus
from models.reviews import ReviewDecision, ReviewStage
from services import pictures
from services.errors import IllegalMove, Invalid, NotAllowed, StaleState
from services.publishing import desk, e_journals, issue_states, reviews
from tests.factories import make_account, make_issue
from tests.factories.issues import approved, make_reviewers

pytestmark = pytest.mark.usefixtures("db", "noon")
ONE, TWO, FINAL = ReviewStage
PASSED, RETURNED = ReviewDecision.PASSED, ReviewDecision.RETURNED


def now(issue: EJournalIssue) -> EJournalIssue:
    return EJournalIssue.get_by_id(issue.id)


def in_review() -> EJournalIssue:
    return reviews.submit(make_issue(status=IssueStatus.DRAFT), actor=None)


def make_picture(issue: EJournalIssue, licence: PictureLicence) -> Picture:
    return Picture.create(
        token="a" * 32,
        member_unit=issue.e_journal.member_unit,
        file_name="a.png",
        alt="会场",
        licence=licence,
        content_type="image/png",
        width=8,
        height=8,
        size=8,
        digest=licence.value,
    )


def test_three_people_pass_it_and_only_then_it_is_published() -> None:
    issue = in_review()
    with pytest.raises(IllegalMove):
        e_journals.publish(issue, actor=None)

    for stage, reviewer in zip(ReviewStage, make_reviewers(), strict=True):
        assert reviews.next_stage(now(issue)) is stage
        assert now(issue).status is IssueStatus.IN_REVIEW
        reviews.review(issue, stage, PASSED, "同意", actor=reviewer)

    assert now(issue).status is IssueStatus.APPROVED
    assert reviews.next_stage(now(issue)) is None
    assert e_journals.publish(issue, actor=None).status is IssueStatus.PUBLISHED


def test_one_person_passes_no_two_stages_and_stages_keep_their_order() -> None:
    issue, (first, second, _) = in_review(), make_reviewers()
    with pytest.raises(IllegalMove):
        reviews.review(issue, TWO, PASSED, "", actor=second)
    reviews.review(issue, ONE, PASSED, "", actor=first)

    with pytest.raises(NotAllowed) as refused:
        reviews.review(issue, TWO, PASSED, "", actor=first)
    with pytest.raises(IllegalMove):
        reviews.review(issue, ONE, PASSED, "", actor=second)

    assert refused.value.message == "三审须由三个人完成，您已审过一次"
    assert [review.stage for review in reviews.standing(issue)] == [ONE]


def test_whoever_wrote_in_it_does_not_review_it() -> None:
    writer = make_account(AccountRoleKind.SECRETARIAT)
    issue = make_issue(status=IssueStatus.DRAFT)
    desk.save_article(
        issue, EJournalArticle.get().id, {"title": "改", "body_html": "<p>改</p>"}, version=1, actor=writer
    )
    reviews.submit(issue, actor=None)

    assert reviews.why_may_not_review(now(issue), writer) == "您改过这份期刊，不能审核自己写的文字"
    with pytest.raises(NotAllowed):
        reviews.review(issue, ONE, PASSED, "", actor=writer)


def test_editors_and_other_schools_do_not_review() -> None:
    issue = in_review()
    unit = issue.e_journal.member_unit
    editor = make_account(AccountRoleKind.EDITOR, member_unit=unit)
    stranger, own = (
        make_account(AccountRoleKind.SCHOOL_ADMIN),
        make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=unit),
    )

    assert reviews.why_may_not_review(issue, editor) == "您没有审核权限"
    assert reviews.why_may_not_review(issue, stranger).startswith("只能审核本单位的期刊")
    assert reviews.why_may_not_review(issue, own) == ""
    assert [row[2] for row in reviews.waiting_for(own)] == [""]
    assert reviews.waiting_for(stranger) == []


def test_a_return_needs_an_opinion_and_starts_anew() -> None:
    issue, (first, second, _) = in_review(), make_reviewers()
    reviews.review(issue, ONE, PASSED, "", actor=first)
    with pytest.raises(Invalid) as refused:
        reviews.review(issue, TWO, RETURNED, " ", actor=second)

    reviews.review(issue, TWO, RETURNED, "第一篇标题请再推敲", actor=second)

    assert refused.value.fields == {"opinion": "退回时请写明意见"}
    assert (now(issue).status, now(issue).status_reason) == (
        IssueStatus.DRAFT,
        "复审退回：第一篇标题请再推敲",
    )
    assert reviews.standing(issue) == []
    assert len(reviews.history(issue)) == 2
    reviews.submit(now(issue), actor=None)
    assert (now(issue).status_reason, reviews.next_stage(now(issue))) == ("", ONE)


def test_an_edit_after_approval_voids_it() -> None:
    issue = approved(make_issue(status=IssueStatus.DRAFT))
    article = EJournalArticle.get()

    desk.save_article(
        issue, article.id, {"title": article.title, "body_html": "<p>新正文</p>"}, version=1, actor=None
    )

    assert (now(issue).status, now(issue).status_reason) == (IssueStatus.DRAFT, issue_states.CHANGED)
    assert IssueReview.select().where(IssueReview.voided_at.is_null()).count() == 0
    with pytest.raises(IllegalMove):
        e_journals.publish(issue, actor=None)


def test_saving_the_same_words_voids_nothing() -> None:
    issue = approved(make_issue(status=IssueStatus.DRAFT))
    article = EJournalArticle.get()
    same = {name: getattr(article, name) for name in ("title", "author", "body_html", "is_public")}

    desk.save_article(issue, article.id, same, version=1, actor=None)
    e_journals.save_issue({"summary": ""}, issue=issue, version=issue.version, actor=None)

    assert now(issue).status is IssueStatus.APPROVED


def test_a_text_changed_behind_the_reviewers_back_is_caught() -> None:
    under_review, ready = in_review(), approved(make_issue(status=IssueStatus.DRAFT))
    EJournalArticle.update(body_html="<p>换了</p>").execute()

    with pytest.raises(StaleState):
        reviews.review(under_review, ONE, PASSED, "", actor=make_reviewers()[0])
    with pytest.raises(StaleState):
        e_journals.publish(ready, actor=None)

    assert [now(each).status for each in (under_review, ready)] == [IssueStatus.DRAFT] * 2


def test_a_misspelt_word_and_an_unclear_picture_stop_it() -> None:
    issue = make_issue(status=IssueStatus.DRAFT)
    picture = make_picture(issue, PictureLicence.UNCLEAR)
    body = f'<p>市攻府召开会议</p><p><img src="/pictures/{picture.token}" alt="会场"></p>'
    EJournalArticle.update(title="要闻", body_html=body).execute()
    EJournalIssue.update(cover_token=picture.token).execute()

    with pytest.raises(Invalid) as refused:
        reviews.submit(now(issue), actor=None)

    assert refused.value.fields["wording"] == (
        "栏目1“热点资讯”第1篇《要闻》：“攻府”疑为“政府”，请改正；"
        "《要闻》：图片“会场”授权待核，请在图片库补全来源和授权，或换一张；"
        "封面：图片“会场”授权待核，请在图片库补全来源和授权，或换一张"
    )
    EJournalArticle.update(body_html=body.replace("攻", "政")).execute()
    Picture.update(licence=PictureLicence.OWN_WORK).execute()
    assert reviews.submit(now(issue), actor=None).status is IssueStatus.IN_REVIEW


def test_a_right_that_is_doubted_meanwhile_stops_the_pass_and_the_publication() -> None:
    issue = make_issue(status=IssueStatus.DRAFT)
    picture = make_picture(issue, PictureLicence.OWN_WORK)
    EJournalIssue.update(cover_token=picture.token).execute()
    ready = approved(now(issue))

    Picture.update(licence=PictureLicence.UNCLEAR).execute()

    with pytest.raises(Invalid, match="授权待核"):
        e_journals.publish(ready, actor=None)


def test_editors_take_it_back_and_a_withdrawn_one_is_reviewed_anew() -> None:
    issue = in_review()
    reviews.take_back(issue, actor=None)
    assert now(issue).status is IssueStatus.DRAFT

    issue = e_journals.publish(approved(now(issue)), actor=None)
    with pytest.raises(IllegalMove, match="先撤回"):
        e_journals.save_issue({"summary": "新"}, issue=issue, version=issue.version, actor=None)
    e_journals.withdraw(issue, "第3页有误", actor=None)
    with pytest.raises(IllegalMove):
        e_journals.publish(issue, actor=None)
    again = approved(now(issue))

    assert e_journals.publish(again, actor=None).status_reason == ""
    actions = [row.action for row in AuditEntry.select().order_by(AuditEntry.id)]
    assert actions.count("e_journal_issue.reviewed") == 6
    assert actions.count("e_journal_issue.published") == 2


def test_a_picture_on_a_cover_is_in_use() -> None:
    issue = make_issue(status=IssueStatus.DRAFT, issue_no="2026年第3期")
    picture = make_picture(issue, PictureLicence.OWN_WORK)
    EJournalIssue.update(cover_token=picture.token).execute()

    (use,) = pictures.uses(picture, actor=make_account(AccountRoleKind.SECRETARIAT))

    assert (use.kind, use.row) == ("期刊封面", issue)
    assert use.title.endswith("2026年第3期")
