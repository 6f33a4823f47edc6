"""What `make demo` refuses, and how a failure ends."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from demo import __main__ as demo
from demo import report
from demo.engine import EngineMissing
from demo.processes import NotStarted


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("MEMBERS", "ACCOUNT", "ENGINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(demo, "_var", lambda: tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("MEMBERS", "many", "MEMBERS 须是 20 到 100000 的整数"),
        ("MEMBERS", "19", "MEMBERS 须是 20 到 100000 的整数"),
        ("MEMBERS", "100001", "MEMBERS 须是 20 到 100000 的整数"),
        ("MEMBERS", "-50", "MEMBERS 须是 20 到 100000 的整数"),
        ("MEMBERS", "²³", "MEMBERS 须是 20 到 100000 的整数"),
        ("ACCOUNT", "enterprise", "ACCOUNT 须是 service（服务号）或 subscription（订阅号）"),
        ("ENGINE", "mysql", "ENGINE 须是 sqlite 或 postgresql"),
    ],
)
def test_a_wrong_word_is_refused_in_a_sentence(
    name: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)

    assert demo.main() != 0

    told = capsys.readouterr()
    assert sentence in told.err
    assert told.out == ""


@pytest.mark.parametrize("error", [EngineMissing, NotStarted, TimeoutError, requests.ConnectionError])
def test_a_demo_that_cannot_go_on_keeps_its_logs(
    error: type[Exception],
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> int:
        raise error("没有库")

    monkeypatch.setattr(demo, "_run", fail)

    assert demo.main() == 1

    (folder,) = elsewhere.iterdir()
    assert capsys.readouterr().err == f"演示没有完成：没有库\n日志在 {folder}\n"


@pytest.mark.parametrize(("told", "folders"), [(0, 0), (1, 1)])
def test_only_a_demo_that_held_leaves_nothing_behind(
    told: int, folders: int, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "_run", lambda *_: told)

    assert demo.main() == told

    assert len(list(elsewhere.iterdir())) == folders


def test_tables_are_aligned_as_a_terminal_shows_them() -> None:
    shown = report.table(["推送", "人数"], [["讲座", "1,200"], ["e刊", "7"]])

    assert shown.splitlines() == ["  推送  人数 ", "  讲座  1,200", "  e刊       7"]
    assert {report.width(line) for line in shown.splitlines()} == {13}
