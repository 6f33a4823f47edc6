"""Conformance: a JavaScript SDK (node-easywechat) calls every interface and serves the callback."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.endpoints import ENDPOINTS, Takes
from sandbox.testing import running_sandbox
from tests.sandbox.exploring import PNG, World, prepare

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("easywechat.cjs")
HAS_SDK = shutil.which("node") is not None and (ROOT / "node_modules" / "node-easywechat").is_dir()
pytestmark = pytest.mark.skipif(
    not HAS_SDK, reason="没有 node-easywechat，请先执行：deploy/install-assets dev"
)

# Calls that take away what later ones need come last; those with a secret in place of a token are its own.
LAST = ("del_private_template", "deltemplate", "menu/delete", "clear_quota", "quota/clear")
OWN = ("/cgi-bin/token", "/cgi-bin/stable_token")


def environment() -> dict[str, str]:
    return {**os.environ, "NODE_PATH": str(ROOT / "node_modules")}


def options(platform: Any, url: str) -> dict[str, Any]:
    told = {"http": {"baseURL": url + "/"}, "use_stable_access_token": True}
    chosen = platform.options
    official = {"app_id": chosen.app_id, "secret": chosen.app_secret, "token": chosen.token}
    mini = {"app_id": chosen.mini_app_id, "secret": chosen.mini_app_secret, "token": chosen.mini_token}
    return {
        "official": {**official, "aes_key": chosen.aes_key, **told},
        "mini": {**mini, "aes_key": chosen.mini_aes_key, **told},
    }


def calls(platform: Any) -> Iterator[dict[str, Any]]:
    paths = [path for path in ENDPOINTS if ENDPOINTS[path].needs_token and path not in OWN]
    for path in sorted(paths, key=lambda path: any(word in path for word in LAST)):
        world, known = World(platform), ENDPOINTS[path]
        prepare(world, path)
        yield {
            "app": "official" if "official" in known.apps else "mini",
            "method": known.methods[0],
            "path": path,
            "given": world.good(path),
            "file": base64.b64encode(PNG).decode() if known.takes is Takes.FILE else "",
        }


def test_every_interface_answers_it() -> None:
    with running_sandbox(callback=lambda *_: (200, b"success"), mini="") as sandbox:
        platform = sandbox.platform
        wanted = list(calls(platform))
        openid = sandbox.add("方庆")
        asked = {
            **options(platform, sandbox.url),
            "calls": wanted,
            "jsCode": sandbox.mini_login(openid),
        }
        ended = subprocess.run(
            [str(shutil.which("node")), str(SCRIPT), "calls"],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=60,
            env=environment(),
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        told = json.loads(ended.stdout.splitlines()[-1])
        mini_openid = sandbox.mini_openid(openid)

    assert (told.pop("session"), told.pop("ticket")) == (mini_openid, True)
    assert {path: errcode for path, errcode in told.items() if errcode} == {}
    assert len(told) == len(wanted) > 100


def test_it_opens_pushes_and_its_replies_are_accepted() -> None:
    with running_sandbox(mini="") as sandbox:
        chosen = options(sandbox.platform, sandbox.url)["official"]
    serving = subprocess.Popen(
        [str(shutil.which("node")), str(SCRIPT), "serve", json.dumps(chosen)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert serving.stdin is not None
    assert serving.stdout is not None
    try:
        port = serving.stdout.readline().strip()
        with running_sandbox(web=f"http://127.0.0.1:{port}", mini="") as sandbox:
            openid = sandbox.add("方庆", follow=False)
            sandbox.act(openid, "scan", scene="lecture_7")
            told = sandbox.say(openid, "报名<&>")
        followed, said = (json.loads(serving.stdout.readline()) for _ in range(2))
    finally:
        serving.stdin.close()
        serving.wait(10)
        serving.stdout.close()

    assert (followed["event"], followed["scene"]) == ("subscribe", "qrscene_lecture_7")
    assert said["content"] == "报名<&>"
    assert told["reply"]["text"] == "收到：报名<&>"
