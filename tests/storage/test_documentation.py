"""The Python of docs/storage.md runs, and the storage that it shows keeps a file system."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jupyter_sandfs import FileEntry, Sandbox, VirtualFileSystem

PAGE = Path(__file__).parents[2] / "docs" / "storage.md"
FIRST, OWN = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture(autouse=True)
def _apart(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield
    for name in Sandbox.names():
        Sandbox.get(name).close()


def run(code):
    names = {}
    exec(compile(code, str(PAGE), "exec"), names)
    return names


def test_the_first_snippet_prints_what_it_says(capsys):
    run(FIRST)

    assert capsys.readouterr().out == "still here after a restart\n\n"


def test_the_storage_of_your_own_works_and_has_about_twenty_lines(capsys, rich):
    storage = run(OWN)["FolderStorage"]("more")
    storage.set_many(rich)

    assert capsys.readouterr().out == "['/', '/a', '/a/b.txt']\n"
    assert list(storage.items()) == rich
    assert (storage.delete("/odd"), storage.delete("/odd"), storage.get("/odd")) == (True, False, None)
    body = OWN.partition("class FolderStorage")[2].partition("\n\n\n")[0]
    assert sum(1 for line in body.splitlines() if line.strip()) <= 20


def test_the_storage_of_your_own_brings_a_file_system_back(tmp_path):
    make = run(OWN)["FolderStorage"]
    fs = VirtualFileSystem(make("again"))
    fs.write_file("/a/b", "1")
    fs.append_file("/a/b", "2")
    fs.move("/a", "/c")

    again = VirtualFileSystem(make("again"))
    assert (again.glob("/**"), again.read_file("/c/b"), again.version("/c/b")) == (["/c", "/c/b"], "12", 2)
    assert isinstance(make("again").get("/c/b"), FileEntry)
