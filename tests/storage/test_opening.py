"""Storages by URL."""

from __future__ import annotations

import builtins
import sys

import pytest

from jupyter_sandfs.errors import InvalidRequest, StorageError, Unsupported
from jupyter_sandfs.storage import (
    AsyncFileStorage,
    FileEntry,
    MemoryFileStorage,
    SQLiteFileStorage,
    StorageBridge,
    open_storage,
)
from jupyter_sandfs.storage.opening import opened


def test_each_kind_is_opened_by_its_url(tmp_path, monkeypatch, redis_url):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    urls = [
        "memory:", "memory://", "SQLITE:///here.sqlite", f"sqlite:///{tmp_path}/with%20space%3F.sqlite",
        "sqlite:///~/there.sqlite", redis_url, (tmp_path / "made" / "objects ü").as_uri(),
    ]  # fmt: skip
    found = []
    for url in urls:
        with open_storage(url) as storage:
            storage.set(FileEntry(path="/a"))
            storage.flush()
            found.append(storage.where.partition(":")[0])

    assert found == [
        "kept in a storage in memory", "kept in a storage in memory", f"kept in {tmp_path}/here.sqlite",
        f"kept in {tmp_path}/with space?.sqlite", f"kept in {tmp_path}/home/there.sqlite",
        f"kept in Redis as '{redis_url.partition('=')[2]}'", "kept in an object store",
    ]  # fmt: skip
    assert oct((tmp_path / "made" / "objects ü").stat().st_mode)[-3:] == "700"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "not a URL of a storage: it begins with one of memory:, sqlite:, redis:"),
        ("demo.sqlite", "not a URL of a storage"),
        ("mysql://user:secret@host/db", "not a URL of a storage"),
        (None, "not a URL of a storage"),
        ("memory:x", "a storage in memory is memory:"),
        ("sqlite:demo.sqlite", "sqlite:///relative"),
        ("sqlite://host/demo.sqlite", "sqlite:///relative"),
        ("sqlite:///", "sqlite:///relative"),
        ("sqlite:///a/", "sqlite:///relative"),
        ("sqlite:///a%00b", "sqlite:///relative"),
        ("sqlite:///a?mode=ro", "sqlite:///relative"),
        ("file://host/a", "file:///absolute/directory"),
        ("file:a", "file:///absolute/directory"),
        ("file:///a?b", "no query or fragment"),
        ("s3://bucket", "s3://BUCKET/PREFIX"),
        ("s3://bucket/", "s3://BUCKET/PREFIX"),
        ("gs:///prefix", "gs://BUCKET/PREFIX"),
        ("az://container/x#y", "no query or fragment"),
    ],
)
def test_what_is_no_url_of_a_storage_is_refused_without_repeating_it(url, message):
    with pytest.raises(InvalidRequest, match=message) as caught:
        open_storage(url)

    assert "secret" not in str(caught.value)


def test_a_directory_that_can_not_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(StorageError, match=f"{tmp_path}/file/objects: Not a directory"):
        open_storage(f"file://{tmp_path}/file/objects")


def test_a_bucket_is_opened_without_asking_it(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.setenv(name, "x")

    from jupyter_sandfs.storage.buckets import open_bucket

    assert open_bucket("s3://bucket/some/prefix").prefix == "some/prefix"


@pytest.mark.parametrize(
    ("url", "package", "extra"), [("redis://h", "redis", "redis"), ("s3://b/p", "obstore", "cloud")]
)
def test_a_missing_client_is_named_with_the_extra(monkeypatch, url, package, extra):
    def without(name, *args):
        if name.partition(".")[0] == package:
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)
        return original(name, *args)

    for name in [each for each in sys.modules if each.startswith("jupyter_sandfs.storage.")]:
        if name.rpartition(".")[2] in {"redis", "objects", "buckets"}:
            monkeypatch.delitem(sys.modules, name)
    original = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", without)

    with pytest.raises(Unsupported, match=rf"needs {package}: pip install 'jupyter_sandfs\[{extra}\]'"):
        open_storage(url)


# ---------------------------------------------------------------- what a caller gives


class Nothing(AsyncFileStorage):
    async def get(self, _):
        return None

    async def set(self, entry):
        raise NotImplementedError

    async def delete(self, _):
        return False

    async def paths(self):
        return []


def test_a_storage_of_the_callers_own_is_not_ours_to_close(tmp_path):
    given = MemoryFileStorage()
    assert opened(given) == (given, False)

    url = opened(f"sqlite:///{tmp_path}/x")
    bridged = opened(Nothing())
    with url.storage, bridged.storage:
        assert (type(url.storage), url.owned) == (SQLiteFileStorage, True)
        assert (type(bridged.storage), bridged.owned) == (StorageBridge, True)


@pytest.mark.parametrize("given", [7, {}, b"memory:", MemoryFileStorage])
def test_what_is_no_storage_is_refused(given):
    with pytest.raises(InvalidRequest, match="a storage is a URL such as"):
        opened(given)
