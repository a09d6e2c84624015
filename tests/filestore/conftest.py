"""Every backend is a parameter of `store`: the contract in test_contract.py then says what it has to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jupyter_sandfs.filestore import FileStore, LocalFileStore, StoreLimits

START = 1_800_000_000.0


class Clock:
    """Time that goes on when a test says so."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["local"])
def open_store(request, tmp_path, clock) -> Callable[..., FileStore]:
    """Open the backend under test; calls in one test open the same place."""
    opened: list[FileStore] = []

    def open_local(*, tenant: str = "", **limits) -> FileStore:
        opened.append(LocalFileStore(tmp_path / "store", tenant=tenant, limits=StoreLimits(**limits), clock=clock))
        return opened[-1]

    yield {"local": open_local}[request.param]
    for each in opened:
        each.close()


@pytest.fixture
def store(open_store) -> FileStore:
    return open_store()
