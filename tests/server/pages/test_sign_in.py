"""Who gets into the member pages: by WeChat's web OAuth, or by a link from chat."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from http.cookiejar import Cookie
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import clock
from models.operations import UsedLink
from sandbox.testing import Sandbox
from server.pages import member
from services import bindings, member_links
from tests.factories import make_follower, make_member
from tests.server.pages.conftest import Enter, path_of
from wechat.gateway import Gateway


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


def authorize(sandbox: Sandbox, url: str, openid: str) -> str:
    """What a phone does with the address of WeChat's consent page: the way back, host left out."""
    assert url.startswith(f"{sandbox.url}/connect/oauth2/authorize?appid=")
    assert url.endswith("#wechat_redirect")
    request = Request(url.partition("#")[0], headers={"Cookie": f"sandbox_phone={openid}"})
    with pytest.raises(HTTPError) as answered:
        build_opener(_Stay).open(request, timeout=10)
    with answered.value as redirected:
        return path_of(redirected.headers["Location"])


def leave(client: FlaskClient, path: str = "/m/") -> str:
    """Open a page as a stranger; the address of WeChat that the browser is sent to."""
    first = client.get(path)
    assert urlsplit(first.location).path == "/m/sign-in"
    second = client.get(first.location)
    assert second.status_code == 302
    return second.location


def member_cookie(client: FlaskClient) -> Cookie | None:
    return client.get_cookie(member.COOKIE)


def test_a_member_signs_in_by_wechat_and_lands_on_the_page_asked_for(
    client: FlaskClient, sandbox: Sandbox
) -> None:
    follower = make_member(openid=sandbox.add())

    back = authorize(sandbox, leave(client, "/m/topics?type=large"), follower.openid)
    answer = client.get(back)

    assert answer.location == "/m/topics?type=large"
    assert client.get(answer.location).status_code == 200
    flags = answer.headers.get_all("Set-Cookie")
    assert any("member=" in each and "HttpOnly" in each and "SameSite=Lax" in each for each in flags)


def test_a_repeated_return_gets_the_sign_in_that_the_first_finished(
    client: FlaskClient, sandbox: Sandbox
) -> None:
    follower = make_member(openid=sandbox.add())
    back = authorize(sandbox, leave(client, "/m/topics"), follower.openid)
    client.get(back)
    client.delete_cookie(member.COOKIE)  # the browser dropped the first answer

    again = client.get(back)

    assert again.location == "/m/topics"
    assert client.get("/m/topics").status_code == 200
    assert UsedLink.select().count() == 1


def test_a_code_used_elsewhere_starts_again_but_not_for_ever(client: FlaskClient, sandbox: Sandbox) -> None:
    follower = make_member(openid=sandbox.add())
    url = leave(client)
    for _ in range(2):
        back = authorize(sandbox, url, follower.openid)
        sandbox.platform.oauth.use_code(parse_qs(urlsplit(back).query)["code"][0], 0)
        answer = client.get(back)
        assert answer.status_code == 302
        url = answer.location
    back = authorize(sandbox, url, follower.openid)
    sandbox.platform.oauth.use_code(parse_qs(urlsplit(back).query)["code"][0], 0)

    ended = client.get(back)

    assert ended.status_code == 400
    assert "登录没有完成，请重新进入" in ended.text
    assert member_cookie(client) is None


def test_a_state_of_another_browser_lets_nobody_in(app: Flask, client: FlaskClient, sandbox: Sandbox) -> None:
    attacker = make_member(openid=sandbox.add())
    back = authorize(sandbox, leave(client), attacker.openid)
    victim = app.test_client()

    answer = victim.get(back)  # a link sent to the victim to sign them in as somebody else

    assert answer.status_code == 400
    assert member_cookie(victim) is None


