"""What went wrong, as a page in a member's words."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from server.pages import member
from server.pages.member import NotBound, SignInAgain
from server.statuses import status_of
from services import bindings
from services.errors import DomainError

TITLES = {
    400: "没有办成",
    401: "请重新进入",
    403: "不能查看",
    404: "没有找到",
    405: "不能这样操作",
    409: "没有办成",
    422: "填写有误",
    429: "请稍后再试",
    500: "系统出错",
    503: "人多，请稍候",
}
HTTP_WORDS = {
    404: "这个页面不存在，或者已经撤下",
    405: "请从页面上的按钮操作",
    500: "系统出了点问题，已经记录下来，请稍后再试",
}


def register(blueprint: Blueprint) -> None:
    blueprint.register_error_handler(NotBound, _not_bound)
    blueprint.register_error_handler(SignInAgain, _sign_in_again)
    blueprint.register_error_handler(DomainError, answer)
    blueprint.register_error_handler(HTTPException, _http)


def answer(error: DomainError) -> Response:
    return page(error.message, status_of(error))


def page(
    message: str, status: int, *, title: str = "", retry_url: str = "", retry_after: int = 0
) -> Response:
    """A page with one sentence; `retry_after` seconds later the browser opens `retry_url` by itself."""
    body = render_template(
        "pages/error.html",
        title=title or TITLES.get(status, TITLES[400]),
        message=message,
        retry_url=retry_url,
        retry_after=retry_after,
        is_signed_out=status == 401,
    )
    return make_response(body, status)


def nowhere(rest: str) -> Response:
    """An address below /m that nothing serves."""
    return page(HTTP_WORDS[404], 404)


def _sign_in_again(error: SignInAgain) -> Response:
    """What was done did not happen, and nothing typed is lost: say so, and sign in by itself."""
    token, path = error.details["token"], error.details["path"]
    kept = "您填写的内容已替您保留1小时，重新登录后会回到原来的页面，请再提交一次。"
    answer = page(
        f"登录已过期，刚才的操作没有完成。{kept if token else '重新登录后请再操作一次。'}",
        200,
        title="请重新登录",
        retry_url=url_for("pages.sign_in.begin", next=path),
        retry_after=2,
    )
    if token:
        member.remember_kept(answer, token)
    return answer


def _not_bound(error: NotBound) -> Response:
    """How to bind, or what a binding that was begun waits for and what happens next."""
    signed_in = member.follower()
    waits = bindings.under_way(signed_in) if signed_in is not None else None
    return make_response(render_template("pages/not_bound.html", waits=waits), 403)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response(request.environ))
    return page(HTTP_WORDS.get(status, "请求有误，请返回后重试"), status)
