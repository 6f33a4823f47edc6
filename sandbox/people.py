"""The people with phones: who follows, what they were sent, what they may still be sent."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any

from .errors import PlatformError

CHAT_KEPT = ((2000, 200), (20_000, 20), (10**9, 5))  # up to so many people -> messages kept of each chat
TEXTS_SHARED = 5000

WINDOWS = {  # what a person did -> (messages the account may send, seconds), contract §5
    "message": (5, 48 * 3600),
    "click": (3, 60),
    "follow": (3, 60),
    "scan": (3, 60),
    "mini_message": (5, 48 * 3600),  # a mini program's own customer service, contract §12
    "mini_enter": (2, 60),
}


@dataclass(slots=True)
class Message:
    """One bubble or card in a chat. `by` is person, account or system."""

    id: int
    at: int
    by: str
    kind: str
    body: dict[str, Any]


class HasWindows:
    """Somebody whom an app may answer for a while after what they did."""

    __slots__ = ()
    windows: dict[str, list[float]]

    def open_window(self, act: str, now: float) -> None:
        count, seconds = WINDOWS[act]
        self.windows[act] = [now + seconds, count]

    def last_act(self) -> float:
        """When the latest window was opened; 0 when none is open any more."""
        return max((row[0] - WINDOWS[act][1] for act, row in self.windows.items()), default=0.0)

    def spend_window(self, now: float) -> None:
        """Use one message of the open window that closes first. Raises 45015 or 45047."""
        is_open = False
        for window in sorted(self.windows.values()):
            if window[0] > now:
                is_open = True
                if window[1] > 0:
                    window[1] -= 1
                    return
        raise PlatformError(45047 if is_open else 45015)


@dataclass(slots=True)
class Person(HasWindows):
    openid: str
    name: str
    unionid: str
    is_following: bool = False
    followed_at: int = 0
    scene: str = "ADD_SCENE_SEARCH"
    qr_scene: str = ""
    is_blocking: bool = False  # refuses messages in the settings
    is_blacklisted: bool = False  # the account put the person on its black list
    device: int = 2  # client_platform_type: 1 iOS, 2 Android, 3 other
    remark: str = ""
    tags: list[int] = field(default_factory=list)
    windows: dict[str, list[float]] = field(default_factory=dict)  # act -> [closes at, messages left]
    consents: dict[str, int] = field(default_factory=dict)  # "template|scene" -> messages left
    mass_month: str = ""
    mass_count: int = 0
    allows_profile: bool = False
    unread: int = 0
    phone: str = ""  # as typed into WeChat; made from the openid where nothing was said
    cookies: dict[str, str] = field(default_factory=dict)
    chat: list[Message] = field(default_factory=list)

    @property
    def weixin_id(self) -> str:
        """The name a person is found by in WeChat."""
        return "wx_" + self.openid[-10:].lower()

    @property
    def phone_number(self) -> str:
        return (
            self.phone or "199" + f"{int(hashlib.sha256(self.openid.encode()).hexdigest(), 16) % 10**8:08d}"
        )

    def mass_received(self, month: str) -> int:
        return self.mass_count if self.mass_month == month else 0

    def count_mass(self, month: str) -> None:
        self.mass_count = self.mass_received(month) + 1
        self.mass_month = month


def openid_for(name: str, number: int) -> str:
    """A 28-character openid, the same for the same name and number."""
    digest = hashlib.sha256(f"{name}/{number}".encode()).hexdigest()
    return "o" + "Sbx" + digest[:24]


class People:
    """Everybody who has a phone here, and the ledger of what each received."""

    def __init__(self) -> None:
        self.by_openid: dict[str, Person] = {}
        self.received: dict[str, dict[str, int]] = {}  # content -> openid -> times
        self.last_message = 0
        self._texts: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self.by_openid)

    def find(self, openid: Any) -> Person:
        """The person, or 40003."""
        person = self.by_openid.get(openid) if isinstance(openid, str) else None
        if person is None:
            raise PlatformError(40003)
        return person

    def follower(self, openid: Any) -> Person:
        """The person, who must follow: 40003 or 43004 else."""
        person = self.find(openid)
        if not person.is_following:
            raise PlatformError(43004)
        return person

    def named(self, user_id: str) -> Person | None:
        """The person with this openid or WeChat id."""
        if user_id in self.by_openid:
            return self.by_openid[user_id]
        if not user_id.startswith("wx_"):
            return None
        return next((p for p in self.by_openid.values() if p.weixin_id == user_id), None)

    def followers(self) -> list[Person]:
        return [person for person in self.by_openid.values() if person.is_following]

    def add(self, name: str, openid: str = "") -> Person:
        """A new person who does not follow yet; the one there is when the openid is known."""
        openid = openid or self._free_openid(name)
        person = self.by_openid.get(openid)
        if person is None:
            unionid = "u" + hashlib.sha256(openid.encode()).hexdigest()[:27]
            person = self.by_openid[openid] = Person(openid=openid, name=name, unionid=unionid)
        return person

    def _free_openid(self, name: str) -> str:
        number = len(self.by_openid)
        while (openid := openid_for(name, number)) in self.by_openid:
            number += 1
        return openid

    def write(self, person: Person, by: str, kind: str, body: dict[str, Any], at: float) -> Message:
        """Put a message into the chat."""
        self.last_message += 1
        message = Message(self.last_message, int(at), by, kind, body)
        chat = person.chat
        chat.append(message)
        if len(chat) > CHAT_KEPT[-1][1]:
            kept = next(kept for people, kept in CHAT_KEPT if len(self.by_openid) <= people)
            del chat[: max(len(chat) - kept, 0)]
        if by == "account":
            person.unread += 1
        return message

    def share(self, text: str) -> str:
        """The same string object for the same text: a survey is asked thousands of times."""
        if len(self._texts) > TEXTS_SHARED:
            self._texts.clear()
        return self._texts.setdefault(text, text)

    def count(self, person: Person, content: str) -> None:
        """Note that the person received this content once more."""
        counts = self.received.get(content)
        if counts is None:
            counts = self.received[content] = {}
        counts[person.openid] = counts.get(person.openid, 0) + 1

    def dump(self) -> dict[str, Any]:
        return {
            "people": list(self.by_openid.values()),
            "received": self.received,
            "last_message": self.last_message,
        }

    def load(self, kept: dict[str, Any]) -> None:
        for row in kept["people"]:
            row["chat"] = [Message(**message) for message in row["chat"]]
            self.by_openid[row["openid"]] = Person(**row)
        self.received = kept["received"]
        self.last_message = kept["last_message"]


def shown(person: Person, now: float, with_chat: bool = True) -> dict[str, Any]:
    """A person as the page and tests see them."""
    told = {
        "openid": person.openid,
        "name": person.name,
        "following": person.is_following,
        "blocking": person.is_blocking,
        "unread": person.unread,
        "unionid": person.unionid,
        "weixin_id": person.weixin_id,
        "phone": person.phone_number,
        "device": person.device,
        "tags": person.tags,
        "consents": person.consents,
        "mass_received": {"month": person.mass_month, "count": person.mass_count},
        "windows": {
            act: {"seconds_left": int(closes - now), "messages_left": int(left)}
            for act, (closes, left) in person.windows.items()
            if closes > now
        },
    }
    if with_chat:
        told["chat"] = [asdict(message) for message in person.chat]
    return told
