"""XML as the platform writes and reads it. Written by hand: CDATA stays literal."""

from __future__ import annotations

from xml.parsers import expat

Node = dict[str, "list[Node | str]"]


class BadXml(ValueError):
    """Not the XML the platform accepts; the text says why."""


def cdata(text: str) -> str:
    """Text in CDATA; `]]>` is split, control characters stay as a person typed them."""
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def element(name: str, value: str | int) -> str:
    return f"<{name}>{value if isinstance(value, int) else cdata(value)}</{name}>"


def document(*parts: str) -> str:
    return "<xml>" + "".join(parts) + "</xml>"


def parse(raw: bytes) -> Node:
    """The children of the root <xml> by name. Raises BadXml; a DTD is refused."""
    parser = expat.ParserCreate()
    stack: list[tuple[str, Node, list[str]]] = [("", {}, [])]

    def refuse(*_: object) -> None:
        raise BadXml("a document type is not allowed")

    def start(name: str, _: dict[str, str]) -> None:
        if len(stack) > 12:
            raise BadXml("nested too deep")
        stack.append((name, {}, []))

    def end(name: str) -> None:
        _, children, pieces = stack.pop()
        value: Node | str = children if children else "".join(pieces)
        stack[-1][1].setdefault(name, []).append(value)

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = lambda data: stack[-1][2].append(data)
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise BadXml(str(error)) from error
    root = stack[0][1].get("xml")
    if root is None or not isinstance(root[0], dict):
        raise BadXml("the root must be <xml> with elements inside")
    return root[0]


def text_of(node: Node, name: str) -> str | None:
    """The text of a child, None when absent. Raises BadXml when it is repeated or has children."""
    found = node.get(name)
    if found is None:
        return None
    if len(found) != 1 or not isinstance(found[0], str):
        raise BadXml(f"<{name}> must occur once and hold text")
    return found[0]


def child_of(node: Node, name: str) -> Node:
    """A child that has children. Raises BadXml when there is none."""
    found = node.get(name)
    if found is None or len(found) != 1 or not isinstance(found[0], dict):
        raise BadXml(f"<{name}> with elements inside is missing")
    return found[0]
