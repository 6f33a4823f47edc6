"""What WeChat tells us: messages and events, read from XML (contract §1.4 to §1.6)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

MAX_DEPTH = 12
MAX_ELEMENTS = 5000
MAX_KEY_LENGTH = 190

Value = str | dict[str, "Value"] | list["Value"]
Fields = dict[str, Value]

JOB_EVENTS = frozenset(
    {
        "TEMPLATESENDJOBFINISH",
        "MASSSENDJOBFINISH",
        "PUBLISHJOBFINISH",
        "FREEPUBLISHJOBFINISH",
        "subscribe_msg_sent_event",
    }
)


class BadXML(Exception):
    """Not the XML of a message. The reason holds nothing of the content."""


@dataclass(slots=True)
class Inbound:
    """One message or event. `fields` has everything sent; a repeated element is a list.

    Unknown types and fields are kept as they are. `raw` is the (decrypted) XML: `parse_inbound`
    reads it again, e.g. in the worker that settles job events.
    """

    to: str
    openid: str = field(repr=False)
    create_time: int  # Unix seconds, as sent
    msg_type: str
    msg_id: str = ""
    event: str = ""
    event_key: str = ""
    content: str = field(default="", repr=False)
    menu_id: str = ""  # bizmsgmenuid: the id of the tapped msgmenu option or link
    fields: Fields = field(default_factory=dict, repr=False)
    raw: bytes = field(default=b"", repr=False)
    encrypted: bool = False

    @property
    def dedupe_key(self) -> str:
        """Equal for every repeat of one push, different otherwise; at most 190 characters.

        Messages: MsgId, sender, time. Events: sender, time and whatever tells two events of
        one second apart. It holds the openid: store it, never log it.
        """
        if self.msg_type != "event":
            last = self.msg_id or hashlib.sha256(self.raw).hexdigest()[:32]
            return _short(f"{last}|{self.openid}|{self.create_time}")
        parts = [self.openid, str(self.create_time), self.event, self.event_key]
        parts += self._event_ids()
        return _short("|".join(parts))

    @property
    def is_job_event(self) -> bool:
        """True for the result of something we sent: stored and answered at once, settled later."""
        return self.event in JOB_EVENTS

    def text(self, name: str) -> str:
        """A top-level field as text; "" when absent or not text."""
        value = self.fields.get(name, "")
        return value if isinstance(value, str) else ""

    def group(self, name: str) -> Fields:
        """A top-level element that holds others; {} when absent."""
        value = self.fields.get(name)
        return value if isinstance(value, dict) else {}

    def entries(self, name: str) -> list[Fields]:
        """The `List` entries under an element: one entry or many always come as a list."""
        listed = self.group(name).get("List", self.fields.get("List", []))
        return [entry for entry in as_list(listed) if isinstance(entry, dict)]

    def _event_ids(self) -> Iterator[str]:
        yield self.text("MsgID") or self.text("MsgId")
        yield self.text("trace_id")
        yield self.text("publish_id") or str(self.group("PublishEventInfo").get("publish_id", ""))
        for entry in self.entries("SubscribeMsgSentEvent"):
            yield str(entry.get("MsgID", ""))


def as_list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else [value]


def parse_inbound(xml: bytes) -> Inbound:
    """The message in an (unencrypted) XML body. Raises BadXML."""
    fields = parse_xml(xml)
    create_time = _header(fields, "CreateTime")
    if not (create_time.isascii() and create_time.isdigit() and len(create_time) <= 10):
        raise BadXML("CreateTime is not a number")
    openid, msg_type = _header(fields, "FromUserName"), _header(fields, "MsgType")
    if not openid or not msg_type:
        raise BadXML("FromUserName or MsgType is missing")
    return Inbound(
        to=_header(fields, "ToUserName"),
        openid=openid,
        create_time=int(create_time),
        msg_type=msg_type,
        msg_id=_header(fields, "MsgId") if msg_type != "event" else "",
        event=_header(fields, "Event"),
        event_key=_header(fields, "EventKey"),
        content=_header(fields, "Content"),
        menu_id=_header(fields, "bizmsgmenuid"),
        fields=fields,
        raw=xml,
    )


def _header(fields: Fields, name: str) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str):
        raise BadXML(f"{name} is not a single text")
    return value


def _short(key: str) -> str:
    if len(key) <= MAX_KEY_LENGTH:
        return key
    return f"{key[:120]}|{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()}"


_CONTROL_BYTES = bytes(b for b in range(0x20) if b not in b"\t\n\r")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def parse_xml(xml: bytes) -> Fields:
    """The children of the root element. Raises BadXML for anything that is not plain XML.

    Control characters, which some clients really send, are dropped; broken UTF-8 is replaced.
    DTDs and entities are refused, depth and number of elements limited.
    """
    data = xml.translate(None, _CONTROL_BYTES)
    try:
        return _Reader().read(data)
    except expat.ExpatError:
        pass  # tried again below, cleaned of what XML cannot hold
    try:
        return _Reader().read(_NOT_XML.sub("", data.decode("utf-8", "replace")).encode())
    except expat.ExpatError as error:
        raise BadXML(f"not XML: {expat.ErrorString(error.code)}") from None


class _Reader:
    """One document into nested dicts. A repeated sibling turns the value into a list."""

    __slots__ = ("_depth", "_elements", "_node", "_root", "_stack", "_text")

    def __init__(self) -> None:
        self._root: Fields = {}
        self._node: Fields = self._root
        self._stack: list[tuple[str, Fields]] = []
        self._text = ""
        self._elements = 0

    def read(self, data: bytes) -> Fields:
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = _refuse
        parser.Parse(data, True)
        top = next(iter(self._root.values()))
        if not isinstance(top, dict):
            raise BadXML("the root has no elements")
        return top

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if len(self._stack) >= MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise BadXML("too deep or too many elements")
        self._stack.append((name, self._node))
        self._node = {}
        self._text = ""

    def _characters(self, text: str) -> None:
        self._text += text

    def _end(self, name: str) -> None:
        value: Value = self._node or self._text
        self._text = ""
        name, self._node = self._stack.pop()
        before = self._node.get(name)
        if before is None:
            self._node[name] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            self._node[name] = [before, value]


def _refuse(*_: object) -> None:
    raise BadXML("a document type is declared")
