"""通知公告: what is announced to the member, one in full."""

from __future__ import annotations

import io
from urllib.parse import quote

from flask import Blueprint, render_template, request, send_file
from werkzeug.wrappers import Response

from server.pages.member import me, member_only
from services.publishing import notice_files, notices

bp = Blueprint("notices", __name__)
Answer = str | Response | tuple[str, int]
PAGE_SIZE = 20


@bp.get("/notices")
@member_only
def index() -> Answer:
    asked = request.args.get("page", "1")
    number = max(1, int(asked)) if asked.isdecimal() and len(asked) < 6 else 1
    found = notices.latest(me(), PAGE_SIZE + 1, offset=(number - 1) * PAGE_SIZE)
    return render_template(
        "pages/notices/index.html",
        notices=found[:PAGE_SIZE],
        number=number,
        has_more=len(found) > PAGE_SIZE,
    )


@bp.get("/notices/<int:notice_id>")
@member_only
def show(notice_id: int) -> Answer:
    notice = notices.for_member(notice_id, me())
    return render_template(
        "pages/notices/show.html",
        notice=notice,
        signature=notices.signature(notice),
        files=notice_files.of(notice),
    )


@bp.get("/notices/<int:notice_id>/files/<int:file_id>")
@member_only
def file(notice_id: int, file_id: int) -> Response:
    kept, content = notice_files.content_for(notice_id, file_id, me())
    answer = send_file(io.BytesIO(content), mimetype=kept.media_type)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(kept.file_name)}"
    return answer
