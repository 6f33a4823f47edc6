"""期刊: issues from the desk to their readers.

`screens` lists issues and registers periodicals, `heads` has the form of an issue's number, permit
line and cover, `desk` moves columns and articles, `articles` writes one, `reviewing` has the three
stages, publication and withdrawal, `preview` shows the reader's pages, `waiting` tells 待办.
"""

from __future__ import annotations

from flask import Blueprint

from server.console.areas import MenuEntry
from server.console.todo import Todo

bp = Blueprint("e_journals", __name__, url_prefix="/console/e-journals")
MENU = (
    MenuEntry("期刊", "电子期刊", "e_journals.index", "e_journals.view", "book", 10),
    MenuEntry("期刊", "期刊审核", "e_journals.to_review", "e_journals.review", "checkup-list", 20),
)

# The views register themselves on `bp`.
from server.console.e_journals import (  # noqa: E402
    articles,
    desk,
    heads,
    preview,
    reviewing,
    screens,
    waiting,
)

TODO = (
    Todo("e_journals.review", waiting.to_review, order=12),
    Todo("e_journals.manage", waiting.to_mend, order=22),
    Todo("e_journals.manage", waiting.to_publish, order=26),
)

__all__ = ["MENU", "TODO", "articles", "bp", "desk", "heads", "preview", "reviewing", "screens", "waiting"]
