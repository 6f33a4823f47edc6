"""What members see and do on the pages."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from peewee import Database

import clock
import config
from models.activities import ActivityKind, ActivityStatus, SignUp, SignUpStatus
from models.messaging import Campaign, CampaignStatus, Channel, ContentKind, Delivery, DeliveryStatus
from models.people import Topic
from models.publishing import EJournalArticle, IssueStatus
from server.pages import dress
from services import activities, opt_ins
from services.search import content
from tests.factories import (
    make_account,
    make_activity,
    make_follower,
    make_issue,
    make_member,
    make_person,
    make_series,
    make_sign_up,
    make_unit,
)
from tests.factories.surveys import make_questionnaire
from tests.server.pages.conftest import Enter
from tests.server.pages.test_sign_in import csrf

pytestmark = pytest.mark.usefixtures("noon")

PAGES = (
    *("/m/", "/m/activities", "/m/issues", "/m/sign-ups", "/m/topics", "/m/messages"),
    *("/m/me", "/m/data", "/m/leave", "/m/erase"),
)


def post(client: FlaskClient, path: str, page: str, **fields: str) -> Any:
    return client.post(path, data={"csrf": csrf(client.get(page)), **fields})


def make_delivery(person: Any, status: DeliveryStatus = DeliveryStatus.ACCEPTED, **values: Any) -> Delivery:
    campaign = Campaign.create(
        title=values.pop("title", "红色讲坛通知"),
        topic=values.pop("topic", Topic.LECTURE),
        content_kind=values.pop("content_kind", ContentKind.ACTIVITY),
        activity=values.pop("activity", None),
        questionnaire=values.pop("questionnaire", None),
        summary=values.pop("summary", "一句话"),
        member_unit=person.member_unit,
        author=make_account(member_unit=person.member_unit),
        status=CampaignStatus.SENDING,
    )
    return Delivery.create(
        campaign=campaign, person=person, chunk=0, status=status, channel=Channel.TEMPLATE_MESSAGE, **values
    )


@pytest.mark.parametrize("path", PAGES)
def test_every_page_wants_a_member(client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 302
    assert answer.location == f"/m/sign-in?next={path}"


@pytest.mark.parametrize("path", PAGES)
def test_every_page_stands_without_content_and_with_safe_headers(enter: Enter, path: str) -> None:
    answer = enter(make_member()).get(path)

    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert " style=" not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r"""(src|href)=["'](https?:)?//""", answer.text)


def test_home_shows_what_comes_and_the_newest_issue(enter: Enter) -> None:
    make_activity(title="基层治理讲座", seats=3)
    issue = make_issue()

    page = enter(make_member()).get("/m/").text

    assert "基层治理讲座" in page
    assert "还有3个名额" in page
    assert issue.issue_no in page


def test_the_list_costs_the_same_queries_for_one_and_three(enter: Enter, db: Database) -> None:
    client = enter(make_member())
    make_activity()
    one = _queries(db, lambda: client.get("/m/activities"))
    make_activity()
    make_activity()

    assert _queries(db, lambda: client.get("/m/activities")) == one


def test_the_list_is_narrowed_by_kind_and_paged(enter: Enter) -> None:
    series = make_series(ActivityKind.SALON)
    for number in range(21):
        make_activity(
            series=series, title=f"沙龙之{number:02d}", starts_at=clock.utc_now() + timedelta(days=number + 1)
        )
    make_activity(title="一场讲座")
    client = enter(make_member())

    first, second = (
        client.get("/m/activities?kind=salon").text,
        client.get("/m/activities?kind=salon&page=2").text,
    )

    assert "一场讲座" not in first + second
    assert "沙龙之19" in first
    assert "沙龙之20" not in first
    assert "沙龙之20" in second


def test_signing_up_and_giving_the_seat_back(enter: Enter) -> None:
    follower, activity = make_member(), make_activity(seats=2)
    client, page = enter(follower), f"/m/activities/{activity.id}"

    assert post(client, f"{page}/sign-up", page).location == page
    shown = client.get(page).text
    assert "您已报名" in shown
    assert "还有1个" in shown
    assert activity.title in client.get("/m/sign-ups").text
    assert post(client, f"{page}/cancel", page).location == page

    assert activities.sign_up_of(activity, follower.person).status is SignUpStatus.CANCELLED
    assert activity.title not in client.get("/m/sign-ups").text


