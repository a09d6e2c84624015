from __future__ import annotations

import pytest

from jupyter_sandfs.rpc import search
from jupyter_sandfs.rpc.search import LINE_CHARACTERS, MOST_LINES


def found(kernel, **wanted) -> list[str]:
    return [each["path"] for each in kernel.value("search", **wanted)["matches"]]


@pytest.fixture
def tree(kernel):
    for path, content in {
        "/a.py": "import os\nprint('Ünï')\n",
        "/b/a.txt": "nothing\n",
        "/b/c.py": "one\ntwo import\n",
        "/b-1/d.PY": "x",
        "/b/.hidden.py": "import",
        "/z.bin": b"import\0",
    }.items():
        kernel.fs.write_file(path, content)
    return kernel


@pytest.mark.parametrize(
    ("wanted", "paths"),
    [
        ({"name": "*.py"}, ["/a.py", "/b/.hidden.py", "/b/c.py"]),
        ({"name": "*.py", "ignore_case": True}, ["/a.py", "/b/.hidden.py", "/b/c.py", "/b-1/d.PY"]),
        ({"name": "b*"}, ["/b", "/b-1"]),
        ({"name": "[ab].*"}, ["/a.py", "/b/a.txt"]),
        ({"text": "import"}, ["/a.py", "/b/.hidden.py", "/b/c.py"]),
        ({"text": "IMPORT", "ignore_case": True, "path": "/b"}, ["/b/.hidden.py", "/b/c.py"]),
        ({"text": "^import", "regex": True}, ["/a.py", "/b/.hidden.py"]),
        ({"text": "(", "name": "a*"}, ["/a.py"]),
        ({"text": "ünï", "ignore_case": True}, ["/a.py"]),
        ({"text": "nowhere"}, []),
    ],
)
def test_files_are_found_by_name_and_text_in_order(tree, wanted, paths):
    assert found(tree, **wanted) == paths


def test_the_lines_that_hold_the_text_are_told(tree):
    row = tree.value("search", text="two", path="b")["matches"][0]

    assert row == tree.value("stat", path="/b/c.py") | {"lines": [{"number": 2, "text": "two import"}]}


def test_lines_are_cut_and_counted_out(kernel):
    kernel.fs.write_file("/a", ("x" + "é" * 1000 + "\n") * 200)

    lines = kernel.value("search", text="x")["matches"][0]["lines"]

    assert len(lines) == MOST_LINES
    assert lines[0] == {"number": 1, "text": "x" + "é" * (LINE_CHARACTERS - 1)}


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_together_are_the_whole(tree, limit):
    pages, after = [], {}
    while True:
        page = tree.value("search", name="*", limit=limit, **after)
        pages.append([each["path"] for each in page["matches"]])
        if page["next"] is None:
            break
        after = {"after": page["next"]}

    assert all(len(page) <= limit for page in pages)
    assert [path for page in pages for path in page] == [
        "/a.py",
        "/b",
        "/b/.hidden.py",
        "/b/a.txt",
        "/b/c.py",
        "/b-1",
        "/b-1/d.PY",
        "/z.bin",
    ]


def test_a_page_that_takes_long_ends_early_and_the_next_goes_on(kernel):
    for number in range(5):
        kernel.fs.write_file(f"/{number}", "x")
    seconds = iter(range(100))
    operation = search.search_operations(lambda: next(seconds) * 0.3)["search"]

    first = operation(kernel.fs, b"", name="*")
    rest = operation(kernel.fs, b"", name="4", after=first["next"])

    assert ([each["path"] for each in first["matches"]], first["next"]) == (["/0", "/1", "/2"], "/2")
    assert [each["path"] for each in rest["matches"]] == ["/4"]


@pytest.mark.parametrize("bound", ["_PAGE_READ", "_PAGE_SHOWN"])
def test_a_page_has_a_bounded_size(kernel, monkeypatch, bound):
    monkeypatch.setattr(search, bound, 10)
    for number in range(3):
        kernel.fs.write_file(f"/{number}", "x" * 11)

    page = kernel.value("search", text="x")

    assert ([each["path"] for each in page["matches"]], page["next"]) == (["/0"], "/0")


def test_what_went_away_meanwhile_does_not_end_the_search(tree):
    page = tree.value("search", name="*.py", limit=1)
    tree.fs.remove("/b", recursive=True)
    tree.fs.remove("/a.py")

    assert found(tree, name="*", after=page["next"]) == ["/b-1", "/b-1/d.PY", "/z.bin"]


def test_nothing_is_computed_or_followed_for_a_search(kernel):
    computed = []
    kernel.fs.mount_file("/now", lambda _context: computed.append(1) or "x")
    kernel.fs.mount_directory("/made", lambda _context: computed.append(1) or {})
    kernel.fs.write_file("/d/x", "x")
    kernel.fs.symlink("/d", "/link")
    kernel.fs.symlink("/d/x", "/other")

    assert found(kernel, text="x") == ["/d/x"]
    assert computed == []


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({}, "invalid_request"),
        ({"name": ""}, "invalid_request"),
        ({"name": "x" * 1001}, "invalid_request"),
        ({"text": "(", "regex": True}, "invalid_request"),
        ({"text": "(?=a)", "regex": True}, "invalid_request"),
        ({"name": "x", "path": "/none"}, "not_found"),
        ({"name": "x", "path": "/a.py"}, "not_a_directory"),
        ({"name": "x", "after": "\0"}, "invalid_path"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(tree, wanted, code):
    assert tree.code("search", **wanted) == code
