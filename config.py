"""Settings, read once from the environment (and `.env`). `.env.example` explains each."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent

SANDBOX_APP_ID = "wx5a6d0b9c1e2f3a40"
SANDBOX_APP_SECRET = "sandbox-secret-of-the-account"  # noqa: S105 - the sandbox's public demo credential
SANDBOX_TOKEN = "sandboxToken2024"  # noqa: S105
SANDBOX_AES_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
SANDBOX_REMINDER = "SUB_ACTIVITY:thing1=title,time2=starts_at,thing3=place,thing4=note"
SANDBOX_ONE_TIME = "ONE_NOTICE"
SANDBOX_MINI_APP_ID = "wx9f8e7d6c5b4a3920"
SANDBOX_MINI_SECRET = "sandbox-secret-of-the-program"  # noqa: S105
DEVELOPMENT_SECRET_KEY = "development-only-secret-key"  # noqa: S105
DEVELOPMENT_FIELD_KEY = "ZGV2ZWxvcG1lbnQtb25seS1maWVsZC1rZXktMzJieXQ="
DEVELOPMENT_BACKUP_KEY = "ZGV2ZWxvcG1lbnQtb25seS1iYWNrdXBrZXktMzJieXQ="

VERIFICATION_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}\.txt")
SCHEMES = {
    "database_url": ("sqlite", "postgresql", "postgres"),
    "redis_url": ("redis", "rediss", "unix"),
    "storage_url": ("file", "s3"),
    "public_url": ("http", "https"),
}


class Settings(BaseSettings):
    """Every setting, typed. Raises pydantic's ValidationError naming what is wrong."""

    model_config = SettingsConfigDict(env_file=ROOT / ".env", extra="ignore")

    database_url: str = "sqlite:///var/weidangxiao.db"
    redis_url: str = ""
    storage_url: str = "file://var/files"
    app_env: Literal["development", "test", "production"] = "development"
    web_port: int = Field(8000, ge=1, le=65535)
    sandbox_port: int = Field(8100, ge=1, le=65535)
    public_url: str = ""
    trusted_proxies: str = ""
    clock_file: str = ""
    time_zone: str = "Asia/Shanghai"

    secret_key: str = DEVELOPMENT_SECRET_KEY
    field_key: str = DEVELOPMENT_FIELD_KEY
    backup_key: str = DEVELOPMENT_BACKUP_KEY

    wechat_account_kind: Literal["service", "subscription"] = "service"
    wechat_verified: bool = True
    wechat_account_name: str = "微党校"
    wechat_app_id: str = SANDBOX_APP_ID
    wechat_app_secret: str = SANDBOX_APP_SECRET
    wechat_token: str = SANDBOX_TOKEN
    wechat_aes_key: str = SANDBOX_AES_KEY
    wechat_callback_mode: Literal["plain", "compatible", "safe"] = "safe"
    mini_app_id: str = SANDBOX_MINI_APP_ID
    mini_app_secret: str = SANDBOX_MINI_SECRET
    mini_token: str = SANDBOX_TOKEN
    mini_aes_key: str = SANDBOX_AES_KEY
    mini_reminder_template: str = SANDBOX_REMINDER
    one_time_template: str = SANDBOX_ONE_TIME
    wechat_api_url: str = ""
    wechat_open_url: str = ""
    wechat_mp_url: str = ""

    verification_files: str = ""
    send_connections: int = Field(100, ge=1, le=800)
    send_connections_least: int = Field(2, ge=1, le=100)
    send_slow_seconds: float = Field(2.0, gt=0, le=30)
    send_failure_share: float = Field(0.05, ge=0, le=1)
    send_failure_least: int = Field(200, ge=1, le=100_000)
    pushes_a_day: int = Field(3, ge=0, le=100)
    pushes_a_week: int = Field(10, ge=0, le=100)
    complaint_reply_days: int = Field(10, ge=1, le=60)

    test_database_url: str = ""
    test_redis_url: str = ""

    @field_validator("database_url", "redis_url", "storage_url", "public_url")
    @classmethod
    def _check_address(cls, value: str, info: ValidationInfo) -> str:
        """The scheme and the port; whether somebody answers there is for `services.readiness`."""
        allowed = SCHEMES[str(info.field_name)]
        parts = urlsplit(value)
        if value and parts.scheme not in allowed:
            raise ValueError(f"地址应以 {'、'.join(f'{scheme}://' for scheme in allowed)} 开头")
        try:
            _ = parts.port
        except ValueError as error:
            raise ValueError("地址里的端口应是 1 到 65535 的数字") from error
        return value

    @field_validator("verification_files")
    @classmethod
    def _check_verification_files(cls, value: str) -> str:
        _verification_contents(value)
        return value

    @field_validator("time_zone")
    @classmethod
    def _check_time_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("没有这个时区，应写成 Asia/Shanghai 这样的名称") from error
        return value

    @model_validator(mode="after")
    def _fill_addresses(self) -> Settings:
        sandbox = f"http://127.0.0.1:{self.sandbox_port}"
        real = self.app_env == "production"
        self.public_url = (self.public_url or f"http://127.0.0.1:{self.web_port}").rstrip("/")
        if real and self.mini_reminder_template == SANDBOX_REMINDER:
            self.mini_reminder_template = ""  # the sandbox's own template: no reminder is offered
        if real and self.one_time_template == SANDBOX_ONE_TIME:
            self.one_time_template = ""  # likewise
        self.wechat_api_url = self.wechat_api_url or ("https://api.weixin.qq.com" if real else sandbox)
        self.wechat_open_url = self.wechat_open_url or ("https://open.weixin.qq.com" if real else sandbox)
        self.wechat_mp_url = self.wechat_mp_url or ("https://mp.weixin.qq.com" if real else sandbox)
        return self

    @model_validator(mode="after")
    def _refuse_unsafe_production(self) -> Settings:
        if self.app_env != "production":
            return self
        defaults = {
            "SECRET_KEY": self.secret_key == DEVELOPMENT_SECRET_KEY,
            "FIELD_KEY": self.field_key == DEVELOPMENT_FIELD_KEY,
            "BACKUP_KEY": self.backup_key == DEVELOPMENT_BACKUP_KEY,
            "WECHAT_APP_ID": self.wechat_app_id == SANDBOX_APP_ID,
            "WECHAT_APP_SECRET": self.wechat_app_secret == SANDBOX_APP_SECRET,
            "WECHAT_TOKEN": self.wechat_token == SANDBOX_TOKEN,
            "WECHAT_AES_KEY": self.wechat_aes_key == SANDBOX_AES_KEY,
            "MINI_APP_ID": self.mini_app_id == SANDBOX_MINI_APP_ID,
            "CLOCK_FILE (must be empty)": bool(self.clock_file),
            "PUBLIC_URL (must be https)": urlsplit(self.public_url).scheme != "https",
        }
        unsafe = [name for name, is_default in defaults.items() if is_default]
        if unsafe:
            raise ValueError("APP_ENV=production refuses development values; set: " + ", ".join(unsafe))
        return self

    @property
    def verification_contents(self) -> dict[str, str]:
        """File name to content, of the files that prove our domain to WeChat."""
        return _verification_contents(self.verification_files)

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def sqlite_path(self) -> Path:
        """The database file; raises ValueError for another engine."""
        if not self.is_sqlite:
            raise ValueError("DATABASE_URL is not SQLite")
        path = Path(self.database_url.removeprefix("sqlite:///"))
        return path if path.is_absolute() else ROOT / path


