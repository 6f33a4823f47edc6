"""Pictures stop what may not show them, and go into articles as the platform's own copies."""

from __future__ import annotations

from pathlib import Path

import pytest
from peewee import Database

import config
from models.accounts import Account
from models.messaging import Campaign, CampaignStatus
from models.pictures import Picture, PictureLicence, PictureMaterial
from sandbox.testing import Sandbox
from services import activities, pictures
from services.errors import Invalid
from services.messaging import article_pictures, campaigns, contents, launch, mass_drafts
from services.pictures import PictureInUse
from tests.factories import make_activity
from tests.factories.composer import make_picture
from tests.services.messaging.conftest import MakeCampaign
from wechat.gateway import Gateway


@pytest.fixture(autouse=True)
def _store(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings(), "storage_url", f"file://{tmp_path}")


def showing(picture: Picture) -> str:
    return f'<p>甲<img src="/pictures/{picture.token}" alt="图">乙</p>'


def test_a_picture_of_unclear_right_stops_the_review_and_the_publication(
    make_campaign: MakeCampaign, secretary: Account
) -> None:
    picture = make_picture(alt="网上的图", licence=PictureLicence.UNCLEAR)
    activity = make_activity(member_unit=secretary.member_unit, body_html=showing(picture))
    campaign = make_campaign(activity=activity, status=CampaignStatus.DRAFT, scheduled_at=None)

    with pytest.raises(Invalid, match="“网上的图”授权待核") as refusal:
        campaigns.submit(campaign, actor=secretary)
    assert list(refusal.value.fields) == ["content"]
    with pytest.raises(Invalid, match="授权待核"):
        activities.update(activity, {"place": "二号厅"}, version=activity.version, actor=secretary)

    Picture.update(licence=PictureLicence.OWN_WORK).execute()
    campaigns.submit(campaign, actor=secretary)
    assert Campaign.get_by_id(campaign.id).status is CampaignStatus.IN_REVIEW


def test_a_right_that_falls_away_before_the_launch_sends_the_campaign_back(
    make_campaign: MakeCampaign, secretary: Account
) -> None:
    picture = make_picture(alt="合影")
    campaign = make_campaign(activity=make_activity(body_html=showing(picture)))
    Picture.update(shows_people=True).execute()

    assert not launch.launch(campaign.id)

    found = Campaign.get_by_id(campaign.id)
    assert found.status is CampaignStatus.DRAFT
    assert "“合影”图中人物还没有同意" in found.status_reason


def test_an_article_shows_the_platforms_copy_uploaded_once(sandbox: Sandbox, gateway: Gateway) -> None:
    picture, gone = make_picture(), "0" * 31 + "f"
    body = showing(picture) + f'<p>丙<img src="/pictures/{gone}" alt="没了"></p>'

    once = article_pictures.placed(body, gateway)
    again = article_pictures.placed(body, gateway)

    assert once == again
    url = PictureMaterial.get().article_url
    assert url.startswith(f"{sandbox.url}/mmbiz/")
    assert once == f'<p>甲<img src="{url}" alt="图">乙</p><p>丙</p>'


def test_a_campaigns_cover_is_uploaded_once_and_is_its_articles(
    make_campaign: MakeCampaign, secretary: Account, sandbox: Sandbox, gateway: Gateway
) -> None:
    picture = make_picture(alt="礼堂", member_unit=secretary.member_unit)
    unclear = make_picture(alt="网上的图", member_unit=secretary.member_unit, licence=PictureLicence.UNCLEAR)
    campaign = make_campaign(status=CampaignStatus.DRAFT, scheduled_at=None)
    with pytest.raises(Invalid) as refusal:
        campaigns.update(campaign, {"cover_token": unclear.token}, version=1, actor=secretary)
    assert list(refusal.value.fields) == ["cover_token"]
    was = contents.content_hash(campaign)

    campaigns.update(campaign, {"cover_token": picture.token}, version=1, actor=secretary)
    drafts = [mass_drafts.draft(campaign, gateway) for _ in range(2)]

    assert contents.content_hash(campaign) != was  # it is reviewed with the rest
    media_id = PictureMaterial.get(PictureMaterial.picture == picture).media_id
    for draft in drafts:
        [article] = sandbox.call("/cgi-bin/draft/get", {"media_id": draft})["news_item"]
        assert article["thumb_media_id"] == media_id
    with pytest.raises(PictureInUse, match="群发封面"):
        pictures.remove(picture, actor=secretary)
    Picture.update(licence=PictureLicence.UNCLEAR).where(Picture.id == picture.id).execute()
    with pytest.raises(Invalid, match="授权待核"):
        campaigns.submit(campaign, actor=secretary)
