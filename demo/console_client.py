"""An administrator at the console without a screen: pages are fetched, forms filled in and sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import requests


class Refused(RuntimeError):
    """The console said no; the text is what the page says."""


@dataclass
class Form:
    action: str
    values: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


class _Page(HTMLParser):
    """The forms of a page with their present values, and its messages."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.messages: list[str] = []
        self._textarea = ""
        self._select = ""
        self._in_message = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.forms.append(Form(told.get("action", "")))
        if set(told.get("class", "").split()) & {"alert", "invalid-feedback"}:
            self._in_message = 1
        elif self._in_message and tag not in ("br", "img", "input"):
            self._in_message += 1
        if not self.forms:
            return
        form = self.forms[-1]
        name = told.get("name", "")
        if name and tag in ("input", "select", "textarea", "button"):
            form.names.add(name)
        if tag == "input" and name:
            self._input(form, name, told)
        elif tag == "textarea":
            self._textarea = name
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in told:
            form.values.setdefault(self._select, []).append(told.get("value", ""))

    @staticmethod
    def _input(form: Form, name: str, told: dict[str, str]) -> None:
        kind = told.get("type", "text")
        if kind in ("submit", "button", "file", "image"):
            return
        if kind in ("checkbox", "radio") and "checked" not in told:
            return
        form.values.setdefault(name, []).append(told.get("value", "on" if kind == "checkbox" else ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = ""
        elif tag == "select":
            self._select = ""
        if self._in_message:
            self._in_message -= 1

    def handle_data(self, data: str) -> None:
        if self._textarea and self.forms:
            self.forms[-1].values.setdefault(self._textarea, []).append(data.lstrip("\n"))
        if self._in_message and data.strip():
            self.messages.append(data.strip())


class ConsoleClient:
    """One account's session. Each act opens the page, fills in its form and sends it."""

    def __init__(self, web_url: str, username: str, password: str) -> None:
        self.web_url, self.username, self._password = web_url, username, password
        self._session = requests.Session()
        self._session.trust_env = False

    def sign_in(self) -> None:
        self._session.cookies.clear()
        self.send("/console/sign-in", username=self.username, password=self._password)

    def get(self, path: str) -> requests.Response:
        response = self._session.get(urljoin(self.web_url, path), timeout=60)
        if response.status_code >= 400:
            raise Refused(f"{path}: {response.status_code} {self._said(response)}")
        return response

    def send(self, path: str, *, action: str = "", **values: Any) -> requests.Response:
        """Open `path`, fill in its form (the one whose action ends in `action`, else the one
        that has all the fields) and send it; lists are sent as several values.

        Raises Refused with the page's messages when the form comes back, or an error.
        """
        page = _Page()
        shown = self.get(path)
        page.feed(shown.text)
        form = self._form(page, action, set(values), path)
        data = dict(form.values)
        for name, value in values.items():
            data[name] = [str(one) for one in value] if isinstance(value, list) else [str(value)]
        target = urljoin(shown.url, form.action or shown.url)
        response = self._session.post(target, data=data, timeout=120, headers={"Referer": shown.url})
        if response.status_code >= 400 or (not response.history and action == ""):
            raise Refused(f"{target}: {response.status_code} {self._said(response)}")
        return response

    @staticmethod
    def _form(page: _Page, action: str, names: set[str], path: str) -> Form:
        for form in page.forms:
            if form.action.endswith(action) if action else names <= form.names:
                return form
        raise Refused(f"{path}: no form for {action or ', '.join(sorted(names))}")

    @staticmethod
    def _said(response: requests.Response) -> str:
        page = _Page()
        page.feed(response.text)
        return "；".join(page.messages) or response.text[:200]
