from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_sandfs.cli.connection import Connection
from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.filestore import open_file_store
from jupyter_sandfs.filestore.remote import RemoteFileStore


@pytest.fixture
def opened(monkeypatch) -> list[tuple[str, str | None]]:
    """The servers whose stores were opened, and the tokens."""
    found: list[tuple[str, str | None]] = []
    monkeypatch.setattr(RemoteFileStore, "__init__", lambda _, url, *, token: found.append((url, token)))
    return found


@pytest.mark.parametrize(
    ("address", "url", "token"),
    [
        ("http://h:8888", "http://h:8888/sandfs", "given"),
        ("https://h/user/me/", "https://h/user/me/sandfs", "given"),
        ("http://h:8888/lab?token=shown", "http://h:8888/sandfs", "shown"),
        ("http://h:8888/user/me/tree", "http://h:8888/user/me/sandfs", "given"),
        ("http://h/base/sandfs/", "http://h/base/sandfs", "given"),
        ("http://:secret@h/sandfs", "http://h/sandfs", "secret"),
    ],
)
def test_a_server_is_given_by_the_address_that_it_shows(opened, address, url, token):
    Connection(server=address, token="given").open()
    Connection(store=address, token="given").open()

    assert opened == [(url, token), (url, token)]


@pytest.mark.parametrize("address", ["", "h:8888", "ftp://h", "http://"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(InvalidRequest):
        Connection(server=address or " ").open()


def test_the_store_is_that_of_the_configuration_then_of_the_environment_then_jupyters_own(monkeypatch, tmp_path, home):
    def where() -> str:
        with Connection().open() as store:
            store.put("files/marker", b"")
        return next(path.parent.name for path in tmp_path.rglob("index.sqlite3") if mark(path))

    def mark(path: Path) -> bool:
        with open_file_store(path.parent.as_uri()) as store:
            return store.delete("files/marker")

    default = where()
    monkeypatch.setenv("JUPYTER_SANDFS_STORE_URL", (tmp_path / "environment").as_uri())
    environment = where()
    config = tmp_path / "JUPYTER_CONFIG_DIR"
    config.mkdir()
    (config / "jupyter_server_config.py").write_text(f"c.SandFS.store_url = {(tmp_path / 'configured').as_uri()!r}\n")

    assert (default, environment, where()) == ("store", "environment", "configured")


def test_the_files_are_those_of_the_tenant(monkeypatch, url):
    monkeypatch.setenv("JUPYTER_SANDFS_TENANT", "ann")
    with Connection(store=url).open() as store:
        store.put("files/a", b"")

    with open_file_store(url) as everybody, open_file_store(url, tenant="ann") as ann:
        assert (everybody.exists("files/a"), ann.exists("files/a")) == (False, True)


def test_a_store_and_a_server_exclude_each_other(invoke):
    result = invoke("files", "usage", "--store", "file:///x", "--server", "http://h")

    assert (result.exit_code, "--store and --server exclude each other" in result.stderr) == (2, True)
