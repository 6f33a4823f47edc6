"""HTML as Word, WPS and web pages put it on the clipboard, made into plain structure.

What such a page says by style is said by tags afterwards: bold, list levels, outline levels. What
only looks (fonts, sizes, colours, indents made of full-width spaces) goes. The result still has to
be cleaned: see services/html.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from itertools import groupby

import nh3

INLINE = {
    "a", "b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "sub", "sup",
    "span", "font", "br", "img",
}  # fmt: skip
GROUPS = {
    "div", "section", "article", "center", "main", "header", "footer", "figure", "figcaption",
    "pre", "address",
}  # fmt: skip
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
LISTS = {"ul", "ol", "li"}
TABLES = {"table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption"}
READ = INLINE | GROUPS | HEADINGS | LISTS | TABLES | {"p", "hr", "blockquote"}
VOID = {"br", "img", "hr"}
DEEPEST = 60  # of elements within elements; no page of a person goes half as deep
# `mso-` styles and what else shows that the text was not typed here.
_FOREIGN = re.compile(
    r"<[^<>]*\b(?:mso-|Mso[A-Z]|style\s*=)|</?(?:o:p|div|section|span|font)\b|<!\[if", re.IGNORECASE
)
_FRAGMENT = re.compile(r"<!--\s*StartFragment\s*-->(.*?)<!--\s*EndFragment\s*-->", re.S)
_UNSEEN = re.compile(r"<!--.*?-->|<!\[[^>]*\]>|<\?xml[^>]*>|</?[a-z]+:[a-z]+[^>]*>", re.S | re.IGNORECASE)
_LEVEL = re.compile(r"mso-list:\s*l\d+\s+level(\d)")
_OUTLINE = re.compile(r"mso-outline-level:\s*([1-9])")
_NUMBER = re.compile(r"(\d{1,3}|[a-zA-Z])[.．、)）]|\d{1,3}")
_CHINESE = "\u2e80-\u9fff\uff00-\uffef\u3000-\u303f“”‘’…—"
_WRAPPED = re.compile(rf"(?<=[{_CHINESE}])((?:</?\w+>)*)[ \t]*\n\s*((?:</?\w+>)*)(?=[{_CHINESE}])")
_SPLIT_RUN = re.compile(r"</(strong|em|u|s|sub|sup)>(\s*)<\1>")
_HOLLOW = re.compile(r"<(strong|em|u|s|sub|sup)>(\s*)</\1>")
_INDENT = re.compile(r"^((?:<\w+>)*)[\s\u3000]+")
_TAIL = re.compile(r"[\s\u3000]+((?:</\w+>)*)$")
# Nobody types so many: what looks for a gap's end would take the square of its length.
_LONG_GAP = re.compile(r"([\s\u3000]{64})[\s\u3000]+")


@dataclass(slots=True)
class Node:
    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)

    @property
    def style(self) -> str:
        return self.attrs.get("style", "").lower()


@dataclass(slots=True)
class Block:
    """One finished block; an item of a list waits for its neighbours of level and kind."""

    markup: str
    list_tag: str = ""
    level: int = 0
    marker: str = ""


def is_foreign(markup: str) -> bool:
    """Whether it was made by another program, and so needs `tidy`."""
    return bool(_FOREIGN.search(markup))


def tidy(markup: str) -> str:
    """Headings, paragraphs, lists, tables and emphasis; nothing of how they looked.

    Headings start at h2. Numbers that a web list cannot show (一、 （一） 3.) stay as text. Pictures
    keep whatever address they had.
    """
    fragment = _FRAGMENT.search(markup)
    markup = _UNSEEN.sub("", fragment.group(1) if fragment else markup).replace("\r", "")
    seen = {"*": {"style", "class"}, "a": {"href"}, "img": {"src", "alt"}}
    spans = {"colspan", "rowspan"}
    formed = nh3.clean(
        markup,
        tags=READ,
        attributes=seen | {"td": spans, "th": spans},
        clean_content_tags={"script", "style", "title", "template", "noscript", "svg", "math", "textarea"},
        url_schemes={"http", "https"},
        link_rel=None,
    )
    reader = _Tree()
    reader.feed(formed)
    reader.close()
    shift = 1 if re.search(r"<h1\b", formed) else 0
    return "".join(_listed(_blocks(reader.root, shift)))


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("div")
        self.open = [self.root]
        self.too_deep = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID and len(self.open) >= DEEPEST:
            self.too_deep += 1  # its text belongs to what holds it
            return
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if self.too_deep:
            self.too_deep -= 1
        elif len(self.open) > 1:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def _is_hidden(node: Node) -> bool:
    return bool(re.search(r"display:\s*none|mso-hide:\s*all", node.style))


def _is_inline(child: Node | str) -> bool:
    if isinstance(child, str):
        return True
    return child.tag in INLINE and all(_is_inline(each) for each in child.children)


def _blocks(parent: Node, shift: int) -> list[Block]:
    """The blocks below a node; runs of bare text between them become paragraphs."""
    found: list[Block] = []
    for is_inline, run in groupby(parent.children, _is_inline):
        if is_inline:
            found += _paragraph(Node("p", {}, list(run)), shift)
            continue
        for child in run:
            if isinstance(child, Node) and not _is_hidden(child):
                found += _block(child, shift)
    return found


def _block(node: Node, shift: int) -> list[Block]:
    if node.tag == "table":
        return _table(node, shift)
    if node.tag in ("ul", "ol"):
        return [Block(f"<{node.tag}>{_items(node, shift)}</{node.tag}>")]
    if node.tag == "hr":
        return [Block("<hr>")]
    if node.tag == "blockquote":
        inside = "".join(_listed(_blocks(node, shift)))
        return [Block(f"<blockquote>{inside}</blockquote>")] if inside else []
    if all(_is_inline(child) for child in node.children):
        return _paragraph(node, shift)
    return _blocks(node, shift)


def _paragraph(node: Node, shift: int) -> list[Block]:
    marker = _marker(node)
    text = _line("".join(_inline(child) for child in node.children))
    if not text:
        return []
    level = _LEVEL.search(node.style)
    if level and marker:
        list_tag = _list_tag(marker)
        if list_tag:
            return [Block(text, list_tag, int(level.group(1)), marker)]
        text = escape(marker, quote=False) + text
    heading = _heading(node, shift)
    if heading != "p":
        text = re.sub(r"</?strong>", "", text)  # a heading is bold by itself
    return [Block(f"<{heading}>{text}</{heading}>")]


def _heading(node: Node, shift: int) -> str:
    """The tag of a paragraph: `p`, or the heading its tag, its style or its outline level says."""
    outline = _OUTLINE.search(node.style)
    if node.tag in HEADINGS:
        level = int(node.tag[1]) + shift
    elif "MsoTitle" in node.attrs.get("class", ""):
        level = 2
    elif outline:
        level = int(outline.group(1)) + 1
    else:
        return "p"
    return f"h{min(max(level, 2), 4)}"


def _marker(node: Node) -> str:
    """The number or bullet that Word wrote before an item, taken out of it; "" where there is none."""
    for child in list(node.children):
        if not isinstance(child, Node):
            continue
        if re.search(r"mso-list:\s*ignore", child.style):
            node.children.remove(child)
            return re.sub(r"\s+", "", _words(child))
        inner = _marker(child)
        if inner:
            return inner
    return ""


def _words(node: Node) -> str:
    return "".join(child if isinstance(child, str) else _words(child) for child in node.children)


def _list_tag(marker: str) -> str:
    """`ol` for 1. and a), `ul` for one sign, "" for a number that only text can show."""
    if _NUMBER.fullmatch(marker):
        return "ol"
    # Bullets come as letters of Wingdings and Symbol: l n u Ø ü · o
    is_number = len(marker) > 1 or "\u2460" <= marker <= "\u24ff" or "一" <= marker <= "龥"
    return "" if is_number else "ul"


def _listed(blocks: list[Block]) -> list[str]:
    """The blocks' markup, neighbouring items gathered into lists."""
    out: list[str] = []
    for is_item, run in groupby(blocks, lambda block: bool(block.list_tag)):
        if not is_item:
            out += [block.markup for block in run]
            continue
        items = list(run)
        first = items[0]
        if first.list_tag == "ol" and first.marker.rstrip(".．、)）") not in ("1", "a", "A"):
            # A list that goes on after other text: its numbers are told as they stood.
            out += [f"<p>{escape(item.marker, quote=False)} {item.markup}</p>" for item in items]
        else:
            out.append(_nested(items))
    return out


