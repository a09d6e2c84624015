from __future__ import annotations

import pytest

from jupyter_sandfs.rpc import checkpoints


def test_a_file_goes_back_to_what_was_remembered(kernel):
    kernel.fs.write_file("/a", "one")
    made = kernel.value("checkpoint_make", path="a")
    kernel.fs.write_file("/a", "two")

    kernel.value("checkpoint_restore", path="/a")

    assert kernel.value("checkpoints", path="/a") == [made]
    assert (made["id"], made["lastModified"][-1], kernel.fs.read_text("/a")) == ("checkpoint", "Z", "one")


def test_checkpoints_go_with_a_directory_and_are_dropped_with_it(kernel):
    for path in ("/d/a", "/d/b/c", "/other"):
        kernel.fs.write_file(path, path)
        kernel.value("checkpoint_make", path=path)
    kernel.fs.move("/d", "/e")

    kernel.value("checkpoint_move", from_="/d", to="e")
    moved = [len(kernel.value("checkpoints", path=path)) for path in ("/e/a", "/e/b/c", "/other")]
    kernel.value("checkpoint_forget", path="/e")
    left = [len(kernel.value("checkpoints", path=path)) for path in ("/e/a", "/e/b/c", "/other")]

    assert (moved, left) == ([1, 1, 1], [0, 0, 1])


@pytest.mark.parametrize(("bound", "most"), [("MOST_FILES", 2), ("MOST_BYTES", 2)])
def test_the_oldest_go_when_there_are_too_many(kernel, monkeypatch, bound, most):
    monkeypatch.setattr(checkpoints, bound, most)
    for name in ("a", "b", "a", "c"):
        kernel.fs.write_file(f"/{name}", "x")
        kernel.value("checkpoint_make", path=f"/{name}")

    assert [len(kernel.value("checkpoints", path=f"/{name}")) for name in "abc"] == [1, 0, 1]


@pytest.mark.parametrize(
    ("op", "path", "code"),
    [
        ("checkpoint_make", "/none", "not_found"),
        ("checkpoint_make", "/", "is_a_directory"),
        ("checkpoint_make", "/large", "file_too_large"),
        ("checkpoint_restore", "/small", "not_found"),
        ("checkpoint_restore", "/none", "not_found"),
    ],
)
def test_what_can_not_be_remembered_or_restored_is_refused(kernel, monkeypatch, op, path, code):
    monkeypatch.setattr(checkpoints, "MOST_BYTES", 2)
    kernel.fs.write_file("/large", "xxx")
    kernel.fs.write_file("/small", "x")

    assert kernel.code(op, path=path) == code
    assert kernel.fs.read_text("/small") == "x"


def test_a_file_that_is_gone_shows_no_checkpoint(kernel):
    kernel.fs.write_file("/a", "x")
    kernel.value("checkpoint_make", path="/a")
    kernel.fs.remove("/a")

    assert kernel.value("checkpoints", path="/a") == []
