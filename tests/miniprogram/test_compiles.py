"""The mini program's source as WeChat's own compilers and the type checker read it: it is never built."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TREE = ROOT / "miniprogram"
COMPILER = ROOT / "node_modules/miniprogram-compiler"
TSC = ROOT / "node_modules/typescript/bin/tsc"
PAGES: list[str] = json.loads((TREE / "app.json").read_text(encoding="utf-8"))["pages"]
OUTSIDE = re.compile(r"https?://[^\s'\"`)]+")

COMPILE = """
globalThis.window = globalThis;
const { wxmlToJs, wxssToJs } = require(process.argv[1]);
const root = process.argv[2];
const made = new Function('global', wxmlToJs(root))({});
const styles = wxssToJs(root);
const pages = JSON.parse(process.argv[3]);
const missing = pages.filter((page) => typeof made(page + '.wxml') !== 'function');
console.log(JSON.stringify({ missing, styles: styles.length }));
"""


@pytest.fixture(scope="module")
def node() -> str:
    path = shutil.which("node")
    if path is None:
        pytest.skip("没有 node，请先安装 Node ≥ 20 再检查小程序")
    if not COMPILER.is_dir() or not (TREE / "vendor/weui.wxss").is_file():
        pytest.skip("没有小程序的检查工具，请先执行：deploy/install-assets dev")
    return path


def compiled(node: str, tree: Path) -> subprocess.CompletedProcess[str]:
    command = [node, "-e", COMPILE, str(COMPILER), str(tree), json.dumps(PAGES)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def checked(node: str, tree: Path) -> subprocess.CompletedProcess[str]:
    command = [node, str(TSC), "-p", str(tree / "jsconfig.json"), "--pretty", "false"]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The tree beside the same node_modules, to spoil."""
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    tree = tmp_path / "miniprogram"
    shutil.copytree(TREE, tree)
    return tree


def test_wechats_own_compilers_take_every_page(node: str) -> None:
    run = compiled(node, TREE)

    assert run.returncode == 0, run.stderr[-2000:]
    told = json.loads(run.stdout.splitlines()[-1])
    assert told["missing"] == []
    assert told["styles"] > 100_000  # WeUI's are among them


def test_they_refuse_a_broken_page(node: str, copy: Path) -> None:
    page = copy / "pages/index/index.wxml"
    page.write_text(page.read_text(encoding="utf-8") + "<view wx:if=", encoding="utf-8")

    assert compiled(node, copy).returncode != 0


def test_the_types_of_wechats_api_hold_and_a_wrong_call_is_found(node: str, copy: Path) -> None:
    """One run over both: of the whole tree the one spoiled file is complained of."""
    (copy / "lib/spoiled.js").write_text("wx.showToast({ title: 1 })\n", encoding="utf-8")

    run = checked(node, copy)

    complaints = run.stdout.splitlines()
    assert [line.partition("(")[0].rpartition("lib/")[2] for line in complaints] == ["spoiled.js"]


def test_every_page_is_whole_and_listed() -> None:
    folders = {f"pages/{folder.name}/{folder.name}" for folder in (TREE / "pages").iterdir()}

    assert folders == set(PAGES)
    for page in PAGES:
        assert [
            kind for kind in (".js", ".json", ".wxml", ".wxss") if not (TREE / (page + kind)).is_file()
        ] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_handler_a_page_names_is_there(page: str) -> None:
    names = set(re.findall(r'bind\w+="(\w+)"', (TREE / f"{page}.wxml").read_text(encoding="utf-8")))
    script = (TREE / f"{page}.js").read_text(encoding="utf-8")

    assert {name for name in names if not re.search(rf"^  (async )?{name}\(", script, re.M)} == set()


def test_no_page_opens_an_address_outside() -> None:
    found = {
        (file.relative_to(TREE).as_posix(), address)
        for file in TREE.rglob("*")
        if file.suffix in {".js", ".wxml", ".wxss"} and "vendor" not in file.parts
        for address in OUTSIDE.findall(file.read_text(encoding="utf-8"))
    }

    assert {file for file, _ in found} <= {"lib/config.js"}


def test_nothing_of_others_is_committed() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "miniprogram/vendor"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert listed.stdout == ""
