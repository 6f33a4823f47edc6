"""Rich text from people: what is allowed of it, and its words alone."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import nh3

from services import clipboard_html

# What an article needs, and nothing that could fetch, run or imitate: no style, no class, no id;
# pictures of ours alone, whose licence and origin are kept (services/pictures.py).
TAGS = {
    "p", "br", "hr", "h2", "h3", "h4", "strong", "b", "em", "i", "u", "s", "sub", "sup",
    "ul", "ol", "li", "blockquote", "a", "img", "table", "thead", "tbody", "tr", "th", "td", "caption",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
DROPPED_WITH_CONTENT = {"script", "style", "title", "template", "noscript", "textarea", "svg", "math"}
BLOCKS = {
    "p", "br", "hr", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "table", "tr", "caption",
}  # fmt: skip
PICTURE_PATH = re.compile(r"/pictures/([0-9A-Za-z_-]{16,64})")

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2028\u2029\ufeff]")
_LOOKS_LIKE_HTML = re.compile(r"</?[a-zA-Z][^<>]*>")
_IMG = re.compile(r'<img((?:\s+[a-z]+="[^"]*")*)\s*/?>')
_ADDRESS = re.compile(r"https?://|/(?![/\\])")


def clean(text: str) -> str:
    """Allowed HTML only; text typed without any tag becomes paragraphs.

    What Word, WPS or a web page left on the clipboard is made plain first. Headings start at h2:
    the page has its own h1. Links open nothing but web addresses, pictures are ours.
    """
    text = _CONTROL.sub("", text).replace("\r\n", "\n").strip()
    if not text:
        return ""
    if not _LOOKS_LIKE_HTML.search(text):
        return from_plain(text)
    if clipboard_html.is_foreign(text):
        text = clipboard_html.tidy(text)
    text = re.sub(r"<(/?)h1\b", r"<\1h2", text, flags=re.IGNORECASE)
    cleaned = nh3.clean(
        text,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=_attribute,
        clean_content_tags=DROPPED_WITH_CONTENT,
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )
    cleaned = _IMG.sub(lambda hit: hit.group() if ' src="' in hit.group(1) else "", cleaned)
    return re.sub(r"<p>(?:\s|&nbsp;|<br>)*</p>", "", cleaned).strip()


def from_clipboard(markup: str) -> tuple[str, int]:
    """What was pasted, cleaned, and how many pictures of it stayed behind (they are not ours)."""
    cleaned = clean(clipboard_html.tidy(markup))
    wanted = len(re.findall(r"<(?:img|v:imagedata)\b", markup, re.IGNORECASE))
    return cleaned, max(wanted - len(_IMG.findall(cleaned)), 0)


def pictures_in(body_html: str) -> list[str]:
    """The tokens of the pictures that cleaned HTML shows, in order, each once."""
    shown = (PICTURE_PATH.fullmatch(src) for src in re.findall(r'<img[^>]*?\ssrc="([^"]*)"', body_html))
    return list(dict.fromkeys(hit.group(1) for hit in shown if hit))


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "src":
        return value if PICTURE_PATH.fullmatch(value) else None
    if name == "href":
        return value if _ADDRESS.match(value.strip().lower()) else None
    return value


def from_plain(text: str) -> str:
    """Paragraphs at blank lines, line breaks elsewhere, everything escaped."""
    paragraphs = re.split(r"\n[ \t\u3000]*\n", text.strip())
    return "".join(f"<p>{_lines(part)}</p>" for part in paragraphs if part.strip())


def _lines(paragraph: str) -> str:
    return "<br>".join(html.escape(line.strip(), quote=False) for line in paragraph.strip().split("\n"))


def as_typed(body_html: str) -> str:
    """Sanitised HTML as a person would type it: bare text where it is nothing but paragraphs.

    `clean(as_typed(x)) == x` for whatever `clean` gave.
    """
    inner = body_html.removeprefix("<p>").removesuffix("</p>")
    inner = inner.replace("</p><p>", "\n\n").replace("<br>", "\n")
    typed = html.unescape(inner)
    return typed if clean(typed) == body_html else body_html


def plain_text(body_html: str, limit: int | None = None) -> str:
    """The words of sanitised HTML, one line per block; cut to `limit` characters with an ellipsis."""
    reader = _Words()
    reader.feed(body_html)
    reader.close()
    lines = (re.sub(r"[ \t\xa0]+", " ", line).strip() for line in "".join(reader.parts).split("\n"))
    text = "\n".join(line for line in lines if line)
    if limit is not None and len(text) > limit:
        return text[: limit - 1].rstrip() + "…"
    return text


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS:
            self.parts.append("\n")
        elif tag in ("td", "th"):
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
