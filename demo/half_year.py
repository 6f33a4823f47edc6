"""`python -m demo.half_year`: half a year of the alliance lived through without waiting.

200 people, a campaign a week, one survey round, through `jobs.step` in this process: only the
local WeChat and the web process (for its callbacks) run beside it. The sandbox's clock goes along,
so its windows, quotas and months are those of the moment. PEOPLE and WEEKS make it smaller.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests

import clock
import config
import models
from demo import alliance, content, crowd, ledger_check, report, survey_check
from demo.local_wechat import LocalWeChat, wait_until
from demo.processes import NotStarted, Processes
from demo.storyline import close_database
from jobs.step import step
from models.accounts import Account
from models.messaging import Campaign, CampaignStatus, ContentKind, Delivery, DeliveryStatus
from models.people import Topic
from models.publishing import ReviewDecision, ReviewStage
from models.schema import runner
from models.surveys import Questionnaire
from services import wechat_account
from services.messaging import campaigns, confirmations, reviews

REVIEWERS = ("chushen", "fushen", "zhongshen")
MONDAY_HOUR, SEND_DAY, SEND_HOUR = 9, 1, 10
SURVEY_WEEK = 10
ISSUE_EVERY = 4
TALKERS = 12
WORDS = ("讲座", "沙龙", "期刊", "我的", "帮助")


@dataclass
class HalfYear:
    """One run; `problems` is empty when every sum held."""

    processes: Processes
    wechat: LocalWeChat
    people: int
    weeks: int
    problems: list[str] = field(default_factory=list)
    moments: int = 0
    started_on: datetime = field(default_factory=datetime.utcnow)
    campaigns: list[Campaign] = field(default_factory=list)
    keys: dict[int, str] = field(default_factory=dict)
    states: list[crowd.MemberState] = field(default_factory=list)

    def run(self) -> None:
        self.prepare()
        for week in range(self.weeks):
            self.live_week(week)
        self.go(self.at(self.weeks + 3, 0, MONDAY_HOUR))  # past every deadline
        self.check()

    def prepare(self) -> None:
        """Tables, the demo alliance, the crowd on both sides; the clock stands on a Monday at nine."""
        today = clock.local_today()
        monday = today + timedelta(days=7 - today.weekday())
        self.started_on = datetime(monday.year, monday.month, monday.day)
        morning = self.at(0, 0, MONDAY_HOUR)
        self._set_wechat(morning)
        clock.set_fixed(morning)
        models.connect(config.settings().database_url).connect()
        runner().up()
        alliance.load(people=0)
        self.states = crowd.fill(self.people)
        members = [
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
        body = {"members": members, "consent_template": crowd.ONE_TIME_TEMPLATE, "consent_scene": 1}
        self.wechat.post("/_sandbox/crowd", body)
        wechat_account.set_gateway(None)  # made anew, with this run's addresses
        self.processes.start("web")
        self.processes.wait_until_answers("web", f"{self.processes.web_url}/readyz")

    def live_week(self, week: int) -> None:
        """Monday: something new is written and reviewed; Tuesday: it goes out; all week people talk."""
        self.go(self.at(week, 0, MONDAY_HOUR))
        campaign = self._decide(week)
        self.go(self.at(week, SEND_DAY, SEND_HOUR) + timedelta(minutes=1))
        self.wechat.wait_for_events()
        self.go(self.at(week, SEND_DAY, SEND_HOUR + 1))
        self.campaigns.append(campaign)
        for number, state in enumerate(self._reachable()[week % 7 :: 7][:TALKERS]):
            self.wechat.act(state.openid, "text", content=WORDS[(week + number) % len(WORDS)])
        if week == min(SURVEY_WEEK, self.weeks - 1):
            self._survey()

    def _decide(self, week: int) -> Campaign:
        """A lecture, a salon or an issue of the journal, written, reviewed three times, scheduled."""
        editor = Account.get(Account.username == "bianji")
        author = Account.get(Account.username == "mishu")
        number = f"（第{week + 1}周）"
        values: dict[str, Any] = {"audience": {"everyone": True}, "summary": "欢迎各校教师和学员参加。"}
        if week % ISSUE_EVERY == ISSUE_EVERY - 1:
            issue_no = f"2027年第{week // ISSUE_EVERY + 1}期"
            issue = alliance.add_issue(content.ISSUE | {"issue_no": issue_no}, actor=editor)
            kind, key = ContentKind.E_JOURNAL_ISSUE, issue_no
            values |= {"issue": issue, "topic": Topic.E_JOURNAL, "title": f"期刊{issue_no}"}
        else:
            told: dict[str, Any] = dict(content.LECTURE if week % 2 == 0 else content.SALON)
            title = f"{told['title'][:9]}{number}"
            activity = alliance.add_activity(
                told | {"title": title, "series_no": 100 + week}, days=5, hour=14, actor=editor
            )
            kind, key = ContentKind.ACTIVITY, title
            topic = Topic.LECTURE if week % 2 == 0 else Topic.SALON
            values |= {"activity": activity, "topic": topic, "title": title}
        campaign = campaigns.create(values | {"content_kind": kind}, actor=author)
        campaigns.submit(campaign, actor=author)
        for stage, username in zip(ReviewStage, REVIEWERS, strict=True):
            reviewer = Account.get(Account.username == username)
            reviews.review(campaign, stage, ReviewDecision.PASSED, "内容属实，可以发送。", actor=reviewer)
        campaign = Campaign.get_by_id(campaign.id)
        campaigns.schedule(campaign, self.at(week, SEND_DAY, SEND_HOUR), actor=author)
        if confirmations.needed(campaign):
            confirmations.confirm(campaign, actor=reviewer)
        self.keys[campaign.id] = key
        return campaign

    def _survey(self) -> None:
        """Everybody who can be reached answers in chat; what is stored must be what was meant."""
        people = [state.openid for state in self._reachable()]
        before = self.wechat.calls()
        if not Questionnaire.select().where(Questionnaire.closes_at > clock.utc_now()).exists():
            author = Account.get(Account.username == "mishu")
            alliance.add_questionnaire(content.QUESTIONNAIRE | {"title": "年中需求征集"}, actor=author)
        self.wechat.post("/_sandbox/crowd/survey", {"openids": people, "seed": 19})
        wait_until(lambda: self._surveyed()["finished"], 300, "问卷没有答完")
        told = self._surveyed()
        if told["states"] != {"done": len(people)}:
            self.problems.append(f"问卷：{told['states']}，如 {told['stuck'][:1]}")
        if self.wechat.calls() != before:
            self.problems.append("问卷期间发生了对微信接口的调用")
        asked = Questionnaire.select().order_by(Questionnaire.id.desc()).get()
        truth = self.wechat.get("/_sandbox/crowd/survey/truth")
        rows = survey_check.compare(survey_check.stored(asked), survey_check.meant(truth))
        self.problems += [
            f"问卷“{q}”：{a} 存 {kept}，实为 {meant}" for q, a, kept, meant in rows if kept != meant
        ]

    def _surveyed(self) -> Any:
        return self.wechat.get("/_sandbox/crowd/survey")

    def _reachable(self) -> list[crowd.MemberState]:
        return [state for state in self.states if not (state.is_unfollowed or state.is_blocking)]

    # time -----------------------------------------------------------------------------

    def at(self, week: int, day: int, hour: int) -> datetime:
        """Naive UTC of that day's hour in Shanghai."""
        return clock.from_local(self.started_on + timedelta(days=week * 7 + day, hours=hour))

    def go(self, until: datetime) -> None:
        """Both clocks to this moment, with all that falls due on the way."""
        self._set_wechat(until)
        self.moments += len(step(until))

    def _set_wechat(self, moment: datetime) -> None:
        self.wechat.post("/_sandbox/clock", {"time": clock.to_timestamp(moment), "rate": 0})

    # the end --------------------------------------------------------------------------

    def check(self) -> None:
        self.problems += ledger_check.sums(self.campaigns)
        received = self.wechat.get("/_sandbox/received")
        silent = {state.openid for state in self.states if state.is_blocking or state.is_unfollowed}
        for campaign in self.campaigns:
            fresh = Campaign.get_by_id(campaign.id)
            if fresh.status is not CampaignStatus.DONE:
                self.problems.append(f"{fresh.title}：{fresh.status.value}，没有结束")
            self.problems += ledger_check.against_phones(fresh, self.keys[fresh.id], received, silent)
        if doubled := report.doubled(self.campaigns):
            self.problems.append(f"{doubled} 条投递有两次可能成功的尝试")

    def deliveries(self) -> Counter[DeliveryStatus]:
        return Counter(row.status for row in Delivery.select(Delivery.status))