def _verification_contents(told: str) -> dict[str, str]:
    """`MP_verify_abc.txt` holds its own code, as WeChat's does; `name.txt=content` for others."""
    found = {}
    for part in filter(None, (part.strip() for part in told.split(","))):
        name, has_content, content = part.partition("=")
        if not VERIFICATION_NAME.fullmatch(name):
            raise ValueError("每项应是 MP_verify_….txt，或 文件名.txt=文件内容，用逗号分开")
        if not has_content and not name.startswith("MP_verify_"):
            raise ValueError(f"{name} 后面要写 =文件内容")
        found[name] = content if has_content else name.removeprefix("MP_verify_").removesuffix(".txt")
    return found


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings; `settings.cache_clear()` rereads the environment (tests).

    Raises SystemExit with a line for each wrong setting: no process can do without them.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SystemExit(_in_words(error)) from error


def _in_words(error: ValidationError) -> str:
    """What is wrong, by setting; never the value, which may be a secret."""
    lines = ["设置有误，请改正环境变量或 .env（说明见 .env.example）："]
    for each in error.errors(include_input=False, include_url=False):
        name = "、".join(str(part).upper() for part in each["loc"])
        said = each["msg"].removeprefix("Value error, ")
        lines.append(f"  {name}：{said}" if name else f"  {said}")
    return "\n".join(lines)