def _nested(items: list[Block]) -> str:
    """Lists within lists by level; a change of kind at the same level opens a new list."""
    out = ""
    base = min(item.level for item in items)
    for list_tag, run in groupby(_with_children(items, base), lambda pair: pair[0].list_tag):
        inside = "".join(f"<li>{item.markup}{_nested(below) if below else ''}</li>" for item, below in run)
        out += f"<{list_tag}>{inside}</{list_tag}>"
    return out


def _with_children(items: list[Block], base: int) -> list[tuple[Block, list[Block]]]:
    pairs: list[tuple[Block, list[Block]]] = []
    for item in items:
        if item.level > base and pairs:
            pairs[-1][1].append(item)
        else:
            pairs.append((item, []))
    return pairs


def _items(node: Node, shift: int) -> str:
    """The items of a list written as a list; a list that stands between items belongs to the one before."""
    items: list[str] = []
    for child in node.children:
        if isinstance(child, str) or _is_hidden(child):
            continue
        if child.tag in ("ul", "ol"):
            below = f"<{child.tag}>{_items(child, shift)}</{child.tag}>"
            items.append((items.pop() if items else "") + below)
        elif child.tag == "li":
            items.append(_within(child, shift))
    return "".join(f"<li>{item}</li>" for item in items if item)


