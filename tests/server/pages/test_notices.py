"""通知公告 on the phone."""

from __future__ import annotations

from tests.factories import make_member
from tests.factories.composer import make_notice
from tests.server.pages.conftest import Enter


def test_a_member_reads_the_notices_that_are_for_the_own_unit_and_for_all(enter: Enter) -> None:
    follower = make_member()
    shared = make_notice(title="面向全联盟的通知", body_html="<h3>一、时间</h3><p>九点</p>")
    own = make_notice(title="本校的通知", is_shared=False, member_unit=follower.person.member_unit)
    others = make_notice(title="别校的通知", is_shared=False)
    phone = enter(follower)

    home, listed = phone.get("/m/").text, phone.get("/m/notices").text
    page = phone.get(f"/m/notices/{shared.id}").text

    assert "本校的通知" in home
    assert all(title in listed for title in (shared.title, own.title))
    assert "别校的通知" not in home + listed
    assert "<h3>一、时间</h3>" in page
    assert shared.member_unit.name in page
    assert phone.get(f"/m/notices/{others.id}").status_code == 404
