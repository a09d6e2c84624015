"""`/sandfs/v1/store…`: the whole interface of the staging store, for `filestore.remote` on another machine.

People and browsers use `/sandfs/v1/files`. Here, one call of `FileStore` is one request, with its arguments as JSON in
the query, so that a store far away behaves like one at hand.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import iostream, web

from jupyter_sandfs.errors import InvalidRequest, InvalidSignature, LimitExceeded, SandfsError
from jupyter_sandfs.filestore import AsyncFileStore, AsyncUpload, wire
from jupyter_sandfs.server.route import SandfsRoute
from jupyter_sandfs.server.store_route import StoreRoute

_OF_ALL = frozenset({"cleanup", "recover"})

Call = Callable[[AsyncFileStore, dict[str, Any]], Awaitable[Any]]


class CallRoute(StoreRoute):
    """A request with arguments as JSON."""

    tells_facts = True

    def arguments(self) -> dict[str, Any]:
        try:
            arguments = json.loads(self.query("args") or "{}")
        except (ValueError, RecursionError):
            raise InvalidRequest("args is not JSON") from None
        if not isinstance(arguments, dict):
            raise InvalidRequest("args is a JSON object")
        return arguments


class Calls(CallRoute):
    """One method of the store by name: GET for those that read, POST for those that change."""

    @web.authenticated
    @authorized
    async def get(self, name: str) -> None:
        await self._call(READING, name)

    @web.authenticated
    @authorized
    async def post(self, name: str) -> None:
        await self._call(CHANGING, name)

    async def _call(self, calls: dict[str, Call], name: str) -> None:
        if name not in calls:
            raise web.HTTPError(404, "no such call")
        if name in _OF_ALL and self.tenant != self.tenants.base:
            raise web.HTTPError(403, "this concerns the files of all tenants")
        arguments = self.arguments()
        if name == "verify":
            arguments["token"] = self._unseal(arguments.get("token"))
        answer = await acted(calls[name](await self.store(), arguments))
        if name == "sign" and "://" not in answer:
            answer = self.tenants.seal(self.tenant, answer)
        self._tell(name, arguments, answer)
        self.answer(answer)

    def _unseal(self, token: Any) -> str:
        tenant, unsealed = self.tenants.unseal(str(token))
        if tenant != self.tenant:
            raise InvalidSignature("the link was made for another request")
        return unsealed

    def _tell(self, name: str, arguments: dict[str, Any], answer: Any) -> None:
        """Emit the event of a call that changed a file."""
        if name == "copy":
            self.tell("copy", "store", arguments["target"], source=arguments["source"], bytes=answer["size_bytes"])
        elif name in ("commit_upload", "restore"):
            self.tell("write", "store", answer["key"], bytes=answer["size_bytes"])
        elif name == "sign" or (name == "delete" and answer):
            self.tell(name, "store", arguments["key"])


class Bodies(CallRoute):
    """Bytes: GET a file or a part of it, PUT a file that is not large, POST a piece of an upload."""

    body_methods = frozenset({"PUT", "POST"})

    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.check_xsrf_cookie()  # as Jupyter's own downloads: no other site may embed them
        reader = await acted((await self.store()).open(**self.arguments()))
        self.set_header(wire.INFO_HEADER, json.dumps(wire.dump_info(reader.info)))
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("X-Content-Type-Options", "nosniff")
        try:
            async for chunk in reader:
                self.write(chunk)
                await self.flush()
        except iostream.StreamClosedError:
            return  # the client went away
        finally:
            await reader.close()
        self.finish(set_content_type="application/octet-stream")

    @web.authenticated
    @authorized
    async def put(self) -> None:
        await self._finish_body()

    @web.authenticated
    @authorized
    async def post(self) -> None:
        await self._finish_body()

    async def _finish_body(self) -> None:
        if not self._finished:
            answer = await self.commit()
            if self.request.method == "PUT":
                self.tell("write", "store", answer["key"], bytes=answer["size_bytes"])
            self.answer(answer)

    async def open_intake(self, length: int | None) -> None:
        del length  # the sink counts
        act = _put if self.request.method == "PUT" else _append
        self.sink = _Piece(act, await self.store(), self.arguments())


class _Piece:
    """A sink for a body of one request."""

    def __init__(
        self,
        act: Callable[[AsyncFileStore, bytearray, dict[str, Any]], Awaitable[Any]],
        store: AsyncFileStore,
        arguments: dict[str, Any],
    ) -> None:
        self._act, self._store, self._arguments = act, store, arguments
        self._content = bytearray()

    async def append(self, chunk: bytes) -> None:
        self._content += chunk
        if len(self._content) > wire.PIECE_BYTES:
            raise LimitExceeded(f"one request carries at most {wire.PIECE_BYTES} bytes; send more as an upload")

    async def commit(self) -> Any:
        return await acted(self._act(self._store, self._content, self._arguments))

    async def abort(self) -> None:
        self._content.clear()


async def acted(call: Awaitable[Any]) -> Any:
    """Await a call whose arguments came from outside: wrong names and kinds are the client's fault."""
    try:
        return await call
    except SandfsError:
        raise
    except (TypeError, KeyError, ValueError) as error:
        raise InvalidRequest("the arguments are not those of the call") from error


