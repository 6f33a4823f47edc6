"""What went wrong, as {code, message, details}.

Nothing of the request is repeated: pydantic's own words name the rejected value.
"""

from __future__ import annotations

import logging
from typing import Any

from apiflask import APIFlask, HTTPError
from flask import Response, jsonify
from flask_limiter import RateLimitExceeded
from peewee import OperationalError
from pydantic import ValidationError

from server.statuses import status_of
from services.errors import DomainError, Invalid

log = logging.getLogger(__name__)

HTTP_WORDS = {
    400: ("bad_request", "请求有误，请更新小程序后再试"),
    404: ("not_found", "没有找到，可能已被删除"),
    405: ("method_not_allowed", "不能这样操作"),
    413: ("too_large", "提交的内容太大"),
    415: ("not_json", "请求须是 JSON"),
    500: ("failed", "系统出了点问题，已经记录下来，请稍后再试"),
}
SCHEMA = {
    "type": "object",
    "required": ["code", "message", "details"],
    "properties": {
        "code": {"type": "string"},
        "message": {"type": "string"},
        "details": {"type": "object"},
    },
}
# pydantic's kinds of error, as a sentence about the field
KINDS = {
    "missing": "缺少这一项",
    "string_type": "须是文字",
    "string_too_short": "不能少于 {min_length} 个字",
    "string_too_long": "不能超过 {max_length} 个字",
    "string_pattern_mismatch": "格式不对",
    "int_type": "须是整数",
    "int_parsing": "须是整数",
    "bool_type": "须是是或否",
    "bool_parsing": "须是是或否",
    "list_type": "须是列表",
    "too_long": "不能超过 {max_length} 项",
    "too_short": "不能少于 {min_length} 项",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "datetime_type": "须是时间",
    "datetime_parsing": "须是时间",
    "datetime_from_date_parsing": "须是时间",
    "timezone_naive": "时间须带时区",
    "enum": "不在可选的范围里",
    "literal_error": "不在可选的范围里",
    "model_type": "须是一组字段",
    "model_attributes_type": "须是一组字段",
}


def register(app: APIFlask) -> None:
    app.error_processor(_http)
    app.register_error_handler(DomainError, of_domain)
    app.register_error_handler(RateLimitExceeded, _too_fast)
    app.register_error_handler(OperationalError, _no_database)
    app.register_error_handler(Exception, _unforeseen)


def problem(code: str, message: str, status: int, **details: Any) -> Response:
    answer = jsonify(code=code, message=message, details=details)
    answer.status_code = status
    return answer


def of_domain(error: DomainError) -> Response:
    details = {"fields": error.fields} if isinstance(error, Invalid) and error.fields else {}
    return problem(error.code, error.message, status_of(error), **details)


def _http(error: HTTPError) -> Response:
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        fields = _fields(cause)
        message = "；".join(f"{name}：{words}" for name, words in fields.items())
        return problem("invalid", f"填写有误：{message}", 422, fields=fields)
    code, message = HTTP_WORDS.get(error.status_code, ("refused", "没有办成，请稍后再试"))
    answer = problem(code, message, error.status_code)
    if "Allow" in (error.headers or {}):
        answer.headers["Allow"] = dict(error.headers)["Allow"]
    return answer


def _fields(error: ValidationError) -> dict[str, str]:
    told = {}
    for each in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in each["loc"]) or "请求"
        words = KINDS.get(each["type"], "格式不对")
        told[name] = words.format(**each.get("ctx", {}))
    return told


def _too_fast(error: RateLimitExceeded) -> Response:
    answer = problem("too_fast", "操作太频繁，请稍等一会儿再试", 429)
    answer.headers["Retry-After"] = str(max(1, int(error.limit.limit.get_expiry())))
    return answer


def _no_database(error: OperationalError) -> Response:
    log.error("api: the database does not answer: %s", type(error).__name__)
    return problem("busy", "系统正忙，请稍后再试", 503)


def _unforeseen(error: Exception) -> Response:
    # not the error's own text: a database puts the row's values into it
    import traceback

    log.error("api failed: %s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
    return problem(*HTTP_WORDS[500], 500)
