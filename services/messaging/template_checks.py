"""Whether a campaign's values fit the templates that would carry it: asked before anything is queued."""

from __future__ import annotations

from models.messaging import Campaign, Channel
from services.errors import Invalid
from services.messaging import channels, contents, planner
from services.messaging.variables import BY_NAME, PersonWords

EXAMPLE = PersonWords(BY_NAME["姓名"].example, BY_NAME["单位"].example)


def problem(campaign: Campaign) -> str:
    """The field, its limit and what does not fit, in words; "" when all fits, or no template is used.

    An automatic notice has nobody to set it right before it goes: it pauses when it is sent.
    """
    if campaign.is_digest or campaign.is_automatic or contents.content_of(campaign) is None:
        return ""
    if Channel.TEMPLATE_MESSAGE not in channels.usable(campaign):
        return ""
    told = []
    for mapping in planner.mappings(campaign):
        if mapping is None:
            continue
        try:
            contents.template_fields(campaign, mapping, EXAMPLE)
        except Invalid as wrong:
            told.append(wrong.message)
    return "；".join(dict.fromkeys(told))