def test_a_preview_page_signs_nobody_in(
    client: FlaskClient, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = make_member(openid=sandbox.add())
    back = authorize(sandbox, leave(client), follower.openid)
    real = Gateway.oauth_identity
    # the platform's virtual user of a preview page: everything else is the sandbox's answer
    monkeypatch.setattr(
        Gateway, "oauth_identity", lambda self, code: replace(real(self, code), is_snapshot_user=True)
    )

    answer = client.get(back)

    assert answer.status_code == 403
    assert "使用完整服务" in answer.text
    assert member_cookie(client) is None


def test_who_does_not_follow_is_told_to(client: FlaskClient, sandbox: Sandbox) -> None:
    back = authorize(sandbox, leave(client), sandbox.add(follow=False))

    answer = client.get(back)

    assert answer.status_code == 403
    assert "请先关注公众号" in answer.text


def test_when_wechat_does_not_answer_a_way_on_is_offered(client: FlaskClient, sandbox: Sandbox) -> None:
    follower = make_member(openid=sandbox.add())
    back = authorize(sandbox, leave(client), follower.openid)
    sandbox.fault(path="/sns/oauth2/access_token", errcode=-1, times=5)

    answer = client.get(back)

    assert answer.status_code == 503
    assert "微信暂时没有回应" in answer.text
    assert 'href="/m/sign-in?next=/m/"' in answer.text


@pytest.mark.parametrize("sandbox", ["subscription"], indirect=True)
@pytest.mark.parametrize(
    ("path", "word"), [("/m/", "打开"), ("/m/activities/7", "沙龙"), ("/m/issues/7", "期刊")]
)
def test_a_subscription_account_is_opened_from_chat(
    client: FlaskClient, sandbox: Sandbox, path: str, word: str
) -> None:
    first = client.get(path)

    answer = client.get(first.location)

    assert answer.status_code == 200
    assert f"“<strong>{word}</strong>”" in answer.text


def test_a_link_from_chat_lets_in_once(app: Flask, client: FlaskClient, sandbox: Sandbox) -> None:
    link = path_of(member_links.make(make_member().id, "/m/topics"))

    assert client.head(link).status_code == 200  # a look ahead does not use it up
    assert client.get(link).location == "/m/topics"
    assert client.get(link).location == "/m/topics"  # the same browser goes on
    other = app.test_client().get(link)

    assert other.status_code == 409
    assert "链接只能打开一次" in other.text


def test_an_old_or_broken_link_says_how_to_get_another(client: FlaskClient, noon: datetime) -> None:
    link = path_of(member_links.make(make_member().id))
    clock.advance(timedelta(minutes=6))

    old, broken = client.get(link), client.get("/m/open/abc")

    assert (old.status_code, broken.status_code) == (400, 422)
    assert "回复“打开”" in old.text


def test_an_old_link_goes_on_where_its_member_is_signed_in(enter: Enter, noon: datetime) -> None:
    member = make_member()
    client = enter(member)
    own, others = (
        path_of(member_links.make(member.id, "/m/topics")),
        path_of(member_links.make(make_member().id)),
    )
    clock.advance(timedelta(minutes=6))

    assert client.get(own).location == "/m/topics"
    assert client.get(others).status_code == 400


def test_a_follower_who_is_not_bound_is_told_how(enter: Enter) -> None:
    client = enter(make_follower())

    answer = client.get("/m/activities")

    assert answer.status_code == 403
    assert "绑定 邀请码" in answer.text


def test_unbinding_ends_what_the_cookie_allows(enter: Enter) -> None:
    follower = make_member()
    client = enter(follower)
    assert client.get("/m/").status_code == 200

    bindings.unbind(follower)

    assert client.get("/m/").status_code == 403


def test_the_cookie_ends_after_two_hours(enter: Enter, noon: datetime) -> None:
    client = enter(make_member())
    clock.advance(timedelta(hours=2, seconds=1))

    assert client.get("/m/topics").location == "/m/sign-in?next=/m/topics"


def test_a_changed_cookie_is_nobodys(client: FlaskClient, enter: Enter) -> None:
    known = enter(make_member())
    value = known.get_cookie(member.COOKIE).value
    client.set_cookie(member.COOKIE, value[:-3] + "abc")

    assert client.get("/m/").status_code == 302


def test_signing_out_ends_it(enter: Enter) -> None:
    client = enter(make_member())

    answer = client.post("/m/sign-out", data={"csrf": csrf(client.get("/m/me"))})

    assert "已退出登录" in answer.text
    assert client.get("/m/").status_code == 302


def test_after_sign_in_only_pages_of_ours_open(client: FlaskClient, sandbox: Sandbox) -> None:
    follower = make_member(openid=sandbox.add())
    for evil in ("https://evil.example/m/", "//evil.example", "/console/"):
        begun = client.get("/m/sign-in", query_string={"next": evil})
        if begun.location.startswith(sandbox.url):
            assert client.get(authorize(sandbox, begun.location, follower.openid)).location == "/m/"
        else:
            assert begun.location == "/m/"  # signed in already


def csrf(page: TestResponse) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)
    assert found is not None
    return found[1]
