"""Error-prone words in what a campaign sends: they stop it, unless a reason is given and kept."""

from __future__ import annotations

import json

from models.accounts import Account
from models.activities import Activity
from models.audit import AuditEntry
from models.messaging import Campaign
from models.notices import Notice
from models.publishing import EJournalIssue
from models.surveys import Option, Question, Questionnaire
from services import audit
from services.errors import Invalid
from services.html import plain_text
from services.messaging import contents
from services.publishing import issue_structure, wording
from services.publishing.wording import Finding

LEAST_REASON = 4
OVERRIDDEN = "campaign.wording_overridden"


def findings(campaign: Campaign) -> list[Finding]:
    """The words that stop the campaign, or only warn, each with the place where it stands."""
    texts = {"推送标题": campaign.title, "一句话简介": campaign.summary}
    content = contents.content_of(campaign)
    if isinstance(content, Activity):
        texts |= {
            "系列": content.series.name,
            "活动标题": content.title,
            "主讲人": content.speaker,
            "主讲人简介": content.speaker_intro,
            "地点": content.place,
            "活动介绍": plain_text(content.body_html),
        }
    elif isinstance(content, EJournalIssue):
        texts |= {"本期摘要": content.summary, **issue_structure.texts(issue_structure.read(content))}
    elif isinstance(content, Notice):
        texts |= {
            "通知标题": content.title,
            "落款": content.issued_by,
            "通知正文": plain_text(content.body_html),
        }
    elif isinstance(content, Questionnaire):
        texts |= _texts_of(content)
    return wording.errors_in(texts)


def check(campaign: Campaign, *, override: str, content_hash: str, actor: Account) -> None:
    """Raises Invalid (`wording`) naming each word and its place, unless `override` says why they are right.

    The reason is kept in the audit trail. Inside the caller's transaction.
    """
    found = [each for each in findings(campaign) if each.stops]
    if not found:
        return
    reason = " ".join(override.split())[:200]
    if len(reason) < LEAST_REASON:
        told = "；".join(str(each) for each in found)
        raise Invalid(fields={"wording": f"{told}。如确认无误，请写明理由后再送审"})
    words = [str(each) for each in found]
    audit.record(OVERRIDDEN, campaign, actor=actor, reason=reason, words=words, content_hash=content_hash)


def override_of(campaign: Campaign) -> str:
    """Why the words of the text under review are right, as whoever submitted it wrote; "" for none."""
    rows = AuditEntry.select().where(
        AuditEntry.action == OVERRIDDEN,
        AuditEntry.subject_kind == "Campaign",
        AuditEntry.subject_id == str(campaign.id),
    )
    last = rows.order_by(AuditEntry.id.desc()).first()
    told = json.loads(last.details) if last is not None else {}
    return str(told["reason"]) if told.get("content_hash") == campaign.content_hash else ""


def _texts_of(questionnaire: Questionnaire) -> dict[str, str]:
    texts = {
        "问卷标题": questionnaire.title,
        "问卷说明": questionnaire.intro,
        "致谢": questionnaire.thanks,
    }
    asked = Question.select().where(Question.questionnaire == questionnaire).order_by(Question.position)
    for number, question in enumerate(asked, 1):
        options = Option.select().where(Option.question == question).order_by(Option.position)
        texts[f"第{number}题"] = "\n".join(
            [question.text, *(option.text for option in options), question.low_words, question.high_words]
        )
    return texts
