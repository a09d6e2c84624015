"""`/sandfs/v1/fs/…`: the files of a sandbox in a kernel, with the seed's endpoints and types."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

from jupyter_server.auth.decorator import authorized
from tornado import iostream, web

from jupyter_sandfs import paths
from jupyter_sandfs.errors import LimitExceeded, PathError, PreconditionFailed
from jupyter_sandfs.rpc.messages import Reply
from jupyter_sandfs.server import conditions
from jupyter_sandfs.server.addressing import Target, find_kernel
from jupyter_sandfs.server.intake import Gathered, IntakeRoute, Sink
from jupyter_sandfs.server.route import SandfsRoute

MAX_LISTED = 200_000
_PAGE = 5_000


class FsRoute(SandfsRoute):
    """A route about one sandbox."""

    tells_facts = True

    async def target(self) -> Target:
        links = self.settings["sandfs_links"]
        session_id = self.query("session_id", "sessionId")
        kernel_id = await find_kernel(links, self.kernel_manager, self.session_manager, session_id)
        return Target(links, kernel_id, self.query("sandbox") or "default", self.query("view"))

    async def ask(self, op: str, **arguments: Any) -> Any:
        """Carry out an operation on the sandbox that the request means; gives its value."""
        return (await (await self.target()).ask(op, arguments)).value


class Entries(FsRoute):
    @web.authenticated
    @authorized
    async def get(self) -> None:
        limit, after = self.number("limit"), self.query("after")
        target, path = await self.target(), self.query("path") or "."
        found, more = await list_page(target, path, after, limit)
        if more and limit is not None:
            self.set_header("Link", f'<{self._next(found[-1]["name"])}>; rel="next"')
        self.answer(found)

    def _next(self, after: str) -> str:
        """The address of the page behind a name; nothing is in it but what the document names: no token."""
        names = [each["name"] for each in self.operation["parameters"]]
        told = {name: value for name in names if (value := self.query(name)) is not None}
        return f"{self.request.path}?{urlencode(told | {'after': after})}"


class Stat(FsRoute):
    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.answer(await self.ask("stat", path=self.required("path")))


class Entry(FsRoute):
    @web.authenticated
    @authorized
    async def delete(self) -> None:
        target, path = await self.target(), self.required("path")
        version = await expected_version(self, target, path)
        arguments = {"path": path, "recursive": self.flag("recursive"), "expected_version": version}
        removed = (await target.ask("remove", arguments)).value
        self.tell("delete", "sandbox", removed["path"], kernel_id=target.kernel_id)
        self.answer(removed)


class Directory(FsRoute):
    @web.authenticated
    @authorized
    async def post(self) -> None:
        target = await self.target()
        made = (await target.ask("mkdir", {"path": self.required("path")})).value
        self.tell("mkdir", "sandbox", made["path"], kernel_id=target.kernel_id)
        self.answer(made)


class Move(FsRoute):
    @web.authenticated
    @authorized
    async def post(self) -> None:
        target, body = await self.target(), self.json_body()
        moved = (await target.ask("move", {name: value for name, value in body.items() if value is not None})).value
        self.tell("move", "sandbox", moved["to"], source=moved["from"], kernel_id=target.kernel_id)
        self.answer(moved)


class Copy(FsRoute):
    @web.authenticated
    @authorized
    async def post(self) -> None:
        target, body = await self.target(), self.json_body()
        copied = (await target.ask("copy", {name: value for name, value in body.items() if value is not None})).value
        self.tell("copy", "sandbox", copied["to"], source=copied["from"], kernel_id=target.kernel_id)
        self.answer(copied)


class Search(FsRoute):
    """What is called so, or holds a text, page by page."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        arguments: dict[str, Any] = {name: self.query(name) for name in ("path", "name", "text", "after")}
        arguments |= {name: self.flag(name) for name in ("regex", "ignore_case")}
        arguments["limit"] = self.number("limit")
        given = {name: value for name, value in arguments.items() if value is not None}
        self.answer(await self.ask("search", **given))


class FileDownload(SandfsRoute):
    """A route that sends a file of a sandbox."""

    def wants_whole(self) -> bool:
        return "Range" not in self.request.headers and self.request.method == "GET"

    async def deliver(self, target: Target, path: str, first: Reply) -> None:
        """Answer with what the request wants of a file, of which `read_start` brought `first`.

        A file replaced meanwhile ends the stream early, which the client notices.
        """
        part = self.choose_part(first.value["size"], first.value["etag"])
        if part is None:
            return
        try:
            if self.request.method == "GET":
                async for chunk in read_file(target, path, part, first):
                    self.write(chunk)
                    await self.flush()
        except iostream.StreamClosedError:
            return  # the client went away
        self.finish_download()


class Content(FsRoute, FileDownload, IntakeRoute):
    """The bytes of one file."""

    body_methods = frozenset({"PUT", "PATCH"})

    @web.authenticated
    @authorized
    async def get(self) -> None:
        await self._download()

    @web.authenticated
    @authorized
    async def head(self) -> None:
        await self._download()

    async def _download(self) -> None:
        self.check_xsrf_cookie()  # as Jupyter's own downloads: no other site may embed them
        target, path = await self.target(), self.required("path")
        first = await read_start(target, path, whole=self.wants_whole())
        self.announce_download(paths.name(path), first.value["etag"], "application/octet-stream")
        await self.deliver(target, path, first)

    @web.authenticated
    @authorized
    async def put(self) -> None:
        await self._finish_write()

    @web.authenticated
    @authorized
    async def patch(self) -> None:
        await self._finish_write()

    async def _finish_write(self) -> None:
        if not self._finished:
            written = await self.commit()
            self.tell("write", "sandbox", written["path"], kernel_id=self.kernel_id, bytes=written["bytesWritten"])
            self.answer(written)

    async def open_intake(self, length: int | None) -> None:
        target, path = await self.target(), self.required("path")
        version = await expected_version(self, target, path)
        self.kernel_id = target.kernel_id
        self.sink = await begin_write(target, path, length, version, append=self.request.method == "PATCH")


