"""The drafts of mass sends: their articles, their pictures, their covers, each uploaded once."""

from __future__ import annotations

import io
from datetime import timedelta

import clock
from models.messaging import Campaign, MassBatch
from models.operations import Credential
from models.pictures import PictureMaterial
from models.sealing import keyed_hash
from services.messaging import article_pictures, contents, digest_items
from wechat.answers import Article
from wechat.errors import Refused
from wechat.gateway import Gateway

MEDIA_GONE = 40007
COVER = "cover"
COVER_SIZE = (900, 383)
COVER_COLOUR = (178, 34, 34)


def make(batch: MassBatch, wechat: Gateway) -> None:
    """Make the batch's draft. A cover that the account no longer holds is uploaded anew."""
    try:
        media_id = draft(batch.campaign, wechat)
    except Refused as refusal:
        if refusal.errcode != MEDIA_GONE:
            raise
        Credential.delete().where(Credential.app_id == wechat.app_id, Credential.kind == COVER).execute()
        PictureMaterial.update(media_id="").where(PictureMaterial.app_id == wechat.app_id).execute()
        media_id = draft(batch.campaign, wechat)
    batch.media_id = media_id
    MassBatch.update(media_id=media_id).where(MassBatch.id == batch.id).execute()


def draft(campaign: Campaign, wechat: Gateway, *, mark: str = "") -> str:
    """Make the campaign's draft; its media_id. `mark` stands before the titles of one that is a trial."""
    return wechat.draft_add([_article(each, wechat, mark) for each in digest_items.carried(campaign)])


def _article(campaign: Campaign, wechat: Gateway, mark: str) -> Article:
    told = contents.article(campaign)
    return Article(
        title=f"{mark}{told.title}"[: contents.ARTICLE_TITLE],
        author=told.author,
        digest=told.digest,
        content=article_pictures.placed(told.content_html, wechat),
        source_url=told.source_url,
        cover_media_id=article_pictures.cover(campaign.cover_token, wechat) or _shipped_cover(wechat),
    )


def _shipped_cover(wechat: Gateway) -> str:
    """The permanent picture of whoever chose none; uploaded once and kept as a row."""
    row = Credential.get_or_none(Credential.app_id == wechat.app_id, Credential.kind == COVER)
    if row is not None:
        return str(row.value)
    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", COVER_SIZE, COVER_COLOUR).save(picture, "JPEG", quality=85)
    media_id = wechat.add_image_material(picture.getvalue(), "cover.jpg").media_id
    Credential.insert(
        app_id=wechat.app_id,
        kind=COVER,
        value=media_id,
        value_hash=keyed_hash(media_id),
        expires_at=clock.utc_now() + timedelta(days=3650),
        created_at=clock.utc_now(),
    ).on_conflict_ignore().execute()
    return media_id
