"""单位名额, the organiser's side: inviting units, their answers, a unit's own limit."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for

from models.activities import INVITATION_STATUS_WORDS, Activity, InvitationStatus, UnitInvitation
from server.console import forms
from server.console.activities import Answer, bp
from server.console.activities.frame import frame
from server.console.guard import me, requires
from services import activities, alliance
from services.activities import invitation_rows, invitations, unit_limits
from services.errors import Invalid, NotFound


@bp.get("/<int:activity_id>/units")
@requires("activities.view")
def units(activity_id: int) -> Answer:
    return _page(activities.find(activity_id, actor=me(), to_manage=True), forms.filled({"places": 1}))


@bp.post("/<int:activity_id>/units")
@requires("activities.manage")
def invite_units(activity_id: int) -> Answer:
    activity, form = activities.find(activity_id, actor=me(), to_manage=True), forms.submitted()
    try:
        places = form.integer("places", required="请填写每个单位的名额")
        answer_by = form.moment("answer_by", required="请选择报送截止时间")
        form.check()
        if places is None or answer_by is None:
            raise Invalid(fields=form.errors)
        chosen = dict.fromkeys(form.integers("units"), places)
        made = invitations.invite(activity, chosen, answer_by, actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _page(activity, form), 422
    flash(f"已邀请{len(made)}个单位。有联络员的会收到通知，没有的在下面注明，请另行通知", "success")
    return redirect(url_for(".units", activity_id=activity_id))


@bp.post("/<int:activity_id>/units/remind")
@requires("activities.manage")
def remind_units(activity_id: int) -> Answer:
    activity = activities.find(activity_id, actor=me(), to_manage=True)
    count = invitations.remind(activity, actor=me())
    flash(
        f"已提醒{count}个还没有报满的单位（同一天只提醒一次）" if count else "没有需要提醒的单位", "success"
    )
    return redirect(url_for(".units", activity_id=activity_id))


@bp.post("/<int:activity_id>/units/<int:invitation_id>/withdraw")
@requires("activities.manage")
def withdraw_unit(activity_id: int, invitation_id: int) -> Answer:
    activity = activities.find(activity_id, actor=me(), to_manage=True)
    row = UnitInvitation.get_or_none(
        UnitInvitation.id == invitation_id, UnitInvitation.activity == activity.id
    )
    if row is None:
        raise NotFound()
    invitations.withdraw(row, actor=me())
    flash("已撤回，没有报送的名额已放开；已报送的人保留", "success")
    return redirect(url_for(".units", activity_id=activity_id))


@bp.post("/<int:activity_id>/units/limit")
@requires("activities.manage")
def limit_unit(activity_id: int) -> Answer:
    activity, form = activities.find(activity_id, actor=me(), to_manage=True), forms.submitted()
    try:
        seats = form.integer("unit_limit")
        form.check()
        unit_limits.set_limit(activity, form.integer("unit"), seats, actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _page(activity, form), 422
    flash("已保存", "success")
    return redirect(url_for(".units", activity_id=activity_id))


def _page(activity: Activity, form: forms.Form) -> str:
    lines = invitation_rows.board(activity, actor=me())
    return render_template(
        "console/activities/units.html",
        **frame(activity),
        form=form,
        lines=lines,
        units=[(str(unit.id), unit.short_name) for unit in alliance.listed()],
        limits=unit_limits.limits_of(activity),
        free=activities.seats_left(activity),
        invitation_words=INVITATION_STATUS_WORDS,
        invitation_statuses=InvitationStatus,
        summary=_summary(lines),
    )


def _summary(lines: list[invitation_rows.Line]) -> list[tuple[str, int]]:
    """Counts of the board; the units are never ranked."""
    status = [line.invitation.status for line in lines]
    return [
        ("邀请单位", len(lines)),
        ("已报送完毕", status.count(InvitationStatus.ANSWERED)),
        ("不参加", status.count(InvitationStatus.REFUSED)),
        ("逾期未报满", sum(line.is_overdue for line in lines)),
        ("名额", sum(line.invitation.places for line in lines)),
        ("已报人数", sum(line.named for line in lines)),
    ]
