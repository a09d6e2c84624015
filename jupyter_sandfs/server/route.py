"""What all routes have in common: who may come in, how arguments are read, how answers and errors look."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from http import HTTPStatus
from types import TracebackType
from typing import Any, ClassVar
from urllib.parse import unquote

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from jupyter_sandfs.errors import InvalidRequest, SandfsError
from jupyter_sandfs.server import conditions, events, problems
from jupyter_sandfs.server.json_bodies import parse_object
from jupyter_sandfs.server.openapi import document

_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


class SandfsRoute(APIHandler):
    """Base of the routes. Each method carries `authenticated` and `authorized` itself, as Jupyter's own do."""

    auth_resource = "sandfs"
    body_methods: ClassVar[frozenset[str]] = frozenset()
    tells_facts: ClassVar[bool] = False  # of errors, from which a client makes them again
    _is_held = False

    # ------------------------------------------------------------ arguments

    @cached_property
    def operation(self) -> Mapping[str, Any]:
        """What the document says of this request; nothing of one that it does not know."""
        return document.find(self.request.method or "", self._path) or {}

    @property
    def _path(self) -> str:
        """The path below the version, as the document writes it."""
        return unquote(self.request.path).removeprefix(unquote(url_path_join(self.base_url, "sandfs/v1")))

    def query(self, *names: str) -> str | None:
        """The query argument that goes by one of `names`, exactly as it was sent: tornado's own would trim it.

        Raises:
            InvalidRequest: one of those that the document names is not as it says.
        """
        if not self._is_held:
            self._is_held = True
            document.check_query(self.operation, self.query)
        for name in names:
            values = self.request.query_arguments.get(name)
            if values:
                return _decode(name, values[-1])
        return None

    def required(self, name: str) -> str:
        value = self.query(name)
        if value is None:
            raise InvalidRequest(f"missing query argument: {name}")
        return value

    def flag(self, name: str) -> bool:
        value = self.query(name)
        if value is None:
            return False
        if value.lower() not in _TRUTHS:
            raise InvalidRequest(f"{name} is true or false, not {value!r}")
        return _TRUTHS[value.lower()]

    def number(self, name: str) -> int | None:
        value = self.query(name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) < 19):
            raise InvalidRequest(f"{name} is a whole number, not {value!r}")
        return int(value)

    @property
    def username(self) -> str:
        """Who asks; empty for whoever has a link."""
        user = self.current_user
        return str(user.username) if user else ""

    def json_body(self) -> dict[str, Any]:
        """The body, once it was held to the document. Raises InvalidRequest."""
        body = parse_object(self.request.body)
        document.check_body(self.operation, body)
        return body

    # ------------------------------------------------------------ rules

    async def check_allowed(self) -> None:
        """Refuse whom `authenticated` and `authorized` would refuse: for a streamed body, they come too late."""
        if not self.current_user:
            raise web.HTTPError(403)
        action = "read" if self.request.method in {"GET", "HEAD"} else "write"
        permitted = self.authorizer.is_authorized(self, self.current_user, action, self.auth_resource)
        if not await ensure_async(permitted):
            raise web.HTTPError(403, f"user is not authorized to {action} on resource: {self.auth_resource}")

    # ------------------------------------------------------------ answers

    def tell(self, action: str, place: str, path: str, **facts: Any) -> None:
        """Emit an event about a change that was made; `events.SCHEMA` says what the arguments mean."""
        data = events.told(action, place, path, self.current_user, **facts)
        self.event_logger.emit(schema_id=events.SCHEMA_ID, data=data)

    def answer(self, value: Any, status: int = 200) -> None:
        self.set_status(status)
        self.finish(json.dumps(value))

    def announce_download(self, name: str, etag: str, content_type: str, *, inline: bool = False) -> None:
        """Set what a download carries of which parts can be asked for; an inline one may be shown in a page."""
        self.announce_attachment(name, content_type)
        if inline:
            self.set_header("Content-Disposition", conditions.disposition(name, "inline"))
        self.set_header("Accept-Ranges", "bytes")
        self.set_header("ETag", conditions.quoted(etag))

    def announce_attachment(self, name: str, content_type: str) -> None:
        """Set what every download carries: nothing in it may run with the rights of Jupyter's own pages."""
        self.set_header("Content-Type", content_type)
        self.set_header("Content-Disposition", conditions.disposition(name))
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Security-Policy", f"{self.content_security_policy}; sandbox")
        self.set_header("Cache-Control", "private, no-cache")

    def choose_part(self, size: int, etag: str) -> conditions.Part | None:
        """Answer 304 or 416, or set status and headers for what is to be sent and give it; None when all is said."""
        if conditions.lists_etag(self.request.headers.get("If-None-Match"), etag):
            self.set_status(304)
            self.finish()
            return None
        try:
            part = self._requested_part(size, etag)
        except conditions.Unsatisfiable:
            self.set_header("Content-Range", f"bytes */{size}")
            self.send_error(416, keep_headers=("Content-Range",))
            return None
        if part is not None:
            self.set_status(206)
            self.set_header("Content-Range", part.content_range)
        chosen = part or conditions.Part(0, size, size)
        self.set_header("Content-Length", str(chosen.length))
        return chosen

    def _requested_part(self, size: int, etag: str) -> conditions.Part | None:
        if not conditions.is_same(self.request.headers.get("If-Range"), etag):
            return None
        return conditions.requested_part(self.request.headers.get("Range"), size)

    def finish_download(self) -> None:
        content_type = self._headers.get("Content-Type")
        self.finish(set_content_type=content_type)

    def cut_off(self) -> None:
        """Close the connection in an answer of unknown length: finishing it would say that it is whole."""
        connection: Any = self.request.connection  # an HTTP1Connection: only its base class has a type
        connection.stream.close()

    def compute_etag(self) -> None:
        """No etag of tornado's own: it would hash every answer, and replace the one we set."""

    # ------------------------------------------------------------ errors

    def allowed_methods(self) -> list[str]:
        """What the route is asked for; a 405 lists it."""
        return document.methods(self._path)

    def send_error(self, status_code: int = 500, *, keep_headers: tuple[str, ...] = (), **kwargs: Any) -> None:
        error = _error_in(kwargs)
        self._kept = {name: self._headers[name] for name in keep_headers}
        super().send_error(problems.status_of(error, status_code), **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", ", ".join(self.allowed_methods()))
        for name, value in getattr(self, "_kept", {}).items():
            self.set_header(name, value)
        self.set_header("X-Content-Type-Options", "nosniff")
        error = _error_in(kwargs)
        told = problems.problem(error, status_code, self.request.path)
        if self.tells_facts and isinstance(error, SandfsError):
            told["facts"] = error.facts
        self.finish(json.dumps(told), set_content_type=problems.CONTENT_TYPE)

    def log_exception(
        self, typ: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None
    ) -> None:
        """One line for an error of ours; tornado's traceback is for what nobody foresaw."""
        if isinstance(value, SandfsError):
            self.log.info("%s %s: %s", self.request.method, self.request.path, value)
        else:
            super().log_exception(typ, value, tb)


class UnknownRoute(SandfsRoute):
    """Any path below ours that is no route: the answer looks like ours too."""

    async def prepare(self) -> None:  # type: ignore[override]  # as Jupyter's APIHandler does
        await super().prepare()
        await self.check_allowed()
        raise web.HTTPError(404, "no such route")


def _decode(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise InvalidRequest(f"{name} is not UTF-8") from None


def _error_in(kwargs: dict[str, Any]) -> BaseException | None:
    info = kwargs.get("exc_info")
    return info[1] if info else None
