"""`flask search rebuild`: the search index made anew from the content."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from models.base import db
from services.search import content

commands = AppGroup("search", help="内容检索：重建索引")


@commands.command("rebuild")
def rebuild() -> None:
    """Index all activities and issues; searching goes on meanwhile, and it may be run again."""
    with db.connection_context():
        activities, issues, notices = content.rebuild()
    click.echo(f"检索索引已重建：活动 {activities} 项，期刊 {issues} 期，通知 {notices} 条")
