from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.filestore import StoreLimits, default_store_url, open_file_store


def test_a_file_url_opens_its_directory(tmp_path):
    root = tmp_path / "mit Leerzeichen é"

    with open_file_store(root.as_uri(), tenant="t", limits=StoreLimits(max_total_bytes=7)) as store:
        store.put("files/a", b"1")

        assert store.usage().max_total_bytes == 7
    assert root.is_dir()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/var/store",
        "ftp://user:secret@host/x",
        "file:relative",
        "file://host/dir",
        "file:///dir?x=1",
        "file:///dir#x",
        "file:///d%00ir",
        "nats://user:secret@h",
        None,
    ],
)
def test_what_names_no_store_is_refused_without_repeating_it(url):
    with pytest.raises(InvalidRequest) as caught:
        open_file_store(url)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["nats://h:4222/b", "nats-embedded:"])
def test_without_its_client_the_message_names_the_extra(url):
    program = (
        "import sys; sys.modules['nats'] = None\n"
        "from jupyter_sandfs.errors import Unsupported\n"
        "from jupyter_sandfs.filestore import open_file_store\n"
        "try: open_file_store(sys.argv[1])\n"
        "except Unsupported as error: print(error)"
    )

    said = subprocess.run([sys.executable, "-c", program, url], capture_output=True, text=True, check=True).stdout

    assert said.endswith("need nats-py: pip install 'jupyter_sandfs[nats]'\n")


def test_a_nats_url_opens_its_bucket(nats_url):
    with open_file_store(nats_url, tenant="t", limits=StoreLimits(max_total_bytes=7)) as store:
        store.put("files/a", b"1")

        assert store.usage().max_total_bytes == 7


def test_the_default_is_in_the_data_directory_of_jupyter(monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))

    assert default_store_url() == (tmp_path / "sandfs" / "store").as_uri()
    assert not Path(tmp_path, "sandfs").exists()


def test_the_package_loads_neither_sqlite_nor_asyncio_before_they_are_needed():
    program = (
        "import sys; from jupyter_sandfs.filestore import FileInfo, FileStore, open_file_store, keys; "
        "print(sorted({'sqlite3', 'asyncio', 'ulid', 'jupyter_core'} & set(sys.modules)))"
    )

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert loaded == "[]\n"


def test_every_public_name_is_there_and_no_other():
    import jupyter_sandfs.filestore as package

    assert all(hasattr(package, name) for name in package.__all__)
    assert not hasattr(package, "nothing")