def test_a_double_click_takes_one_seat(enter: Enter) -> None:
    activity = make_activity(seats=2)
    client, page = enter(make_member()), f"/m/activities/{activity.id}"
    token = csrf(client.get(page))

    answers = [client.post(f"{page}/sign-up", data={"csrf": token}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert SignUp.select().count() == 1


def test_the_last_seat_gone_meanwhile_is_said_on_the_page(enter: Enter) -> None:
    activity = make_activity(seats=1)
    client, page = enter(make_member()), f"/m/activities/{activity.id}"
    token = csrf(client.get(page))
    make_sign_up(activity, make_person())

    answer = client.post(f"{page}/sign-up", data={"csrf": token})

    assert answer.status_code == 409
    assert "名额已满" in answer.text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"status": ActivityStatus.CANCELLED, "status_reason": "主讲人生病"},
            "活动已取消</strong>：主讲人生病",
        ),
        ({"starts_at": datetime(2026, 11, 23, 3, 0)}, "活动正在进行"),
        ({"starts_at": datetime(2026, 11, 22, 3, 0)}, "活动已结束"),
        ({"sign_up_closes_at": datetime(2026, 11, 23, 3, 0)}, "报名已截止"),
        ({"seats": 0}, "名额已满"),
    ],
)
def test_a_page_without_a_seat_to_take_says_why_and_has_no_button(
    enter: Enter, values: dict, words: str
) -> None:
    activity = make_activity(**values)

    page = enter(make_member()).get(f"/m/activities/{activity.id}").text

    assert words in page
    assert "我要报名" not in page


def test_another_schools_unshared_activity_is_not_there(enter: Enter) -> None:
    activity = make_activity(is_shared=False, title="内部研讨")
    draft = make_activity(status=ActivityStatus.DRAFT)
    client = enter(make_member())
    token = csrf(client.get("/m/topics"))

    for hidden in (activity, draft):
        page = f"/m/activities/{hidden.id}"
        assert client.get(page).status_code == 404
        assert client.post(f"{page}/sign-up", data={"csrf": token}).status_code == 404
        assert client.post(f"{page}/cancel", data={"csrf": token}).status_code == 404
    assert "内部研讨" not in client.get("/m/activities").text + client.get("/m/").text
    own = enter(make_member(unit=activity.member_unit))
    assert "内部研讨" in own.get("/m/activities").text


def test_a_form_without_its_token_changes_nothing(enter: Enter) -> None:
    activity = make_activity()
    client, other = enter(make_member()), enter(make_member())
    path = f"/m/activities/{activity.id}/sign-up"
    theirs = csrf(other.get("/m/topics"))

    for fields in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": theirs}, {"csrf": "令牌"}):
        answer = client.post(path, data=fields)
        assert answer.status_code == 400
        assert "页面放得太久" in answer.text

    assert SignUp.select().count() == 0


def test_a_form_of_somebody_signed_out_is_refused(client: FlaskClient) -> None:
    activity = make_activity()

    answer = client.post(f"/m/activities/{activity.id}/sign-up", data={"csrf": ""})

    assert answer.status_code == 401
    assert "登录已过期" in answer.text
    assert SignUp.select().count() == 0


def test_topics_are_switched_on_and_off(enter: Enter) -> None:
    follower = make_member()
    client = enter(follower)

    post(client, "/m/topics", "/m/topics", topic="salon", wanted="on")
    post(client, "/m/topics", "/m/topics", topic="salon", wanted="on")
    assert opt_ins.topics_of(follower.person) == {Topic.SALON}
    assert client.get("/m/topics").text.count('aria-checked="true"') == 1
    post(client, "/m/topics", "/m/topics", topic="salon", wanted="off")

    assert opt_ins.topics_of(follower.person) == set()
    assert [row.source for row in opt_ins.history_of(follower.person)] == ["page", "page"]
    assert post(client, "/m/topics", "/m/topics", topic="nothing", wanted="on").status_code == 422


def test_an_issue_is_read_with_its_permit_line_on_every_page(enter: Enter) -> None:
    issue = make_issue()
    article = EJournalArticle.get()
    client = enter(make_member())

    cover = client.get(f"/m/issues/{issue.id}").text
    page = client.get(f"/m/issues/{issue.id}/articles/{article.id}").text

    assert article.title in cover
    assert "<p>正文</p>" in page
    for text in (cover, page):
        assert "苏内准印(2026)001号　内部资料，免费交流" in text


