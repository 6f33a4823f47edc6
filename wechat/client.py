"""One call to WeChat's administrative interfaces, over requests.

wechatpy's API classes build the calls; `Client` overrides how they travel: our hosts, our
token, our errors, a time-out on every call, UTF-8 without escapes, and a reading of JSON
that survives the platform's stray characters. Why not wechatpy's own: docs/decisions/0005.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError, SSLError
from wechatpy.client import WeChatClient

from wechat.credentials import MINT_PATH, Credentials, Minted, TokenStore
from wechat.errors import ErrorClass, OutcomeUnknown, Refused, TryLater, WeChatError, classify, error_for

log = logging.getLogger(__name__)

# POSTs that change nothing: when their answer is lost, asking again is safe.
READING_POSTS = frozenset(
    {
        MINT_PATH,
        "/cgi-bin/openapi/quota/get",
        "/cgi-bin/draft/get",
        "/cgi-bin/draft/batchget",
        "/cgi-bin/message/mass/get",
        "/cgi-bin/user/info/batchget",
        "/cgi-bin/material/batchget_material",
    }
)
_HOST = re.compile(r"^https?://[^/]+")
_ESCAPED_CONTROL = re.compile(r"(?<!\\)((?:\\\\)*)\\u00[01][0-9a-f]")
_CONTROL = re.compile(rb"[\x00-\x1f]+")


class Timeouts(NamedTuple):
    """Seconds to connect and to wait for an answer."""

    connect: float = 3.0
    read: float = 10.0


class Client(WeChatClient):  # type: ignore[misc]  # wechatpy is untyped
    """The calls of one app. Safe to share between threads."""

    def __init__(
        self,
        *,
        app_id: str,
        secret: str,
        api_url: str,
        token_store: TokenStore,
        timeouts: Timeouts = Timeouts(),  # noqa: B008 - immutable
    ) -> None:
        super().__init__(app_id, secret, timeout=tuple(timeouts), auto_retry=False)
        self._api_url = api_url.rstrip("/")
        self._timeouts = timeouts
        self._http.mount("https://", HTTPAdapter(pool_maxsize=32))
        self._http.mount("http://", HTTPAdapter(pool_maxsize=32))
        self.credentials = Credentials(app_id, token_store, self._mint)

    @property
    def access_token(self) -> str:
        """For wechatpy's own use; `call` takes its token from the credentials."""
        return self.credentials.access_token()

    def url(self, path: str) -> str:
        return self._api_url + path

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        files: Mapping[str, Any] | None = None,
        with_token: bool = True,
    ) -> dict[str, Any]:
        """The answer to one call, without an error in it.

        A dead token is renewed once. Raises Refused, TryLater or OutcomeUnknown.
        """
        sending: dict[str, Any] = {"params": dict(params or {}), "files": files}
        if body is not None:
            sending["data"] = json_bytes(body)
            sending["headers"] = {"Content-Type": "application/json; charset=utf-8"}
        if not with_token:
            return self._checked(path, self._exchange(method, path, sending))
        token = self.credentials.access_token()
        sending["params"]["access_token"] = token
        answer = self._exchange(method, path, sending)
        if classify(errcode_of(answer), path) is ErrorClass.C:
            sending["params"]["access_token"] = self.credentials.renew(token)
            answer = self._exchange(method, path, sending)
        return self._checked(path, answer)

    def file(self, path: str, body: Mapping[str, Any]) -> bytes:
        """What a POST gives that answers with a file, and with JSON only to say no; asking again is safe.

        A dead token is renewed once. Raises Refused or TryLater.
        """
        token = self.credentials.access_token()
        content = self._bytes(path, body, token)
        answer = read_answer(content)
        if answer is not None and classify(errcode_of(answer), path) is ErrorClass.C:
            content = self._bytes(path, body, self.credentials.renew(token))
            answer = read_answer(content)
        if answer is not None:
            self._checked(path, answer)
        return content

    def _bytes(self, path: str, body: Mapping[str, Any], token: str) -> bytes:
        try:
            response = self._http.request(
                "POST",
                self.url(path),
                params={"access_token": token},
                data=json_bytes(body),
                headers={"Content-Type": "application/json; charset=utf-8"},
                timeout=tuple(self._timeouts),
                allow_redirects=False,
            )
            failure = None
        except requests.RequestException as error:
            failure = error
        if failure is not None:  # as in _exchange: the exception shows the token
            raise _transport_error(path, failure, is_reading=True)
        if response.status_code != 200:
            raise status_error(path, response.status_code, is_reading=True)
        return bytes(response.content)

    def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Any:
        """wechatpy's way in: its endpoint or absolute URL becomes a path on our host."""
        base = kwargs.pop("api_base_url", None) or self.API_BASE_URL
        url = url_or_endpoint if url_or_endpoint.startswith("http") else base + url_or_endpoint
        params = {
            name: value for name, value in (kwargs.get("params") or {}).items() if name != "access_token"
        }
        process: Callable[[Any], Any] | None = kwargs.get("result_processor")
        answer = self.call(
            method.upper(),
            _HOST.sub("", url),
            body=kwargs.get("data"),
            params=params,
            files=kwargs.get("files"),
        )
        return process(answer) if process else answer

    def _exchange(self, method: str, path: str, sending: Mapping[str, Any]) -> dict[str, Any]:
        is_reading = (method == "GET" and path != "/cgi-bin/menu/delete") or path in READING_POSTS
        answer: dict[str, Any] | None = None
        status = 0
        try:
            response = self._http.request(
                method, self.url(path), timeout=tuple(self._timeouts), allow_redirects=False, **sending
            )
            status = response.status_code
            answer = read_answer(response.content)
            failure = None
        except requests.RequestException as error:
            failure = error
        # raised out of the handler: the library's exception shows the URL with the token in it
        if failure is not None:
            raise _transport_error(path, failure, is_reading=is_reading)
        if answer is None:
            raise status_error(path, status, is_reading=is_reading)
        return answer

    def _checked(self, path: str, answer: dict[str, Any]) -> dict[str, Any]:
        errcode = errcode_of(answer)
        if errcode:
            error = error_for(path, errcode, answer.get("errmsg"), answer)
            log.warning("wechat said no: %s", error)
            raise error
        return answer

    def _mint(self) -> Minted:
        answer = self.call(
            "POST",
            MINT_PATH,
            body={
                "grant_type": "client_credential",
                "appid": self.appid,
                "secret": self.secret,
                "force_refresh": False,
            },
            with_token=False,
        )
        return Minted(str(answer["access_token"]), int(answer["expires_in"]))