def main() -> int:
    people, weeks = (os.environ.get(name, usual) for name, usual in (("PEOPLE", "200"), ("WEEKS", "26")))
    if not (people.isdecimal() and weeks.isdecimal() and 20 <= int(people) <= 5000 and 1 <= int(weeks) <= 26):
        print("PEOPLE 须是 20 到 5000 的整数，WEEKS 须是 1 到 26 的整数", file=sys.stderr)
        return 2
    var = config.ROOT / "var"
    var.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="half-year-", dir=var))
    began = time.monotonic()
    try:
        told = _run(folder, int(people), int(weeks))
    except (NotStarted, TimeoutError, RuntimeError, requests.RequestException) as error:
        print(f"重放没有完成：{error}\n日志在 {folder}", file=sys.stderr)
        return 1
    seconds = time.monotonic() - began
    print(report.ledger(told.campaigns))
    counts = "，".join(f"{status.value} {count}" for status, count in told.deliveries().most_common())
    print(f"\n{told.people} 人，{len(told.campaigns)} 次推送，{told.moments:,} 个到期时刻；投递：{counts}")
    print(f"半年用时 {seconds:.1f} 秒")
    if told.problems:
        print("\n不符之处：\n  " + "\n  ".join(told.problems[:20]) + f"\n日志在 {folder}", file=sys.stderr)
        return 1
    print("各项合计与手机一致；没有遗漏，没有重复。")
    close_database()
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def _run(folder: Path, people: int, weeks: int) -> HalfYear:
    url = f"sqlite:///{folder / 'half-year.db'}"
    with Processes(folder, kind="service", database_url=url) as processes:
        processes.adopt_environment()
        processes.start_sandbox()
        told = HalfYear(processes, LocalWeChat(processes.sandbox_url), people, weeks)
        told.run()
        return told


if __name__ == "__main__":
    sys.exit(main())
