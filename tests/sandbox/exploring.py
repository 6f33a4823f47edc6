"""Every interface called rightly, wrongly and in every state: what the table and the property test share.

`SAMPLES` is a good call of each interface; "$name" stands for something the world makes first.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from sandbox import app as _  # noqa: F401 - declares every interface
from sandbox import phones
from sandbox.endpoints import ENDPOINTS, Binary, Call, Takes, answer
from sandbox.errors import PlatformError
from sandbox.options import Options
from sandbox.people import Person
from sandbox.platform import Platform

NOON = 1_735_704_000  # 12:00 in Shanghai on 1 January 2025
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
TEXT = {"content": "您好"}
SALON = {"thing1": {"value": "沙龙"}, "time2": {"value": "14:00"}, "thing3": {"value": "报告厅"}}
SURVEY = {"thing1": {"value": "需求"}, "time2": {"value": "18:00"}, "thing3": {"value": "三分钟"}}
BUTTON = [{"type": "click", "name": "最新", "key": "LATEST"}]
PAGE = {"offset": 0, "count": 20}
ARTICLE = {"title": "第三期", "content": "<p>正文</p>", "thumb_media_id": "$picture"}
DAYS = {"begin_date": "2024-12-31", "end_date": "2024-12-31"}
TOO_LATE = {"begin_date": "2024-12-31", "end_date": "2025-01-01"}
CHECK = {"version": 2, "scene": 2, "openid": "$mini"}
SECRET = {"appid": "$appid", "secret": "$secret"}

# What goes into the address of a GET, or the body of a POST.
SAMPLES: dict[str, dict[str, Any]] = {
    "/cgi-bin/token": {"grant_type": "client_credential", **SECRET},
    "/cgi-bin/stable_token": {"grant_type": "client_credential", **SECRET, "force_refresh": False},
    "/cgi-bin/ticket/getticket": {"type": "jsapi"},
    "/cgi-bin/callback/check": {"action": "all", "check_operator": "DEFAULT"},
    "/cgi-bin/openapi/quota/get": {"cgi_path": "/cgi-bin/user/get"},
    "/cgi-bin/openapi/quota/clear": {"cgi_path": "/cgi-bin/user/get"},
    "/cgi-bin/openapi/rid/get": {"rid": "$rid"},
    "/cgi-bin/clear_quota": {"appid": "$appid"},
    "/cgi-bin/clear_quota/v2": {"appid": "$appid", "appsecret": "$secret"},
    "/cgi-bin/menu/create": {"button": BUTTON},
    "/cgi-bin/menu/addconditional": {"button": BUTTON, "matchrule": {"tag_id": "$tag"}},
    "/cgi-bin/menu/delconditional": {"menuid": "$menu"},
    "/cgi-bin/menu/trymatch": {"user_id": "$openid"},
    "/cgi-bin/user/info": {"openid": "$openid", "lang": "zh_CN"},
    "/cgi-bin/user/info/batchget": {"user_list": [{"openid": "$openid"}]},
    "/cgi-bin/user/get": {"next_openid": ""},
    "/cgi-bin/user/info/updateremark": {"openid": "$openid", "remark": "七校"},
    "/cgi-bin/changeopenid": {"from_appid": "wxOld", "openid_list": ["$openid"]},
    "/cgi-bin/tags/create": {"tag": {"name": "新标签"}},
    "/cgi-bin/tags/update": {"tag": {"id": "$tag", "name": "改名"}},
    "/cgi-bin/tags/delete": {"tag": {"id": "$tag"}},
    "/cgi-bin/user/tag/get": {"tagid": "$tag", "next_openid": ""},
    "/cgi-bin/tags/members/batchtagging": {"openid_list": ["$openid"], "tagid": "$free_tag"},
    "/cgi-bin/tags/members/batchuntagging": {"openid_list": ["$openid"], "tagid": "$tag"},
    "/cgi-bin/tags/getidlist": {"openid": "$openid"},
    "/cgi-bin/tags/members/getblacklist": {"begin_openid": ""},
    "/cgi-bin/tags/members/batchblacklist": {"openid_list": ["$openid"]},
    "/cgi-bin/tags/members/batchunblacklist": {"openid_list": ["$openid"]},
    "/cgi-bin/message/custom/send": {"touser": "$openid", "msgtype": "text", "text": TEXT},
    "/cgi-bin/message/custom/typing": {"touser": "$openid", "command": "Typing"},
    "/cgi-bin/message/template/send": {
        "touser": "$openid",
        "template_id": "TPL_SALON",
        "client_msg_id": "c1",
        "url": "https://m.example.org",
        "miniprogram": {"appid": "$mini_appid", "pagepath": "pages/l?id=7"},
        "data": SALON,
    },
    "/cgi-bin/template/api_add_template": {"template_id_short": "43161", "keyword_name_list": ["活动名称"]},
    "/cgi-bin/template/del_private_template": {"template_id": "TPL_SALON"},
    "/cgi-bin/template/api_set_industry": {"industry_id1": "39", "industry_id2": "40"},
    "/wxa/sec/queryblocktmplmsg": {"tmpl_msg_id": "1", "largest_id": "0", "limit": 100},
    "/cgi-bin/message/template/subscribe": {
        "touser": "$openid",
        "template_id": "ONE_NOTICE",
        "url": "https://m.example.org",
        "scene": 7,
        "title": "讲座提醒",
        "data": {"content": {"value": "明天下午两点", "color": "#000000"}},
    },
    "/cgi-bin/message/subscribe/send": {
        "touser": "$mini",
        "template_id": "SUB_SURVEY",
        "page": "pages/l",
        "miniprogram_state": "formal",
        "lang": "zh_CN",
        "data": SURVEY,
    },
    "/cgi-bin/message/subscribe/bizsend": {
        "touser": "$openid",
        "template_id": "BIZ_ACTIVITY",
        "page": "https://m.example.org",
        "data": SALON,
    },
    "/wxaapi/newtmpl/addtemplate": {"tid": "401", "kidList": [1, 2], "sceneDesc": "讲座提醒"},
    "/wxaapi/newtmpl/deltemplate": {"priTmplId": "BIZ_JOURNAL"},
    "/wxaapi/newtmpl/getpubtemplatetitles": {"ids": "616", "start": "0", "limit": "30"},
    "/wxaapi/newtmpl/getpubtemplatekeywords": {"tid": "401"},
    "/cgi-bin/message/mass/sendall": {
        "filter": {"is_to_all": False, "tag_id": "$tag"},
        "mpnews": {"media_id": "$draft"},
        "msgtype": "mpnews",
        "send_ignore_reprint": 0,
        "clientmsgid": "$key",
    },
    "/cgi-bin/message/mass/send": {
        "touser": ["$openid", "$other"],
        "msgtype": "text",
        "text": TEXT,
        "clientmsgid": "$key",
    },
    "/cgi-bin/message/mass/preview": {"touser": "$openid", "msgtype": "text", "text": TEXT},
    "/cgi-bin/message/mass/get": {"msg_id": "$msg"},
    "/cgi-bin/message/mass/delete": {"msg_id": "$msg", "article_idx": 0},
    "/cgi-bin/message/mass/speed/set": {"speed": 3},
    "/cgi-bin/media/upload": {"type": "image"},
    "/cgi-bin/media/get": {"media_id": "$temporary"},
    "/cgi-bin/material/add_material": {"type": "image"},
    "/cgi-bin/material/get_material": {"media_id": "$picture"},
    "/cgi-bin/material/del_material": {"media_id": "$picture"},
    "/cgi-bin/material/batchget_material": {"type": "image", **PAGE},
    "/cgi-bin/draft/add": {"articles": [ARTICLE]},
    "/cgi-bin/draft/get": {"media_id": "$draft"},
    "/cgi-bin/draft/update": {"media_id": "$draft", "index": 0, "articles": ARTICLE},
    "/cgi-bin/draft/delete": {"media_id": "$draft"},
    "/cgi-bin/draft/batchget": {**PAGE, "no_content": 1},
    "/cgi-bin/freepublish/submit": {"media_id": "$draft"},
    "/cgi-bin/freepublish/get": {"publish_id": "$publish"},
    "/cgi-bin/freepublish/delete": {"article_id": "$article", "index": 0},
    "/cgi-bin/freepublish/getarticle": {"article_id": "$article"},
    "/cgi-bin/freepublish/batchget": {**PAGE, "no_content": 1},
    "/sns/oauth2/access_token": {**SECRET, "code": "$code", "grant_type": "authorization_code"},
    "/sns/oauth2/refresh_token": {
        "appid": "$appid",
        "grant_type": "refresh_token",
        "refresh_token": "$refresh",
    },
    "/sns/auth": {"access_token": "$user_token", "openid": "$openid"},
    "/sns/userinfo": {"access_token": "$user_token", "openid": "$openid", "lang": "zh_CN"},
    "/cgi-bin/qrcode/create": {
        "expire_seconds": 604_800,
        "action_name": "QR_STR_SCENE",
        "action_info": {"scene": {"scene_str": "lecture_7"}},
    },
    "/cgi-bin/shorten/gen": {"long_data": '{"l":7}', "expire_seconds": 86_400},
    "/cgi-bin/shorten/fetch": {"short_key": "$short"},
    "/sns/jscode2session": {
        "appid": "$mini_appid",
        "secret": "$mini_secret",
        "js_code": "$js_code",
        "grant_type": "authorization_code",
    },
    "/wxa/business/getuserphonenumber": {"code": "$phone_code"},
    "/wxa/checksession": {"openid": "$mini", "signature": "$signature", "sig_method": "hmac_sha256"},
    "/wxa/getuserriskrank": {"appid": "$mini_appid", "openid": "$mini", "scene": 0, "client_ip": "1.2.3.4"},
    "/wxa/getwxacodeunlimit": {
        "scene": "l=7",
        "page": "pages/l",
        "check_path": True,
        "env_version": "release",
        "width": 280,
    },
    "/wxa/getwxacode": {"path": "pages/l?id=7", "width": 280},
    "/cgi-bin/wxaapp/createwxaqrcode": {"path": "pages/l?id=7", "width": 280},
    "/wxa/generate_urllink": {"path": "/pages/l", "query": "id=7", "expire_type": 1, "expire_interval": 30},
    "/wxa/generatescheme": {
        "jump_wxa": {"path": "/pages/l", "query": "id=7"},
        "expire_type": 1,
        "expire_interval": 7,
    },
    "/wxa/msg_sec_check": {"content": "这堂课很好", **CHECK},
    "/wxa/media_check_async": {"media_url": "https://x.example.org/a.jpg", "media_type": 2, **CHECK},
    **{path: DAYS for path in ENDPOINTS if path.startswith("/datacube/")},
}
HOSTILE: tuple[Any, ...] = (
    None,
    "",
    "x" * 5000,
    "有 空 格",
    -1,
    10**12,
    True,
    [],
    {},
    ["x"],
    {"x": 1},
    "https://x",
)


class World:
    """A platform in process, with two people who follow, a menu, and whatever "$…" names."""

    def __init__(self, platform: Platform | None = None) -> None:
        self.platform = platform or Platform(Options(web="http://127.0.0.1:9", mini=""))
        self.platform.clock.move(NOON, rate=0)
        self.person, self.other = self._follower("甲"), self._follower("乙")
        self.user = self.platform.mini.user_of(self.person)
        self.user.active_at = self.now
        self.user.consents["SUB_SURVEY"] = 1
        self.person.consents |= {"ONE_NOTICE|7": 1, "BIZ_ACTIVITY|biz": 1}
        self.person.open_window("message", self.now)
        self.tokens = {
            app.kind: app.credentials.mint_stable(self.now, self.platform.clock.day(), False)["access_token"]
            for app in self.platform.apps.both
        }
        self._made: dict[str, Any] = {}

    def _follower(self, name: str) -> Person:
        person = self.platform.people.add(name)
        phones.start_following(self.platform, person)
        return person

    @property
    def now(self) -> float:
        return self.platform.clock.now()

    def made(self, name: str) -> Any:
        """What "$name" stands for, made once."""
        if name not in self._made:
            self._made[name] = MAKERS[name](self)
        return self._made[name]

    def filled(self, value: Any) -> Any:
        """The sample with every "$name" in it replaced."""
        if isinstance(value, str) and value.startswith("$"):
            return self.made(value[1:])
        if isinstance(value, dict):
            return {key: self.filled(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        return value

    def call(
        self, path: str, given: dict[str, Any] | bytes, *, method: str = "", token: str | None = None
    ) -> int:
        """The errcode of one call with the right app's token."""
        known = ENDPOINTS[path]
        call = Call(method or known.methods[0], path, {}, client="127.0.0.1")
        if known.needs_token:
            wanted = self.tokens["official" if "official" in known.apps else "mini"]
            call.query["access_token"] = wanted if token is None else token
        if isinstance(given, bytes):
            call.raw = given
        elif known.takes is Takes.JSON:
            call.raw = orjson.dumps(given)
        else:
            call.query |= {key: str(value) for key, value in given.items() if value is not None}
        if known.takes is Takes.FILE:
            call.raw = given if isinstance(given, bytes) else FILE
            call.content_type = "multipart/form-data; boundary=b"
        try:
            told = answer(self.platform, call)
        except PlatformError as error:
            return error.errcode
        return 0 if isinstance(told, Binary) else int(told.get("errcode", 0))

    def good(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = self.filled(copy.deepcopy(SAMPLES.get(path, {})))
        return found

    def tell(self, path: str) -> dict[str, Any]:
        """The whole answer of a good call."""
        known = ENDPOINTS[path]
        wanted = self.tokens["official" if "official" in known.apps else "mini"]
        call = Call(known.methods[0], path, {"access_token": wanted}, orjson.dumps(self.good(path)))
        told = answer(self.platform, call)
        assert isinstance(told, dict)
        return told


FILE = (
    b'--b\r\nContent-Disposition: form-data; name="media"; filename="a.png"\r\n\r\n' + PNG + b"\r\n--b--\r\n"
)


def _tag(world: World, name: str) -> int:
    tags = world.platform.tags
    tags.last += 1
    tags.names[tags.last] = name
    return int(tags.last)


def _own_tag(world: World) -> int:
    number = _tag(world, "讲师")
    for person in (world.person, world.other):
        person.tags.append(number)
    return number


def _draft(world: World) -> str:
    article = {"title": "第三期", "author": "", "digest": "", "content": "x", "content_source_url": ""}
    kept = {**article, "thumb_media_id": world.made("picture")}
    return str(world.platform.drafts.add([kept], world.now).media_id)


def _menu(world: World) -> str:
    return str(world.tell("/cgi-bin/menu/addconditional")["menuid"])


def _rid(world: World) -> str:
    rid = "00000001-00000002-00000003"
    world.platform.wire.refused[rid] = {"app": "official", "request": {"invoke_time": int(world.now)}}
    return rid


def _signature(world: World) -> str:
    import hashlib
    import hmac

    world.user.session_key, world.user.session_at = "key", world.now
    return hmac.new(b"key", b"", hashlib.sha256).hexdigest()


MAKERS: dict[str, Callable[[World], Any]] = {
    "openid": lambda world: world.person.openid,
    "other": lambda world: world.other.openid,
    "mini": lambda world: world.user.openid,
    "appid": lambda world: world.platform.options.app_id,
    "secret": lambda world: world.platform.options.app_secret,
    "mini_appid": lambda world: world.platform.options.mini_app_id,
    "mini_secret": lambda world: world.platform.options.mini_app_secret,
    "tag": _own_tag,
    "free_tag": lambda world: _tag(world, "空标签"),
    "menu": _menu,
    "picture": lambda world: world.platform.materials.keep("image", "a.png", PNG, world.now).id,
    "temporary": lambda world: world.platform.materials.keep_temporary("image", "a.png", PNG, world.now).id,
    "draft": _draft,
    "publish": lambda world: world.tell("/cgi-bin/freepublish/submit")["publish_id"],
    "article": lambda world: world.platform.publishing.by_id[world.made("publish")].article_id,
    "msg": lambda world: world.tell("/cgi-bin/message/mass/sendall")["msg_id"],
    "key": lambda world: "k" + world.person.openid[-20:],
    "rid": _rid,
    "code": lambda world: world.platform.oauth.new_code(world.person, "snsapi_userinfo", world.now),
    "refresh": lambda world: world.platform.oauth.new_refresher(
        world.person.openid, "snsapi_userinfo", world.now
    ),
    "user_token": lambda world: world.platform.oauth.new_token(
        world.person.openid, "snsapi_userinfo", world.now
    ),
    "js_code": lambda world: world.platform.mini.new_code(world.user, "login", world.now),
    "phone_code": lambda world: world.platform.mini.new_code(world.user, "phone", world.now),
    "signature": _signature,
    "short": lambda world: world.tell("/cgi-bin/shorten/gen")["short_key"],
}


def prepare(world: World, path: str) -> None:
    """What an interface needs to be there besides what its sample names."""
    if path.startswith("/cgi-bin/menu/") or path.endswith("selfmenu_info"):
        world.platform.menus.button = [{**BUTTON[0], "sub_button": []}]


# states ----------------------------------------------------------------------------------


def _many_tags(world: World) -> None:
    for number in range(100):
        _tag(world, f"标签{number}")
    world.person.tags[:] = [number for number in world.platform.tags.names][-20:]


def _used_codes(world: World) -> None:
    for row in (*world.platform.oauth.codes.values(), *world.platform.mini.codes.values()):
        row.is_used = True


def _limits(world: World) -> None:
    kept = world.platform
    kept.qr_codes.permanent = kept.mini_codes.made = 100_000
    kept.mass.sent_to_all[kept.clock.month()] = kept.mass.sent_to_all[kept.clock.day()] = 4
    for app in kept.apps.both:
        app.quotas.cleared = {"month": kept.clock.month(), "times": 10}
        app.quotas.used["links"] = 500_000
    while len(kept.templates.by_id) < 25:
        kept.templates.by_id[f"T{len(kept.templates.by_id)}"] = kept.templates.by_id["TPL_SALON"]
    for rows in kept.subscriptions.of.values():
        while len(rows) < 50:
            rows[f"S{len(rows)}"] = next(iter(rows.values()))


def _closed(world: World) -> None:
    world.person.windows.clear()
    world.user.windows.clear()


def _spent(world: World) -> None:
    for row in world.person.windows.values():
        row[1] = 0


def _without(world: World) -> None:
    world.person.consents.clear()
    world.user.consents.clear()


def _unfollowed(world: World) -> None:
    world.person.is_following = False


STATES: dict[str, Callable[[World], Any]] = {
    "unfollowed": _unfollowed,
    "blocking": lambda world: setattr(world.person, "is_blocking", True),
    "blacklisted": lambda world: setattr(world.person, "is_blacklisted", True),
    "closed": _closed,
    "spent": _spent,
    "without consents": _without,
    "full": _many_tags,
    "used codes": _used_codes,
    "limits": _limits,
    "no menu": lambda world: setattr(world.platform.menus, "button", None),
    "frozen": lambda world: [setattr(app, "is_frozen", True) for app in world.platform.apps.both],
    "other address": lambda world: world.platform.apps.ip_list.append("10.0.0.9"),
    "refused": lambda world: setattr(world.user, "is_refused", True),
    "an hour later": lambda world: world.platform.clock.move(by=3600),
    "a week later": lambda world: _later(world, 8 * 86_400),
    "two months later": lambda world: _later(world, 62 * 86_400),
    "figures late": lambda world: setattr(world.platform.datacube, "ready_hour", 24),
    "not let in": lambda world: setattr(world.platform.options, "bizsend", False),
    "nobody listens": lambda world: [
        setattr(world.platform.pushes.callback_of(app.kind), "has_address", False)
        for app in world.platform.apps.both
    ],
    "typing": lambda world: world.platform.typing.update({world.person.openid: world.now + 10}),
    "session gone": lambda world: setattr(world.user, "session_key", ""),
    "material in use": lambda world: setattr(
        world.platform.menus,
        "button",
        [{"type": "media_id", "name": "图", "media_id": world.made("picture"), "sub_button": []}],
    ),
}


def _later(world: World, seconds: float) -> None:
    """Time passes; the tokens of the account are fetched anew, everything else grows old."""
    world.platform.clock.move(by=seconds)
    for app in world.platform.apps.both:
        fresh = app.credentials.mint_stable(world.now, world.platform.clock.day(), False)
        world.tokens[app.kind] = fresh["access_token"]


def bent(sample: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The sample with each of its fields, also the inner ones, left out or replaced by something hostile."""
    for key, value in sample.items():
        yield {name: one for name, one in sample.items() if name != key}
        for hostile in HOSTILE:
            yield {**sample, key: hostile}
        if isinstance(value, dict):
            for inner in bent(value):
                yield {**sample, key: inner}
        if isinstance(value, list) and value:
            yield {**sample, key: value * 200}
            if isinstance(value[0], dict):
                for inner in bent(value[0]):
                    yield {**sample, key: [inner, *value[1:]]}


SPECIAL: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/cgi-bin/menu/create", {"button": [{"type": "view", "name": "站", "url": "ftp://x"}]}),
    ("/cgi-bin/menu/create", {"button": [{"name": "父", "sub_button": BUTTON * 6}]}),
    ("/cgi-bin/menu/create", {"button": [{"name": "父", "sub_button": [{"type": "x", "name": "子"}]}]}),
    ("/cgi-bin/menu/create", {"button": [{"name": "父", "sub_button": [{"type": "click", "name": "子"}]}]}),
    ("/cgi-bin/menu/create", {"button": [{"name": "父", "sub_button": [{"name": ""}]}]}),
    (
        "/cgi-bin/menu/create",
        {"button": [{"name": "父", "sub_button": [{"type": "view", "name": "子", "url": "ftp://x"}]}]},
    ),
    (
        "/cgi-bin/menu/create",
        {"button": [{"name": "父", "sub_button": [{"type": "view", "name": "子", "url": ""}]}]},
    ),
    (
        "/cgi-bin/menu/create",
        {
            "button": [
                {
                    "name": "站",
                    "sub_button": [
                        {"type": "view", "name": str(n), "url": f"https://w{n}.example.org"} for n in range(4)
                    ],
                }
            ]
        },
    ),
    (
        "/cgi-bin/menu/create",
        {
            "button": [
                {
                    "type": "miniprogram",
                    "name": "程序",
                    "url": "https://x",
                    "appid": "wxOther",
                    "pagepath": "pages/a",
                }
            ]
        },
    ),
    ("/cgi-bin/menu/addconditional", {"button": BUTTON, "matchrule": {"tag_id": "$tag", "sex": "1"}}),
    ("/cgi-bin/tags/update", {"tag": {"id": 2, "name": "x"}}),
    ("/cgi-bin/tags/delete", {"tag": {"id": 2}}),
    ("/cgi-bin/message/custom/send", {"touser": "$openid", "msgtype": "news", "news": {"articles": []}}),
    (
        "/cgi-bin/message/custom/send",
        {"touser": "$openid", "msgtype": "news", "news": {"articles": [{}, {}]}},
    ),
    ("/cgi-bin/message/custom/send", {"touser": "$openid", "msgtype": "image", "image": {"media_id": "x"}}),
    (
        "/cgi-bin/message/custom/send",
        {"touser": "$openid", "msgtype": "mpnewsarticle", "mpnewsarticle": {"article_id": "x"}},
    ),
    (
        "/cgi-bin/message/custom/send",
        {"touser": "$openid", "msgtype": "msgmenu", "msgmenu": {"list": [{"id": 1, "content": "x"}] * 21}},
    ),
    (
        "/cgi-bin/message/custom/send",
        {"touser": "$openid", "msgtype": "msgmenu", "msgmenu": {"list": [{"id": 1, "content": "字" * 99}]}},
    ),
    (
        "/cgi-bin/message/custom/send",
        {
            "touser": "$openid",
            "msgtype": "text",
            "text": {"content": '<a data-miniprogram-appid="wxOther" data-miniprogram-path="a">x</a>'},
        },
    ),
    ("/cgi-bin/message/mass/preview", {"towxname": "wx_nobody", "msgtype": "text", "text": TEXT}),
    ("/cgi-bin/message/mass/sendall", {"filter": {"is_to_all": True}, "msgtype": "wxcard", "wxcard": {}}),
    ("/cgi-bin/message/mass/sendall", {"filter": {"is_to_all": True}, "msgtype": "text", "text": TEXT}),
    ("/cgi-bin/template/api_add_template", {"template_id_short": "TM00015", "keyword_name_list": ["x"]}),
    ("/cgi-bin/qrcode/create", {"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 7}}}),
    ("/wxa/getwxacodeunlimit", {"scene": "scancode_time=1"}),
    ("/wxa/getwxacodeunlimit", {"scene": "l=7", "page": "/pages/l"}),
    ("/wxa/generate_urllink", {"path": "pages/l", "expire_type": 0, "expire_time": "x"}),
    ("/cgi-bin/draft/add", {"articles": [{**ARTICLE, "content": "x" * 20_000}]}),
    ("/cgi-bin/draft/add", {"articles": [{**ARTICLE, "digest": "x" * 121}]}),
    ("/cgi-bin/draft/add", {"articles": [{**ARTICLE, "title": "x" * 33}]}),
    ("/sns/userinfo", {"access_token": "$base_token", "openid": "$openid"}),
    *((path, TOO_LATE) for path in ENDPOINTS if path.startswith("/datacube/")),
)
MAKERS["base_token"] = lambda world: world.platform.oauth.new_token(
    world.person.openid, "snsapi_base", world.now
)
