"""`make screens`: every screen over the demo alliance at desk and phone width, as contact sheets.

    .venv/bin/python -m tests.browser.screens [folder]

Starts the product with the local WeChat on free ports, plays the demo's storyline, signs in as each
demo account and as a member, opens every page the routes know, and looks at it: an answer that is
no page, a console error, a request that leaves the hosts, a page wider than its window are printed,
and the exit code is 1. The sheets go to docs/pictures, the single pictures to `folder`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PIL import Image, ImageDraw, ImageFont, PngImagePlugin
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.routing import Rule

import config
import models
from demo import alliance
from demo.local_wechat import LocalWeChat
from demo.processes import Processes
from demo.storyline import Storyline, close_database
from models.people import Follower
from services import member_links
from tests.browser import screen_rows
from tests.browser.conftest import CHROMIUM_FLAGS, PHONE, WIDE

SHEETS = config.ROOT / "docs" / "pictures"
FONT = "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"
MEMBERS = 60
ACCOUNTS = ("mishu", "bianji", "sysadmin", "secadmin", "audit", "leyu_lianluo", "zhongshen")
NOT_PAGES = (
    ".xlsx",
    ".docx",
    "/export",
    "/progress",
    "/open/",
    "/sign-in/done",
    "<path:",
    "/audience",
    "/files/",
    "/materials/<",
    "/forecast",
    "/live",
    "/window",
    "/choose",
    "/series/preview",
    "/now",
    ".docx",
    ".json",
    ".csv",
)
TRIED_ROWS = 6
TABLES = {
    "survey": "questionnaire",
    "issue": "e_journal_issue",
    "article": "e_journal_article",
    "roster": "roster_import",
    "mapping": "template_mapping",
    "unit": "member_unit",
    "column": "e_journal_column",
    "item": "inbox_item",
    "request": "binding_request",
    "invitation": "unit_invitation",
    "material": "activity_material",
    "series": "activity_series",
    "series/series": "campaign_series",
    "survey-series/series": "survey_series",
    "saved": "saved_reply",
    "override": "workday_override",
}
SIZES = {"1440": WIDE, "390": PHONE}
TALLEST = 2400


@dataclass
class Screen:
    """One page as it was found, at each width."""

    name: str
    title: str
    pictures: dict[str, Path] = field(default_factory=dict)


@dataclass
class Looking:
    folder: Path
    site: str
    hosts: set[str]
    rules: list[Rule]
    faults: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        def leaving(url: str) -> None:
            parts = urlsplit(url)
            if parts.scheme in ("http", "https") and parts.netloc not in self.hosts:
                self.faults.append(f"{page.url}: a request left the host: {parts.netloc}")

        page.on("request", lambda request: leaving(request.url))
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda said: (
                self.faults.append(f"{page.url}: {said.text}")
                if said.type in ("error", "warning") and "status of 4" not in said.text
                else None
            ),
        )

    def open(self, page: Page, addresses: list[str]) -> bool:
        """The first of the addresses that answers with a page."""
        for address in addresses:
            answer = page.goto(self.site + address)
            is_page = answer is not None and answer.headers.get("content-type", "").startswith("text/html")
            if answer is not None and answer.status >= 500:
                self.faults.append(f"{address}: answered {answer.status}")
            if is_page and answer is not None and answer.ok and "/sign-in" not in urlsplit(page.url).path:
                return page.locator("html[lang]").count() > 0
        return False

    def shoot(self, page: Page, name: str, into: Screen) -> None:
        for width, size in SIZES.items():
            page.set_viewport_size({"width": size[0], "height": size[1]})
            page.wait_for_timeout(150)
            wide = int(page.evaluate("document.documentElement.scrollWidth"))
            if wide > size[0] + 1:
                self.faults.append(f"{name}: {wide} px wide in a window of {size[0]}")
            height = min(TALLEST, int(page.evaluate("document.documentElement.scrollHeight")))
            page.set_viewport_size({"width": size[0], "height": max(size[1], height)})
            into.pictures[width] = self.folder / f"{name}-{width}.png"
            page.screenshot(path=into.pictures[width])


def main(words: list[str]) -> int:
    folder = Path(words[0]) if words else Path(tempfile.mkdtemp(prefix="screens-"))
    folder.mkdir(parents=True, exist_ok=True)
    with Processes(folder, kind="service", database_url=f"sqlite:///{folder / 'screens.db'}") as processes:
        processes.adopt_environment()
        processes.start_sandbox()
        _play(processes)
        hosts = {urlsplit(processes.web_url).netloc, urlsplit(processes.sandbox_url).netloc}
        looking = Looking(folder, processes.web_url, hosts, _rules())
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
            )
            console = list(_console(browser, looking))
            pages = list(_member_pages(browser, looking))
            browser.close()
        close_database()
    for what, screens in (("console", console), ("member", pages)):
        for width in SIZES:
            sheet(screens, width, SHEETS / f"screens-{what}-{width}.png")
    print(f"{len(console)} console screens, {len(pages)} member screens; single pictures in {folder}")
    print("\n".join(dict.fromkeys(looking.faults)) or "no fault seen")
    return 1 if looking.faults else 0


def _play(processes: Processes) -> None:
    """The alliance with people, three campaigns sent, a survey answered, and a row for every other page."""
    wechat = LocalWeChat(processes.sandbox_url)
    story = Storyline(processes, wechat, MEMBERS)
    story.prepare()
    alliance.load(MEMBERS)
    processes.start_product()
    story.publish_menu()
    story.decide()
    story.send()
    story.survey()
    subprocess.run(
        [str(Path(sys.executable).with_name("flask")), "demo", "phones"],
        cwd=config.ROOT,
        env=processes.environment,
        check=True,
        capture_output=True,
    )
    _say(wechat)
    screen_rows.arrange()


def _say(wechat: LocalWeChat) -> None:
    """What members write on their phones: a letter, a complaint."""
    members = Follower.select().where(Follower.person.is_null(False), Follower.is_following)
    openids = [row.openid for row in members.order_by(Follower.id.desc()).limit(2)]
    wechat.act(openids[0], "text", content="我上次参加培训的结业证书什么时候可以领？")
    wechat.act(openids[1], "text", content="投诉 二楼研讨室的投影仪一直是坏的")


def _rules() -> list[Rule]:
    from server import create_app

    app = create_app()
    found = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set())]
    found = [rule for rule in found if not any(part in rule.rule for part in NOT_PAGES)]
    return sorted(found, key=lambda rule: rule.rule)


def _addresses(rule: Rule) -> list[str]:
    """The rule's address with the rows that are there, a few of them."""
    names = sorted(rule.arguments)
    area = rule.rule.split("/")[2]
    rows = [_ids(name.removesuffix("_id"), area) for name in names]
    built = [rule.build(dict(zip(names, ids, strict=True))) for ids in product(*rows)]
    return [address for _, address in filter(None, built)]


