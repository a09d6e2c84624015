"""`/sandfs/v1/signed/{token}`: one file for whoever has the link. The only route without a login."""

from __future__ import annotations

from functools import cached_property

from jupyter_server.auth.decorator import allow_unauthenticated

from jupyter_sandfs.errors import ObjectTooLarge
from jupyter_sandfs.server.route import SandfsRoute
from jupyter_sandfs.server.store_route import StoreRoute


class Signed(StoreRoute):
    """What a token grants, and nothing else: neither a cookie nor a query argument changes what it is good for."""

    body_methods = frozenset({"PUT"})

    def initialize(self) -> None:
        # The token is a password. This hides it from every log, and from the problem that an error is told as.
        place, _, _ = self.request.path.rpartition("/")
        self.request.uri = self.request.path = f"{place}/[token]"

    def check_xsrf_cookie(self) -> None:
        """Nothing to check: the right comes from the link, which another site does not know, and not from a cookie."""

    async def check_allowed(self) -> None:
        """Nobody has to be logged in; `open_intake` looks at the token."""

    @cached_property
    def _unsealed(self) -> tuple[str, str]:
        return self.tenants.unseal(self.path_args[0])

    @property
    def tenant(self) -> str:
        """Whose files the link is about; who is logged in does not matter."""
        return self._unsealed[0]

    async def verify(self, method: str) -> tuple[str, int | None]:
        """Give the key and the largest size that the link grants. Raises InvalidSignature."""
        return await (await self.store()).verify(method, self._unsealed[1])

    @allow_unauthenticated
    async def get(self, token: str) -> None:
        del token
        key, _ = await self.verify("GET")
        self.set_header("Referrer-Policy", "no-referrer")
        await self.send_file(key)

    @allow_unauthenticated
    async def head(self, token: str) -> None:
        await self.get(token)

    @allow_unauthenticated
    async def put(self, token: str) -> None:
        del token
        if not self._finished:
            await self.close_file()

    async def open_intake(self, length: int | None) -> None:
        key, self._room = await self.verify("PUT")
        self._count(length or 0)
        self._taken = 0
        await self.open_file(key, length, ttl=None)

    async def take(self, chunk: bytes) -> None:
        self._taken += len(chunk)
        self._count(self._taken)
        await super().take(chunk)

    def _count(self, size: int) -> None:
        if self._room is not None and size > self._room:
            raise ObjectTooLarge(self._room)


def routes(prefix: str) -> list[tuple[str, type[SandfsRoute]]]:
    """The route of this module below `prefix`."""
    return [(f"{prefix}/([^/]+)", Signed)]
