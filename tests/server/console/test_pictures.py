"""The picture library's screens, the editor's dialog, and the address that texts show."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image

import config
from models.accounts import Account, AccountRoleKind
from models.pictures import Picture
from tests.factories import make_account, make_activity
from tests.server.console.conftest import SignIn

Count = Callable[[Callable[[], object]], int]


@pytest.fixture
def editor(db: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setattr(config.settings(), "storage_url", f"file://{tmp_path}")
    return make_account(AccountRoleKind.EDITOR)


def given(colour: str = "red", name: str = "会场.png", **values: str) -> dict[str, object]:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "PNG")
    out.seek(0)
    return {"file": (out, name), "alt": "会场", "licence": "own_work"} | values


def uploaded(client: FlaskClient, colour: str = "red", **values: str) -> Picture:
    answer = client.post("/console/pictures/new", data=given(colour, **values))
    assert answer.status_code == 302, answer.text
    return Picture.select().order_by(Picture.id.desc()).get()


def test_a_picture_is_uploaded_shown_to_everybody_described_anew_and_deleted(
    editor: Account, sign_in: SignIn, client: FlaskClient
) -> None:
    desk = sign_in(editor)
    picture = uploaded(desk, licence="unclear")

    shown = client.get(f"/pictures/{picture.token}")
    page = desk.get(f"/console/pictures/{picture.id}").text
    assert (shown.status_code, shown.content_type) == (200, "image/jpeg")
    assert "immutable" in shown.headers["Cache-Control"]
    assert "不能送审和发布" in page
    changed = desk.post(
        f"/console/pictures/{picture.id}",
        data={"alt": "新的说明", "licence": "licensed", "source": "授权书", "version": "1"},
    )
    assert changed.status_code == 302
    assert Picture.get_by_id(picture.id).is_licensed
    desk.post(f"/console/pictures/{picture.id}/remove")
    assert client.get(f"/pictures/{picture.token}").status_code == 404


def test_what_was_typed_stays_when_the_file_is_wrong(editor: Account, sign_in: SignIn) -> None:
    answer = sign_in(editor).post(
        "/console/pictures/new",
        data={"file": (io.BytesIO(b"no"), "a.jpg"), "alt": "写好的说明", "licence": "own_work"},
    )

    assert answer.status_code == 422
    assert "不是能用的图片" in answer.text
    assert "写好的说明" in answer.text


def test_the_dialog_lists_and_uploads(editor: Account, sign_in: SignIn) -> None:
    desk = sign_in(editor)
    picture = uploaded(desk)

    listed = desk.get("/console/pictures/choose?q=会场").text
    answer = desk.post("/console/pictures/choose", data=given("blue"))
    wrong = desk.post("/console/pictures/choose", data=given("green", alt=""))

    assert f'data-picture="/pictures/{picture.token}"' in listed
    assert answer.get_json()["alt"] == "会场"
    assert answer.get_json()["url"].startswith("/pictures/")
    assert "请用一句话说明图上是什么" in wrong.text


def test_of_two_who_describe_a_picture_the_second_sees_both(editor: Account, sign_in: SignIn) -> None:
    desk = sign_in(editor)
    picture = uploaded(desk)
    address, typed = (
        f"/console/pictures/{picture.id}",
        {"alt": "报告会", "licence": "own_work", "version": "1"},
    )
    desk.post(address, data=typed | {"alt": "讲座现场"})

    clash = desk.post(address, data=typed)

    assert clash.status_code == 409
    assert re.findall(r'text-break">([^<]*)<', clash.text)[:2] == ["报告会", "讲座现场"]


def test_a_used_picture_tells_where_and_is_not_deleted(editor: Account, sign_in: SignIn) -> None:
    desk = sign_in(editor)
    picture = uploaded(desk)
    make_activity(
        title="红色讲坛",
        member_unit=editor.member_unit,
        body_html=f'<p><img src="/pictures/{picture.token}" alt="会场"></p>',
    )

    page = desk.get(f"/console/pictures/{picture.id}").text
    refused = desk.post(f"/console/pictures/{picture.id}/remove")

    assert "活动：红色讲坛" in page
    assert refused.status_code == 409
    assert "请先从那里去掉再删除" in refused.text


def test_the_library_asks_as_much_for_three_as_for_one(
    editor: Account, sign_in: SignIn, count_statements: Count
) -> None:
    desk = sign_in(editor)
    uploaded(desk)
    desk.get("/console/pictures/")
    one = count_statements(lambda: desk.get("/console/pictures/"))
    uploaded(desk, "blue")
    uploaded(desk, "green")

    assert count_statements(lambda: desk.get("/console/pictures/")) == one


def test_another_units_unshared_picture_is_not_there(editor: Account, sign_in: SignIn) -> None:
    picture = uploaded(sign_in(editor))
    other = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN))

    assert other.get(f"/console/pictures/{picture.id}").status_code == 404
    assert picture.token not in other.get("/console/pictures/").text
