"""How far a long copy has come."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from jupyter_sandfs.kernel.progress import Progress
from jupyter_sandfs.vfs import exchange
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem


class Page:
    """A notebook that keeps what it is shown."""

    has_page = True

    def __init__(self):
        self.shown = []

    def show(self, answer):
        self.shown.append(answer.text)
        return SimpleNamespace(update=lambda data, raw: self.shown.append(data["text/plain"]))


def clock(*seconds):
    return iter(seconds).__next__


def test_a_short_copy_says_nothing(capsys):
    page = Page()
    with Progress(page, "import x", clock=clock(0.0, 0.1, 0.4)) as progress:
        progress.note(1, 10, 2)
        progress.note(2, 20, 2)

    assert page.shown == []
    assert capsys.readouterr() == ("", "")


def test_a_long_copy_is_one_line_that_changes_and_goes():
    page = Page()
    with Progress(page, "import x", clock=clock(0.0, 0.6, 0.7, 0.9)) as progress:
        progress.note(1, 1000, 1200)
        progress.note(2, 2000, 1200)
        progress.note(1000, 5_000_000, 1200)

    assert page.shown == [
        "import x: 1 of 1,200 files, 1000 B",
        "import x: 1,000 of 1,200 files, 4.8 MB",
        "",
    ]


def test_a_terminal_rewrites_its_line(capsys):
    with Progress(SimpleNamespace(has_page=False), "export x", clock=clock(0.0, 0.6, 0.9)) as progress:
        progress.note(1, 1000, 2)
        progress.note(2, 0, 2)

    assert capsys.readouterr().err == (
        "\rexport x: 1 of 2 files, 1000 B\rexport x: 2 of 2 files, 0 B   \r                              \r"
    )


def test_a_copy_that_fails_leaves_no_line():
    page = Page()
    with pytest.raises(ZeroDivisionError), Progress(page, "x", clock=clock(0.0, 0.6)) as progress:
        progress.note(1, 1, 2)
        raise ZeroDivisionError

    assert page.shown == ["x: 1 of 2 files, 1 B", ""]


def test_imports_and_exports_tell_of_each_file(tmp_path):
    fs, told = VirtualFileSystem(), []
    fs.write_file("/d/a", "12")
    fs.write_file("/d/b", "345")
    exchange.export_tree(fs, "/d", tmp_path / "d", progress=lambda *facts: told.append(facts))
    exchange.import_tree(fs, tmp_path / "d", "/e", progress=lambda *facts: told.append(facts))

    assert told == [(1, 2, 2), (2, 5, 2)] * 2
