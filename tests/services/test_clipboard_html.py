"""What Word, WPS and web pages leave on the clipboard, and what of it comes into the text."""

from __future__ import annotations

from pathlib import Path

import pytest

from services import html

# As Word 2021 and WPS write it: conditional comments, wrapped lines, unquoted attributes, a number in a
# span of its own, an empty paragraph, smart quotes as characters of Windows, bullets of Wingdings.
SAMPLES = Path(__file__).parent / "clipboard"
WORD = (SAMPLES / "word.html").read_text("utf-8")
WPS = (SAMPLES / "wps.html").read_text("utf-8")


def test_a_page_of_word_comes_over_as_headings_lists_tables_and_emphasis() -> None:
    cleaned, left_behind = html.from_clipboard(WORD)

    assert cleaned == (
        "<h2>讲坛</h2>"
        "<p><strong>各成员单位党校</strong>，围绕“乡村治理”授课 90 分钟。</p>"
        "<ol><li>报到<ul><li>领材料</li></ul></li><li>听课</li></ol>"
        "<p>（一）组织领导</p>"
        '<table><tbody><tr><td colspan="2"><strong>日程</strong></td></tr>'
        "<tr><td>上午<br>9:00</td><td>开班</td></tr></tbody></table>"
        '<p>详见<a href="https://example.gov.cn/a" rel="noopener noreferrer nofollow">通知</a>'
        "附件H<sub>2</sub>O</p>"
    )
    assert left_behind == 1


def test_a_page_of_wps_comes_over_too() -> None:
    cleaned, left_behind = html.from_clipboard(WPS)

    assert cleaned == ("<h3>一、总体要求</h3><ul><li><u>带笔记本</u></li></ul><p>时　间：上午 九点</p>")
    assert left_behind == 0


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("<div>甲</div><div><span>乙</span></div>", "<p>甲</p><p>乙</p>"),
        ("<section><section><p>甲</p></section></section>", "<p>甲</p>"),
        ("<b style='font-weight:normal'><p>甲</p></b>", "<p>甲</p>"),
        ("<ul><li><p>甲</p><ul><li>乙</li></ul></li></ul>", "<ul><li>甲<ul><li>乙</li></ul></li></ul>"),
        ("<table><tr><td><p>框</p><p>里</p></td></tr></table>", "<p>框</p><p>里</p>"),
        ("<p>1 &lt; 2 &amp; 3</p><script>x</script>", "<p>1 &lt; 2 &amp; 3</p>"),
        ("<p>甲<img src='https://mmbiz.qpic.cn/x.png'></p>", "<p>甲</p>"),
        ("<blockquote style='x'><div>引</div></blockquote>", "<blockquote><p>引</p></blockquote>"),
        ("纯文字", "<p>纯文字</p>"),
        ("", ""),
    ],
)
def test_what_web_pages_leave_is_made_plain(pasted: str, kept: str) -> None:
    assert html.from_clipboard(pasted)[0] == kept


def test_a_list_that_goes_on_after_other_text_keeps_its_number() -> None:
    marker = "<span style='mso-list:Ignore'>{}</span>"
    item = "<p style='mso-list:l0 level1 lfo1'>" + marker + "{}</p>"

    cleaned, _ = html.from_clipboard(item.format("3.", "总结"))

    assert cleaned == "<p>3. 总结</p>"


def test_a_form_filled_by_pasting_without_the_editor_is_cleaned_the_same() -> None:
    assert html.clean(WORD) == html.from_clipboard(WORD)[0]
    assert html.clean(html.clean(WPS)) == html.clean(WPS)


@pytest.mark.parametrize("tag", ["div", "span", "b", "blockquote"])
def test_what_is_nested_without_end_keeps_its_words(tag: str) -> None:
    markup = f"<{tag}>" * 3000 + "讲坛" + f"</{tag}>" * 3000 + "<p>次日</p>"

    assert html.plain_text(html.from_clipboard(markup)[0]).split() == ["讲坛", "次日"]
    assert html.plain_text(html.clean(markup)).split() == ["讲坛", "次日"]


def test_a_gap_without_end_is_one_space() -> None:
    assert html.from_clipboard(f"<p>讲坛{'&nbsp;' * 100_000}开讲</p>")[0] == "<p>讲坛 开讲</p>"
