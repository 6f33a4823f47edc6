"""The whole state of the local WeChat, one attribute per chapter."""

from __future__ import annotations

import logging
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from .apps import App, Apps
from .clock import Clock
from .days import Datacube
from .drafts import Drafts
from .endpoints import ENDPOINTS, Call, Endpoint, Rights, use_quota
from .errors import PlatformError
from .faults import Faults
from .habits import Habits
from .http_client import HttpClient
from .live import Live
from .mass import Mass
from .materials import Materials
from .menus import Menus
from .mini_codes import MiniCodes
from .mini_host import MiniFolder
from .mini_login import MiniProgram
from .oauth import OAuth
from .options import Options
from .people import People, Person, openid_for
from .publishing import Publishing
from .pushes import InProcess, Pushes
from .qr_codes import QrCodes
from .subscribe import Subscriptions
from .tags import Tags
from .templates import Templates
from .wire import Wire

log = logging.getLogger("sandbox")

KEPT = (
    *("people", "apps", "menus", "tags", "templates", "materials", "drafts", "mass", "oauth", "pushes"),
    *("wire", "qr_codes", "mini", "mini_codes", "subscriptions", "publishing", "datacube", "habits"),
)


class Platform:
    def __init__(self, options: Options, in_process: dict[str, InProcess] | None = None) -> None:
        self.options = options
        self.base_url = f"http://{options.host}:{options.port}"
        self.editor_openid = openid_for("editor", 0)  # mass reports come from the account's own editor
        self.clock = Clock(options.clock_file)
        self.wire = Wire(self.clock)
        self.live = Live()
        self.faults = Faults()
        self.people = People()
        self.apps = Apps(options)
        self.typing: dict[str, float] = {}  # openid -> until
        self.ticket: dict[str, Any] = {"ticket": "", "dies_at": 0.0}
        self.menus = Menus()
        self.tags = Tags()
        self.templates = Templates()
        self.materials = Materials()
        self.drafts = Drafts(lambda: self.base_url)
        self.mass = Mass()
        self.oauth = OAuth()
        self.qr_codes = QrCodes()
        self.mini = MiniProgram()
        self.mini_codes = MiniCodes()
        self.mini_client: HttpClient | None = None
        self.mini_folder = MiniFolder(options.mini)
        self.subscriptions = Subscriptions()
        self.publishing = Publishing()
        self.datacube = Datacube()
        self.publishing.bind(self)
        self.pushes = Pushes(self, in_process)
        self.crowd: dict[str, Any] = {}
        self.habits = Habits()
        self.survey: Any = None

    def has(self, rights: Rights) -> bool:
        """Whether this kind of official account has the interface."""
        if rights is Rights.ANY:
            return True
        is_service = self.options.kind == "service"
        if rights is Rights.MENU:
            return self.options.verified or is_service
        return self.options.verified and (rights is Rights.VERIFIED or is_service)

    def may_call(self, app: App, known: Endpoint) -> bool:
        """The rights of official accounts go by kind; the mini program has all that is its own."""
        if app.kind not in known.apps:
            return False
        return app is self.apps.mini or self.has(known.rights)

    def admit(self, app: App, call: Call) -> App:
        """For calls that carry a secret in place of a token: 48001 and quotas, as the others have."""
        known = ENDPOINTS[call.path]
        call.app = app
        if not self.may_call(app, known):
            raise PlatformError(48001)
        use_quota(self, app, call, known)
        return app

    def unionid_of(self, person: Person) -> dict[str, str]:
        """The unionid as a field of an answer; none while the apps belong to no common account."""
        return {"unionid": person.unionid} if self.options.open_platform else {}

    def mini_tree(self) -> dict[str, str] | None:
        return self.mini_folder.tree()

    def has_media(self, media_id: str) -> bool:
        """Whether a reply may carry it."""
        return self.materials.find(media_id, self.clock.now()) is not None

    def menus_changed(self) -> None:
        """Every phone in sight draws its menu anew (the real ones take five minutes and more)."""
        for openid in self.live.watched():
            person = self.people.by_openid.get(openid)
            if person is not None:
                self.live.tell(openid, {"menu": self.menus.of(person)})

    def deliver(self, person: Person, kind: str, body: dict[str, Any], content: str, now: float) -> None:
        """The account's message reaches a phone."""
        if kind == "text":
            body["text"] = self.people.share(body["text"])
        message = self.people.write(person, "account", kind, body, now)
        self.people.count(person, content)
        if self.habits.of:
            self.habits.got(self, person, body, now)
        if self.live.is_watched(person.openid):
            self.live.tell(person.openid, {"message": asdict(message), "unread": person.unread})

    # the snapshot ---------------------------------------------------------------

    def save(self) -> float:
        """Write the snapshot beside and rename it. Gives the seconds it took; 0 without a file."""
        if not self.options.state:
            return 0.0
        began = time.monotonic()
        file = Path(self.options.state)
        file.parent.mkdir(parents=True, exist_ok=True)
        told = {name: getattr(self, name).dump() for name in KEPT}
        told |= {"crowd": self.crowd, "ticket": self.ticket}
        beside = file.with_name(f"{file.name}.{os.getpid()}.new")
        beside.write_bytes(orjson.dumps(told, option=orjson.OPT_NON_STR_KEYS))
        beside.replace(file)
        return time.monotonic() - began

    def restore(self) -> bool:
        """Take up the snapshot if there is one. An unreadable one ends the start with a sentence."""
        file = Path(self.options.state) if self.options.state else None
        if file is None or not file.exists():
            return False
        try:
            told = orjson.loads(file.read_bytes())
            for name in KEPT:
                getattr(self, name).load(told[name])
            self.crowd, self.ticket = told["crowd"], told["ticket"]
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, IndexError) as error:
            raise SystemExit(
                f"the snapshot {file} cannot be read ({error!r}); remove it to start afresh"
            ) from error
        log.info("restored %s people from %s", len(self.people), file)
        return True