def test_old_issues_are_found_by_year_and_by_words(enter: Enter) -> None:
    new, old = make_issue(), make_issue(published_at=datetime(2025, 12, 31, 17, 0))  # 2026-01-01 in Shanghai
    older = make_issue(published_at=datetime(2025, 12, 31, 15, 0))
    for issue in (new, old, older):
        content.index_issue(issue)
    draft = make_issue(status=IssueStatus.DRAFT)
    content.index_issue(draft)
    article = EJournalArticle.get(EJournalArticle.column == older.columns.get())
    client = enter(make_member())

    this_year, last_year = (client.get(f"/m/issues?year={year}").text for year in (2026, 2025))
    found = client.get(f"/m/issues/search?q={article.title}").text

    assert [each.issue_no in this_year for each in (new, old, older)] == [True, True, False]
    assert [each.issue_no in last_year for each in (new, old, older)] == [False, False, True]
    assert f"/m/issues/{older.id}/articles/{article.id}" in found
    assert draft.issue_no not in client.get("/m/issues/search?q=2026年第").text
    assert "没有找到" in client.get("/m/issues/search?q=查无此词").text
    assert enter(make_follower()).get("/m/issues/search?q=文章").status_code == 403


def test_a_public_article_is_marked_and_leads_to_its_neighbours(enter: Enter) -> None:
    issue = make_issue()
    first = EJournalArticle.get()
    second = EJournalArticle.create(
        column=first.column_id, position=2, title="第二篇", body_html="<p>公开</p>", is_public=True
    )
    client = enter(make_member())

    contents = client.get(f"/m/issues/{issue.id}").text
    page = client.get(f"/m/issues/{issue.id}/articles/{second.id}").text

    assert contents.count('class="public-mark"') == 1
    assert 'class="public-mark"' in page
    assert f'rel="prev" href="/m/issues/{issue.id}/articles/{first.id}"' in page
    assert "第2篇，共2篇" in page


def test_an_issue_is_not_read_by_others(enter: Enter, client: FlaskClient) -> None:
    issue, draft = make_issue(), make_issue(status=IssueStatus.DRAFT)
    article = EJournalArticle.get(EJournalArticle.column == issue.columns.get())
    former = enter(make_member(unit=make_unit(valid_to=date(2026, 11, 1))))
    reader = enter(make_member())
    paths = (f"/m/issues/{issue.id}", f"/m/issues/{issue.id}/articles/{article.id}", "/m/issues")

    for path in paths:
        assert client.get(path).status_code == 302
        assert former.get(path).status_code == 403
        assert enter(make_follower()).get(path).status_code == 403
        assert reader.get(path).status_code == 200
    assert reader.get(f"/m/issues/{draft.id}").status_code == 404
    assert reader.get(f"/m/issues/{draft.id}/articles/{article.id}").status_code == 404
    other = make_issue()
    assert reader.get(f"/m/issues/{other.id}/articles/{article.id}").status_code == 404


def test_messages_are_the_persons_own_and_only_what_reached_them(enter: Enter) -> None:
    follower = make_member()
    activity = make_activity(title="到了的讲座")
    make_delivery(follower.person, activity=activity, title="同事看的任务名")
    make_delivery(follower.person, DeliveryStatus.FAILED, title="没到的通知")
    make_delivery(make_person(), title="别人的通知")
    survey = make_questionnaire(title="培训需求")
    make_delivery(
        follower.person, topic=Topic.SURVEY, content_kind=ContentKind.QUESTIONNAIRE, questionnaire=survey
    )

    page = enter(follower).get("/m/messages").text

    assert f'href="/m/activities/{activity.id}">' in page
    assert "到了的讲座</a>" in page
    assert "同事看的任务名" not in page
    assert "没到的通知" not in page
    assert "别人的通知" not in page
    assert f'href="/m/surveys/{survey.id}">' in page


def test_the_way_to_one_reminder_leads_to_wechats_own_page(enter: Enter) -> None:
    client = enter(make_member())

    assert 'href="/m/remind"' in client.get("/m/topics").text
    answer = client.get("/m/remind")

    assert answer.status_code == 302
    assert answer.location.startswith(f"{config.settings().wechat_mp_url}/mp/subscribemsg?action=get_confirm")


