"""实施进度: how far an open questionnaire is, its invitation, reminders, targets, pause and end."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as HttpResponse

import clock
from models.alliance import MemberUnit
from models.fieldwork import MOST_REMINDERS
from models.messaging import CAMPAIGN_STATUS_WORDS
from models.people import ROLE_WORDS, PersonRoleKind
from models.surveys import QUESTIONNAIRE_STATUS_WORDS, Questionnaire, QuestionnaireStatus
from server.console import forms
from server.console.areas import MenuEntry
from server.console.forms import Form
from server.console.guard import can, me, requires, scope
from services.errors import DomainError, Invalid
from services.surveys import board, fieldwork, questionnaires
from services.surveys.fieldwork import Target

bp = Blueprint("fieldwork", __name__, url_prefix="/console/surveys/<int:survey_id>/fieldwork")
MENU: tuple[MenuEntry, ...] = ()
Answer = str | HttpResponse | tuple[str, int]


@bp.get("/")
@requires("surveys.view")
def index(survey_id: int) -> Answer:
    questionnaire = questionnaires.find(survey_id, actor=me())
    return render_template(
        "console/fieldwork/index.html",
        questionnaire=questionnaire,
        board=board.board(questionnaire, actor=me()),
        told=board.told,
        reminders=fieldwork.reminders_of(questionnaire),
        targets=fieldwork.targets_of(questionnaire),
        invitations=fieldwork.invitations_of(questionnaire),
        status_words=QUESTIONNAIRE_STATUS_WORDS,
        campaign_words=CAMPAIGN_STATUS_WORDS,
        role_words=ROLE_WORDS,
        statuses=QuestionnaireStatus,
        may_edit=can("surveys.manage"),
        may_push=can("campaigns.manage"),
    )


@bp.get("/board")
@requires("surveys.view", is_poll=True)
def progress(survey_id: int) -> Answer:
    """The board alone, asked for every fifteen seconds while somebody looks."""
    questionnaire = questionnaires.find(survey_id, actor=me())
    return render_template(
        "console/fieldwork/board.html",
        questionnaire=questionnaire,
        board=board.board(questionnaire, actor=me()),
        told=board.told,
        at=clock.utc_now(),
    )


@bp.post("/invite")
@requires("campaigns.manage")
def invite(survey_id: int) -> Answer:
    drafted = fieldwork.draft_invitation(questionnaires.find(survey_id, actor=me()), actor=me())
    flash("邀请已拟成推送草稿。请核对，再送审、排期", "success")
    return redirect(url_for("console.campaigns.show", campaign_id=drafted.id))


@bp.post("/pause")
@requires("surveys.manage")
def pause(survey_id: int) -> Answer:
    questionnaires.pause(questionnaires.find(survey_id, actor=me()), actor=me())
    flash("已暂停，暂时不接受回答；已有的回答都保存着", "success")
    return redirect(url_for(".index", survey_id=survey_id))


@bp.post("/resume")
@requires("surveys.manage")
def resume(survey_id: int) -> Answer:
    questionnaires.resume(questionnaires.find(survey_id, actor=me()), actor=me())
    flash("已恢复填写，会员可以接着上次的题目填", "success")
    return redirect(url_for(".index", survey_id=survey_id))


@bp.get("/extend")
@requires("surveys.manage")
def end(survey_id: int) -> Answer:
    questionnaire = questionnaires.find(survey_id, actor=me())
    return _ending(forms.of(questionnaire, "closes_at"), questionnaire)


@bp.post("/extend")
@requires("surveys.manage")
def extend(survey_id: int) -> Answer:
    questionnaire = questionnaires.find(survey_id, actor=me())
    form = forms.submitted()
    try:
        closes_at = form.moment("closes_at")
        form.check()
        questionnaires.extend(questionnaire, closes_at, actor=me())
    except DomainError as wrong:
        form.fail(wrong)
        return _ending(form, questionnaire), 422
    flash("截止时间已改", "success")
    return redirect(url_for(".index", survey_id=survey_id))


@bp.get("/reminders")
@requires("surveys.manage")
def reminders(survey_id: int) -> Answer:
    questionnaire = questionnaires.find(survey_id, actor=me())
    rows = fieldwork.reminders_of(questionnaire)
    return _reminding(forms.filled({f"remind_{row.no}": row.remind_at for row in rows}), questionnaire)


@bp.post("/reminders")
@requires("surveys.manage")
def set_reminders(survey_id: int) -> Answer:
    questionnaire = questionnaires.find(survey_id, actor=me())
    form = forms.submitted()
    told = {row.no: row.remind_at for row in fieldwork.reminders_of(questionnaire) if row.told_at}
    try:
        moments = [told.get(no) or form.moment(f"remind_{no}") for no in range(1, MOST_REMINDERS + 1)]
        form.check()
        fieldwork.set_reminders(questionnaire, [each for each in moments if each], actor=me())
    except DomainError as wrong:
        form.fail(wrong)
        return _reminding(form, questionnaire), 422
    flash("提醒时间已保存" if any(moments) else "已取消提醒", "success")
    return redirect(url_for(".index", survey_id=survey_id))


@bp.get("/targets")
@requires("surveys.manage")
def targets(survey_id: int) -> Answer:
    questionnaire = questionnaires.find(survey_id, actor=me())
    values = {
        f"unit_{row.member_unit_id}" if row.member_unit_id else f"role_{row.role}": row.wanted
        for row in fieldwork.targets_of(questionnaire)
    }
    return _aiming(forms.filled(values), questionnaire)


@bp.post("/targets")
@requires("surveys.manage")
def set_targets(survey_id: int) -> Answer:
    questionnaire = questionnaires.find(survey_id, actor=me())
    form = forms.submitted()
    try:
        wanted = _targets(form)
        form.check()
        fieldwork.set_targets(questionnaire, wanted, actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _aiming(form, questionnaire), 422
    flash("目标份数已保存", "success")
    return redirect(url_for(".index", survey_id=survey_id))


def _targets(form: Form) -> list[Target]:
    wanted = []
    for unit in _units():
        number = form.integer(f"unit_{unit.id}")
        if number is not None:
            wanted.append(Target(number, unit_id=unit.id))
    for role in PersonRoleKind:
        number = form.integer(f"role_{role.value}")
        if number is not None:
            wanted.append(Target(number, role=role))
    return wanted


def _units() -> list[MemberUnit]:
    query = MemberUnit.select().where(
        MemberUnit.valid_to.is_null() | (MemberUnit.valid_to >= clock.local_today())
    )
    bound = scope()
    if bound is not None:
        query = query.where(MemberUnit.id == bound)
    return list(query.order_by(MemberUnit.order_no, MemberUnit.id))


def _ending(form: Form, questionnaire: Questionnaire) -> str:
    return render_template("console/fieldwork/extend.html", form=form, questionnaire=questionnaire)


def _reminding(form: Form, questionnaire: Questionnaire) -> str:
    told = {row.no: row.told_at for row in fieldwork.reminders_of(questionnaire) if row.told_at}
    return render_template(
        "console/fieldwork/reminders.html",
        form=form,
        questionnaire=questionnaire,
        told=told,
        numbers=range(1, MOST_REMINDERS + 1),
        left=len(fieldwork.to_remind(questionnaire)),
    )


def _aiming(form: Form, questionnaire: Questionnaire) -> str:
    return render_template(
        "console/fieldwork/targets.html",
        form=form,
        questionnaire=questionnaire,
        units=_units(),
        roles=ROLE_WORDS.items(),
    )
