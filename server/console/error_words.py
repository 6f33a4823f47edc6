"""易错词: the words that stop a text or warn, kept by hand or by Excel."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from server.console import exports, forms
from server.console.areas import MenuEntry
from server.console.forms import Form
from server.console.guard import me, requires
from services import list_exports
from services.errors import Invalid
from services.publishing import error_words
from services.roster import workbook

bp = Blueprint("error_words", __name__, url_prefix="/console/error-words")
MENU = MenuEntry("推送", "易错词", "error_words.index", "error_words.manage", "abc", 57)
Answer = str | BaseResponse | tuple[str, int]


@bp.get("/")
@requires("error_words.manage")
def index() -> str:
    """`?word=…` fills the form with a word to change."""
    chosen = next((w for w in error_words.all_words() if w.word == request.args.get("word")), None)
    if chosen is None:
        return _page(forms.filled({"stops": "yes", "is_active": "1"}))
    return _page(
        forms.filled(
            {
                "word": chosen.word,
                "suggestion": chosen.suggestion,
                "stops": "yes" if chosen.stops else "no",
                "is_active": "1" if chosen.is_active else "",
                "note": chosen.note,
            }
        )
    )


@bp.post("/")
@requires("error_words.manage")
def keep() -> Answer:
    form = forms.submitted()
    try:
        row = error_words.keep(
            form.text("word"),
            suggestion=form.text("suggestion"),
            stops=form.text("stops") != "no",
            is_active=form.flag("is_active"),
            note=form.text("note"),
            actor=me(),
        )
    except Invalid as wrong:
        form.fail(wrong)
        return _page(form), 422
    flash(f"“{row.word}”已保存", "success")
    return redirect(url_for(".index"))


@bp.post("/remove")
@requires("error_words.manage")
def remove() -> BaseResponse:
    word = request.form.get("word", "")
    error_words.remove(word, actor=me())
    flash(f"“{word}”已删除", "success")
    return redirect(url_for(".index"))


@bp.get("/export")
@requires("error_words.manage")
def export() -> Response:
    words = error_words.all_words()
    list_exports.taken("易错词", len(words), conditions="全部", actor=me())
    return exports.xlsx("易错词", error_words.HEADINGS, error_words.table(words))


@bp.post("/import")
@requires("error_words.manage")
def import_file() -> Answer:
    form, sent = forms.submitted(), request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise Invalid(fields={"file": "请先选择一个 Excel 文件"})
        sheets = workbook.open_workbook(sent.read(workbook.MOST_BYTES + 1), sent.filename)
        count = error_words.import_rows(sheets[0].rows if sheets else [], actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _page(form), 422
    flash(f"已导入 {count} 个词", "success")
    return redirect(url_for(".index"))


def _page(form: Form) -> str:
    return render_template("console/error_words/index.html", form=form, words=error_words.all_words())
