"""单位名额: an invited unit names people from its roster, or declines."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

import clock
from models.activities import (
    INVITATION_STATUS_WORDS,
    Activity,
    ActivityStatus,
    InvitationStatus,
    UnitInvitation,
)
from models.people import Person
from server.console import forms, words
from server.console.areas import MenuEntry
from server.console.guard import me, requires
from server.console.list_routes import serve
from server.console.listing import Column, Filter, Listing, badge, choices
from server.console.todo import SHOWN as MOST_LINES
from server.console.todo import Line, Todo, Waiting
from services.activities import invitation_rows, unit_answers
from services.errors import DomainError, Invalid
from services.people import is_meant_by

bp = Blueprint("unit_places", __name__, url_prefix="/console/unit-places")
MENU = MenuEntry("活动", "单位名额", "unit_places.index", "activities.answer", "users-group", 20)
Answer = str | Response | tuple[str, int]
SHOWN = 60


def _waiting() -> Waiting:
    now = clock.utc_now()
    query = invitation_rows.of_unit(actor=me()).where(
        UnitInvitation.member_unit == me().member_unit_id,
        UnitInvitation.status == InvitationStatus.INVITED,
        UnitInvitation.answer_by > now,
        Activity.starts_at > now,
        Activity.status == ActivityStatus.PUBLISHED,
    )
    rows = list(query.order_by(UnitInvitation.answer_by).limit(MOST_LINES))
    lines = [
        Line(
            f"{row.activity.title}：{row.places}个名额",
            url_for("console.unit_places.show", invitation_id=row.id),
            f"{words.local_time(row.answer_by)}前报送",
        )
        for row in rows
    ]
    is_pressing = any(row.answer_by - now < PRESSING for row in rows)
    return Waiting(
        "单位名额待报送",
        "users-group",
        query.count(),
        lines,
        url_for("console.unit_places.index"),
        is_pressing,
    )


PRESSING = timedelta(days=1)
TODO = (Todo("activities.answer", _waiting, order=30),)


def _count_named(rows: list[UnitInvitation]) -> None:
    for line in invitation_rows.lines(rows):
        line.invitation.named = line.named  # type: ignore[attr-defined]


LIST = Listing(
    name="unit_places",
    title="单位名额",
    permission="activities.answer",
    rows=lambda: invitation_rows.of_unit(actor=me()),
    columns=(
        Column(
            "活动",
            lambda row: row.activity.title,
            link=lambda row: url_for(".show", invitation_id=row.id),
            css="long",
        ),
        Column("单位", lambda row: row.member_unit.short_name, on_phone=False),
        Column(
            "活动时间", lambda row: words.local_weekday(row.activity.starts_at), css="nowrap", on_phone=False
        ),
        Column(
            "报送截止",
            lambda row: words.local_time(row.answer_by),
            sort=UnitInvitation.answer_by,
            css="nowrap",
        ),
        Column("已报/名额", lambda row: f"{row.named}/{row.places}", css="nowrap"),
        Column("状态", lambda row: badge(row.status, INVITATION_STATUS_WORDS)),
    ),
    filters=(
        Filter(
            "status",
            "状态",
            choices(
                INVITATION_STATUS_WORDS, [each for each in InvitationStatus if each.value != "withdrawn"]
            ),
            lambda value: UnitInvitation.status == InvitationStatus(value),
        ),
    ),
    search=(Activity.title,),
    search_hint="活动标题",
    order=(UnitInvitation.answer_by.desc(), UnitInvitation.id.desc()),
    prepare=_count_named,
    empty="还没有收到邀请。别的单位邀请本单位参加活动时，会列在这里。",
)

serve(bp, LIST)


@bp.get("/")
@requires("activities.answer")
def index() -> Answer:
    return render_template("console/unit_places/index.html", page=LIST.page())


@bp.get("/<int:invitation_id>")
@requires("activities.answer")
def show(invitation_id: int) -> Answer:
    return _page(invitation_rows.find(invitation_id, actor=me()), forms.filled({}))


@bp.post("/<int:invitation_id>/people")
@requires("activities.answer")
def name(invitation_id: int) -> Answer:
    row, form = invitation_rows.find(invitation_id, actor=me()), forms.submitted()
    try:
        chosen = form.integers("people")
        if not chosen:
            raise Invalid(fields={"people": "请先勾选要报送的人"})
        named = unit_answers.name(row, chosen, actor=me())
    except DomainError as wrong:
        form.fail(wrong)
        return _page(row, form), 422
    is_full = invitation_rows.find(invitation_id, actor=me()).status is InvitationStatus.ANSWERED
    flash(
        f"已报送{len(named)}人，他们会收到通知{'。名额已报满，本单位已报送完毕' if is_full else ''}",
        "success",
    )
    return redirect(url_for(".show", invitation_id=invitation_id))


@bp.post("/<int:invitation_id>/people/<int:sign_up_id>/remove")
@requires("activities.answer")
def unname(invitation_id: int, sign_up_id: int) -> Answer:
    unit_answers.unname(invitation_rows.find(invitation_id, actor=me()), sign_up_id, actor=me())
    flash("已移出名单，本人会收到通知", "success")
    return redirect(url_for(".show", invitation_id=invitation_id))


@bp.post("/<int:invitation_id>/finish")
@requires("activities.answer")
def finish(invitation_id: int) -> Answer:
    row = invitation_rows.find(invitation_id, actor=me())
    try:
        unit_answers.finish(row, actor=me())
    except Invalid as wrong:
        form = forms.filled({})
        form.fail(wrong)
        return _page(row, form), 422
    flash("名单已报送完毕，没用完的名额已还给主办单位", "success")
    return redirect(url_for(".show", invitation_id=invitation_id))


@bp.post("/<int:invitation_id>/refuse")
@requires("activities.answer")
def refuse(invitation_id: int) -> Answer:
    row, form = invitation_rows.find(invitation_id, actor=me()), forms.submitted()
    try:
        unit_answers.refuse(row, form.text("reason"), actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _page(row, form), 422
    flash("已答复不参加，主办单位会看到原因", "success")
    return redirect(url_for(".show", invitation_id=invitation_id))


def _page(row: UnitInvitation, form: forms.Form) -> str:
    named = invitation_rows.named_of(row)
    sought = request.args.get("q", "").strip()[:40]
    roster = Person.select().where(
        Person.member_unit == row.member_unit_id,
        Person.erased_at.is_null(),
        Person.id.not_in([each.person_id for each in named]),
    )
    if sought:
        roster = roster.where(is_meant_by(sought))
    now, is_full = clock.utc_now(), len(named) >= row.places
    has_begun, is_late = now >= row.activity.starts_at, now >= row.answer_by
    is_asked = row.status is InvitationStatus.INVITED and not has_begun
    return render_template(
        "console/unit_places/show.html",
        form=form,
        row=row,
        activity=row.activity,
        named=named,
        left=max(0, row.places - len(named)),
        roster=list(roster.order_by(Person.name, Person.id).limit(SHOWN)),
        roster_size=roster.count(),
        sought=sought,
        is_asked=is_asked,
        may_remove=not has_begun and row.status in (InvitationStatus.INVITED, InvitationStatus.ANSWERED),
        place_stays=not is_late and (is_asked or is_full),
        is_late=is_late,
        has_begun=has_begun,
        invitation_words=INVITATION_STATUS_WORDS,
    )
