"""`/sandfs/v1/files…`: staged files by key."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import url_path_join
from tornado import web

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest, ObjectNotFound
from jupyter_sandfs.filestore import PutOptions, content_types, keys
from jupyter_sandfs.rpc.entries import rfc3339
from jupyter_sandfs.server import conditions
from jupyter_sandfs.server.forms import UploadForm
from jupyter_sandfs.server.intake import Sink
from jupyter_sandfs.server.json_bodies import JsonBody
from jupyter_sandfs.server.openapi import document
from jupyter_sandfs.server.route import SandfsRoute
from jupyter_sandfs.server.store_route import StoreRoute, describe, receipt

_MAX_LISTED = 1000
_NAME_LENGTH = 255
_LINK_SECONDS = 3600.0


class Files(StoreRoute):
    """All files: list them, or add one from a form."""

    body_methods = frozenset({"POST"})
    form: UploadForm

    @web.authenticated
    @authorized
    async def get(self) -> None:
        if versions_of := self.query("versions_of"):
            await self._list_versions(keys.complete(versions_of))
            return
        limit = min(self.number("limit") or _MAX_LISTED, _MAX_LISTED)
        prefix, delimiter, after = self.query("prefix") or "", self.query("delimiter"), self.query("after")
        store = await self.store()
        page = await store.list(prefix, delimiter=delimiter or None, after=after or None, limit=limit)
        files = [describe(info) for info in page.items]
        answer: dict[str, Any] = {"files": files, "count": len(files), "next": page.next_after}
        self.answer(answer | ({"prefixes": list(page.common_prefixes)} if delimiter else {}))

    async def _list_versions(self, key: str) -> None:
        found = await (await self.store()).versions(key)
        if not found:
            raise ObjectNotFound(key)
        self.answer({"files": [describe(info) for info in found], "count": len(found), "next": None})

    @web.authenticated
    @authorized
    async def post(self) -> None:
        if self._finished:
            return
        if self.sink is None or not self.form.complete:
            await self._give_up()
            raise InvalidRequest("the form has no complete field named file")
        info = await self.commit()
        self.tell("write", "store", info.key, bytes=info.size_bytes)
        self.set_header("Location", f"{self.request.path}/{conditions.escaped(info.key)}")
        self.answer(receipt(info), status=201)

    async def open_intake(self, length: int | None) -> None:
        del length  # that of the form, not of the file in it
        self.form = UploadForm(self.request.headers.get("Content-Type", ""))

    async def take(self, chunk: bytes) -> None:
        content = self.form.feed(chunk)
        if self.sink is None and self.form.file_name is not None:
            self.sink = await self._open_form_sink(self.form)
        for each in content:
            await super().take(each)

    async def _open_form_sink(self, form: UploadForm) -> Sink:
        key = form.fields.get("key") or self.query("key")
        ttl = form.fields.get("ttl") or self.query("ttl")
        name = paths.name(clean_name(form.file_name or ""))
        options: PutOptions = {"ttl": parse_ttl(ttl), "content_type": form_type(form.content_type, name)}
        if name:
            options["metadata"] = {"original_filename": name}
        return await self.open_sink(keys.complete(key) if key else keys.new_key(), None, options)


class File(StoreRoute):
    """One file by its key; a POST to an address below it does something with the file."""

    body_methods = frozenset({"PUT", "POST"})

    @web.authenticated
    @authorized
    async def get(self, name: str) -> None:
        self.check_xsrf_cookie()  # as Jupyter's own downloads: no other site may embed them
        await self.send_file(keys.complete(name), self.number("version"))

    @web.authenticated
    @authorized
    async def head(self, name: str) -> None:
        self.check_xsrf_cookie()
        await self.send_file(keys.complete(name), self.number("version"))

    @web.authenticated
    @authorized
    async def put(self, name: str) -> None:
        del name
        if not self._finished:
            await self.close_file()

    @web.authenticated
    @authorized
    async def delete(self, name: str) -> None:
        key = keys.complete(name)
        version = await self.expected_version(key)
        found = await (await self.store()).delete(key, if_version=version)
        if not found:
            raise ObjectNotFound(key)
        self.tell("delete", "store", key)
        self.answer({"deleted": key})

    @web.authenticated
    @authorized
    async def post(self, name: str) -> None:
        if not self._finished:
            name, _, action = name.rpartition("/")
            body = await self.commit()
            document.check_body(self.operation, body)
            await self._ACTIONS[action](self, keys.complete(name), body)

    async def open_intake(self, length: int | None) -> None:
        name: str = self.path_args[0]
        if self.request.method == "PUT":
            await self.open_file(keys.complete(name), length, ttl=parse_ttl(self.query("ttl")))
        elif name.rpartition("/")[2] in self._ACTIONS:
            self.sink = JsonBody()
        else:
            raise web.HTTPError(405)

    async def _sign(self, key: str, body: dict[str, Any]) -> None:
        """Make a link that needs no login."""
        method, expires = body.get("method") or "GET", body.get("expires") or _LINK_SECONDS
        now = datetime.now(UTC)
        token = await (await self.store()).sign(method, key, expires=expires, max_size=body.get("max_size"))
        url = token if "://" in token else self._signed_address(self.tenants.seal(self.tenant, token))
        self.tell("sign", "store", key)
        until = rfc3339(now + timedelta(seconds=expires))
        self.answer({"url": url, "method": method, "file_key": key, "expires_at": until}, status=201)

    def _signed_address(self, token: str) -> str:
        base = url_path_join(self.base_url, "sandfs/v1/signed", token)
        return f"{self.request.protocol}://{self.request.host}{base}"

    async def _copy(self, key: str, body: dict[str, Any]) -> None:
        """Store the file under another key too."""
        target = keys.complete(body["to"]) if body.get("to") else keys.new_key()
        options: PutOptions = {"ttl": body.get("ttl"), "if_none_match": not body.get("overwrite")}
        info = await (await self.store()).copy(key, target, **options)
        self.tell("copy", "store", target, source=key, bytes=info.size_bytes)
        self.answer(receipt(info), status=201)

    async def _restore(self, key: str, body: dict[str, Any]) -> None:
        """Make an older version the current one."""
        expected = await self.expected_version(key)
        info = await (await self.store()).restore(key, body["version"], if_version=expected)
        self.tell("write", "store", key, bytes=info.size_bytes)
        self.set_header("ETag", conditions.quoted(info.etag))
        self.answer(receipt(info))

    _ACTIONS: ClassVar[Mapping[str, Callable[[File, str, dict[str, Any]], Awaitable[None]]]] = {
        "sign": _sign,
        "copy": _copy,
        "restore": _restore,
    }


def clean_name(name: str) -> str:
    """A file's name as a browser sent it, without what metadata can't hold; cut to a sensible length."""
    return "".join(each for each in name if each.isprintable())[:_NAME_LENGTH]


def form_type(said: str | None, name: str) -> str | None:
    """The media type of a file in a form: what was said, else what its name tells; None leaves it to the key."""
    told = said if said and said != content_types.OCTETS else content_types.guess(name)
    return None if told == content_types.OCTETS else told


def parse_ttl(text: str | None) -> float | None:
    """Read a time to live in seconds; None leaves it to the store."""
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise InvalidRequest(f"ttl is a number of seconds, not {text[:40]!r}")
    return seconds


def routes(prefix: str) -> list[tuple[str, type[SandfsRoute]]]:
    """The routes of this module below `prefix`; the slashes of a key are its own."""
    return [(prefix, Files), (f"{prefix}/(.+)", File)]
