"""Errors as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from tornado.web import HTTPError

from jupyter_sandfs.errors import SandfsError

CONTENT_TYPE = "application/problem+json"
_CHECKSUM_MISMATCH = 460  # of tus; not a registered status


def status_of(error: BaseException | None, default: int) -> int:
    return error.http_status if isinstance(error, SandfsError) else default


def problem(error: BaseException | None, status: int, instance: str) -> dict[str, Any]:
    """Describe an error to a client. What is no error of ours shows nothing of the server's inside.

    Args:
        error: what went wrong, if it was an exception.
        status: HTTP status of the answer.
        instance: path of the request, without its query, which may hold a token.
    """
    code, detail = _explain(error, status)
    return {
        "type": f"urn:sandfs:error:{code}",
        "title": _phrase(status),
        "status": status,
        "detail": detail,
        "instance": instance,
    }


def _explain(error: BaseException | None, status: int) -> tuple[str, str]:
    """Give the code and the detail."""
    if isinstance(error, SandfsError):
        return error.code, str(error)
    code = _phrase(status).lower().replace(" ", "_").replace("'", "").replace("-", "_")
    if isinstance(error, HTTPError) and status < 500:
        return code, error.get_message() or _phrase(status)
    return ("internal" if status == 500 else code), "the server's log says more" if status >= 500 else _phrase(status)


def _phrase(status: int) -> str:
    if status == _CHECKSUM_MISMATCH:
        return "Checksum Mismatch"
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
