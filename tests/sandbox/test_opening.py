"""Web pages in a phone: cookie jars, OAuth, one-time consent, the desk's own files and stream."""

from __future__ import annotations

import http.client
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from sandbox.testing import Sandbox, running_sandbox

BACK = "http://127.0.0.1:8000/m/back?x=1"


class Browser:
    """Keeps cookies like a browser does: one jar, whatever the port."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.netloc = urlsplit(sandbox.url).netloc
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> tuple[int, str, str]:
        """Status, Location, body."""
        connection = http.client.HTTPConnection(self.netloc, timeout=10)
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request("GET", path, headers={"Cookie": jar})
        answer = connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                pair, _, rest = value.partition(";")
                key, _, held = pair.partition("=")
                if "Max-Age=0" in rest:
                    self.cookies.pop(key, None)
                else:
                    self.cookies[key] = held
        told = answer.status, answer.getheader("Location", ""), answer.read().decode()
        connection.close()
        return told

    def open(self, openid: str, url: str = BACK) -> str:
        return self.get(f"/_sandbox/open?phone={openid}&url={quote(url, safe='')}")[1]


def authorize(scope: str = "snsapi_base", **more: str) -> str:
    query = {
        "appid": "wx5a6d0b9c1e2f3a40",
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": scope,
        "state": "s1",
        **more,
    }
    return "/connect/oauth2/authorize?" + urlencode(query)


def code_of(location: str) -> str:
    told = parse_qs(urlsplit(location).query)
    assert (told["state"], told["x"]) == (["s1"], ["1"])
    return told["code"][0]


def exchange(sandbox: Sandbox, code: str) -> dict[str, object]:
    options = sandbox.platform.options
    told: dict[str, object] = sandbox.get(
        "/sns/oauth2/access_token",
        appid=options.app_id,
        secret=options.app_secret,
        code=code,
        grant_type="authorization_code",
    )
    return told


def test_each_phone_has_cookies_of_its_own(sandbox: Sandbox) -> None:
    browser, one, two = Browser(sandbox), sandbox.add("甲"), sandbox.add("乙")
    assert browser.open(one) == BACK
    browser.cookies["session"] = "of one"

    browser.open(two)
    assert "session" not in browser.cookies
    browser.cookies["session"] = "of two"
    browser.open(one)

    assert browser.cookies["session"] == "of one"
    browser.open(two)
    assert browser.cookies["session"] == "of two"


def test_a_base_login_needs_no_consent_and_its_code_works_once(sandbox: Sandbox) -> None:
    browser, openid = Browser(sandbox), sandbox.add("甲")
    browser.open(openid)

    code = code_of(browser.get(authorize())[1])
    told = exchange(sandbox, code)

    assert (told["openid"], told["scope"]) == (openid, "snsapi_base")
    assert exchange(sandbox, code)["errcode"] == 40163
    assert exchange(sandbox, "made up")["errcode"] == 40029
    base = {"access_token": str(told["access_token"]), "openid": openid}
    assert sandbox.get("/sns/auth", **base)["errcode"] == 0
    assert sandbox.get("/sns/userinfo", **base)["errcode"] == 48001


def test_a_code_dies_after_five_minutes(sandbox: Sandbox) -> None:
    browser = Browser(sandbox)
    browser.open(sandbox.add("甲"))
    code = code_of(browser.get(authorize())[1])

    sandbox.advance(301)

    assert exchange(sandbox, code)["errcode"] == 42003


def test_the_profile_is_asked_for_once(sandbox: Sandbox) -> None:
    browser, openid = Browser(sandbox), sandbox.add("陈思远")
    browser.open(openid)
    path = authorize("snsapi_userinfo")
    assert "获得你的昵称" in browser.get(path)[2]

    token = exchange(sandbox, code_of(browser.get(path + "&answer=allow")[1]))["access_token"]

    assert sandbox.get("/sns/userinfo", access_token=str(token), openid=openid)["nickname"] == "陈思远"
    assert browser.get(path)[0] == 302


def test_outside_a_phone_and_without_rights_there_is_no_code(sandbox: Sandbox) -> None:
    assert "请在微信客户端打开链接" in Browser(sandbox).get(authorize())[2]
    assert "appid 参数错误" in Browser(sandbox).get(authorize(appid="wx1"))[2]
    with running_sandbox(kind="subscription") as other:
        browser = Browser(other)
        browser.open(other.add("甲"))
        assert "没有网页授权" in browser.get(authorize())[2]


@pytest.mark.parametrize(("answer", "action", "left"), [("allow", "confirm", 1), ("deny", "cancel", 0)])
def test_a_one_time_consent_is_asked_and_told(sandbox: Sandbox, answer: str, action: str, left: int) -> None:
    browser, openid = Browser(sandbox), sandbox.add("甲")
    browser.open(openid)
    query = {
        "action": "get_confirm",
        "appid": "wx5a6d0b9c1e2f3a40",
        "scene": "7",
        "template_id": "ONE_NOTICE",
        "redirect_url": BACK,
        "reserved": "r1",
    }
    path = "/mp/subscribemsg?" + urlencode(query)
    assert "申请向你发送一条消息" in browser.get(path)[2]

    told = parse_qs(urlsplit(browser.get(f"{path}&answer={answer}")[1]).query)

    assert (told["openid"], told["action"], told["reserved"]) == ([openid], [action], ["r1"])
    assert sandbox.person(openid)["consents"].get("ONE_NOTICE|7", 0) == left


@pytest.mark.parametrize("path", ["/", "/static/main.js", "/static/phone.css", "/favicon.ico", "/healthz"])
def test_the_desk_is_served(sandbox: Sandbox, path: str) -> None:
    assert Browser(sandbox).get(path)[0] == 200


@pytest.mark.parametrize("path", ["/static/..%2fapp.py", "/static/nothing.js", "/_sandbox/nothing"])
def test_nothing_else_is_served(sandbox: Sandbox, path: str) -> None:
    assert Browser(sandbox).get(path)[0] == 404


def test_the_stream_begins_at_once_and_tells_news(sandbox: Sandbox) -> None:
    openid = sandbox.add("甲")
    connection = http.client.HTTPConnection(urlsplit(sandbox.url).netloc, timeout=5)
    connection.request("GET", f"/_sandbox/events?phones={openid}")
    answer = connection.getresponse()
    assert answer.readline() == b": hello\n"

    sandbox.say(openid, "你好")

    answer.readline()
    assert "你好".encode() in answer.readline()
    connection.close()
