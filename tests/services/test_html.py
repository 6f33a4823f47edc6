"""Rich text: what stays, what goes."""

from __future__ import annotations

import pytest

from services import html


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<p>好<script>alert(1)</script></p>", "<p>好</p>"),
        ("<p onclick='x()' style='position:fixed' class='weui-btn' id='a'>好</p>", "<p>好</p>"),
        ("<img src='http://evil.example/p.gif'><p>好</p>", "<p>好</p>"),
        ("<a href='javascript:alert(1)'>点</a>", '<a rel="noopener noreferrer nofollow">点</a>'),
        ("<h1>大</h1>", "<h2>大</h2>"),
        ("<iframe src='//evil'></iframe><form><input></form>好", "好"),
        ("第一段\r\n换行\r\n\r\n第二段 a<b & c", "<p>第一段<br>换行</p><p>第二段 a&lt;b &amp; c</p>"),
        ("  \x00\u200b ", ""),
    ],
)
def test_only_what_is_allowed_stays(given: str, kept: str) -> None:
    assert html.clean(given) == kept


def test_cleaning_twice_changes_nothing() -> None:
    once = html.clean("<p>1 &lt; 2 <b>好</b></p><ul><li>一</li></ul><script>x</script>")

    assert html.clean(once) == once


@pytest.mark.parametrize(
    ("body", "typed"),
    [
        ("<p>一<br>二</p><p>三 &lt; 四 &amp; 五</p>", "一\n二\n\n三 < 四 & 五"),
        ("<p>一</p><ul><li>二</li></ul>", "<p>一</p><ul><li>二</li></ul>"),
        ("<p>写作 &lt;b&gt;</p>", "<p>写作 &lt;b&gt;</p>"),
        ("", ""),
    ],
)
def test_paragraphs_are_edited_as_bare_text_and_come_back_the_same(body: str, typed: str) -> None:
    assert html.as_typed(body) == typed
    assert html.clean(typed) == body


def test_plain_text_has_a_line_a_block_and_is_cut_with_an_ellipsis() -> None:
    body = "<h2>题</h2><p>一 &amp; 二<br>三</p><table><tr><td>甲</td><td>乙</td></tr></table>"

    assert html.plain_text(body) == "题\n一 & 二\n三\n甲 乙"
    assert html.plain_text("<p>一二三四五六</p>", 4) == "一二三…"
