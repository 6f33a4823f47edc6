"""资料: files of an activity."""

from __future__ import annotations

import io
from urllib.parse import quote

from flask import flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from models.activities import Activity
from server.console import forms
from server.console.activities import Answer, bp
from server.console.activities.frame import frame
from server.console.guard import me, requires
from services import activities
from services.activities import material_files
from services.activities import materials as kept
from services.errors import Invalid


@bp.get("/<int:activity_id>/materials")
@requires("activities.view")
def materials(activity_id: int) -> Answer:
    return _page(activities.find(activity_id, actor=me(), to_manage=True), forms.filled({}))


@bp.post("/<int:activity_id>/materials")
@requires("activities.manage")
def add_material(activity_id: int) -> Answer:
    activity, form = activities.find(activity_id, actor=me(), to_manage=True), forms.submitted()
    upload = request.files.get("file")
    content = upload.read(material_files.MAX_BYTES + 1) if upload is not None else b""
    try:
        kept.add(
            activity,
            content,
            (upload.filename if upload is not None else "") or "",
            title=form.text("title"),
            opens_to_all=form.flag("opens_to_all"),
            actor=me(),
        )
    except Invalid as wrong:
        form.fail(wrong)
        return _page(activity, form), 422
    flash("已上传，报名的人现在可以看到", "success")
    return redirect(url_for(".materials", activity_id=activity_id))


@bp.get("/<int:activity_id>/materials/<int:material_id>")
@requires("activities.view")
def download_material(activity_id: int, material_id: int) -> Response:
    activity = activities.find(activity_id, actor=me(), to_manage=True)
    material = kept.find(activity, material_id)
    answer = send_file(io.BytesIO(kept.content_of(material)), mimetype=material.media_type)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(material.file_name)}"
    return answer


@bp.post("/<int:activity_id>/materials/<int:material_id>/open")
@requires("activities.manage")
def open_material(activity_id: int, material_id: int) -> Answer:
    activity = activities.find(activity_id, actor=me(), to_manage=True)
    opens = forms.submitted().flag("opens_to_all")
    kept.set_open_to_all(kept.find(activity, material_id), opens, actor=me())
    flash("活动结束后，能看到活动的人都可以下载" if opens else "只给报名和参加的人看", "success")
    return redirect(url_for(".materials", activity_id=activity_id))


@bp.post("/<int:activity_id>/materials/<int:material_id>/remove")
@requires("activities.manage")
def remove_material(activity_id: int, material_id: int) -> Answer:
    activity = activities.find(activity_id, actor=me(), to_manage=True)
    kept.remove(kept.find(activity, material_id), actor=me())
    flash("已删除", "success")
    return redirect(url_for(".materials", activity_id=activity_id))


def _page(activity: Activity, form: forms.Form) -> str:
    return render_template(
        "console/activities/materials.html",
        **frame(activity),
        form=form,
        rows=kept.of(activity),
        kinds_words=material_files.KINDS_WORDS,
        most_megabytes=material_files.MAX_BYTES // 1024 // 1024,
        accept=",".join(f".{each}" for each in (*material_files.PLAIN, *material_files.OFFICE)),
    )
