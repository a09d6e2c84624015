"""Whole trees to and from the host's disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_sandfs.errors import (
    AlreadyExists,
    FileTooLarge,
    InvalidPath,
    IsADirectory,
    NoSpace,
    NotFound,
    ReadOnly,
    Unsupported,
)
from jupyter_sandfs.vfs.exchange import Moved, export_tree, import_tree, write_host_file
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.views.readonly import ReadOnlyView


@pytest.fixture
def fs():
    return VirtualFileSystem()


@pytest.fixture
def host(tmp_path):
    """A small tree on the host's disk."""
    top = tmp_path / "host"
    (top / "d" / "empty").mkdir(parents=True)
    (top / "a.bin").write_bytes(bytes(range(256)))
    (top / "d" / "b.txt").write_text("bb", encoding="utf-8")
    return top


def contents(fs, top="/"):
    return {path: fs.read_bytes(path) for path in fs.glob(f"{top.rstrip('/')}/**/*") if fs.is_file(path)}


def on_disk(top):
    return {str(each.relative_to(top)): each.read_bytes() for each in top.rglob("*") if each.is_file()}


# ---------------------------------------------------------------- the way in


def test_a_tree_comes_in_with_its_empty_directories(fs, host):
    assert import_tree(fs, host, "/in") == Moved(2, 258)
    assert contents(fs) == {"/in/a.bin": bytes(range(256)), "/in/d/b.txt": b"bb"}
    assert fs.is_dir("/in/d/empty")


def test_a_file_comes_in_to_exactly_the_path(fs, host):
    assert import_tree(fs, host / "a.bin", "/x/y.bin") == Moved(1, 256)
    assert contents(fs) == {"/x/y.bin": bytes(range(256))}


def test_a_tree_comes_in_to_the_root(fs, host):
    assert import_tree(fs, host, "/").files == 2
    assert sorted(fs.listdir("/")) == ["a.bin", "d"]


def test_links_are_left_out_and_told(fs, host, tmp_path):
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "key").write_text("secret", encoding="utf-8")
    (host / "d" / "file-link").symlink_to(tmp_path / "secret")
    (host / "directory-link").symlink_to(tmp_path / "secrets")
    (host / "broken-link").symlink_to("/nowhere")
    os.mkfifo(host / "pipe")

    moved = import_tree(fs, host, "/in")
    left_out = ("directory-link", "broken-link", "pipe", "d/file-link")
    assert moved == Moved(2, 258, tuple(str(host / name) for name in left_out))
    assert contents(fs) == {"/in/a.bin": bytes(range(256)), "/in/d/b.txt": b"bb"}


def test_a_missing_source_is_told_as_the_hosts(fs, tmp_path):
    with pytest.raises(NotFound) as caught:
        import_tree(fs, tmp_path / "nope", "/in")

    assert str(caught.value) == f"{tmp_path}/nope: No such file or directory (on this machine)"


