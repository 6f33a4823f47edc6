"""What the sandbox can be told at start: flags, or SANDBOX_… in the environment."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

KINDS = ("service", "subscription")
MODES = ("plain", "compatible", "safe")
FORMATS = ("json", "xml")

HELP = {
    "host": "address to listen on",
    "port": "port to listen on; 0 takes a free one",
    "web": "the product's address; pushes go to <web><callback-path>; empty sends none",
    "callback_path": "path of the official account's callback",
    "kind": "account kind: " + ", ".join(KINDS),
    "verified": "whether the account is verified (true or false)",
    "app_id": "app id of the official account",
    "app_secret": "its secret",
    "token": "token of the callback's signatures",
    "aes_key": "EncodingAESKey, 43 characters",
    "original_id": "gh_… id of the account",
    "account_name": "name shown on the phones",
    "mini": "folder of the mini program shown on the phones; empty shows none",
    "mini_app_id": "app id of the mini program",
    "mini_app_secret": "its secret",
    "mini_token": "token of its pushes' signatures",
    "mini_aes_key": "its EncodingAESKey, 43 characters",
    "mini_original_id": "its gh_… id",
    "mini_name": "its name shown on the phones",
    "mini_callback_path": "path of the mini program's pushes",
    "mini_format": "format of its pushes: " + ", ".join(FORMATS),
    "mini_domains": "hosts wx.request may name, separated by commas; empty: any; all go to the product",
    "open_platform": "whether both apps belong to one Open Platform account and so share unionids",
    "bizsend": "whether the account was let into subscribe notifications (else 45103)",
    "ip_list": "addresses that may mint tokens, separated by commas; empty: every one",
    "voice_recognition": "whether voice messages carry the recognised words",
    "callback_mode": "how pushes are wrapped: " + ", ".join(MODES),
    "tls": "serve https with an authority of its own, for SDKs that hard-wire hosts",
    "tls_folder": "where the authority's certificate and key are kept",
    "tls_hosts": "names and addresses the certificate is for",
    "state": "snapshot file; empty keeps nothing",
    "snapshot_seconds": "seconds between snapshots",
    "clock_file": "file in which the clock is told to the product; empty writes none",
    "latency_ms": "every API call takes this long",
    "event_delay_ms": "job events come this long after the call",
    "event_concurrency": "job events on the way at one time",
    "push_deadline": "seconds the product has to answer a push",
    "push_attempts": "attempts per push",
    "push_retry_gap": "seconds before an attempt that failed faster than its deadline is repeated",
    "limits": "daily limit of an interface, PATH=NUMBER; may be repeated",
}


@dataclass
class Options:
    host: str = "127.0.0.1"
    port: int = 8100
    web: str = "http://127.0.0.1:8000"
    callback_path: str = "/wechat/callback"
    kind: str = "service"
    verified: bool = True
    app_id: str = "wx5a6d0b9c1e2f3a40"
    app_secret: str = "sandbox-secret-of-the-account"  # noqa: S105 - public development credential
    token: str = "sandboxToken2024"  # noqa: S105
    aes_key: str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    original_id: str = "gh_sandbox00001"
    account_name: str = "微党校"
    mini: str = field(default_factory=lambda: "miniprogram" if Path("miniprogram/app.json").is_file() else "")
    mini_app_id: str = "wx9f8e7d6c5b4a3920"
    mini_app_secret: str = "sandbox-secret-of-the-program"  # noqa: S105 - public development credential
    mini_token: str = "sandboxToken2024"  # noqa: S105
    mini_aes_key: str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    mini_original_id: str = "gh_sandbox00002"
    mini_name: str = "微党校小程序"
    mini_callback_path: str = "/wechat/mini"
    mini_format: str = "json"
    mini_domains: str = ""
    open_platform: bool = True
    bizsend: bool = True
    ip_list: str = ""
    voice_recognition: bool = True
    callback_mode: str = "safe"
    tls: bool = False
    tls_folder: str = "var/sandbox-authority"
    tls_hosts: str = "api.weixin.qq.com,open.weixin.qq.com,mp.weixin.qq.com,localhost,127.0.0.1"
    state: str = ""
    snapshot_seconds: float = 15.0
    clock_file: str = ""
    latency_ms: float = 0.0
    event_delay_ms: float = 300.0
    event_concurrency: int = 32
    push_deadline: float = 5.0
    push_attempts: int = 3
    push_retry_gap: float = 2.0
    limits: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.web = (self.web or "").rstrip("/")
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {self.kind!r}")
        if self.callback_mode not in MODES:
            raise ValueError(f"callback mode must be one of {', '.join(MODES)}, not {self.callback_mode!r}")
        if len(self.aes_key) != 43 or len(self.mini_aes_key) != 43:
            raise ValueError("an AES key must have 43 characters")
        if self.mini_format not in FORMATS:
            raise ValueError(f"mini format must be one of {', '.join(FORMATS)}, not {self.mini_format!r}")
        if self.mini and not Path(self.mini, "app.json").is_file():
            raise ValueError(f"{self.mini!r} is no mini program: there is no app.json in it")
        if self.mini_app_id == self.app_id:
            raise ValueError("the two apps need different app ids")
        if self.push_attempts < 1 or self.event_concurrency < 1:
            raise ValueError("push attempts and event concurrency must be at least 1")


def _truth(word: str) -> bool:
    return word.strip().lower() in {"1", "true", "yes", "on"}


def _limit(word: str) -> tuple[str, int]:
    path, _, number = word.partition("=")
    return path, int(number)


CONVERT: dict[str, Callable[[str], Any]] = {"bool": _truth, "int": int, "float": float, "str": str}


def parse(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> Options:
    """Options from flags, else SANDBOX_<NAME>, else defaults. Exits with a sentence when wrong."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A local WeChat.")
    for item in fields(Options):
        flag = "--" + item.name.replace("_", "-")
        if item.name == "limits":
            parser.add_argument(
                "--limit", dest="limits", action="append", type=_limit, default=[], help=HELP["limits"]
            )
            continue
        convert = CONVERT[str(item.type)]
        told = environment.get(f"SANDBOX_{item.name.upper()}")
        own = item.default_factory() if item.default_factory is not MISSING else item.default
        default = convert(told) if told is not None else own
        parser.add_argument(
            flag, dest=item.name, type=convert, default=default, help=f"{HELP[item.name]} ({default})"
        )
    given = vars(parser.parse_args(arguments))
    given["limits"] = dict(given["limits"])
    try:
        return Options(**given)
    except ValueError as error:
        parser.error(str(error))
