"""A picture sent in chat is fetched after the reply, from the platform alone, and loses its EXIF."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from peewee import Database
from PIL import Image

import clock
from models.surveys import Answer, AwaitedPicture
from services import storage
from services.surveys import awaited_pictures, conversations
from tests.factories import make_member
from tests.factories.surveys import make_questionnaire, picture
from wechat import sent_pictures
from wechat.errors import Refused, TryLater


def photo() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "CameraMaker"
    data = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(data, "JPEG", exif=exif)
    return data.getvalue()


@pytest.fixture
def answer(db: Database, noon: datetime) -> Answer:
    make_questionnaire(picture(), is_anonymous=False)
    member = make_member()
    conversations.start(member, member.person, at=clock.utc_now())
    conversations.pictured(member, member.person, "http://mmbiz.qpic.cn/x/1", at=clock.utc_now())
    found: Answer = Answer.get()
    return found


def come(monkeypatch: pytest.MonkeyPatch, told: Any) -> None:
    def fetch(address: str, *, most_bytes: int) -> bytes:
        if isinstance(told, Exception):
            raise told
        return bytes(told)

    monkeypatch.setattr(sent_pictures, "fetch", fetch)


def test_it_is_stored_without_what_the_camera_wrote(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    come(monkeypatch, photo())
    assert awaited_pictures.is_any_due()

    assert awaited_pictures.fetch_due() == 1

    stored = storage.opened().get(answer.file)
    assert stored is not None
    assert b"CameraMaker" not in stored
    assert not awaited_pictures.is_any_due()
    assert not AwaitedPicture.select().exists()


def test_what_does_not_come_is_tried_again_and_then_given_up(
    answer: Answer, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    come(monkeypatch, TryLater("busy"))
    for no in range(awaited_pictures.MOST_TRIES):
        assert awaited_pictures.is_any_due(), no
        assert awaited_pictures.fetch_due() == 0
        AwaitedPicture.update(due_at=clock.utc_now() - timedelta(minutes=1)).execute()

    assert not AwaitedPicture.select().exists()
    assert storage.opened().get(answer.file) is None


@pytest.mark.parametrize("told", [b"PK no picture", Refused("gone")])
def test_what_is_no_picture_is_not_stored(answer: Answer, told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    come(monkeypatch, told)

    assert awaited_pictures.fetch_due() == 0

    assert storage.opened().get(answer.file) is None
    assert not AwaitedPicture.select().exists()


@pytest.mark.parametrize(
    ("address", "ours"),
    [
        ("http://mmbiz.qpic.cn/mmbiz_jpg/a/0", True),
        ("https://mmbiz.qpic.cn/x", True),
        ("http://127.0.0.1:1/mmbiz/x", False),
        ("http://169.254.169.254/latest", False),
        ("http://evil.example/?mmbiz.qpic.cn", False),
        ("http://a@mmbiz.qpic.cn/x", False),
        ("file:///etc/passwd", False),
    ],
)
def test_only_the_platforms_picture_host_is_asked(address: str, ours: bool) -> None:
    assert sent_pictures.is_platforms(address) is ours
    if not ours:
        with pytest.raises(Refused):
            sent_pictures.fetch(address, most_bytes=10)
