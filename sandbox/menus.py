"""The menu under the chat: the default one and conditional ones (contract §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .endpoints import Answer, Call, Rights, endpoint, list_in, object_in, ok, text_in
from .errors import PlatformError

if TYPE_CHECKING:
    from .people import Person

Button = dict[str, Any]

NEEDS = {
    "click": ("key",),
    "view": ("url",),
    "scancode_push": ("key",),
    "scancode_waitmsg": ("key",),
    "pic_sysphoto": ("key",),
    "pic_photo_or_album": ("key",),
    "pic_weixin": ("key",),
    "location_select": ("key",),
    "media_id": ("media_id",),
    "article_id": ("article_id",),
    "article_view_limited": ("article_id",),
    "miniprogram": ("url", "appid", "pagepath"),
}
TOP = {"name": 40018, "key": 40019, "url": 40020, "type": 40017, "count": 40016, "domain": 40055}
SUB = {"name": 40025, "key": 40026, "url": 40027, "type": 40024, "count": 40023, "domain": 40054}
OUTSIDE_DOMAINS = 3
RULES = ("tag_id", "client_platform_type")
RULES_GONE = ("sex", "country", "province", "city", "language", "group_id")
CONDITIONAL = 100


class Menus:
    """`conditional` holds {button, matchrule, menuid}, oldest first; the newest that fits is shown."""

    def __init__(self) -> None:
        self.button: list[Button] | None = None
        self.menu_id = 1000
        self.last_id = 1000
        self.conditional: list[dict[str, Any]] = []

    def next_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def of(self, person: Person) -> list[Button]:
        """What this person's phone shows."""
        for row in reversed(self.conditional):
            rule = row["matchrule"]
            fits_tag = "tag_id" not in rule or int(rule["tag_id"]) in person.tags
            if fits_tag and rule.get("client_platform_type", str(person.device)) == str(person.device):
                found: list[Button] = row["button"]
                return found
        return self.button or []

    def buttons(self) -> list[Button]:
        """Every button of every menu that can be pressed."""
        menus = [self.button or [], *(row["button"] for row in self.conditional)]
        return [button for menu in menus for top in menu for button in (top["sub_button"] or [top])]

    def find(self, person: Person, key: str) -> Button | None:
        """The button with this key, url or name in the person's menu."""
        for top in self.of(person):
            for button in top.get("sub_button") or [top]:
                if key in (button.get("key"), button.get("url")) or key == button["name"]:
                    return button
        return None

    def dump(self) -> dict[str, Any]:
        return dict(vars(self))

    def load(self, kept: dict[str, Any]) -> None:
        vars(self).update(kept)


def _checked(platform: Any, button: Any, errors: dict[str, int], name_bytes: int) -> Button:
    """A button without sub-buttons, checked; only fields the platform keeps."""
    if not isinstance(button, dict):
        raise PlatformError(47001)
    name, kind = button.get("name"), button.get("type")
    if not isinstance(name, str) or not name or len(name.encode()) > name_bytes:
        raise PlatformError(errors["name"])
    if not isinstance(kind, str) or kind not in NEEDS:
        raise PlatformError(errors["type"])
    kept = {"type": kind, "name": name}
    for needed in NEEDS[kind]:
        value = button.get(needed)
        limit, code = (128, errors["key"]) if needed == "key" else (1024, errors["url"])
        if not isinstance(value, str) or not value or len(value.encode()) > limit:
            raise PlatformError(code)
        kept[needed] = value
    if kind in ("view", "miniprogram") and not kept["url"].startswith(("http://", "https://")):
        raise PlatformError(errors["domain"] if kind == "view" else errors["url"])
    if kind == "miniprogram" and kept["appid"] != platform.options.mini_app_id:
        raise PlatformError(45064)
    if kind == "media_id":
        platform.materials.check(kept["media_id"])
    return kept


def _checked_top(platform: Any, button: Any) -> Button:
    subs = button.get("sub_button") if isinstance(button, dict) else None
    if not subs:
        return {**_checked(platform, button, TOP, 16), "sub_button": []}
    name = button.get("name")
    if not isinstance(name, str) or not name or len(name.encode()) > 16:
        raise PlatformError(TOP["name"])
    if not isinstance(subs, list) or len(subs) > 5:
        raise PlatformError(SUB["count"])
    return {
        "name": name,
        "sub_button": [{**_checked(platform, sub, SUB, 60), "sub_button": []} for sub in subs],
    }


