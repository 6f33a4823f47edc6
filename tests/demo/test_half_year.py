"""Half a year without waiting: one week of it with few people; the whole is run by hand."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import config
from demo import half_year


def test_one_week_is_lived_through_and_adds_up() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "demo.half_year"],
        cwd=config.ROOT,
        env={**os.environ, "PEOPLE": "20", "WEEKS": "1"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert "1 次推送" in ended.stdout


@pytest.mark.parametrize(("name", "value"), [("PEOPLE", "19"), ("PEOPLE", "many"), ("WEEKS", "27")])
def test_a_wrong_size_is_refused_in_a_sentence(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)

    assert half_year.main() == 2
    assert "PEOPLE 须是" in capsys.readouterr().err
