"""The files of the root say the same thing: locks, Makefile, README, image, units, contracts."""

from __future__ import annotations

import ast
import configparser
import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("config", "clock", "models", "wechat", "services", "server", "bot", "jobs", "sandbox", "demo")
# needed though nothing imports them: who needs them
NEEDED_BY = {
    "psycopg": "peewee, for PostgreSQL",
    "python-dotenv": "flask, which reads .flaskenv and .env",
    "tzdata": "zoneinfo, on a machine without zones",
    "honcho": "make run",
    "granian": "flask web run --server granian, started as a program",
}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(name: str) -> dict[str, str]:
    found = re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==([^\s;\\]+)", read(name), re.MULTILINE)
    return {canonical(package): version for package, version in found}


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_what_is_asked_for_is_locked_at_that_version(name: str):
    locked = pins(f"{name}.txt")

    asked = {package: locked.get(package) for package in pins(f"{name}.in")}

    assert asked == pins(f"{name}.in")


def test_tests_run_on_the_versions_of_the_product():
    product, checks = pins("requirements.txt"), pins("requirements-dev.txt")

    # deprecated is locked twice, by Python version: the later line stands in both
    assert {package: checks.get(package) for package in product} == product


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_locked_package_has_hashes_and_no_address(name: str):
    text = read(name)
    packages = re.findall(r"^[A-Za-z0-9].*?(?=^[A-Za-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)

    assert len(packages) > 50
    assert [package.split()[0] for package in packages if "--hash=sha256:" not in package] == []
    assert re.findall(r"https?://|--index|--extra-index|--find-links|--trusted-host", text) == []


def test_the_front_end_lock_holds_no_registry():
    packages = json.loads(read("package-lock.json"))["packages"]

    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []
    assert packages[""]["dependencies"] == json.loads(read("package.json"))["dependencies"]


def third_party_imports() -> set[str]:
    found: set[str] = set()
    for package in OURS:
        for file in [ROOT / f"{package}.py", *(ROOT / package).rglob("*.py")]:
            if not file.exists():
                continue
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    found |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - set(OURS)


def test_every_requirement_is_imported_and_every_import_required():
    owners = metadata.packages_distributions()
    imported = {canonical(owners[module][0]) for module in third_party_imports() - {"playhouse"}}

    assert imported - set(pins("requirements.in")) == set(), "imported, but not in requirements.in"
    assert set(pins("requirements.in")) - imported - set(NEEDED_BY) == set(), "required, but never imported"


def test_the_checks_cover_every_package_of_ours():
    project = tomllib.loads(read("pyproject.toml"))["tool"]
    names = {file.removesuffix(".py") for file in project["mypy"]["files"]}

    assert names == set(OURS)
    assert set(project["coverage"]["run"]["source"]) == set(OURS)
    assert set(project["importlinter"]["root_packages"]) == set(OURS) - {"config", "clock", "demo"}
    for name in OURS:
        assert (ROOT / name).is_dir() or (ROOT / f"{name}.py").is_file()


def test_imports_point_the_way_the_architecture_says():
    told = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert told.returncode == 0, told.stdout


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))


def documents() -> list[str]:
    return ["README.md", *(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/**/*.md"))]


def test_every_make_command_of_the_documents_exists():
    command = re.compile(r"(?:^|`)(?:[A-Z_]+=\S+ )*make ([a-z]+)", re.MULTILINE)
    named = {word for name in documents() for word in command.findall(read(name))}

    assert named >= {"run", "test", "lint", "demo", "bench"}
    assert named - make_targets() == set()


def test_ci_runs_the_command_of_the_readme():
    lines = read(".ci/run").splitlines()

    assert "set -euo pipefail" in lines
    assert "make test" in lines
    assert "deploy/check-fresh" in lines
    assert "\nmake test " in read("README.md")


def test_each_step_of_the_image_is_a_script_that_ci_runs_too():
    steps = re.findall(r"^RUN (.*)$", read("Dockerfile"), re.MULTILINE)
    checked = read("deploy/check-fresh")

    assert len(steps) == 3
    for step in steps:
        script = step.split()[0]
        assert re.fullmatch(r"deploy/[a-z-]+", script)
        assert (ROOT / script).stat().st_mode & 0o111
        # creating the user needs root: the one step that an unprivileged check cannot run
        assert step == "deploy/install-system runtime" or step in checked


def test_the_image_starts_with_the_words_that_ci_started_with():
    words = json.loads(re.findall(r"^CMD (.*)$", read("Dockerfile"), re.MULTILINE)[0])

    assert f"start_and_ask {' '.join(words)} " in read("deploy/check-fresh")


def processes_of_the_entrypoint() -> set[str]:
    return set(re.findall(r"[a-z]+", read("deploy/entrypoint").split("known:")[1].split(")")[0]))


def test_the_units_start_processes_that_exist():
    units = sorted((ROOT / "deploy/systemd").glob("*.service"))

    assert len(units) == 3
    for unit in units:
        parser = configparser.ConfigParser(strict=False)
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        parser.read(unit, encoding="utf-8")
        program, process, *_ = parser["Service"]["ExecStart"].split()
        assert program.endswith("/deploy/entrypoint")
        assert process in processes_of_the_entrypoint()


def test_the_compose_file_starts_processes_that_exist():
    commands = re.findall(r'^    command: \["([a-z]+)"', read("deploy/compose.yaml"), re.MULTILINE)

    assert {"migrate", "worker", "clock"} <= set(commands)
    assert set(commands) - {"redis"} <= processes_of_the_entrypoint()


def test_every_document_that_the_documents_name_exists():
    for name in documents():
        for path in re.findall(r"`((?:docs|deploy)/[\w./-]+\w)`", read(name)):
            if path != "deploy/certificates":  # made by the operator
                assert (ROOT / path).exists(), f"{name} names {path}"


def test_the_front_end_files_fetch_nothing_from_elsewhere():
    vendor = ROOT / "server/static/vendor"
    if not vendor.is_dir():
        pytest.skip("no front-end files: run deploy/install-assets")

    outside = {
        f"{file.name}: {found}"
        for file in vendor.glob("*.css")
        for found in re.findall(r"(?:url\(|@import )[\"']?((?:https?:)?//[^\"')]+)", read(str(file)))
    }

    assert {file.name for file in vendor.iterdir()} >= {
        "htmx.min.js",
        "alpine-csp.min.js",
        "tabler.min.css",
        "tabler.min.js",
        "tabler-icons.min.css",
        "weui.min.css",
    }
    assert outside == set()