def test_a_device_or_pipe_is_refused_and_never_read(fs, tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(Unsupported, match="neither a file nor a directory"):
        import_tree(fs, tmp_path / "pipe", "/in")
    assert fs.listdir("/") == []


@pytest.mark.parametrize("name", ["back\\slash", "in\\to/file"])
def test_a_name_with_a_backslash_is_refused_before_anything_is_copied(fs, host, name):
    (host / name).parent.mkdir(exist_ok=True)
    (host / name).write_text("x", encoding="utf-8")

    with pytest.raises(InvalidPath, match="a name with a backslash can't be imported"):
        import_tree(fs, host, "/in")
    assert fs.listdir("/") == []


def test_a_name_that_is_not_utf8_is_refused_before_anything_is_copied(fs, host):
    (host / os.fsdecode(b"\xff")).write_text("x", encoding="utf-8")

    with pytest.raises(InvalidPath, match="a path is valid Unicode"):
        import_tree(fs, host, "/in")
    assert fs.listdir("/") == []


def test_a_file_over_the_limit_is_refused_before_anything_is_copied(host):
    fs = VirtualFileSystem(limits=Limits(file_bytes=255))

    with pytest.raises(FileTooLarge):
        import_tree(fs, host, "/in")
    assert fs.listdir("/") == []


def test_a_tree_over_the_limit_is_refused_before_anything_is_copied(host):
    fs = VirtualFileSystem(limits=Limits(total_bytes=257))

    with pytest.raises(NoSpace):
        import_tree(fs, host, "/in")
    assert fs.listdir("/") == []


def test_an_unreadable_directory_is_an_error(fs, host, monkeypatch):
    scan = os.scandir

    def scandir(path):
        if str(path).endswith("/d"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)

    with pytest.raises(PermissionError):
        import_tree(fs, host, "/in")
    assert fs.listdir("/") == []


def test_what_may_not_be_written_is_not_imported(fs, host):
    with pytest.raises(ReadOnly):
        import_tree(ReadOnlyView(fs), host, "/in")
    assert fs.listdir("/") == []


# ---------------------------------------------------------------- the way out


@pytest.fixture
def tree(fs):
    fs.write_file("/out/a.bin", bytes(range(256)))
    fs.write_file("/out/d/b.txt", "bb")
    fs.mkdir("/out/d/empty")
    return fs


def test_a_tree_goes_out_with_its_empty_directories(tree, tmp_path):
    assert export_tree(tree, "/out", tmp_path / "new" / "here") == Moved(2, 258)
    assert on_disk(tmp_path / "new" / "here") == {"a.bin": bytes(range(256)), "d/b.txt": b"bb"}
    assert (tmp_path / "new/here/d/empty").is_dir()


def test_what_went_out_comes_in_the_same(tree, fs, tmp_path):
    export_tree(tree, "/out", tmp_path / "there")
    import_tree(fs, tmp_path / "there", "/back")

    relative = {path.removeprefix("/back"): content for path, content in contents(fs, "/back").items()}
    assert relative == {path.removeprefix("/out"): content for path, content in contents(fs, "/out").items()}


def test_a_file_in_the_way_stops_an_export_before_anything_is_copied(tree, tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "b.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(AlreadyExists) as caught:
        export_tree(tree, "/out", tmp_path)
    assert str(caught.value) == f"{tmp_path}/d/b.txt: File exists (on this machine; --overwrite replaces it)"
    assert on_disk(tmp_path) == {"d/b.txt": b"mine"}


def test_overwriting_replaces_files_and_keeps_others(tree, tmp_path):
    (tmp_path / "a.bin").write_text("old", encoding="utf-8")
    (tmp_path / "other").write_text("mine", encoding="utf-8")

    export_tree(tree, "/out", tmp_path, overwrite=True)
    assert on_disk(tmp_path) == {"a.bin": bytes(range(256)), "d/b.txt": b"bb", "other": b"mine"}


def test_overwriting_a_link_replaces_the_link(tree, tmp_path):
    (tmp_path / "victim").write_text("mine", encoding="utf-8")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.bin").symlink_to(tmp_path / "victim")

    export_tree(tree, "/out", tmp_path / "out", overwrite=True)
    assert (tmp_path / "victim").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "out" / "a.bin").is_symlink()


def test_links_go_out_as_what_they_lead_to(tree, tmp_path):
    tree.symlink("/out/d/b.txt", "/out/link")
    tree.symlink("/nowhere", "/out/broken")

    assert export_tree(tree, "/out", tmp_path) == Moved(3, 260, ("/out/broken",))
    assert (tmp_path / "link").read_bytes() == b"bb"
    assert not (tmp_path / "link").is_symlink()


def test_an_absolute_link_of_the_sandbox_never_means_the_host(fs, tmp_path):
    fs.symlink("/etc/passwd", "/out/passwd")
    fs.symlink("../../../../etc/passwd", "/out/also")

    assert export_tree(fs, "/out", tmp_path / "out").files == 0
    assert on_disk(tmp_path) == {}


def test_a_missing_path_makes_nothing_on_the_host(fs, tmp_path):
    with pytest.raises(NotFound):
        export_tree(fs, "/nope", tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_host_that_refuses_is_an_os_error(tree, tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")

    with pytest.raises(OSError, match="file"):
        export_tree(tree, "/out", tmp_path / "file" / "below")
    assert on_disk(tmp_path) == {"file": b"mine"}


# ---------------------------------------------------------------- one file of the host


class _Interruption(Exception):
    pass


def _half():
    yield b"half"
    raise _Interruption


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_that_breaks_off_leaves_nothing(tmp_path, overwrite):
    with pytest.raises(_Interruption):
        write_host_file(tmp_path / "a", _half(), overwrite=overwrite)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_breaks_off_leaves_the_old_one(tmp_path):
    (tmp_path / "a").write_text("old", encoding="utf-8")

    with pytest.raises(_Interruption):
        write_host_file(tmp_path / "a", _half(), overwrite=True)
    assert on_disk(tmp_path) == {"a": b"old"}


def test_a_directory_is_never_overwritten_by_a_file(tmp_path):
    with pytest.raises(IsADirectory):
        write_host_file(tmp_path, [b"x"], overwrite=True)


def test_a_new_file_has_the_mode_that_new_files_have(tmp_path):
    write_host_file(tmp_path / "a", [b"x"], overwrite=True)
    Path(tmp_path / "b").write_bytes(b"x")

    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode
