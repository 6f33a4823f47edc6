"""A wording of one's own: three others pass it before a notice says it."""

from __future__ import annotations

import pytest
from peewee import Database

from models.accounts import Account, AccountRoleKind
from models.automatic_notices import NoticeKind, NoticeWording, WordingStatus
from models.reviews import ReviewDecision, ReviewStage
from services.errors import Conflict, IllegalMove, Invalid, NotAllowed
from services.messaging import notice_reviews, notice_wordings
from tests.factories import make_account

pytestmark = pytest.mark.usefixtures("noon")
KIND = NoticeKind.SIGN_UP_REMINDER
TEXT = "{starts_at}在{place}举行，请提前十分钟入场。"


@pytest.fixture
def people(db: Database) -> list[Account]:
    return [make_account(AccountRoleKind.SECRETARIAT) for _ in range(4)]


def test_three_others_pass_it_and_then_it_is_used(people: list[Account]) -> None:
    author, *reviewers = people
    shipped = notice_wordings.standing(KIND)
    made = notice_reviews.propose(KIND, "请准时参加：{title}", TEXT, actor=author)
    assert notice_wordings.standing(KIND) == shipped

    for stage, reviewer in zip(ReviewStage, reviewers, strict=True):
        assert notice_wordings.standing(KIND) == shipped
        notice_reviews.review(made, stage, ReviewDecision.PASSED, "", actor=reviewer)

    assert notice_wordings.standing(KIND) == made
    assert (made.version, notice_reviews.pending(KIND)) == (2, None)


def test_neither_the_author_nor_one_person_twice(people: list[Account]) -> None:
    author, first, *_ = people
    made = notice_reviews.propose(KIND, "请准时：{title}", TEXT, actor=author)

    with pytest.raises(NotAllowed):
        notice_reviews.review(made, ReviewStage.REVIEW_1, ReviewDecision.PASSED, "", actor=author)
    with pytest.raises(IllegalMove):
        notice_reviews.review(made, ReviewStage.REVIEW_2, ReviewDecision.PASSED, "", actor=first)
    notice_reviews.review(made, ReviewStage.REVIEW_1, ReviewDecision.PASSED, "", actor=first)
    with pytest.raises(NotAllowed):
        notice_reviews.review(made, ReviewStage.REVIEW_2, ReviewDecision.PASSED, "", actor=first)


def test_a_return_says_why_and_ends_the_version(people: list[Account]) -> None:
    author, first, *_ = people
    made = notice_reviews.propose(KIND, "请准时：{title}", TEXT, actor=author)

    with pytest.raises(Conflict):
        notice_reviews.propose(KIND, "再改：{title}", TEXT, actor=author)
    with pytest.raises(Invalid):
        notice_reviews.review(made, ReviewStage.REVIEW_1, ReviewDecision.RETURNED, " ", actor=first)
    notice_reviews.review(made, ReviewStage.REVIEW_1, ReviewDecision.RETURNED, "语气生硬", actor=first)

    assert NoticeWording.get_by_id(made.id).status is WordingStatus.RETURNED
    assert notice_reviews.propose(KIND, "再改：{title}", TEXT, actor=author).version == 3
    assert notice_wordings.standing(KIND).author is None


@pytest.mark.parametrize(
    ("headline", "text", "field"),
    [
        ("", TEXT, "headline"),
        ("请准时：{title}", "长" * 301, "text"),
        ("请准时：{title}", TEXT + "{phone}", "text"),
        ("请准时：{title", TEXT, "text"),
        ("请准时：{title}", "{starts_at}开始。", "text"),
    ],
)
def test_a_wrong_wording_names_its_field(people: list[Account], headline: str, text: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        notice_reviews.propose(KIND, headline, text, actor=people[0])

    assert set(refused.value.fields) == {field}
    assert NoticeWording.select().where(NoticeWording.author.is_null(False)).count() == 0


def test_only_the_secretariat_words_notices(db: Database) -> None:
    with pytest.raises(NotAllowed):
        notice_reviews.propose(KIND, "x{title}", TEXT, actor=make_account(AccountRoleKind.SCHOOL_ADMIN))
