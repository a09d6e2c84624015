from __future__ import annotations

import pytest

from jupyter_sandfs.server.contents import labels
from jupyter_sandfs.server.contents.labels import Home, Labels, wished


@pytest.mark.parametrize(
    ("name", "sandbox", "expected"),
    [
        ("analysis.ipynb", "default", "analysis"),
        ("analysis.ipynb", "work", "analysis (work)"),
        ("console 1", "default", "console 1"),
        ("a/b\\c\n.ipynb", "default", "a b c"),
        (".hidden.ipynb", "default", "hidden"),
        ("...", "default", "notebook"),
        ("x" * 300, "default", "x" * 100),
    ],
)
def test_a_folder_is_called_as_its_notebook(name, sandbox, expected):
    assert wished(name, sandbox, "default") == expected


def test_a_name_stays_and_is_nobody_elses():
    names = Labels()

    given = [names.label(Home(owner, "default"), "a") for owner in ("x/a.ipynb", "y/a.ipynb", "x/a.ipynb", "z/a.ipynb")]

    assert given == ["a", "a 2", "a", "a 3"]
    assert [names.find(each) for each in ("a", "a 2", "b")] == [
        Home("x/a.ipynb", "default"),
        Home("y/a.ipynb", "default"),
        None,
    ]


def test_the_name_that_was_used_least_lately_is_forgotten(monkeypatch):
    monkeypatch.setattr(labels, "MOST", 2)
    names = Labels()
    for owner in "xyxz":
        names.label(Home(owner, "default"), owner)

    assert [names.find(each) is not None for each in "xyz"] == [True, False, True]