def _ids(base: str, area: str) -> list[int] | list[str]:
    table = TABLES.get(f"{area}/{base}") or TABLES.get(base, base)
    for model in models.TABLES:
        if model._meta.table_name == table:
            rows: Any = model.select().order_by(model._meta.primary_key).limit(TRIED_ROWS)
            return [row.get_id() for row in rows]
    return screen_rows.words_of(base)


def _console(browser: Browser, looking: Looking) -> Iterator[Screen]:
    contexts = {username: _signed_in(browser, looking, username) for username in ACCOUNTS}
    for rule in looking.rules:
        if not rule.rule.startswith("/console/") or rule.rule == "/console/sign-in":
            continue
        addresses = _addresses(rule)
        for page in contexts.values():
            if looking.open(page, addresses):
                name = rule.endpoint.removeprefix("console.").replace(".", "-")
                screen = Screen(name, page.title())
                looking.shoot(page, name, screen)
                yield screen
                break
        else:
            print(f"not shown: {rule.rule} ({len(addresses)} addresses tried)")


def _signed_in(browser: Browser, looking: Looking, username: str) -> Page:
    page = _page(browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai"), looking)
    page.goto(f"{looking.site}/console/sign-in")
    page.fill("[name=username]", username)
    page.fill("[name=password]", alliance.PASSWORD)
    page.click("main [type=submit], form [type=submit]")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


def _member_pages(browser: Browser, looking: Looking) -> Iterator[Screen]:
    member = Follower.select().where(Follower.person.is_null(False), Follower.is_following).get()
    page = _page(browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai"), looking)
    page.goto(member_links.make(member.id, "/m/"))
    for rule in looking.rules:
        if not rule.rule.startswith("/m/"):
            continue
        addresses = _addresses(rule)
        if looking.open(page, addresses):
            name = "m-" + rule.endpoint.removeprefix("pages.").replace(".", "-")
            screen = Screen(name, page.title())
            looking.shoot(page, name, screen)
            yield screen
        else:
            print(f"not shown: {rule.rule} ({len(addresses)} addresses tried)")


def _page(context: BrowserContext, looking: Looking) -> Page:
    page = context.new_page()
    page.set_default_timeout(20_000)
    looking.watch(page)
    return page


def sheet(screens: list[Screen], width: str, into: Path) -> None:
    """All pictures of a width side by side, named."""
    across, shown, tall, gap = (4, 480, 360, 24) if width == "1440" else (9, 195, 420, 20)
    down = -(-len(screens) // across)
    whole = Image.new("RGB", (across * (shown + gap) + gap, down * (tall + gap + 22) + gap), "#e9ecef")
    draw, font = ImageDraw.Draw(whole), ImageFont.truetype(FONT, 13)
    for number, screen in enumerate(screens):
        x = gap + (number % across) * (shown + gap)
        y = gap + (number // across) * (tall + gap + 22)
        with PngImagePlugin.PngImageFile(screen.pictures[width]) as picture:
            small = picture.convert("RGB").resize((shown, max(1, picture.height * shown // picture.width)))
        whole.paste(small.crop((0, 0, shown, min(tall, small.height))), (x, y + 20))
        draw.text((x, y), _cut(screen.title, shown, font), fill="#212529", font=font)
    into.parent.mkdir(parents=True, exist_ok=True)
    whole.quantize(128).save(into, optimize=True)


def _cut(text: str, width: int, font: ImageFont.FreeTypeFont) -> str:
    while font.getlength(text) > width:
        text = text[:-1]
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