def _within(node: Node, shift: int) -> str:
    """The content of an item or a cell: paragraphs become lines, since they need no more room there."""
    parts: list[str] = []
    for markup in _listed(_blocks(node, shift)):
        bare = re.fullmatch(r"<(p|h[2-4])>(.*)</\1>", markup, re.S)
        text = bare.group(2) if bare else markup
        is_line = bare is not None
        if parts and is_line and not re.search(r"</(?:ul|ol|table)>$", parts[-1]):
            parts.append("<br>")
        parts.append(text)
    return "".join(parts)


def _table(node: Node, shift: int) -> list[Block]:
    rows = [row for row in _rows(node) if any(isinstance(cell, Node) for cell in row.children)]
    cells = [cell for row in rows for cell in row.children if isinstance(cell, Node)]
    if len(cells) == 1:  # a frame, not a table
        return _blocks(cells[0], shift)
    lines = []
    for row in rows:
        inside = "".join(_cell(cell, shift) for cell in row.children if isinstance(cell, Node))
        lines.append(f"<tr>{inside}</tr>")
    return [Block(f"<table><tbody>{''.join(lines)}</tbody></table>")] if lines else []


def _rows(node: Node) -> list[Node]:
    found = []
    for child in node.children:
        if isinstance(child, Node) and not _is_hidden(child):
            found += [child] if child.tag == "tr" else _rows(child) if child.tag in TABLES else []
    return found


def _cell(cell: Node, shift: int) -> str:
    tag = cell.tag if cell.tag in ("td", "th") else "td"
    spans = "".join(
        f' {name}="{cell.attrs[name]}"'
        for name in ("colspan", "rowspan")
        if cell.attrs.get(name, "1").isdecimal() and 1 < int(cell.attrs.get(name, "1")) <= 50
    )
    return f"<{tag}{spans}>{_within(cell, shift)}</{tag}>"


def _inline(child: Node | str, said: frozenset[str] = frozenset()) -> str:
    """Text and emphasis as markup, spaces not yet gathered; `said` is the emphasis it stands in."""
    if isinstance(child, str):
        return escape(child.replace("\xa0", " "), quote=False)
    if _is_hidden(child):
        return ""
    if child.tag == "br":
        return "<br>"
    if child.tag == "img":
        src, alt = (escape(child.attrs.get(name, "")) for name in ("src", "alt"))
        return f'<img src="{src}" alt="{alt}">'
    emphasis = [tag for tag in _emphasis(child) if tag not in said]
    inside = "".join(_inline(each, said.union(emphasis)) for each in child.children)
    if child.tag == "a":
        href = child.attrs.get("href", "")
        return f'<a href="{escape(href)}">{inside}</a>' if href and inside else inside
    for tag in emphasis:
        inside = f"<{tag}>{inside}</{tag}>"
    return inside


_BY_TAG = {"b": "strong", "strong": "strong", "i": "em", "em": "em", "u": "u", "ins": "u",
           "s": "s", "strike": "s", "del": "s", "sub": "sub", "sup": "sup"}  # fmt: skip
_BY_STYLE = {
    "strong": re.compile(r"font-weight:\s*(?:bold|[6-9]00)"),
    "em": re.compile(r"font-style:\s*italic"),
    "u": re.compile(r"text-decoration[\w-]*:[^;]*underline"),
    "s": re.compile(r"text-decoration[\w-]*:[^;]*line-through"),
    "sub": re.compile(r"vertical-align:\s*sub"),
    "sup": re.compile(r"vertical-align:\s*super"),
}


def _emphasis(node: Node) -> list[str]:
    wanted = [tag for tag, pattern in _BY_STYLE.items() if pattern.search(node.style)]
    own = _BY_TAG.get(node.tag, "")
    is_undone = own == "strong" and re.search(r"font-weight:\s*(?:normal|400)", node.style)
    return list(dict.fromkeys([*([own] if own and not is_undone else []), *wanted]))


def _line(markup: str) -> str:
    """One block's text: wrapped lines joined, spaces gathered, the indent and the tail taken off."""
    markup = _LONG_GAP.sub(r"\1", markup)
    markup = re.sub(r" *<br> *", "<br>", _WRAPPED.sub(r"\1\2", markup))
    markup = re.sub(r"[ \t\n]+", " ", markup)
    before = None
    while before != markup:
        before = markup
        markup = _HOLLOW.sub(r"\2", _SPLIT_RUN.sub(r"\2", markup))
        markup = _TAIL.sub(r"\1", _INDENT.sub(r"\1", markup))
    markup = re.sub(r"^(?:<br>)+|(?:<br>)+$", "", markup)
    return re.sub(r"<br>[\s\u3000]+", "<br>", markup)
