"""A client of the sandboxes of another Jupyter server: the routes below `/sandfs/v1/fs`, as calls."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any, Self
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import Retry, Timeout

from jupyter_sandfs.errors import InvalidRequest, SandfsError, ServerUnreachable, revive

CHUNK_BYTES = 1 << 20
_ANSWER_BYTES = 128 << 20
_PROBLEM = "urn:sandfs:error:"
# A kernel has a deadline of its own, which the server keeps; unpacking a large archive may take minutes.
_TIMEOUT = Timeout(connect=10, read=600)
# Only requests that never arrived are sent again; a redirection would take the token elsewhere.
_ARRIVED_NOT = Retry(total=3, connect=3, read=0, redirect=0, status=0, other=0, backoff_factor=0.2)
_FAILURES = 400
_NOT_OURS = "there is no jupyter_sandfs at this URL, or the server's extension is not enabled"
_EXPLAINED = {401: "the server asks for a token", 403: "the server refuses the token, or it is missing", 404: _NOT_OURS}

Json = dict[str, Any]
Body = bytes | IO[bytes] | Iterable[bytes]


class SandboxClient:
    """The files of one sandbox in a kernel of a Jupyter server; for any number of threads.

    Errors are those that the file system raises: `NotFound` is a `FileNotFoundError`, and so on. Entries are JSON
    objects as docs/http.md describes them. Paths that do not begin with a slash start at the root.

    Args:
        url: of the server, with its base URL.
        token: a token of the server; None where it asks for none.
        session_id: a kernel's id or a session's; without it the only kernel with a sandbox.
        sandbox: its name in that kernel; `default` if not given.
        view: a view that the kernel has registered.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        session_id: str | None = None,
        sandbox: str | None = None,
        view: str | None = None,
    ) -> None:
        self._url = f"{url.rstrip('/')}/sandfs/v1/fs"
        self._target = {"session_id": session_id, "sandbox": sandbox, "view": view}
        headers = {"Authorization": f"token {token}"} if token else {}
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=8, headers=headers, timeout=_TIMEOUT)

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------ questions

    def entries(self, path: str = ".") -> list[Json]:
        """The entries of a directory, by name. Raises NotFound, NotADirectory."""
        found: list[Json] = self._ask("GET", "entries", path=path)
        return found

    def stat(self, path: str) -> Json:
        """The entry of one path. Raises NotFound."""
        return self._object("GET", "stat", path=path)

    def search(self, path: str = ".", *, name: str | None = None, text: str | None = None, **options: Any) -> Json:
        """One page of what is found, `{matches, next}`; options are `regex`, `ignore_case`, `limit`, `after`."""
        return self._object("GET", "search", path=path, name=name, text=text, **options)

    def read(self, path: str) -> bytes:
        """The content of a file. Raises NotFound, IsADirectory."""
        return b"".join(self.stream(path))

    def stream(self, path: str) -> Iterator[bytes]:
        """The content of a file, in pieces. Raises ServerUnreachable when it breaks off or the file is replaced."""
        return self._download("file", path=path)

    def archive(self, path: str = ".", format: str = "tar", *, materialize: bool = False) -> Iterator[bytes]:  # noqa: A002  as FileSystem.archive calls it
        """What is at or below a path as tar, tar.gz, tar.zst or zip, in pieces."""
        return self._download("archive", path=path, format=format, materialize=materialize)

    # ------------------------------------------------------------ changes

    def write(self, path: str, body: Body) -> Json:
        """Replace a file, in one step when all has arrived; parents are made. Gives `{path, bytesWritten, …}`."""
        return self._object("PUT", "file", body, path=path)

    def append(self, path: str, body: Body) -> Json:
        """Add to the end of a file, in one step when all has arrived."""
        return self._object("PATCH", "file", body, path=path)

    def mkdir(self, path: str) -> Json:
        """Make a directory with those above it; one that is there is no error."""
        return self._object("POST", "mkdir", b"", path=path)

    def delete(self, path: str, *, recursive: bool = False) -> Json:
        """Remove a file, or a directory; one that holds something only if `recursive` (NotEmpty)."""
        return self._object("DELETE", "entry", path=path, recursive=recursive)

    def move(self, source: str, destination: str, *, overwrite: bool = False) -> Json:
        """Move in one step. Raises NotFound, AlreadyExists."""
        return self._between("move", source, destination, overwrite=overwrite)

    def copy(self, source: str, destination: str, *, overwrite: bool = False) -> Json:
        """Copy a file or a tree in one step. Raises NotFound, AlreadyExists."""
        return self._between("copy", source, destination, overwrite=overwrite)

    def upload_batch(self, body: Body, path: str = ".", *, media_type: str = "application/x-tar") -> Json:
        """Unpack an archive, whole or not at all; gives `{paths, truncated}`. A tar may be compressed too."""
        return self._object("POST", "upload-batch", body, {"Content-Type": media_type}, path=path)

    # ------------------------------------------------------------ requests

    def _between(self, call: str, source: str, destination: str, *, overwrite: bool) -> Json:
        body = json.dumps({"from": source, "to": destination, "overwrite": overwrite}).encode()
        return self._object("POST", call, body, {"Content-Type": "application/json"})

    def _object(
        self, method: str, call: str, body: Body | None = None, headers: dict[str, str] | None = None, **query: Any
    ) -> Json:
        found: Json = self._ask(method, call, body, headers, **query)
        return found

    def _ask(
        self, method: str, call: str, body: Body | None = None, headers: dict[str, str] | None = None, **query: Any
    ) -> Any:
        with self._requested(method, call, body, headers, query) as response:
            return _json(response)

    def _download(self, call: str, **query: Any) -> Iterator[bytes]:
        with self._requested("GET", call, None, None, query) as response:
            try:
                yield from response.stream(CHUNK_BYTES)
            except HTTPError as error:
                raise ServerUnreachable(f"the server broke off: {_said(error)}") from error

    @contextmanager
    def _requested(
        self, method: str, call: str, body: Body | None, headers: dict[str, str] | None, query: Json
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        given = self._target | query
        url = (
            f"{self._url}/{call}?{urlencode({name: _plain(given[name]) for name in given if given[name] is not None})}"
        )
        try:
            response = self._pool.request(
                method,
                url,
                body=body,
                headers={**self._pool.headers, **(headers or {})},
                retries=_ARRIVED_NOT,
                preload_content=False,
                redirect=False,
            )
        except HTTPError as error:
            raise ServerUnreachable(f"the server does not answer: {_said(error)}") from error
        try:
            if response.status >= _FAILURES:
                raise _error_of(response)
            yield response
        finally:
            response.close()


def _plain(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _content(response: urllib3.BaseHTTPResponse) -> bytes:
    try:
        data = response.read(_ANSWER_BYTES + 1)
    except HTTPError as error:
        raise ServerUnreachable(f"the server broke off: {_said(error)}") from error
    if len(data) > _ANSWER_BYTES:
        raise InvalidRequest("the answer of the server is too long")
    return data


def _json(response: urllib3.BaseHTTPResponse) -> Any:
    try:
        return json.loads(_content(response))
    except ValueError as error:
        raise ServerUnreachable(_NOT_OURS) from error


def _error_of(response: urllib3.BaseHTTPResponse) -> SandfsError:
    """The error that an answer stands for; one that is no problem of ours is told by its status."""
    try:
        document = json.loads(_content(response))
        return revive(document["type"].removeprefix(_PROBLEM), document["facts"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return unexplained(response.status)


def unexplained(status: int) -> ServerUnreachable:
    """The error that an answer of a server stands for, if all it says is its status."""
    error = ServerUnreachable(_EXPLAINED.get(status, f"the server answers with status {status}"))
    if status in _EXPLAINED:
        error.http_status = status
    return error


def _said(error: BaseException) -> str:
    """What a client's error says, without the URL, which holds a path."""
    reason = getattr(error, "reason", None)
    return type(reason if isinstance(reason, BaseException) else error).__name__
