"""摘要群发: when digests go, what waits for them, and one digest from its draft to its figures."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from peewee import ModelSelect
from werkzeug.wrappers import Response

import clock
from models.accounts import Account
from models.digests import MOST_ARTICLES, Digest
from models.messaging import (
    CAMPAIGN_STATUS_WORDS,
    CHANNEL_WORDS,
    DELIVERY_STATUS_WORDS,
    EDITABLE,
    VOIDED_BY_EDIT,
    Campaign,
    CampaignStatus,
)
from server.console import forms, words
from server.console.areas import MenuEntry
from server.console.campaigns import looks, screens
from server.console.guard import can, me, requires, scope
from server.console.list_routes import serve
from server.console.listing import Column, Filter, Listing, badge, choices
from server.console.todo import SHOWN, Line, Todo, Waiting
from services.errors import Invalid, StaleState
from services.messaging import confirmations, contents, deadlines, digest_times, digests

bp = Blueprint("digests", __name__, url_prefix="/console/digests")
MENU = MenuEntry("推送", "摘要群发", "digests.index", "campaigns.view", "stack-2", 15)
Answer = str | Response | tuple[str, int]
WEEKDAYS = [(str(n), f"星期{each}") for n, each in enumerate(words.WEEKDAYS)]
ARRANGE_WORDS = {"up": "已上移", "down": "已下移", "out": "已移出，等下一期", "in": "已放回"}


def _rows() -> ModelSelect[Digest]:
    """The digests with campaign and author; none for accounts bound to a school."""
    query = Digest.select(Digest, Campaign, Account).join(Campaign).join(Account)
    return query if scope() is None else query.where(Digest.id.is_null())


LIST = Listing(
    name="digests",
    title="摘要群发",
    permission="campaigns.view",
    rows=lambda: _rows(),
    columns=(
        Column(
            "标题",
            lambda row: row.campaign.title,
            link=lambda row: url_for("console.digests.show", digest_id=row.id),
        ),
        Column("为哪一期", lambda row: words.local_weekday(row.goes_at), sort=Digest.goes_at, css="nowrap"),
        Column("状态", lambda row: badge(row.campaign.status, CAMPAIGN_STATUS_WORDS)),
        Column("编摘要的人", lambda row: row.campaign.author.display_name, on_phone=False),
        Column(
            "完成时间", lambda row: words.local_time(row.campaign.finished_at), css="nowrap", on_phone=False
        ),
    ),
    filters=(
        Filter(
            "status",
            "状态",
            choices(CAMPAIGN_STATUS_WORDS),
            lambda value: Campaign.status == CampaignStatus(value),
        ),
    ),
    search=(Campaign.title,),
    search_hint="标题",
    order=(Digest.id.desc(),),
    empty="还没有编过摘要。",
)
serve(bp, LIST)


@bp.get("/")
@requires("campaigns.view")
def index() -> Answer:
    said = digest_times.setting()
    return _index(
        forms.filled(
            {"is_on": said.is_on, "weekday": said.weekday, "hour": said.hour, "version": said.version or 0}
        )
    )


@bp.post("/times")
@requires("digests.manage")
def set_times() -> Answer:
    form = forms.submitted()
    values = {
        "is_on": form.flag("is_on"),
        "weekday": form.integer("weekday") if not digest_times.is_daily() else 4,
        "hour": form.integer("hour", required="请填几点发送"),
    }
    try:
        form.check()
        said = digests.set_times(values, version=form.integer("version") or 0, actor=me())
    except (Invalid, StaleState) as wrong:
        form.fail(wrong)
        return _index(form), 422
    at = digest_times.next_at(clock.utc_now())
    flash(f"已启用，下一期 {words.local_weekday(at)}" if said.is_on else "已停用，不再并入摘要", "success")
    return redirect(url_for(".index"))


@bp.post("/new")
@requires("digests.manage")
def new() -> Response:
    digest = digests.open_next(actor=me())
    return redirect(url_for(".show", digest_id=digest.id))


@bp.get("/<int:digest_id>")
@requires("campaigns.view")
def show(digest_id: int) -> str:
    digest = digests.get(digest_id, actor=me())
    campaign, counts = digest.campaign, digests.counts(digest)
    return render_template(
        "console/digests/show.html",
        digest=digest,
        campaign=campaign,
        frame=screens.frame(campaign),
        items=_items(digest),
        most=MOST_ARTICLES,
        waiting=len(digests.waiting()) if campaign.status in EDITABLE | VOIDED_BY_EDIT else 0,
        looks=looks.of(campaign),
        trials=screens.trials_of(campaign),
        channel_words=CHANNEL_WORDS,
        stages=looks.stages(campaign),
        why_not=contents.why_not_sendable(campaign),
        confirmation=confirmations.standing(campaign),
        why_may_not=confirmations.why_may_not(campaign, me()),
        counts=[(word, counts[each]) for each, word in DELIVERY_STATUS_WORDS.items() if each in counts],
        is_daily=digest_times.is_daily(),
        may_arrange=campaign.status in EDITABLE | VOIDED_BY_EDIT and can("digests.manage"),
    )


@bp.post("/<int:digest_id>/items/<int:item_id>")
@requires("digests.manage")
def arrange(digest_id: int, item_id: int) -> Response:
    digest, what = digests.get(digest_id, actor=me()), request.form.get("what", "")
    try:
        digests.arrange(digest, item_id, what if what in ARRANGE_WORDS else "up", actor=me())
    except Invalid as wrong:
        flash(wrong.message, "danger")
    return redirect(url_for(".show", digest_id=digest.id))


@bp.post("/<int:digest_id>/refresh")
@requires("digests.manage")
def refresh(digest_id: int) -> Response:
    digest = digests.get(digest_id, actor=me())
    taken = digests.refresh(digest, actor=me())
    flash(f"加入 {taken} 条" if taken else "没有可以加入的了", "success" if taken else "info")
    return redirect(url_for(".show", digest_id=digest.id))


@bp.post("/<int:digest_id>/submit")
@requires("digests.manage")
def submit(digest_id: int) -> Response:
    digest = digests.get(digest_id, actor=me())
    try:
        digests.submit(digest, actor=me())
    except Invalid as wrong:
        flash(f"还不能送审：{wrong.message}", "danger")
    else:
        flash("已送审。三位审核人依次审核，调整条目会使审核作废", "success")
    return redirect(url_for(".show", digest_id=digest.id))


@bp.post("/<int:digest_id>/confirm")
@requires("campaigns.send")
def confirm(digest_id: int) -> Response:
    digest = digests.get(digest_id, actor=me())
    at = digests.confirm(digest, actor=me())
    flash(f"已确认，将于 {words.local_weekday(at)} 群发", "success")
    return redirect(url_for(".show", digest_id=digest.id))


@bp.post("/<int:digest_id>/cancel")
@requires("digests.manage")
def cancel(digest_id: int) -> Response:
    digest = digests.get(digest_id, actor=me())
    digests.cancel(digest, actor=me(), reason=request.form.get("reason", "").strip())
    flash("已取消这一期，条目等下一期；赶不上的改用其他渠道。微信已接受的无法收回", "success")
    return redirect(url_for(".show", digest_id=digest.id))


def _items(digest: Digest) -> list[dict[str, Any]]:
    rows = digests.items(digest)
    counts = digests.people_waiting([row.campaign_id for row in rows])
    return [
        {
            "id": row.id,
            "campaign": row.campaign,
            "is_left_out": row.is_left_out,
            "deadline": deadlines.to_act(row.campaign),
            "people": counts.get(row.campaign_id, 0),
        }
        for row in rows
    ]


def _index(form: forms.Form) -> str:
    waiting = digests.waiting()
    counts = digests.people_waiting([each.id for each in waiting])
    return render_template(
        "console/digests/index.html",
        page=LIST.page(),
        form=form,
        setting=digest_times.setting(),
        is_daily=digest_times.is_daily(),
        next_at=digest_times.next_at(clock.utc_now()),
        weekdays=WEEKDAYS,
        waiting=[(each, deadlines.to_act(each), counts.get(each.id, 0)) for each in waiting],
        may_open=scope() is None,
    )


def _to_compose() -> Waiting:
    """A draft whose time is near, or a digest that waits for a second person."""
    query = _rows().where(Campaign.status.in_([CampaignStatus.DRAFT, CampaignStatus.APPROVED]))
    rows = [row for row in query.order_by(Digest.goes_at).limit(SHOWN)]
    todo = {CampaignStatus.DRAFT: "等着编排、送审", CampaignStatus.APPROVED: "已审定，等第二个人确认"}
    lines = [
        Line(
            row.campaign.title,
            url_for("console.digests.show", digest_id=row.id),
            f"{todo[row.campaign.status]}，{words.local_weekday(row.goes_at)} 发送",
        )
        for row in rows
    ]
    return Waiting(
        "摘要群发", "stack-2", len(lines), lines, url_for("console.digests.index"), is_pressing=True
    )


TODO: tuple[Todo, ...] = (Todo("digests.manage", _to_compose, 13),)
