"""通知用语: the standing texts, a version of one's own, its reviews."""

from __future__ import annotations

import pytest

from models.accounts import AccountRoleKind
from models.automatic_notices import NoticeWording, WordingStatus
from tests.factories import make_account
from tests.server.console.conftest import SignIn

pytestmark = pytest.mark.usefixtures("noon")
PATH = "/console/notice-wordings/sign_up_reminder"
TYPED = {"headline": "请准时参加：{活动标题}", "text": "{开始时间}在{place}，请提前入场。"}


def test_a_version_is_written_reviewed_by_three_and_used(sign_in: SignIn) -> None:
    author, *others = [make_account(AccountRoleKind.SECRETARIAT) for _ in range(4)]
    client = sign_in(author)
    assert "活动提醒：{活动标题}" in client.get("/console/notice-wordings/").text
    refused = client.post(PATH, data=TYPED | {"text": "{starts_at}{phone}"})
    assert refused.status_code == 422
    assert "{phone}用不了" in refused.text
    assert client.post(PATH, data=TYPED).status_code == 302
    assert "作者不能审核自己写的用语" in client.get(PATH).text

    for stage, reviewer in zip(("review_1", "review_2", "review_final"), others, strict=True):
        other = sign_in(reviewer)
        assert "通知用语待审核" in other.get("/console/").text
        data = {"stage": stage, "decision": "passed", "opinion": "同意"}
        assert other.post(f"{PATH}/review", data=data).status_code == 302

    row = NoticeWording.select().order_by(NoticeWording.version.desc()).get()
    assert (row.status, row.version) == (WordingStatus.PASSED, 2)
    assert "请准时参加：{活动标题}" in client.get("/console/notice-wordings/").text


def test_a_return_without_words_keeps_the_choice(sign_in: SignIn) -> None:
    sign_in(make_account(AccountRoleKind.SECRETARIAT)).post(PATH, data=TYPED)
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))

    answer = client.post(f"{PATH}/review", data={"stage": "review_1", "decision": "returned", "opinion": ""})

    assert answer.status_code == 422
    assert "退回时请写明意见" in answer.text
    assert client.get("/console/notice-wordings/nothing").status_code == 404
