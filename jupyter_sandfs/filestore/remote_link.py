"""Requests to another Jupyter server, and its errors made ours again."""

from __future__ import annotations

import json
from http.client import OK
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import Retry, Timeout

from jupyter_sandfs.errors import InvalidRequest, SandfsError, StoreError, revive
from jupyter_sandfs.filestore import wire
from jupyter_sandfs.filestore.protocol import FileInfo

# A store may take its time, to clean up or to join an upload; a connection may not.
_TIMEOUT = Timeout(connect=10, read=300)
# Only requests that never arrived are sent again, and what reads; a redirection would take the token elsewhere.
_ARRIVED_NOT = Retry(total=3, connect=3, read=0, redirect=0, status=0, other=0, backoff_factor=0.2)
_READING = Retry(total=3, redirect=0, status_forcelist=(502, 503, 504), backoff_factor=0.2, raise_on_status=False)
_ANSWER_BYTES = 128 << 20
_PROBLEM = "urn:sandfs:error:"

_NOT_OURS = "there is no jupyter_sandfs at this URL: it ends in /sandfs, and the server's extension must be enabled"
_REFUSED = frozenset({401, 403})
_EXPLAINED = {
    401: "the server asks for a token",
    403: "the server refuses the token, or it is missing",
    404: _NOT_OURS,
}


class RemoteLink:
    """The store of one server; for any number of threads.

    Args:
        url: of the server's `/sandfs/v1/store`.
        token: a token of the server; None where it asks for none.
    """

    def __init__(self, url: str, token: str | None) -> None:
        self._url = url
        headers = {"Authorization": f"token {token}"} if token else {}
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=8, headers=headers, timeout=_TIMEOUT)

    def read(self, call: str, **arguments: Any) -> Any:
        """Call a method that changes nothing; gives its answer as JSON."""
        return _json(self._request("GET", f"calls/{call}", arguments, retries=_READING))

    def change(self, call: str, **arguments: Any) -> Any:
        """Call a method that changes something; gives its answer as JSON."""
        return _json(self._request("POST", f"calls/{call}", arguments, body=b""))

    def send(self, method: str, body: bytes, **arguments: Any) -> Any:
        """Send bytes; gives the answer as JSON."""
        return _json(self._request(method, "bodies", arguments, body=body))

    def fetch(self, **arguments: Any) -> urllib3.BaseHTTPResponse:
        """Begin to receive bytes; release the response in the end."""
        return self._request("GET", "bodies", arguments, retries=_READING)

    @staticmethod
    def info_of(response: urllib3.BaseHTTPResponse) -> FileInfo:
        """The description of the file whose bytes a response carries."""
        try:
            return wire.load_info(json.loads(response.headers[wire.INFO_HEADER]))
        except (ValueError, TypeError, KeyError) as error:
            response.close()
            raise StoreError(_NOT_OURS) from error

    def _request(
        self,
        method: str,
        place: str,
        arguments: dict[str, Any],
        *,
        body: bytes | None = None,
        retries: Retry = _ARRIVED_NOT,
    ) -> urllib3.BaseHTTPResponse:
        url = f"{self._url}/{place}?{_query(arguments)}"
        try:
            response = self._pool.request(
                method, url, body=body, retries=retries, preload_content=False, redirect=False
            )
        except HTTPError as error:
            raise StoreError(f"the server of the store does not answer: {_said(error)}") from error
        if response.status != OK:
            raise _error_of(response)
        return response


def is_unanswered(error: StoreError) -> bool:
    """Whether a request may or may not have done its work, because its answer was lost."""
    return isinstance(error.__cause__, HTTPError)


def _query(arguments: dict[str, Any]) -> str:
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        return urlencode({"args": json.dumps(given, ensure_ascii=False)})
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequest("an argument is neither text nor number nor a mapping of those") from error


def _json(response: urllib3.BaseHTTPResponse) -> Any:
    try:
        return json.loads(_content(response))
    except ValueError as error:
        raise StoreError(_NOT_OURS) from error


def _content(response: urllib3.BaseHTTPResponse) -> bytes:
    try:
        data = response.read(_ANSWER_BYTES + 1)
    except HTTPError as error:
        raise StoreError(f"the server of the store broke off: {_said(error)}") from error
    finally:
        response.release_conn()
    if len(data) > _ANSWER_BYTES:
        raise StoreError("the answer of the server is too long")
    return data


def _error_of(response: urllib3.BaseHTTPResponse) -> SandfsError:
    """The error that an answer stands for; one that is no problem of ours is told by its status."""
    try:
        document = json.loads(_content(response))
        code, facts = document["type"].removeprefix(_PROBLEM), document["facts"]
        return revive(code, facts)
    except (ValueError, TypeError, KeyError, AttributeError):
        error = StoreError(_EXPLAINED.get(response.status, f"the server answers with status {response.status}"))
        if response.status in _REFUSED:
            error.http_status = response.status
        return error


def _said(error: BaseException) -> str:
    """What a client's error says, without the URL, which holds the arguments."""
    reason = getattr(error, "reason", None)
    return type(reason if isinstance(reason, BaseException) else error).__name__