async def list_entries(target: Target, path: str) -> list[dict[str, Any]]:
    """All entries of a directory, by name. Raises LimitExceeded when there are more than `MAX_LISTED`."""
    return (await list_page(target, path, None, None))[0]


async def list_page(
    target: Target, path: str, after: str | None, limit: int | None
) -> tuple[list[dict[str, Any]], bool]:
    """Entries of a directory by name, behind the name `after`, and whether there are more.

    Args:
        limit: how many; None for all.

    Raises:
        LimitExceeded: all are more than `MAX_LISTED`.
    """
    found: list[dict[str, Any]] = []
    while True:
        wanted = _PAGE if limit is None else min(_PAGE, limit - len(found))
        page = (await target.ask("entries", {"path": path, "after": after, "limit": wanted})).value
        found += page["entries"]
        if not page["more"] or len(found) == limit:
            return found, page["more"]
        if limit is None and page["total"] > MAX_LISTED:
            raise LimitExceeded(f"the directory holds {page['total']} entries: list it in pages, with limit and after")
        after = found[-1]["name"]


async def begin_write(
    target: Target, path: str, size: int | None, version: int | None = None, *, append: bool = False
) -> Sink:
    """Give what takes a file of `size` bytes, if that is known, or what is added to it.

    Args:
        version: must be current when all has arrived, if given; 0 means that nothing may be there.
    """
    chunk_bytes = await target.chunk_bytes()
    arguments = {"path": path, "expected_version": version, "append": append}
    if size is not None and size <= chunk_bytes:
        return SmallFile(target, arguments)
    upload = await target.ask("upload_begin", {"size": size, **arguments})
    return Gathered(LargeFile(target, upload.value["uploadId"]), chunk_bytes)


async def read_start(target: Target, path: str, *, whole: bool = True) -> Reply:
    """Size and etag of a file, and unless `whole` is false its first chunk."""
    return await target.ask("read", {"path": path, "length": await target.chunk_bytes() if whole else 0})


async def read_file(target: Target, path: str, part: conditions.Part, first: Reply) -> AsyncIterator[bytes]:
    """Give a part of a file chunk by chunk, beginning with what `read_start` brought.

    Raises:
        PreconditionFailed: the file was replaced meanwhile.
    """
    offset, body = part.start, bytes(first.body)
    while offset < part.end:
        if not body:
            length = min(part.end - offset, await target.chunk_bytes())
            arguments = {"path": path, "offset": offset, "length": length, "etag": first.value["etag"]}
            body = bytes((await target.ask("read", arguments)).body)
        yield body
        offset += len(body)
        body = b""


class SmallFile:
    """A file that fits in one request."""

    def __init__(self, target: Target, arguments: dict[str, Any]) -> None:
        self._target = target
        self._arguments = arguments
        self._content = bytearray()

    async def append(self, chunk: bytes) -> None:
        self._content += chunk

    async def commit(self) -> Any:
        return (await self._target.ask("write", self._arguments, memoryview(self._content))).value

    async def abort(self) -> None:
        self._content = bytearray()  # a request that failed may still hold a view of the old one


class LargeFile:
    """A file that goes to the kernel in chunks."""

    def __init__(self, target: Target, upload_id: str) -> None:
        self._target = target
        self._upload_id = upload_id
        self._offset = 0

    async def append(self, chunk: memoryview) -> None:
        arguments = {"upload_id": self._upload_id, "offset": self._offset}
        self._offset = (await self._target.ask("upload_append", arguments, chunk)).value["offset"]

    async def commit(self) -> Any:
        return (await self._target.ask("upload_commit", {"upload_id": self._upload_id})).value

    async def abort(self) -> None:
        await self._target.ask("upload_abort", {"upload_id": self._upload_id})


async def expected_version(route: SandfsRoute, target: Target, path: str) -> int | None:
    """The version that If-Match or If-None-Match demands of the file at `path`; None if neither is there.

    Raises:
        PreconditionFailed: another content is there, or none.
    """
    if route.request.headers.get("If-None-Match", "").strip() == "*":
        return 0
    wanted = route.request.headers.get("If-Match")
    if wanted is None:
        return None
    try:
        found = (await target.ask("stat", {"path": path})).value
    except PathError as error:
        raise PreconditionFailed(f"{path}: nothing is there") from error
    if not conditions.lists_etag(wanted, found["etag"]):
        raise PreconditionFailed(f"{path}: the content is another one")
    return int(found["version"])


def routes(prefix: str) -> list[tuple[str, type[SandfsRoute]]]:
    """The routes of this module below `prefix`."""
    table: dict[str, type[SandfsRoute]] = {
        "entries": Entries,
        "file": Content,
        "entry": Entry,
        "mkdir": Directory,
        "move": Move,
        "copy": Copy,
        "search": Search,
        "stat": Stat,
    }
    return [(f"{prefix}/{name}", route) for name, route in table.items()]