def test_all_messages_are_there_page_by_page(enter: Enter) -> None:
    follower = make_member()
    activity = make_activity()
    for number in range(31):
        make_delivery(follower.person, activity=activity, title="讲座", summary=f"第{number}条。")
    client = enter(follower)

    first, second = client.get("/m/messages").text, client.get("/m/messages?page=2").text

    assert first.count("card__title") == 30
    assert (second.count("card__title"), "第0条。" in second) == (1, True)
    assert "下一页" in first
    assert "下一页" not in second


def test_large_type_is_chosen_and_kept(enter: Enter) -> None:
    client = enter(make_member())

    assert 'class="large"' not in client.get("/m/").text
    assert 'class="large"' in client.get("/m/?type=large").text
    assert 'class="large"' in client.get("/m/activities").text
    assert 'class="large"' not in client.get("/m/activities?type=normal").text
    assert 'class="large"' not in client.get("/m/").text


def test_the_privacy_notice_is_open_to_all(client: FlaskClient) -> None:
    page = client.get("/m/privacy")

    assert page.status_code == 200
    assert "个人信息告知" in page.text


def test_an_address_that_serves_nothing_is_answered_in_words(client: FlaskClient) -> None:
    answer = client.get("/m/no/such/page")

    assert answer.status_code == 404
    assert "这个页面不存在" in answer.text
    assert client.get("/m/topics/", follow_redirects=True).status_code == 404
    assert client.put("/m/topics").status_code == 405


def test_what_people_typed_is_shown_as_text(enter: Enter) -> None:
    activity = make_activity(
        title="<script>alert(1)</script>", speaker_intro="<b>简介</b>", place="'\"><img>"
    )

    page = enter(make_member()).get(f"/m/activities/{activity.id}").text

    assert "<script>" not in page
    assert "<b>简介" not in page
    assert "<img>" not in page


def _queries(db: Database, act: Any) -> int:
    seen: list[str] = []
    execute = db.execute_sql

    def counting(sql: str, *args: Any, **kwargs: Any) -> Any:
        seen.append(sql)
        return execute(sql, *args, **kwargs)

    db.execute_sql = counting  # type: ignore[method-assign]
    try:
        assert act().status_code == 200
    finally:
        db.execute_sql = execute  # type: ignore[method-assign]
    return len(seen)


@pytest.mark.parametrize(("path", "status", "words"), [("/", 200, "管理后台"), ("/nothing", 404, "不存在")])
def test_the_bare_address_and_unknown_ones_say_where_to_go(
    client: FlaskClient, path: str, status: int, words: str
) -> None:
    answer = client.get(path)

    assert answer.status_code == status
    assert words in answer.text
    assert "Not Found" not in answer.text


def test_who_gave_the_seat_back_is_told_so_and_may_take_it_again(enter: Enter) -> None:
    member, activity = make_member(), make_activity()
    client, page = enter(member), f"/m/activities/{activity.id}"
    post(client, f"{page}/sign-up", page)

    post(client, f"{page}/cancel", page)

    assert "您已取消报名" in client.get(page).text
    post(client, f"{page}/sign-up", page)
    assert "您已取消报名" not in client.get(page).text


def test_noon_is_called_noon() -> None:
    day = datetime(2026, 11, 26)

    assert dress.spoken_span(day.replace(hour=2), day.replace(hour=4)).endswith("上午10:00–中午12:00")
    assert dress.spoken_span(day.replace(hour=4), day.replace(hour=6)).endswith("中午12:00–下午2:00")


def test_no_form_of_a_member_is_taken_without_its_token(app: Flask, enter: Enter) -> None:
    client = enter(make_member())
    rules = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    forms = [rule for rule in rules if rule.rule.startswith("/m/")]

    taken = []
    for rule in forms:
        _, path = rule.build(dict.fromkeys(rule.arguments, 1), append_unknown=False) or ("", "")
        answer = client.post(path, data={"csrf": "0" * 64})
        if answer.status_code != 400 or "页面放得太久" not in answer.text:
            taken.append((rule.rule, answer.status_code))

    assert len(forms) > 15
    assert taken == []
