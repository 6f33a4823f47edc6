"""需求征集 as a page: my open surveys, one in full, thanks. Answers go to the service alone."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from peewee import PeeweeException
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.wrappers import Response

from server.pages.member import follower, kept, me, member_only
from server.statuses import status_of
from services import picture_files
from services.errors import DomainError
from services.surveys import changes_made, chat_text, page_answers, pages
from services.surveys.pages import Brought, Filling, SurveyNotHere, SurveyOver

bp = Blueprint("surveys", __name__)
log = logging.getLogger(__name__)
Answer = str | Response | tuple[str, int]

SHOWN = re.compile(r"shown-(\d{1,10})")
NOT_KEPT = "这次没有保存成功，您填写的内容还在本页，请稍候再点一次"
SURVEY = "<int(max=2147483647):survey_id>"


@bp.get("/surveys")
@member_only
def index() -> Answer:
    return render_template(
        "pages/surveys/index.html",
        surveys=pages.mine(me()),
        changes=changes_made.shown_to(me().id),
        is_saved=bool(request.args.get("saved")),
    )


@bp.get(f"/surveys/{SURVEY}")
@member_only
def show(survey_id: int) -> Answer:
    typed = kept()
    if typed is not None:  # sent after the sign-in had ended: shown again, not yet saved
        return _page(pages.filling(survey_id, me(), brought=_brought(typed)))
    return _page(
        pages.filling(survey_id, me()),
        is_saved=bool(request.args.get("saved")),
        dropped=request.args.get("dropped", 0, type=int),
    )


@bp.post(f"/surveys/{SURVEY}")
@member_only
def save(survey_id: int) -> Answer:
    """`act`: submit, later, or stay (the Enter key in a field)."""
    person, signed_in, brought = me(), follower(), _brought(request.form, request.files)
    act = request.form.get("act", "")
    wrong = None
    try:
        saved = pages.save(survey_id, signed_in, person, brought, submits=act == "submit")  # type: ignore[arg-type]
        wrong = saved.wrong
    except PeeweeException as error:
        # Not the error's own text: a database puts the row's values into it.
        log.error("survey %s was not saved: %s", survey_id, type(error).__name__)
    if wrong is None:
        shown = pages.filling(survey_id, person, brought=brought)
        return _page(shown, problem=NOT_KEPT), 503
    if wrong:
        shown = pages.filling(survey_id, person, brought=brought, wrong=wrong)
        return _page(shown, dropped=saved.dropped), 422
    if act == "submit":
        return redirect(url_for(".thanks", survey_id=survey_id))
    if act == "later":
        return redirect(url_for(".index", saved=1))
    return redirect(url_for(".show", survey_id=survey_id, saved=1, dropped=saved.dropped or None))


@bp.get(f"/surveys/{SURVEY}/thanks")
@member_only
def thanks(survey_id: int) -> Answer:
    questionnaire = pages.completed(survey_id, me())
    if questionnaire is None:
        return redirect(url_for(".show", survey_id=survey_id))
    return render_template(
        "pages/surveys/thanks.html", questionnaire=questionnaire, thanks_word=chat_text.THANKS
    )


@bp.errorhandler(SurveyNotHere)
@bp.errorhandler(SurveyOver)
def kindly(error: DomainError) -> Response:
    """Closed, meant for others, or never there."""
    is_over = isinstance(error, SurveyOver)
    body = render_template("pages/surveys/not_open.html", message=error.message, is_over=is_over)
    return make_response(body, status_of(error))


def _page(filling: Filling, *, problem: str = "", is_saved: bool = False, dropped: int = 0) -> str:
    privacy = chat_text.ANONYMOUS if filling.questionnaire.is_anonymous else chat_text.NAMED
    return render_template(
        "pages/surveys/show.html",
        filling=filling,
        questionnaire=filling.questionnaire,
        wrong=[field for field in filling.fields if field.wrong],
        privacy=privacy,
        passed_over=pages.PASSED_OVER,
        problem=problem,
        is_saved=is_saved,
        dropped=dropped,
    )


def _brought(form: MultiDict[str, str], files: Mapping[str, FileStorage] | None = None) -> dict[int, Brought]:
    """What the form brings, by the id of the question; only questions that it showed."""
    found = {}
    for name, shown in form.items():
        matched = SHOWN.fullmatch(name)
        if not matched:
            continue
        number = matched[1]
        values = [
            each for each in form.getlist(f"answer-{number}") if not each.startswith(page_answers.WORDS)
        ]
        if words := form.get(f"words-{number}", "").strip():
            values.append(f"{page_answers.WORDS}{words}")
        values += _places(form, number)
        file = files.get(f"file-{number}") if files is not None else None
        data = file.read(picture_files.MAX_BYTES + 1) if file is not None and file.filename else None
        found[int(number)] = Brought(values or form.getlist(f"answer-{number}"), shown, data)
    return found


def _places(form: MultiDict[str, str], number: str) -> list[str]:
    """The places given in a ranking, in their order."""
    start = f"place-{number}-"
    places = [
        (place, name.removeprefix(start)) for name, place in form.items() if name.startswith(start) and place
    ]
    places.sort(key=lambda each: (len(each[0]), each[0]))
    return [f"{option_id}{page_answers.PLACE}{place}" for place, option_id in places]
