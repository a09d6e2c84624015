"""A stock client of the same bucket, and stores of it that a test may open as it likes."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Callable

import nats
import pytest

from jupyter_sandfs.filestore import StoreLimits
from jupyter_sandfs.filestore.nats.address import parse
from jupyter_sandfs.filestore.nats.store import NatsFileStore


class Stock:
    """nats-py's own object store, with plain calls."""

    def __init__(self, url: str) -> None:
        address = parse(url)
        self.bucket = address.bucket
        self.loop = asyncio.new_event_loop()
        self.client = self.run(nats.connect(address.servers[0]))
        self.js = self.client.jetstream()
        self._store = None

    def run(self, work):
        return self.loop.run_until_complete(asyncio.wait_for(work, 20))

    def __getattr__(self, name):
        """A method of the object store; its coroutine is awaited."""

        def call(*args, **kwargs):
            if self._store is None:
                self._store = self.run(self.js.object_store(self.bucket))
            return self.run(getattr(self._store, name)(*args, **kwargs))

        return call

    def counts(self, kind: str) -> dict[str, int]:
        """Subjects of chunks (C), metas (M) or books (X), and how many messages each has."""
        info = self.run(self.js.stream_info(f"OBJ_{self.bucket}", subjects_filter=f"$O.{self.bucket}.{kind}.>"))
        return info.state.subjects or {}

    def meta(self, key: str) -> str:
        """Subject of a key's meta."""
        return f"$O.{self.bucket}.M.{urlsafe_b64encode(key.encode()).decode()}"

    def publish(self, subject: str, body: bytes) -> None:
        self.run(self.js.publish(f"$O.{self.bucket}.{subject}", body))

    def close(self) -> None:
        self.run(self.client.close())
        self.loop.close()


@pytest.fixture
def stock(nats_url):
    client = Stock(nats_url)
    yield client
    client.close()


@pytest.fixture
def open_nats(nats_url, clock) -> Callable[..., NatsFileStore]:
    """Open the bucket; with `limits` as `StoreLimits` takes them."""
    opened: list[NatsFileStore] = []

    def open_one(*, tenant: str = "", patience: float = 5.0, **limits) -> NatsFileStore:
        made = NatsFileStore(
            parse(nats_url), tenant=tenant, limits=StoreLimits(**limits), clock=clock, patience=patience
        )
        opened.append(made)
        return made

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture
def store(open_nats) -> NatsFileStore:
    return open_nats()
