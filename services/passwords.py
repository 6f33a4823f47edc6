"""Passwords: how strong they must be, and how they are kept (argon2id)."""

from __future__ import annotations

import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

LEAST_LENGTH = 10
MOST_LENGTH = 128  # argon2 reads all of it: a megabyte of password is an attack
LEAST_KINDS = 3

_READABLE = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789"

_hasher = PasswordHasher()

# Passwords that satisfy the rule of kinds and are guessed first all the same.
_COMMON = ("password", "admin", "qwerty", "123456", "dangxiao", "abc123", "p@ssw0rd", "woaini")


def weakness(password: str, *, username: str = "") -> str:
    """Why a password is refused, in words; "" when it is strong enough."""
    if len(password) < LEAST_LENGTH:
        return f"密码至少 {LEAST_LENGTH} 位，现在只有 {len(password)} 位"
    if len(password) > MOST_LENGTH:
        return f"密码最多 {MOST_LENGTH} 位"
    if _kinds(password) < LEAST_KINDS:
        return "密码须含大写字母、小写字母、数字、符号中的至少三种"
    lowered = password.lower()
    if username and username.lower() in lowered:
        return "密码不能包含用户名"
    if len(set(lowered)) < 5:
        return "密码中重复的字符太多"
    common = next((word for word in _COMMON if word in lowered), "")
    if common and len(lowered) - len(common) < 6:
        return f"密码太常见（含“{common}”），请换一个"
    return ""


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def matches(password: str, password_hash: str) -> bool:
    """Whether it is the password. An account without one matches nothing, in the same time."""
    if len(password) > MOST_LENGTH:
        return False
    try:
        return _hasher.verify(password_hash or _nobody(), password) and bool(password_hash)
    except (VerifyMismatchError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def make_password() -> str:
    """A strong password to hand over once: three groups a person can read out."""
    while True:
        password = "-".join("".join(secrets.choice(_READABLE) for _ in range(5)) for _ in range(3))
        if not weakness(password):
            return password


def _kinds(password: str) -> int:
    return sum(
        (
            any(c.islower() for c in password),
            any(c.isupper() for c in password),
            any(c.isdigit() for c in password),
            any(not c.isalnum() for c in password),
        )
    )


@lru_cache(maxsize=1)
def _nobody() -> str:
    """A hash to verify against when there is no account, so that the answer takes as long."""
    return _hasher.hash(secrets.token_urlsafe(16))
