"""Files of a notice: uploaded, opened, taken away."""

from __future__ import annotations

import io
from urllib.parse import quote

from flask import flash, redirect, request, send_file, url_for
from werkzeug.wrappers import Response

from server.console import forms
from server.console.guard import me, requires
from server.console.notices import Answer, bp, page
from services.errors import Invalid
from services.publishing import notice_files, notices


@bp.post("/<int:notice_id>/files")
@requires("notices.manage")
def add_file(notice_id: int) -> Answer:
    notice, form = notices.find(notice_id, actor=me(), to_manage=True), forms.submitted()
    upload = request.files.get("file")
    content = upload.read(notice_files.MAX_BYTES + 1) if upload is not None else b""
    name = (upload.filename if upload is not None else "") or ""
    try:
        kept = notice_files.add(notice, content, name, title=form.text("title"), actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return page(notice, form), 422
    flash(f"附件“{kept.title}”已上传，能看这条通知的人都能下载", "success")
    return redirect(url_for(".show", notice_id=notice_id))


@bp.get("/<int:notice_id>/files/<int:file_id>")
@requires("notices.view")
def download_file(notice_id: int, file_id: int) -> Response:
    kept = notice_files.find(notices.find(notice_id, actor=me()), file_id)
    answer = send_file(io.BytesIO(notice_files.content_of(kept)), mimetype=kept.media_type)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(kept.file_name)}"
    return answer


@bp.post("/<int:notice_id>/files/<int:file_id>/remove")
@requires("notices.manage")
def remove_file(notice_id: int, file_id: int) -> Answer:
    notice = notices.find(notice_id, actor=me(), to_manage=True)
    notice_files.remove(notice_files.find(notice, file_id), actor=me())
    flash("附件已删除", "success")
    return redirect(url_for(".show", notice_id=notice_id))
