"""The page that WeChat's own scanner opens."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

import clock
from models.check_ins import CheckIn, CheckInWay
from tests.factories import make_follower, make_member, make_sign_up
from tests.factories.check_ins import make_check_in, make_opening, make_running, shown

pytestmark = pytest.mark.usefixtures("noon")


def path_of(address: str) -> str:
    return "/m/c/" + address.rpartition("/")[2]


def csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found is not None
    return found[1]


def test_opening_the_page_alone_checks_nobody_in_and_its_form_does(enter) -> None:
    member = make_member()
    activity = make_running(title="基层治理讲座")
    make_sign_up(activity, member.person)
    path = path_of(shown(make_opening(activity)).address)
    browser = enter(member)

    page = browser.get(path)
    assert page.status_code == 200
    assert not CheckIn.select().exists()
    done = browser.post(path, data={"csrf": csrf(page.text)})

    assert "签到成功：基层治理讲座" in done.text
    assert CheckIn.get().way is CheckInWay.SCAN_PAGE
    assert "基层治理讲座" in browser.get("/m/check-ins").text


def test_an_old_code_says_what_to_do(enter, noon: datetime) -> None:
    member = make_member()
    activity = make_running()
    make_sign_up(activity, member.person)
    path = path_of(shown(make_opening(activity)).address)
    browser = enter(member)
    token = csrf(browser.get(path).text)

    with clock.fixed(noon + timedelta(minutes=1)):
        told = browser.post(path, data={"csrf": token})

    assert "重新扫码" in told.text
    assert not CheckIn.select().exists()


def test_a_form_of_another_site_is_refused(enter) -> None:
    member = make_member()
    activity = make_running()
    make_sign_up(activity, member.person)
    path = path_of(shown(make_opening(activity)).address)

    assert enter(member).post(path, data={"csrf": "0" * 64}).status_code == 400
    assert not CheckIn.select().exists()


def test_who_is_signed_out_is_led_to_sign_in_and_back(client, sandbox) -> None:
    path = path_of(shown(make_opening(make_running())).address)

    answer = client.get(path)

    assert answer.status_code == 302
    assert answer.headers["Location"].endswith(f"next={path}")


@pytest.mark.parametrize("sandbox", ["subscription"], indirect=True)
def test_an_account_without_web_sign_in_points_to_the_chat(client, sandbox) -> None:
    answer = client.get(path_of(shown(make_opening(make_running())).address))

    assert answer.status_code == 200
    assert "六位数字" in answer.text


def test_who_is_not_bound_is_told_how_to(enter) -> None:
    path = path_of(shown(make_opening(make_running())).address)

    assert enter(make_follower()).get(path).status_code == 403


def test_one_sees_only_ones_own_record(enter) -> None:
    member, other = make_member(), make_member()
    make_check_in(make_running(title="我到过的"), member.person)
    make_check_in(make_running(title="别人到过的"), other.person)

    page = enter(member).get("/m/check-ins").text

    assert "我到过的" in page
    assert "别人到过的" not in page
