"""A machine that lacks something is told so in one Chinese and one English sentence."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ALWAYS = ("bash", "env", "dirname", "sed")


def program(folder: Path, name: str, says: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{says}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A path with a good python, node and npm, and the few tools of the script."""
    for name in ALWAYS:
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    program(tmp_path, "python3", "exit 0")
    program(tmp_path, "node", "echo v20.1.0")
    program(tmp_path, "npm", "echo 11.0.0")
    return tmp_path


def check(machine: Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHON"} | {"PATH": str(machine)}
    return subprocess.run(
        [machine / "bash", ROOT / "deploy/check-machine"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=20,
    )


def test_a_machine_with_everything_passes_in_silence(machine: Path):
    told = check(machine)

    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("name", "says", "chinese", "english"),
    [
        ("python3", None, "缺少 Python 3.11", "Python 3.11 or newer is missing"),
        ("python3", "exit 1", "缺少 Python 3.11", "Python 3.11 or newer is missing"),
        (
            "python3",
            'case "$2" in *venv*) exit 1;; esac',
            "python3 缺少 venv",
            "python3 lacks the venv module",
        ),
        ("node", None, "缺少 Node.js 20", "Node.js 20 or newer is missing (found: none)"),
        ("node", "echo v18.19.0", "现有：18", "Node.js 20 or newer is missing (found: 18)"),
        ("npm", None, "缺少 npm", "npm is missing"),
    ],
)
def test_what_is_missing_is_named_with_its_command(
    machine: Path, name: str, says: str | None, chinese: str, english: str
):
    (machine / name).unlink()
    if says:
        program(machine, name, says)

    told = check(machine)

    lines = told.stderr.splitlines()
    assert told.returncode == 1
    assert len(lines) == 2
    assert chinese in lines[0]
    assert english in lines[1]
    assert "apt-get install" in lines[0]
    assert "apt-get install" in lines[1]


def test_python_of_the_setting_is_the_one_asked(machine: Path):
    (machine / "python3").unlink()
    program(machine, "python-of-mine", "exit 0")

    told = subprocess.run(
        [machine / "bash", ROOT / "deploy/check-machine"],
        env={"PATH": str(machine), "PYTHON": "python-of-mine"},
        capture_output=True,
        text=True,
        timeout=20,
    )

    assert told.returncode == 0
