"""Short forms in a dialog: the same address, view and form as the page.

    <a class="btn" {{ in_dialog(url_for(".edit", unit_id=unit.id)) }}>修改</a>

and the form's template begins with `{% extends layout %}` and its form with
`<form method="post" {{ dialog_form(url_for(".update", unit_id=unit.id)) }}>` (macros.html).
Within the dialog `layout` is its frame, so that the page around the form is left out; a refused
form comes back into the dialog with its errors and all that was typed; an accepted one's redirect
becomes a reload of the page behind, which keeps its filters and shows the message. Without script
the link opens the page.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

BODY = "div#dialog-body"  # the element's name as htmx tells it


def is_in_dialog() -> bool:
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == BODY


def layout() -> str:
    return "console/dialog.html" if is_in_dialog() else "console/base.html"


def register(blueprint: Blueprint) -> None:
    blueprint.after_request(_reload_behind)


def _reload_behind(response: Response) -> Response:
    """htmx would follow a redirect into the dialog: the page behind is to show what was done."""
    if not is_in_dialog():
        return response
    if response.status_code in (409, 422):
        response.status_code = 200  # the form with its errors is what is shown, not a failed request
    if response.status_code not in (301, 302, 303):
        return response
    done = Response("", 200)
    if request.method == "GET":  # not the form: signing in again, a missing permission
        done.headers["HX-Redirect"] = response.location or ""
    else:
        done.headers["HX-Refresh"] = "true"
    done.headers["Cache-Control"] = "no-store"
    for cookie in response.headers.getlist("Set-Cookie"):
        done.headers.add("Set-Cookie", cookie)
    return done