def _checked_all(platform: Any, body: Button) -> list[Button]:
    tops = list_in(body, "button", 40016)
    if not 1 <= len(tops) <= 3:
        raise PlatformError(40016)
    menu = [_checked_top(platform, top) for top in tops]
    buttons = [button for top in menu for button in (top["sub_button"] or [top])]
    own = {urlsplit(platform.options.web).netloc, urlsplit(platform.base_url).netloc}
    hosts = {urlsplit(button["url"]).netloc for button in buttons if button["type"] == "view"}
    if len(hosts - own) > OUTSIDE_DOMAINS:
        raise PlatformError(65316)
    return menu


@endpoint("POST", "/cgi-bin/menu/create", rights=Rights.MENU, daily=1000)
def create(platform: Any, call: Call) -> Answer:
    platform.menus.button = _checked_all(platform, call.body)
    platform.menus.menu_id = platform.menus.next_id()
    platform.menus_changed()
    return ok()


@endpoint("GET", "/cgi-bin/menu/get", rights=Rights.MENU, daily=10_000)
def get(platform: Any, call: Call) -> Answer:
    menus: Menus = platform.menus
    if menus.button is None:
        raise PlatformError(46003)
    told: Answer = {"menu": {"button": menus.button, "menuid": menus.menu_id}}
    if menus.conditional:
        told["conditionalmenu"] = [
            {"button": row["button"], "matchrule": row["matchrule"], "menuid": row["menuid"]}
            for row in reversed(menus.conditional)
        ]
    return told


@endpoint("GET", "/cgi-bin/menu/delete", rights=Rights.MENU, daily=1000)
def delete(platform: Any, call: Call) -> Answer:
    """The default menu goes, and every conditional one with it."""
    platform.menus.button = None
    platform.menus.conditional.clear()
    platform.menus_changed()
    return ok()


# conditional menus ------------------------------------------------------------------


def _checked_rule(platform: Any, body: Button) -> dict[str, str]:
    rule = object_in(body, "matchrule", 65304)
    if any(rule.get(gone) for gone in RULES_GONE):
        raise PlatformError(65320)
    kept = {name: str(rule[name]) for name in RULES if rule.get(name) not in (None, "")}
    if not kept:
        raise PlatformError(65304)
    tag = kept.get("tag_id")
    if tag is not None and not (tag.isdecimal() and int(tag) in platform.tags.names):
        raise PlatformError(40152)
    if kept.get("client_platform_type", "1") not in ("1", "2", "3"):
        raise PlatformError(40035, "client_platform_type")
    return kept


@endpoint("POST", "/cgi-bin/menu/addconditional", daily=2000)
def add_conditional(platform: Any, call: Call) -> Answer:
    menus: Menus = platform.menus
    if not call.body.get("button"):
        raise PlatformError(65307)
    button = _checked_all(platform, call.body)
    rule = _checked_rule(platform, call.body)
    if menus.button is None:
        raise PlatformError(65303)
    if len(menus.conditional) >= CONDITIONAL:
        raise PlatformError(65305)
    menu_id = str(menus.next_id())
    menus.conditional.append({"button": button, "matchrule": rule, "menuid": menu_id})
    platform.menus_changed()
    return {"menuid": menu_id}


@endpoint("POST", "/cgi-bin/menu/delconditional", daily=2000)
def delete_conditional(platform: Any, call: Call) -> Answer:
    menu_id = str(call.body.get("menuid", ""))
    menus: Menus = platform.menus
    left = [row for row in menus.conditional if row["menuid"] != menu_id]
    if len(left) == len(menus.conditional):
        raise PlatformError(65301)
    menus.conditional = left
    platform.menus_changed()
    return ok()


@endpoint("POST", "/cgi-bin/menu/trymatch", daily=20_000)
def try_match(platform: Any, call: Call) -> Answer:
    """The menu of one person, named by openid or WeChat id."""
    person = platform.people.named(text_in(call.body, "user_id", 65302))
    if person is None or not person.is_following:
        raise PlatformError(65302)
    if platform.menus.button is None:
        raise PlatformError(65303)
    return {"button": platform.menus.of(person)}


@endpoint("GET", "/cgi-bin/get_current_selfmenu_info", rights=Rights.MENU)
def current(platform: Any, call: Call) -> Answer:
    buttons = [
        {"name": top["name"], "sub_button": {"list": [_bare(sub) for sub in top["sub_button"]]}}
        if top["sub_button"]
        else _bare(top)
        for top in platform.menus.button or []
    ]
    return {"is_menu_open": int(bool(buttons)), "selfmenu_info": {"button": buttons}}


def _bare(button: Button) -> Button:
    return {name: value for name, value in button.items() if name != "sub_button"}