def json_bytes(body: Mapping[str, Any]) -> bytes:
    """A body as the platform accepts it: UTF-8, without any \\u escape (40033)."""
    text = json.dumps(body, ensure_ascii=False)
    return _ESCAPED_CONTROL.sub(r"\1", text).encode("utf-8", "ignore")


def read_answer(content: bytes) -> dict[str, Any] | None:
    """A JSON object, read leniently: stray control characters and broken UTF-8 are dropped.

    None when it is not one (an error page of something between).
    """
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError:
        try:
            answer = json.loads(_CONTROL.sub(b" ", content).decode("utf-8", "ignore"), strict=False)
        except ValueError:
            return None
    return answer if isinstance(answer, dict) else None


def errcode_of(answer: Mapping[str, Any]) -> int:
    """0 when the answer has no errcode: many successes have none."""
    try:
        return int(answer.get("errcode") or 0)
    except (TypeError, ValueError):
        return -1


def _transport_error(path: str, failure: requests.RequestException, *, is_reading: bool) -> WeChatError:
    """Nothing left: TryLater. It left and no answer came: unknown, unless it only asked."""
    if isinstance(failure, requests.Timeout):
        said = "连接超时" if isinstance(failure, requests.ConnectTimeout) else "等待答复超时"
    else:
        said = "连接失败"
    if is_reading or never_left(failure):
        return TryLater(path, errmsg=said, error_class=ErrorClass.A)
    return OutcomeUnknown(path, errmsg=said)


def never_left(failure: requests.RequestException) -> bool:
    """True when the connection was never made: nothing can have been carried out."""
    if isinstance(failure, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    cause = failure.args[0] if failure.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | SSLError)


def status_error(path: str, status: int, *, is_reading: bool) -> WeChatError:
    """The exception for an answer that is not JSON: an error page of something between."""
    said = f"HTTP {status}，答复不是 JSON"
    if status == 429:
        return TryLater(path, errmsg=said, error_class=ErrorClass.B)
    if 300 <= status < 500:
        return Refused(path, errmsg=said, error_class=ErrorClass.E)
    if is_reading:
        return TryLater(path, errmsg=said, error_class=ErrorClass.A)
    return OutcomeUnknown(path, errmsg=said)


class _HideTokens(logging.Filter):
    """urllib3 writes each path with its query at DEBUG; the query holds the token."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                part.partition("?")[0] if isinstance(part, str) and "?" in part else part
                for part in record.args
            )
        return True


logging.getLogger("urllib3.connectionpool").addFilter(_HideTokens())
