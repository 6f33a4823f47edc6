"""The console without a screen: which form is sent, with which values, and what a refusal says."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask, Response, redirect, request
from werkzeug.serving import make_server

from demo.console_client import ConsoleClient, Refused, _Page

PAGE = """
<form action="/search"><input name="q" value="x"></form>
<form action="/console/campaigns/7/submit" method="post">
  <input type="hidden" name="csrf_token" value="t&amp;1">
  <input type="checkbox" name="units" value="1" checked><input type="checkbox" name="units" value="2" checked>
  <input type="checkbox" name="units" value="3">
  <input type="checkbox" name="is_shared" checked>
  <input type="radio" name="reach" value="all"><input type="radio" name="reach" value="some" checked>
  <textarea name="summary">
第一行 &lt;b&gt;
第二行</textarea>
  <select name="topic">
    <option value="salon">沙龙</option><option value="lecture" selected>讲座</option>
  </select>
  <select name="unchosen"><option value="a">甲</option></select>
  <input type="file" name="cover"><button name="draft" value="1">存</button>
</form>
<div class="alert alert-danger">内容 <b>不可用</b><br>请改正</div>
<p>别的</p>
<div class="invalid-feedback">必填</div>
"""


def parsed(text: str) -> _Page:
    page = _Page()
    page.feed(text)
    return page


def test_a_form_holds_its_present_values() -> None:
    search, form = parsed(PAGE).forms

    assert (search.action, search.values) == ("/search", {"q": ["x"]})
    assert form.values == {
        "csrf_token": ["t&1"],
        "units": ["1", "2"],
        "is_shared": ["on"],
        "reach": ["some"],
        "summary": ["第一行 <b>\n第二行"],
        "topic": ["lecture"],
    }
    assert form.names == {
        *("csrf_token", "units", "is_shared", "reach", "summary", "topic", "unchosen", "cover", "draft"),
    }


def test_messages_are_those_of_alerts_and_fields() -> None:
    assert parsed(PAGE).messages == ["内容", "不可用", "请改正", "必填"]


@pytest.fixture
def console() -> Iterator[tuple[str, list[dict[str, list[str]]]]]:
    """A page with the forms above, and what was sent to it."""
    app = Flask(__name__)
    sent: list[dict[str, list[str]]] = []

    @app.get("/page")
    def page() -> str:
        return PAGE

    @app.post("/console/campaigns/7/submit")
    def submit() -> Response:
        sent.append(request.form.to_dict(flat=False))
        if request.form["summary"] == "错":
            return Response('<div class="alert">摘要不可用</div>')
        return redirect("/page")  # type: ignore[return-value]

    @app.get("/forbidden")
    def forbidden() -> tuple[str, int]:
        return '<div class="alert">无权查看</div>', 403

    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", sent
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_form_with_all_the_fields_is_sent_with_what_it_held(
    console: tuple[str, list[dict[str, list[str]]]],
) -> None:
    url, sent = console

    ConsoleClient(url, "bianji", "secret").send("/page", summary="新的", units=[2, 3])

    assert sent == [
        {
            "csrf_token": ["t&1"],
            "units": ["2", "3"],
            "is_shared": ["on"],
            "reach": ["some"],
            "summary": ["新的"],
            "topic": ["lecture"],
        }
    ]


def test_a_form_that_comes_back_is_a_refusal_with_its_words(
    console: tuple[str, list[dict[str, list[str]]]],
) -> None:
    client = ConsoleClient(console[0], "bianji", "secret")

    with pytest.raises(Refused, match="摘要不可用"):
        client.send("/page", summary="错")
    with pytest.raises(Refused, match="/forbidden: 403 无权查看"):
        client.get("/forbidden")
    with pytest.raises(Refused, match="no form for 7/cancel"):
        client.send("/page", action="7/cancel")
    with pytest.raises(Refused, match="no form for nowhere"):
        client.send("/page", nowhere="1")
