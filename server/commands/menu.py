"""`flask menu show|publish|remove`: the menu under the chat and those of instructors and staff.

What is in force is read first; only what differs is sent.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask.cli import AppGroup

from bot.menu import CONDITIONAL, MENU, in_lines
from models.base import db
from services import follower_tags, wechat_account
from wechat.capabilities import WORDS, Capability
from wechat.conditional_menus import ConditionalMenu
from wechat.errors import NotAllowed, OutcomeUnknown, Refused, TryLater
from wechat.gateway import Gateway
from wechat.menu import same_menu

commands = AppGroup("menu", help="公众号自定义菜单：查看、发布、撤下")

NO_ABILITY = 48001


@commands.command("show")
def show() -> None:
    """Print the menus as they would be published."""
    for line in in_lines(MENU):
        click.echo(line)
    for _, name, buttons in CONDITIONAL:
        click.echo(f"\n{name}看到的菜单：")
        for line in in_lines(buttons):
            click.echo(line)


@commands.command("publish")
@click.option("--dry-run", is_flag=True, help="只比较，不发布")
def publish(dry_run: bool) -> None:
    """Put the menus in force; nothing is sent of what already is."""
    with db.connection_context(), _told_in_words():
        gateway = wechat_account.gateway()
        _require(gateway, Capability.MENU, "菜单没有改动。")
        _publish_default(gateway, dry_run)
        _publish_conditional(gateway, dry_run)


@commands.command("remove")
@click.option("--conditional-only", is_flag=True, help="只撤下教师和工作人员的菜单")
@click.confirmation_option(prompt="确定撤下菜单？关注者将看不到菜单")
def remove(conditional_only: bool) -> None:
    """Take the menus away; the default one takes the conditional ones with it."""
    with db.connection_context(), _told_in_words():
        gateway = wechat_account.gateway()
        _require(gateway, Capability.MENU, "菜单没有改动。")
        if not conditional_only:
            gateway.menu_delete()
            click.echo("菜单已全部撤下。")
            return
        for menu in gateway.conditional_menus.all():
            gateway.conditional_menus.delete(menu.menu_id)
        click.echo("教师和工作人员的菜单已撤下，他们将看到默认菜单。")


def _publish_default(gateway: Gateway, dry_run: bool) -> None:
    current = gateway.menu_get()
    if same_menu(current, MENU):
        click.echo("菜单没有变化，不需要发布。")
        return
    for line in differences(in_lines(current), in_lines(MENU)):
        click.echo(line)
    if dry_run:
        click.echo("以上是将要发布的改动（未发布）。")
        return
    gateway.menu_create(MENU)
    click.echo("菜单已发布。手机上重新进入公众号即可看到（最迟24小时）。")


def _publish_conditional(gateway: Gateway, dry_run: bool) -> None:
    """Ours alone are touched: the menus of our two tags. The one added last is shown first."""
    if not gateway.capabilities.allows(Capability.TAGS):
        click.echo(f"{gateway.capabilities.reason(Capability.TAGS)}；教师和工作人员看到默认菜单。")
        return
    if dry_run:
        click.echo("教师、工作人员的菜单在发布时按标签比较（未发布）。")
        return
    numbers = follower_tags.ensure([key for key, _, _ in CONDITIONAL], wechat=gateway)
    ours = set(numbers.values())
    there = [menu for menu in gateway.conditional_menus.all() if menu.tag_id in ours]
    wanted = [(numbers[key], buttons) for key, _, buttons in CONDITIONAL if key in numbers]
    if _are_in_force(there, wanted):
        click.echo("教师、工作人员的菜单没有变化。")
        return
    for menu in there:
        gateway.conditional_menus.delete(menu.menu_id)
    for tag_id, buttons in wanted:
        gateway.conditional_menus.add(buttons, tag_id=tag_id)
    click.echo(f"教师、工作人员的菜单已发布（{len(wanted)} 个）；绑定后几分钟内、其余每晚按身份更新。")


def _are_in_force(there: list[ConditionalMenu], wanted: list[tuple[int, list[dict[str, object]]]]) -> bool:
    """Whether ours stand there, the newest first, as they would be added."""
    if [menu.tag_id for menu in there] != [tag_id for tag_id, _ in reversed(wanted)]:
        return False
    pairs = zip(there, reversed(wanted), strict=True)
    return all(same_menu(menu.buttons, buttons) for menu, (_, buttons) in pairs)


def _require(gateway: Gateway, capability: Capability, left: str) -> None:
    if not gateway.capabilities.allows(capability):
        reason = gateway.capabilities.reason(capability)
        raise click.ClickException(f"{reason}；{left}请先完成微信认证，再设 WECHAT_VERIFIED=true。")


@contextmanager
def _told_in_words() -> Iterator[None]:
    """What WeChat said no to, and what stands now."""
    try:
        yield
    except NotAllowed as error:
        raise click.ClickException(f"这个公众号没有自定义菜单的权限：{error.errmsg}") from error
    except Refused as error:
        if error.errcode == NO_ABILITY:
            missing = WORDS[Capability.TAGS if "/tags/" in error.path else Capability.MENU]
            raise click.ClickException(
                f"微信答复 48001：这个公众号没有“{missing}”的接口权限，"
                "请在公众平台“接口权限”里核对；已发布的部分不变。"
            ) from error
        raise click.ClickException(f"微信拒绝了：{error}；请再运行一次，会先比较。") from error
    except TryLater as error:
        raise click.ClickException(f"暂时连不上微信：{error}；请稍后再试。") from error
    except OutcomeUnknown as error:
        raise click.ClickException(f"不知道是否已发布：{error}；请再运行一次，会先比较。") from error


def differences(before: list[str], after: list[str]) -> list[str]:
    """What comes (+) and what goes (-), line by line."""
    if not before:
        return [f"+ {line}" for line in after]
    compared = difflib.ndiff(before, after)
    return [line for line in compared if line[:2] in ("+ ", "- ")]
