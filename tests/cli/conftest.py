from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from jupyter_sandfs.cli.app import PROGRAM, main
from jupyter_sandfs.filestore import FileStore, open_file_store


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A machine where nothing is configured, and an empty working directory."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    for name in ("JUPYTER_SANDFS_STORE_URL", "JUPYTER_SANDFS_TENANT", "JUPYTER_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("SANDFS_SNAPSHOT_URL", raising=False)
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def url(tmp_path) -> str:
    return (tmp_path / "store").as_uri()


@pytest.fixture
def store(url) -> FileStore:
    with open_file_store(url) as store:
        yield store


@pytest.fixture
def invoke() -> Callable[..., Result]:
    """Run a command line; its exit code, output and errors are apart."""

    def invoke(*arguments: str, **kwargs) -> Result:
        return CliRunner().invoke(main, arguments, prog_name=PROGRAM, **kwargs)

    return invoke


@pytest.fixture
def run(invoke, url) -> Callable[..., Result]:
    """Run one of the commands about files on the store."""

    def run(command: str, *arguments: str, **kwargs) -> Result:
        return invoke("files", command, "--store", url, *arguments, **kwargs)

    return run
