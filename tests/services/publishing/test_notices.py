"""Notices: written, published with their words and pictures checked, read by those they are for."""

from __future__ import annotations

from pathlib import Path

import pytest

import config
from models.accounts import Account, AccountRoleKind
from models.audit import AuditEntry
from models.messaging import Campaign, CampaignStatus, ContentKind
from models.notices import Notice, NoticeStatus
from models.people import Topic
from models.pictures import PictureLicence
from services.errors import IllegalMove, Invalid, NotAllowed, NotFound, StaleState
from services.messaging import campaigns, contents
from services.publishing import notices
from services.search import grams
from services.search.index import Kind, matches
from tests.factories import make_account, make_person, make_unit
from tests.factories.composer import make_notice, make_picture

pytestmark = pytest.mark.engines


@pytest.fixture
def editor(db: object, noon: object) -> Account:
    return make_account(AccountRoleKind.SCHOOL_ADMIN)


def written(editor: Account, **values: object) -> Notice:
    given = {"title": " 关于集体备课的通知 ", "body_html": "请各校<b>准时</b>参加\n\n落实", "is_shared": True}
    return notices.create(given | values, actor=editor)


def found(word: str) -> list[int]:
    query = Notice.select().where(matches(Notice.id, Kind.NOTICE, grams.terms(word)))
    return [row.id for row in query]


def test_a_notice_is_written_found_published_and_taken_back(editor: Account) -> None:
    notice = written(editor)
    reader, stranger = make_person(), make_person(member_unit=make_unit(valid_to=None))

    assert (notice.title, notice.status) == ("关于集体备课的通知", NoticeStatus.DRAFT)
    assert found("备课") == found("准时") == [notice.id]
    with pytest.raises(NotFound):
        notices.for_member(notice.id, reader)
    notices.publish(notice, actor=editor)
    assert notices.for_member(notice.id, stranger).published_at is not None
    assert [row.id for row in notices.latest(reader, 5)] == [notice.id]
    notices.withdraw(notice, "日期有误", actor=editor)
    assert notices.latest(reader, 5) == []
    with pytest.raises(IllegalMove):
        notices.withdraw(notice, "再来一次", actor=editor)
    acts = [row.action for row in AuditEntry.select().order_by(AuditEntry.id)]
    assert acts == ["notice.created", "notice.published", "notice.withdrawn"]


def test_a_units_own_notice_is_read_by_its_people_alone(editor: Account) -> None:
    notice = make_notice(member_unit=editor.member_unit, is_shared=False)
    own = make_person(member_unit=editor.member_unit)

    assert notices.for_member(notice.id, own).id == notice.id
    with pytest.raises(NotFound):
        notices.for_member(notice.id, make_person())
    with pytest.raises(NotFound):
        notices.find(notice.id, actor=make_account(AccountRoleKind.SCHOOL_ADMIN))
    with pytest.raises(NotAllowed):
        written(make_account(AccountRoleKind.COUNCIL_MEMBER))


def test_wrong_words_and_pictures_stop_the_publication(
    editor: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config.settings(), "storage_url", f"file://{tmp_path}")
    picture = make_picture(alt="网图", licence=PictureLicence.UNCLEAR)
    notice = written(
        editor, body_html=f'<p>攻府工作<img src="/pictures/{picture.token}" alt="网图"></p>', title="通知"
    )

    with pytest.raises(Invalid) as refusal:
        notices.publish(notice, actor=editor)
    assert set(refusal.value.fields) == {"body_html", "wording"}
    picture.licence = PictureLicence.OWN_WORK
    picture.save()
    notices.publish(notice, actor=editor, wording_override="原文如此，引用案例")

    assert "原文如此" in AuditEntry.select().order_by(AuditEntry.id.desc()).get().details
    with pytest.raises(Invalid, match="请先写正文"):
        notices.publish(written(editor, body_html=" "), actor=editor)


def test_an_edit_needs_the_latest_version_and_voids_what_was_reviewed(editor: Account) -> None:
    notice = make_notice(member_unit=editor.member_unit)
    campaign = campaigns.create(
        {
            "title": "通知推送",
            "topic": Topic.NOTICE,
            "content_kind": ContentKind.NOTICE,
            "published_notice": notice.id,
            "audience": {"everyone": True},
        },
        actor=editor,
    )
    assert contents.article(campaign).title == notice.title
    assert "【通知公告】" in contents.chat_text(campaign)
    assert contents.link(campaign).endswith(f"/m/notices/{notice.id}")
    campaigns.submit(campaign, actor=editor)

    notices.update(notice, {"body_html": "改了的正文"}, version=1, actor=editor)

    assert Campaign.get_by_id(campaign.id).status is CampaignStatus.DRAFT
    with pytest.raises(StaleState):
        notices.update(notice, {"title": "旧"}, version=1, actor=editor)
