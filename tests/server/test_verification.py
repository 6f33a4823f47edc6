"""The files that prove our domain to WeChat: those that were set, and no other."""

from __future__ import annotations

import pytest
from peewee import Database

import config
from server import create_app


@pytest.fixture(autouse=True)
def files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERIFICATION_FILES", "MP_verify_a1B2.txt, other-name.txt=its content")
    config.settings.cache_clear()
    yield
    monkeypatch.undo()
    config.settings.cache_clear()


def test_what_was_set_is_served_as_it_was_given(db: Database) -> None:
    client = create_app().test_client()

    assert client.get("/MP_verify_a1B2.txt").text == "a1B2"
    assert client.get("/other-name.txt").text == "its content"


def test_no_other_name_is_served(db: Database) -> None:
    """Else anybody could have our domain verified as theirs."""
    assert create_app().test_client().get("/MP_verify_zzz.txt").status_code == 404


@pytest.mark.parametrize("value", ["../etc/passwd.txt", "a.html", "plain.txt"])
def test_a_wrong_name_is_refused_in_words(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERIFICATION_FILES", value)
    config.settings.cache_clear()

    with pytest.raises(SystemExit, match="VERIFICATION_FILES"):
        config.settings()
