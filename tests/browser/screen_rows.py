"""Rows for the pages that the demo's storyline leaves empty (`make screens`)."""

from __future__ import annotations

from datetime import timedelta

import clock
from models.accounts import Account
from models.activities import Activity, ActivityStatus
from models.alliance import MemberUnit
from models.audiences import SavedAudience
from models.automatic_notices import NoticeKind
from models.bindings import BindingRequest, BindingRequestKind, BindingRequestStatus
from models.check_ins import CheckInOpening
from models.fieldwork import SurveySeries
from models.messaging import CampaignStatus
from models.notices import Notice, NoticeFile
from models.people import Follower
from models.pictures import Picture
from models.schedules import CampaignSeries
from models.survey_analysis import Course
from models.surveys import Questionnaire
from server import check_in_screen
from services import saved_replies
from services.activities import invitations
from services.messaging import saved_audiences
from tests.factories.composer import make_notice, make_picture
from tests.server.console.campaign_rows import make_campaign


def arrange() -> None:
    """What administrators arrange, where the demo holds none of it."""
    secretary = Account.get(Account.username == "mishu")
    answer_by = clock.utc_now() + timedelta(hours=1)
    later = (Activity.status == ActivityStatus.PUBLISHED) & (Activity.starts_at > answer_by)
    lecture = Activity.select().where(later).order_by(Activity.id).get()
    units = MemberUnit.select().where(MemberUnit.short_name.in_(["乐余", "杨舍"]))
    invitations.invite(lecture, {unit.id: 3 for unit in units}, answer_by, actor=secretary)
    notice = Notice.select().order_by(Notice.id).first() or make_notice(member_unit=secretary.member_unit)
    kept = {"media_type": "application/pdf", "size": 184_320, "storage_key": "notices/none.pdf"}
    NoticeFile.create(notice=notice, title="集体备课安排表", file_name="集体备课安排表.pdf", **kept)
    if not Picture.select().exists():
        make_picture(member_unit=secretary.member_unit)
    saved_replies.create(title="停车怎么走", text="请从东门进，停在二号楼前。", actor=secretary)
    _pushes(secretary, lecture)
    _surveys(secretary)
    _request(units[0])


def _pushes(secretary: Account, lecture: Activity) -> None:
    next_week = clock.utc_now() + timedelta(days=7)
    about = {"author": secretary, "activity": lecture}
    make_campaign(title="讲座前一周", status=CampaignStatus.SCHEDULED, scheduled_at=next_week, **about)
    CampaignSeries.create(
        campaign=make_campaign(title="每周讲座预告", **about),
        rule="FREQ=WEEKLY;BYDAY=MO",
        time_of_day="09:00",
        starts_on=clock.local_today(),
        fired_until=clock.utc_now(),
    )
    if not SavedAudience.select().exists():
        saved_audiences.create(name="全体会员", definition={"everyone": True}, actor=secretary)


def _surveys(secretary: Account) -> None:
    unit, model = secretary.member_unit, Questionnaire.select().order_by(Questionnaire.id).get()
    if not SurveySeries.select().exists():
        SurveySeries.create(name="培训需求征集", member_unit=unit, author=secretary, model=model)
    if not Course.select().exists():
        Course.create(title="基层治理的方法", topics="基层治理\n网格", instructor="陈老师", member_unit=unit)


def _request(unit: MemberUnit) -> None:
    asking = Follower.select().where(Follower.is_following).order_by(Follower.id.desc()).get()
    BindingRequest.create(
        follower=asking,
        member_unit=unit,
        kind=BindingRequestKind.UNMATCHED,
        status=BindingRequestStatus.OPEN,
        way="word",
        name="样例人员",
        digits="5678",
        moved_at=clock.utc_now(),
    )


def words_of(name: str) -> list[str]:
    """What an address takes that is no row's number."""
    if name == "kind":
        return [kind.value for kind in NoticeKind][:1]
    if name == "token":
        return [check_in_screen.token(opening) for opening in CheckInOpening.select()]
    return []
