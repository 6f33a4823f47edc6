"""Pictures given as answers: staff of the school may save them, and they go with the answer or the person."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

import clock
from models.accounts import AccountRoleKind
from models.surveys import Answer, AwaitedPicture, Questionnaire
from services import personal_data, storage
from services.surveys import awaited_pictures, conversations, page_answers, pages, pictures, sheet
from services.surveys.pages import Brought
from tests.factories import make_account, make_member, make_unit
from tests.factories.surveys import make_questionnaire, picture
from tests.server.console.conftest import SignIn
from wechat import sent_pictures

pytestmark = pytest.mark.usefixtures("noon", "db")


def photo(colour: str = "red") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(data, "JPEG")
    return data.getvalue()


def sent(survey: Questionnaire, member: Any, data: bytes) -> pages.Saved:
    (asked,) = sheet.of(survey.id).questions
    brought = {asked.id: Brought((), "", data)}
    return pages.save(survey.id, member, member.person, brought, submits=False)


def held() -> str:
    key = Answer.get().file
    assert storage.opened().get(key) is not None
    return str(key)


def test_a_picture_is_saved_by_staff_of_the_school_alone(sign_in: SignIn) -> None:
    unit, member = make_unit(), make_member()
    survey = make_questionnaire(picture(), is_anonymous=False, member_unit=unit)
    other = make_questionnaire(picture(), is_anonymous=False, member_unit=unit)
    assert not sent(survey, member, photo()).wrong
    answer, (asked,) = Answer.get(), sheet.of(survey.id).questions
    at = f"/console/surveys/{survey.id}/pictures/{answer.id}"
    client = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=unit))

    assert (
        f"/console/surveys/{survey.id}/results/{asked.id}"
        in client.get(f"/console/surveys/{survey.id}/results").text
    )
    assert at in client.get(f"/console/surveys/{survey.id}/results/{asked.id}").text
    got = client.get(at)

    assert got.status_code == 200
    assert got.data == storage.opened().get(answer.file)
    assert got.headers["Content-Type"] == "image/jpeg"
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"/console/surveys/{other.id}/pictures/{answer.id}").status_code == 404
    stranger = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=make_unit()))
    assert stranger.get(at).status_code == 404


def test_a_picture_not_fetched_yet_is_told_kindly(sign_in: SignIn) -> None:
    survey, member = make_questionnaire(picture(), is_anonymous=False), make_member()
    conversations.start(member, member.person, at=clock.utc_now())
    conversations.pictured(member, member.person, "http://mmbiz.qpic.cn/x/1", at=clock.utc_now())
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    at = f"/console/surveys/{survey.id}/pictures/{Answer.get().id}"

    coming = client.get(at)
    AwaitedPicture.delete().execute()
    gone = client.get(at)

    assert (coming.status_code, gone.status_code) == (404, 404)
    assert pictures.COMING in coming.text
    assert pictures.GONE in gone.text


def test_a_picture_goes_when_its_answer_is_replaced_or_dropped() -> None:
    survey, member = make_questionnaire(picture(), is_anonymous=False), make_member()
    sent(survey, member, photo())
    first = held()

    sent(survey, member, photo("blue"))
    second = held()
    conversations.start(member, member.person, at=clock.utc_now())
    assert conversations.typed(member, member.person, "确定重来", "确定重来", at=clock.utc_now()) is not None

    assert first != second
    assert not Answer.select().exists()
    assert [storage.opened().get(key) for key in (first, second)] == [None, None]


def test_a_form_that_fails_leaves_no_picture_and_takes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    survey, member = make_questionnaire(picture(), is_anonymous=False), make_member()
    sent(survey, member, photo())
    first, kept = held(), []
    keep = page_answers.keep_picture
    monkeypatch.setattr(
        page_answers,
        "keep_picture",
        lambda *given: kept.append(keep(*given)) or kept[-1],  # type: ignore[func-returns-value]
    )

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(pages, "_tell_chat", fail)
    monkeypatch.setattr(pages, "_end_chat", fail)

    with pytest.raises(RuntimeError):
        sent(survey, member, photo("blue"))

    assert held() == first
    assert [storage.opened().get(key) for key in kept] == [None]


def test_a_persons_pictures_are_erased_with_the_person() -> None:
    survey, member, other = make_questionnaire(picture(), is_anonymous=False), make_member(), make_member()
    sent(survey, other, photo())
    stays = held()
    sent(survey, member, photo("blue"))
    goes = Answer.get(Answer.file != stays).file

    personal_data.erase_own(member.person, source="mini")

    assert storage.opened().get(goes) is None
    assert storage.opened().get(stays) is not None
    assert Answer.select().where(Answer.file.is_null(False)).count() == 2  # the figure stays


def test_a_picture_that_comes_after_its_person_was_erased_is_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_questionnaire(picture(), is_anonymous=False)
    member = make_member()
    conversations.start(member, member.person, at=clock.utc_now())
    conversations.pictured(member, member.person, "http://mmbiz.qpic.cn/x/1", at=clock.utc_now())
    key = Answer.get().file

    def fetch(address: str, *, most_bytes: int) -> bytes:
        personal_data.erase_own(member.person, source="mini")
        return photo()

    monkeypatch.setattr(sent_pictures, "fetch", fetch)

    assert awaited_pictures.fetch_due() == 0

    assert storage.opened().get(key) is None
    assert not AwaitedPicture.select().exists()
