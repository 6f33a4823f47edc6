"""What went wrong, as a page or, for htmx, as a message at the top."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from server.console import dialogs, guard
from server.statuses import status_of
from services.errors import DomainError

TITLES = {
    400: "无法完成",
    401: "请重新登录",
    403: "没有权限",
    404: "没有找到",
    405: "不能这样操作",
    409: "内容已有变化",
    413: "文件太大",
    422: "填写有误",
    429: "请稍后再试",
    500: "系统出错",
    503: "请稍后再试",
}
HTTP_WORDS = {
    404: "这个页面不存在，可能已被删除或地址有误",
    405: "请从页面上的按钮进入，不要直接打开这个地址",
    413: "上传的文件不能超过 16 MB",
    500: "系统出了点问题，已经记录下来，请稍后再试",
}


def register(blueprint: Blueprint) -> None:
    blueprint.register_error_handler(DomainError, answer)
    blueprint.register_error_handler(CSRFError, _stale_form)
    blueprint.register_error_handler(RateLimitExceeded, _too_fast)
    blueprint.register_error_handler(HTTPException, _http)


def answer(error: DomainError) -> Response:
    return page(error.message, status_of(error))


def page(message: str, status: int) -> Response:
    if request.headers.get("HX-Request") == "true":
        response = make_response(
            render_template("console/message.html", message=message, kind="danger"), status
        )
        response.headers["HX-Retarget"] = "#dialog-messages" if dialogs.is_in_dialog() else "#messages"
        response.headers["HX-Reswap"] = "innerHTML"
        response.headers["HX-Reselect"] = ".alert"
        return response
    title = TITLES.get(status, TITLES[400])
    is_signed_in = guard.me_or_none() is not None
    body = render_template(
        "console/error.html", title=title, message=message, status=status, is_signed_in=is_signed_in
    )
    return make_response(body, status)


def _stale_form(error: CSRFError) -> BaseResponse | guard.Refusal:
    if guard.me_or_none() is None and request.endpoint != "console.session.open_session":
        return guard.to_sign_in()  # signed out in another window
    return page("页面放得太久，表单已失效。请返回上一页刷新后再提交", 400)


def _too_fast(error: RateLimitExceeded) -> Response:
    return page("尝试太频繁，请一分钟后再试", 429)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    return page(HTTP_WORDS.get(status, TITLES.get(status, "请求有误，请返回后重试")), status)
