"""The pictures of what is sent: whether they may go out, and their way into the platform's articles.

An article shows only pictures that the platform itself holds: each is uploaded once for each account
and kept as a row, so that a repeat after a kill uploads nothing twice.
"""

from __future__ import annotations

import re

from models.activities import Activity
from models.messaging import Campaign
from models.notices import Notice
from models.pictures import Picture, PictureMaterial
from models.publishing import EJournalArticle, EJournalColumn, EJournalIssue
from services import pictures
from services.html import PICTURE_PATH
from services.messaging import contents, digest_items
from wechat.gateway import Gateway

_SHOWN = re.compile(r'<img\b[^>]*?\ssrc="([^"]*)"[^>]*>')


def why_not_licensed(campaign: Campaign) -> str:
    """Why the campaign may not go out with its pictures, in words; "" when it may."""
    carried = digest_items.carried(campaign)
    covers = [f'<img src="/pictures/{each.cover_token}">' for each in carried if each.cover_token]
    return pictures.why_not_licensed([*(body for each in carried for body in _bodies(each)), *covers])


def placed(content_html: str, wechat: Gateway) -> str:
    """An article's text with our pictures replaced by the platform's copies of them.

    A picture that is gone is left out: the platform would refuse the whole article.
    """

    def replaced(hit: re.Match[str]) -> str:
        ours = PICTURE_PATH.fullmatch(hit.group(1))
        url = _uploaded(ours.group(1), wechat) if ours else ""
        return hit.group().replace(hit.group(1), url) if url else ""

    return _SHOWN.sub(replaced, content_html)


def cover(token: str, wechat: Gateway) -> str:
    """The platform's id of a picture as a cover, uploaded once; "" without a token, or where it is gone."""
    found = pictures.file_of(token, pictures.BODY) if token else None
    if found is None:
        return ""
    picture = Picture.get(Picture.token == token)
    known = PictureMaterial.get_or_none(
        PictureMaterial.picture == picture, PictureMaterial.app_id == wechat.app_id
    )
    if known is not None and known.media_id:
        return str(known.media_id)
    data, content_type = found
    media_id = wechat.add_image_material(data, f"{token}.{content_type.rsplit('/', 1)[-1]}").media_id
    PictureMaterial.insert(
        picture=picture, app_id=wechat.app_id, media_id=media_id, created_at=picture.created_at
    ).on_conflict(
        conflict_target=[PictureMaterial.picture, PictureMaterial.app_id],
        update={PictureMaterial.media_id: media_id},
    ).execute()
    return media_id


def _uploaded(token: str, wechat: Gateway) -> str:
    """The platform's address of a picture; "" when there is no such picture."""
    picture = Picture.get_or_none(Picture.token == token)
    if picture is None:
        return ""
    known = PictureMaterial.get_or_none(
        PictureMaterial.picture == picture, PictureMaterial.app_id == wechat.app_id
    )
    if known is not None and known.article_url:
        return str(known.article_url)
    found = pictures.file_of(token, pictures.BODY)
    if found is None:
        return ""
    data, content_type = found
    url = wechat.upload_article_image(data, f"{token}.{content_type.rsplit('/', 1)[-1]}")
    PictureMaterial.insert(
        picture=picture, app_id=wechat.app_id, article_url=url, created_at=picture.created_at
    ).on_conflict(
        conflict_target=[PictureMaterial.picture, PictureMaterial.app_id],
        update={PictureMaterial.article_url: url},
    ).execute()
    return url


def _bodies(campaign: Campaign) -> list[str]:
    """All the texts that the campaign leads to."""
    content = contents.content_of(campaign)
    if isinstance(content, Activity | Notice):
        return [content.body_html]
    if isinstance(content, EJournalIssue):
        articles = EJournalArticle.select(EJournalArticle.body_html).join(EJournalColumn)
        return [row.body_html for row in articles.where(EJournalColumn.issue == content)]
    return []
