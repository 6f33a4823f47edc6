"""What changed because of you (因您而变): written by the secretariat for those who answered."""

from __future__ import annotations

from html import escape

import clock
from models.accounts import Account
from models.base import db
from models.messaging import Campaign, Channel, ContentKind
from models.people import Topic
from models.survey_analysis import ChangesMade
from models.surveys import Participation, Questionnaire, QuestionnaireStatus
from services import access, audit
from services.errors import Invalid, StaleState
from services.messaging import campaigns
from services.publishing import notices
from services.surveys import questionnaires

LONGEST = 2000
SHOWN_MOST = 10


def of(questionnaire: Questionnaire) -> ChangesMade | None:
    return ChangesMade.get_or_none(ChangesMade.questionnaire == questionnaire.id)


def write(
    questionnaire: Questionnaire, text: str, *, is_shown: bool, version: int, actor: Account
) -> ChangesMade:
    """Keep the text; with `is_shown` members see it at once.

    Raises Invalid, NotFound for another school's, StaleState where somebody wrote meanwhile.
    """
    questionnaires.find(questionnaire.id, actor=actor)
    access.require_unit(actor, questionnaire.member_unit_id)
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise Invalid(fields={"text": "请写明根据大家的回答做了什么"})
    if len(text) > LONGEST:
        raise Invalid(fields={"text": f"最多{LONGEST}字，现在{len(text)}字"})
    if questionnaire.status == QuestionnaireStatus.DRAFT:
        raise Invalid(fields={"text": "问卷还没有开放过，没有人可以告诉"})
    with db.atomic():
        kept = of(questionnaire)
        shown_at = clock.utc_now() if is_shown else None
        if kept is None:
            kept = ChangesMade.create(
                questionnaire=questionnaire.id, text=text, is_shown=is_shown, shown_at=shown_at
            )
        else:
            values = {"text": text, "is_shown": is_shown, "shown_at": kept.shown_at or shown_at}
            changed = (
                ChangesMade.update(version=version + 1, **values)
                .where(ChangesMade.id == kept.id, ChangesMade.version == version)
                .execute()
            )
            if not changed:
                raise StaleState()
            kept = ChangesMade.get_by_id(kept.id)
        audit.record("changes_made.written", questionnaire, actor=actor, is_shown=is_shown)
    return kept


def draft_campaign(questionnaire: Questionnaire, *, actor: Account) -> Campaign:
    """A notice with the text and a push of it to those who answered, both as drafts to be reviewed.

    Raises Invalid where nothing is written yet, NotAllowed without the right to write pushes.
    """
    access.require(actor, "campaigns.manage")
    questionnaires.find(questionnaire.id, actor=actor)
    kept = of(questionnaire)
    if kept is None:
        raise Invalid("请先写好并保存“因您而变”，再发给答过的人")
    title = f"因您而变：{questionnaire.title}"
    body = "".join(f"<p>{escape(part)}</p>" for part in kept.text.split("\n") if part.strip())
    with db.atomic():
        notice = notices.create({"title": title, "body_html": body}, actor=actor)
        return campaigns.create(
            {
                "title": title,
                "topic": Topic.SURVEY.value,
                "content_kind": ContentKind.NOTICE.value,
                "published_notice": notice.id,
                "summary": "您答过的问卷有了结果，看看因此做了什么",
                "audience": _answered(questionnaire),
                "channels": [
                    channel.value for channel in (Channel.DIGEST, Channel.WINDOW_MESSAGE, Channel.RIDER)
                ],
            },
            actor=actor,
        )


def shown_to(person_id: int) -> list[ChangesMade]:
    """What came of the surveys that the person took part in, the newest first, with the questionnaire."""
    rows = (
        ChangesMade.select(ChangesMade, Questionnaire)
        .join(Questionnaire)
        .join(Participation, on=(Participation.questionnaire == Questionnaire.id))
        .where(ChangesMade.is_shown, Participation.person == person_id)
        .order_by(ChangesMade.shown_at.desc(), ChangesMade.id.desc())
        .limit(SHOWN_MOST)
    )
    return list(rows)


def _answered(questionnaire: Questionnaire) -> dict[str, object]:
    """Those meant less those who did not answer: whose participation is kept, never what they said."""
    return {"everyone": True, "not": {"no_answer_to": questionnaire.id}}
