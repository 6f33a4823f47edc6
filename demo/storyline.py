"""The main job, start to end: three campaigns through the console, a survey in chat, all settled."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from peewee import fn

import clock
import config
import models
from demo import alliance, content, crowd, ledger_check, report, survey_check
from demo.console_client import ConsoleClient
from demo.local_wechat import LocalWeChat, wait_until
from demo.processes import Processes
from models.activities import Activity
from models.base import db
from models.inbound import PlatformEvent
from models.messaging import OPEN_DELIVERY, Campaign, CampaignStatus, Channel, Delivery
from models.publishing import EJournalIssue
from models.schema import runner
from models.surveys import Questionnaire

SURVEY_MOST = 2000
CROWD_BATCH = 10_000
REVIEWERS = ("chushen", "fushen", "zhongshen")
FORM_TIME = "%Y-%m-%dT%H:%M"


@dataclass
class Storyline:
    """One run over started processes; `problems` is empty when everything held."""

    processes: Processes
    wechat: LocalWeChat
    members: int
    problems: list[str] = field(default_factory=list)
    timings: list[tuple[str, float]] = field(default_factory=list)
    campaigns: list[Campaign] = field(default_factory=list)
    states: list[crowd.MemberState] = field(default_factory=list)
    keys: dict[int, str] = field(default_factory=dict)
    patience: float = 120

    def run(self) -> None:
        self._timed("装入示范联盟与人群", self.prepare)
        self._timed("启动各进程", self.processes.start_product)
        self._timed("发布菜单", self.publish_menu)
        self._timed("拟稿、三审、排期", self.decide)
        self._timed("启动并发送", self.send)
        self._timed("在聊天里答问卷", self.survey)
        self._timed("等到截止，全部有结果", self.settle)
        self.check()

    def prepare(self) -> None:
        tomorrow = clock.local_today() + timedelta(days=1)
        morning = clock.from_local(datetime(tomorrow.year, tomorrow.month, tomorrow.day, 9, 0))
        self.wechat.set_time(clock.to_timestamp(morning))
        database = models.connect(config.settings().database_url)
        database.connect()
        runner().up()
        alliance.load(people=0)
        self.states = crowd.fill(self.members)
        rows = [
            {
                "openid": state.openid,
                "unfollowed": state.is_unfollowed,
                "blocked": state.is_blocking,
                "window_open": state.is_window_open,
                "consents": int(state.has_consent),
                "mass_used": 4 if state.has_mass_used else 0,
            }
            for state in self.states
        ]
        for start in range(0, len(rows), CROWD_BATCH):
            body: dict[str, Any] = {"members": rows[start : start + CROWD_BATCH]}
            body |= {"consent_template": crowd.ONE_TIME_TEMPLATE, "consent_scene": 1}
            self.wechat.post("/_sandbox/crowd", body)

    def publish_menu(self) -> None:
        flask = str(Path(sys.executable).with_name("flask"))
        done = subprocess.run(
            [flask, "menu", "publish"],
            cwd=config.ROOT,
            env=self.processes.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            self.problems.append(f"菜单没有发布：{done.stdout}{done.stderr}".strip())

    def decide(self) -> None:
        """Write, review three times, schedule and confirm each campaign at the console, as its people do."""
        lecture = Activity.get(Activity.title == content.LECTURE["title"])
        salon = Activity.get(Activity.title == content.SALON["title"])
        issue = EJournalIssue.select().where(EJournalIssue.is_sample).get()
        wanted = (
            (f"activity:{lecture.id}", "欢迎各校教师和学员参加，席位有限。", content.LECTURE["title"]),
            (f"activity:{salon.id}", "欢迎带着课题来交流。", content.SALON["title"]),
            (f"e_journal_issue:{issue.id}", "本期目录已上线，登录后阅读全文。", "第11期"),
        )
        author = self._console("mishu")
        for chosen, summary, key in wanted:
            shown = author.send("/console/campaigns/new", content=chosen, summary=summary, reach="everyone")
            campaign_id = int(shown.url.rstrip("/").rsplit("/", 1)[1])
            author.send(f"/console/campaigns/{campaign_id}", action=f"{campaign_id}/submit")
            self.keys[campaign_id] = str(key)
        for username, stage in zip(REVIEWERS, ("review_1", "review_2", "review_final"), strict=True):
            reviewer = self._console(username)
            for campaign_id in self.keys:
                reviewer.send(
                    f"/console/campaigns/{campaign_id}/review",
                    stage=stage,
                    decision="passed",
                    opinion="内容属实，可以发送。",
                )
        at = clock.to_local(clock.utc_now() + timedelta(minutes=3))
        for campaign_id in self.keys:
            author.send(
                f"/console/campaigns/{campaign_id}",
                action=f"{campaign_id}/schedule",
                scheduled_at=at.strftime(FORM_TIME),
            )
        second = self._console(REVIEWERS[-1])
        for campaign_id in self.keys:
            second.send(f"/console/campaigns/{campaign_id}", action=f"{campaign_id}/confirm-mass")
        self.campaigns = list(Campaign.select().where(Campaign.id.in_(list(self.keys))).order_by(Campaign.id))

    def send(self) -> None:
        """Go to the scheduled minute and wait until only riders are left."""
        self.wechat.post("/_sandbox/clock", {"advance_seconds": 200})
        began = time.monotonic()
        patience = self.patience + self.members / 20
        wait_until(self._all_launched, patience, "推送没有启动")
        self.timings.append(("  其中：冻结受众并规划", time.monotonic() - began))
        began = time.monotonic()
        wait_until(lambda: not self._waiting(), patience, "还有投递没有发出")
        seconds = time.monotonic() - began
        calls = self._calls_made()
        rate = calls / max(seconds, 0.001)
        self.timings.append((f"  其中：发送 {calls:,} 次调用，每秒 {rate:,.0f} 次", seconds))
        self.wechat.wait_for_events(patience)
        wait_until(self._events_settled, patience, "结果事件没有入账")

    def survey(self) -> None:
        """The crowd answers by menu words, links and numbers; no API call may happen meanwhile."""
        before = self.wechat.calls()
        people = [s.openid for s in self.states if not s.is_unfollowed][:SURVEY_MOST]
        self.wechat.post("/_sandbox/crowd/survey", {"openids": people, "seed": 19})
        wait_until(self._survey_finished, 120 + len(people) / 2, "问卷没有答完", every=0.5)
        told = self.wechat.get("/_sandbox/crowd/survey")
        rate = told["steps"] / max(told["seconds"], 0.01)
        self.timings.append((f"  其中：{told['steps']:,} 条会员消息，每秒 {rate:,.0f} 条", told["seconds"]))
        if told["states"] != {"done": len(people)}:
            self.problems.append(f"问卷：{told['states']}，如 {told['stuck'][:1]}")
        if self.wechat.calls() != before:
            self.problems.append("问卷期间发生了对微信接口的调用")

    def settle(self) -> None:
        """Past every deadline: riders that nobody came for expire, campaigns end."""
        ended = Campaign.select(fn.MAX(Campaign.deadline_at)).where(Campaign.id.in_(list(self.keys)))
        last: datetime = ended.scalar()
        self.wechat.set_time(clock.to_timestamp(last + timedelta(minutes=2)))
        wait_until(self._all_done, 300, "推送没有结束")

    def check(self) -> None:
        """Sums, phones, channels and answers; what does not hold goes into `problems`."""
        self.problems += ledger_check.sums(self.campaigns)
        received = self.wechat.get("/_sandbox/received")
        silent = {state.openid for state in self.states if state.is_blocking or state.is_unfollowed}
        for campaign in self.campaigns:
            self.problems += ledger_check.against_phones(campaign, self.keys[campaign.id], received, silent)
        if doubled := report.doubled(self.campaigns):
            self.problems.append(f"{doubled} 条投递有两次可能成功的尝试")
        self._check_channels()
        wrong = [row for row in self.answers() if row[2] != row[3]]
        self.problems += [f"问卷“{q}”：{a} 存 {mine}，实为 {theirs}" for q, a, mine, theirs in wrong[:5]]

    def answers(self) -> list[tuple[str, str, int, int]]:
        questionnaire = Questionnaire.select().where(Questionnaire.is_sample).get()
        truth = self.wechat.get("/_sandbox/crowd/survey/truth")
        return survey_check.compare(survey_check.stored(questionnaire), survey_check.meant(truth))

    def _check_channels(self) -> None:
        used = report.channels_used(self.campaigns)
        if config.settings().wechat_account_kind == "service":
            wanted = {Channel.WINDOW_MESSAGE, Channel.TEMPLATE_MESSAGE, Channel.MASS_SEND, Channel.RIDER}
        else:
            wanted = {Channel.WINDOW_MESSAGE, Channel.MASS_SEND, Channel.RIDER}
        if missing := wanted - used:
            self.problems.append("没有用到的渠道：" + "、".join(sorted(missing)))

    def _console(self, username: str) -> ConsoleClient:
        client = ConsoleClient(self.processes.web_url, username, alliance.PASSWORD)
        client.sign_in()
        return client

    def _timed(self, what: str, act: Any) -> None:
        began = time.monotonic()
        place = len(self.timings)
        act()
        self.timings.insert(place, (what, time.monotonic() - began))
        self.processes.alive()

    def _statuses(self) -> set[CampaignStatus]:
        rows = Campaign.select(Campaign.status).where(Campaign.id.in_(list(self.keys)))
        return {row.status for row in rows}

    def _all_launched(self) -> bool:
        return self._statuses() <= {CampaignStatus.SENDING, CampaignStatus.DONE}

    def _all_done(self) -> bool:
        return self._statuses() == {CampaignStatus.DONE}

    def _waiting(self) -> bool:
        return bool(
            Delivery.select(Delivery.id)
            .where(Delivery.campaign.in_(self.campaigns), Delivery.status.in_(list(OPEN_DELIVERY)))
            .where(Delivery.channel != Channel.RIDER)
            .exists()
        )

    def _calls_made(self) -> int:
        told = self.wechat.calls()
        sending = (
            "message/custom/send",
            "message/template/send",
            "message/template/subscribe",
            "mass/send",
            "mass/sendall",
        )
        return sum(sum(codes.values()) for path, codes in told.items() if path.endswith(sending))

    @staticmethod
    def _events_settled() -> bool:
        return not PlatformEvent.select().where(PlatformEvent.settled_at.is_null()).exists()

    def _survey_finished(self) -> bool:
        return bool(self.wechat.get("/_sandbox/crowd/survey")["finished"])


def close_database() -> None:
    if not db.is_closed():
        db.close()
