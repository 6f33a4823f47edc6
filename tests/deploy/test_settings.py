"""`.env.example` documents every setting, with the value that holds when it is left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from dotenv import dotenv_values

import config

ROOT = Path(config.__file__).parent
EXAMPLE = dotenv_values(ROOT / ".env.example")
FIELDS = config.Settings.model_fields


def test_the_example_names_every_setting_and_no_other():
    assert sorted(EXAMPLE) == sorted(name.upper() for name in FIELDS)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_the_example_shows_the_default(name: str):
    shown, default = EXAMPLE[name.upper()], FIELDS[name].default

    assert shown == (str(default).lower() if isinstance(default, bool) else str(default))


def test_each_setting_has_words_above_it():
    block: list[str] = []
    for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines():
        if not line:
            assert not block or any(part.startswith("#") for part in block)
            block = []
        else:
            block.append(line)


def test_production_refuses_the_example_as_it_stands(monkeypatch: pytest.MonkeyPatch):
    for name, value in EXAMPLE.items():
        monkeypatch.setenv(name, value or "")
    monkeypatch.setenv("APP_ENV", "production")

    with pytest.raises(ValueError, match="SECRET_KEY, FIELD_KEY, BACKUP_KEY"):
        config.Settings(_env_file=None)