# ---------------------------------------------------------------- the calls


async def _head(store: AsyncFileStore, arguments: dict[str, Any]) -> Any:
    return wire.dump_info(await store.head(**arguments))


async def _list(store: AsyncFileStore, arguments: dict[str, Any]) -> Any:
    return wire.dump_page(await store.list(**arguments))


async def _versions(store: AsyncFileStore, arguments: dict[str, Any]) -> Any:
    return [wire.dump_info(info) for info in await store.versions(**arguments)]


async def _usage(store: AsyncFileStore, arguments: dict[str, Any]) -> Any:
    return wire.dump_usage(await store.usage(**arguments))


async def _verify(store: AsyncFileStore, arguments: dict[str, Any]) -> Any:
    return await store.verify(**arguments)


async def _upload(store: AsyncFileStore, arguments: dict[str, Any]) -> Any:
    upload = await store.resume_upload(**arguments)
    return await _described(upload)


async def _copy(store: AsyncFileStore, arguments: dict[str, Any]) -> Any:
    return wire.dump_info(await store.copy(**arguments))


async def _restore(store: AsyncFileStore, arguments: dict[str, Any]) -> Any:
    return wire.dump_info(await store.restore(**arguments))


async def _delete(store: AsyncFileStore, arguments: dict[str, Any]) -> Any:
    return await store.delete(**arguments)


async def _sign(store: AsyncFileStore, arguments: dict[str, Any]) -> Any:
    return await store.sign(**arguments)


async def _begin_upload(store: AsyncFileStore, arguments: dict[str, Any]) -> Any:
    return await _described(await store.begin_upload(**arguments))


async def _commit_upload(store: AsyncFileStore, arguments: dict[str, Any]) -> Any:
    return wire.dump_info(await (await store.resume_upload(**arguments)).commit())


async def _abort_upload(store: AsyncFileStore, arguments: dict[str, Any]) -> Any:
    await (await store.resume_upload(**arguments)).abort()


async def _cleanup(store: AsyncFileStore, arguments: dict[str, Any]) -> Any:
    now = arguments.get("now")
    return await store.cleanup(now=None if now is None else datetime.fromisoformat(now))


async def _recover(store: AsyncFileStore, arguments: dict[str, Any]) -> Any:
    return wire.dump_recovery(await store.recover(**arguments))


async def _put(store: AsyncFileStore, body: bytearray, arguments: dict[str, Any]) -> Any:
    return wire.dump_info(await store.put(body=body, **arguments))


async def _append(store: AsyncFileStore, body: bytearray, arguments: dict[str, Any]) -> Any:
    upload = await store.resume_upload(arguments["upload_id"])
    return await upload.append(body, arguments["offset"])


async def _described(upload: AsyncUpload) -> dict[str, Any]:
    return {
        "upload_id": upload.upload_id,
        "key": upload.key,
        "length": upload.length,
        "offset": await upload.offset(),
    }


READING: dict[str, Call] = {
    "head": _head,
    "list": _list,
    "upload": _upload,
    "usage": _usage,
    "verify": _verify,
    "versions": _versions,
}
CHANGING: dict[str, Call] = {
    "abort_upload": _abort_upload,
    "begin_upload": _begin_upload,
    "cleanup": _cleanup,
    "commit_upload": _commit_upload,
    "copy": _copy,
    "delete": _delete,
    "recover": _recover,
    "restore": _restore,
    "sign": _sign,
}


def routes(prefix: str) -> list[tuple[str, type[SandfsRoute]]]:
    """The routes of this module below `prefix`."""
    return [(f"{prefix}/calls/([a-z_]+)", Calls), (f"{prefix}/bodies", Bodies)]
