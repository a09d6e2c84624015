"""Trees on the host and the way back. The programs that change them are played by the tests."""

from __future__ import annotations

import os

import pytest

from jupyter_sandfs.errors import LimitExceeded, NotADirectory, NotFound
from jupyter_sandfs.execution.worktree import Bounds, Passed, Report, materialise, select
from jupyter_sandfs.execution.writeback import bring_back
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView

ROOMY = Bounds(size=1 << 20, entries=1000)


@pytest.fixture
def tree(tmp_path):
    directory = tmp_path / "tree"
    directory.mkdir()
    return directory


def out(fs, path, tree, bounds=ROOMY):
    selection = select(fs, path, bounds, lambda: None)
    return materialise(fs, path, selection, tree, bounds, lambda: None)


def back(fs, path, tree, manifest, bounds=ROOMY):
    report = Report()
    bring_back(fs, path, tree, manifest, bounds, lambda: None, report)
    return report


def host_names(tree):
    return sorted(str(each.relative_to(tree)) for each in tree.rglob("*"))


def names(fs):
    return sorted(
        path for at, below, files in fs.walk("/") for path in [f"{at.rstrip('/')}/{n}" for n in below + files]
    )


# ---------------------------------------------------------------- out


def test_a_directory_becomes_one_of_the_host(fs, tree):
    fs.write_file("/d/a", b"\x00\xff")
    fs.write_file("/d/e/s.sh", "#!")
    fs.chmod("/d/e/s.sh", 0o4777)
    fs.mkdir("/d/empty")
    fs.write_file("/outside", "x")

    manifest = out(fs, "/d", tree)
    assert (host_names(tree), manifest.left_out) == (["a", "e", "e/s.sh", "empty"], [])
    assert ((tree / "a").read_bytes(), (tree / "e/s.sh").stat().st_mode & 0o7777) == (b"\x00\xff", 0o755)
    assert (tree / "a").stat().st_mtime_ns == fs.stat("/d/a").modified_ns


def test_what_a_view_hides_never_reaches_the_disk(fs, tree):
    fs.write_file("/d/plain", "p")
    fs.write_file("/d/secret", "s")
    fs.write_file("/d/hidden/inside", "s")
    for path in ("/d/secret", "/d/hidden"):
        fs.set_policy(path, NodePolicy(visibility="private"))
    fs.symlink("/d/secret", "/d/link")

    manifest = out(fs.view(VisibilityView({"public"})), "/d", tree)
    assert (host_names(tree), manifest.left_out) == (["plain"], [])


def test_what_cannot_be_read_is_left_out_and_said(fs, tree):
    fs.write_file("/locked", "x")
    fs.set_policy("/locked", NodePolicy(readable=False))
    fs.mount_file("/broken", lambda _context: 1 / 0)

    manifest = out(fs, "/", tree)
    assert host_names(tree) == []
    assert sorted(manifest.left_out) == [
        Passed("/broken", "could not be computed: ZeroDivisionError: division by zero"),
        Passed("/locked", "Permission denied"),
    ]


def test_links_to_files_become_files_and_no_link_reaches_the_disk(fs, tree):
    fs.write_file("/elsewhere/f", "content")
    fs.symlink("../elsewhere/f", "/d/l")
    fs.symlink("/elsewhere", "/d/up")
    fs.symlink("/etc/passwd", "/d/broken")

    out(fs, "/d", tree)
    assert (host_names(tree), (tree / "l").is_symlink(), (tree / "l").read_text()) == (["l"], False, "content")


@pytest.mark.parametrize(("path", "error"), [("/nope", NotFound), ("/file", NotADirectory)])
def test_only_a_directory_can_be_copied_out(fs, tree, path, error):
    fs.write_file("/file", "")

    with pytest.raises(error):
        out(fs, path, tree)


def test_paths_that_the_host_cannot_say_are_left_out_both_ways(fs, tree):
    deep = "".join(f"/{number:0200}" for number in range(25))
    fs.write_file(f"/d{deep}/f", "x")
    fs.write_file("/d/near", "x")

    manifest = out(fs, "/d", tree)
    (tree / "near").write_text("new")
    report = back(fs, "/d", tree, manifest)
    assert manifest.left_out[-1] == Passed(f"/d{deep}/f", "its path is too long for this machine")
    assert (fs.read_file(f"/d{deep}/f"), fs.read_file("/d/near"), report) == ("x", "new", Report())


def test_what_links_lead_to_counts_too(fs, tree):
    fs.write_file("/big", "x" * 60)
    for name in "ab":
        fs.symlink("/big", f"/d/{name}")

    with pytest.raises(LimitExceeded, match="name a part of it"):
        out(fs, "/d", tree, Bounds(size=100, entries=10))


@pytest.mark.parametrize("bounds", [Bounds(size=5, entries=10), Bounds(size=100, entries=2)])
def test_there_is_a_limit_to_what_is_copied_out(fs, tree, bounds):
    for name in "abc":
        fs.write_file(f"/{name}", "xx")

    with pytest.raises(LimitExceeded, match="name a part of it"):
        out(fs, "/", tree, bounds)


# ---------------------------------------------------------------- back


def test_what_was_made_changed_and_removed_comes_back(fs, tree):
    fs.write_file("/d/changed", "old")
    fs.write_file("/d/same", "same")
    fs.write_file("/d/gone", "x")
    fs.write_file("/d/old/inside", "x")
    manifest = out(fs, "/d", tree)
    (tree / "changed").write_text("new")
    (tree / "gone").unlink()
    (tree / "old/inside").unlink()
    (tree / "old").rmdir()
    (tree / "made/deep").mkdir(parents=True)
    (tree / "made/deep/f").write_bytes(b"\xff")
    (tree / "empty").mkdir()

    with fs.action("back") as action:
        report = back(fs, "/d", tree, manifest)
    assert report == Report()
    assert names(fs) == ["/d", "/d/changed", "/d/empty", "/d/made", "/d/made/deep", "/d/made/deep/f", "/d/same"]
    assert (fs.read_file("/d/changed"), fs.version("/d/changed"), fs.version("/d/same")) == ("new", 2, 1)
    assert "/d/same" not in [each.path for each in action.changes]


def test_a_file_may_become_a_directory_and_a_directory_a_file(fs, tree):
    fs.write_file("/f", "x")
    fs.write_file("/d/inside", "x")
    manifest = out(fs, "/", tree)
    (tree / "f").unlink()
    (tree / "f").mkdir()
    (tree / "f/now").write_text("1")
    (tree / "d/inside").unlink()
    (tree / "d").rmdir()
    (tree / "d").write_text("2")

    assert back(fs, "/", tree, manifest) == Report()
    assert (names(fs), fs.read_file("/d"), fs.read_file("/f/now")) == (["/d", "/f", "/f/now"], "2", "1")


def test_links_and_special_files_never_come_back(fs, tree, tmp_path):
    (tmp_path / "secret").write_text("s")
    (tmp_path / "directory").mkdir()
    (tmp_path / "directory/inside").write_text("s")
    fs.write_file("/kept", "old")
    manifest = out(fs, "/", tree)
    (tree / "kept").unlink()
    (tree / "kept").symlink_to(tmp_path / "secret")
    (tree / "new").symlink_to(tmp_path / "secret")
    (tree / "below").symlink_to(tmp_path / "directory")
    os.mkfifo(tree / "fifo")

    report = back(fs, "/", tree, manifest)
    why = "a link or a special file: stays behind"
    assert report.left_out == [Passed(f"/{name}", why) for name in ("below", "fifo", "kept", "new")]
    assert (names(fs), fs.read_file("/kept"), report.refused) == (["/kept"], "old", [])


def test_what_is_behind_a_directory_that_became_a_link_is_kept(fs, tree, tmp_path):
    fs.write_file("/d/e/f", "kept")
    fs.write_file("/d/g", "kept")
    manifest = out(fs, "/", tree)
    (tree / "d").rename(tmp_path / "elsewhere")
    (tree / "d").symlink_to(tmp_path / "elsewhere")

    report = back(fs, "/", tree, manifest)
    assert report == Report(left_out=[Passed("/d", "a link or a special file: stays behind")])
    assert names(fs) == ["/d", "/d/e", "/d/e/f", "/d/g"]


def test_what_the_command_closed_is_opened(fs, tree):
    fs.write_file("/d/f", "old")
    manifest = out(fs, "/", tree)
    (tree / "d/f").write_text("new")
    (tree / "d/f").chmod(0)
    (tree / "d").chmod(0)

    assert (back(fs, "/", tree, manifest), fs.read_file("/d/f")) == (Report(), "new")


def test_names_that_a_sandbox_cannot_hold_stay_behind(fs, tree):
    manifest = out(fs, "/", tree)
    (tree / "a\\..\\b").write_text("x")
    (tree / os.fsdecode(b"bad-\xff")).write_text("x")
    (tree / "good").write_text("x")

    report = back(fs, "/", tree, manifest)
    assert names(fs) == ["/good"]
    assert sorted(report.left_out) == [
        Passed("'a\\\\..\\\\b'", "not a name that a sandbox can hold"),
        Passed("'bad-\\udcff'", "not a name that a sandbox can hold"),
    ]


def test_a_file_that_changed_meanwhile_is_a_conflict_and_nothing_comes_back(fs, tree):
    for name in ("both", "gone", "new"):
        fs.write_file(f"/d/{name}", "old")
    fs.write_file("/d/alone", "old")
    fs.remove("/d/new")
    manifest = out(fs, "/d", tree)
    (tree / "alone").write_text("theirs")
    (tree / "both").write_text("theirs")
    (tree / "gone").unlink()
    (tree / "new").write_text("theirs")
    for name in ("both", "gone", "new"):
        fs.write_file(f"/d/{name}", "mine")

    report = back(fs, "/d", tree, manifest)
    assert [each.path for each in report.refused] == ["/d/gone", "/d/both", "/d/new"]
    assert report.refused[1].reason == "version is 2, not 1"
    assert [fs.read_file(f"/d/{name}") for name in ("both", "gone", "new", "alone")] == ["mine"] * 3 + ["old"]


def test_policies_hold_on_the_way_back(fs, tree):
    for name in ("fixed", "log", "rewritten"):
        fs.write_file(f"/d/{name}", "one\n")
    fs.write_file("/closed/f", "x")
    manifest = out(fs, "/", tree)
    fs.set_policy("/d/fixed", NodePolicy(writable=False))
    for name in ("log", "rewritten"):
        fs.set_policy(f"/d/{name}", NodePolicy(append_only=True))
    fs.set_policy("/closed", NodePolicy(writable=False))
    (tree / "d/fixed").write_text("two\n")
    (tree / "d/log").write_text("one\ntwo\n")
    (tree / "d/rewritten").write_text("two\n")
    (tree / "closed/new").write_text("x")
    (tree / "closed/f").unlink()

    report = back(fs, "/", tree, manifest)
    assert sorted(report.refused) == [
        Passed("/closed/f", "Read-only file system"),
        Passed("/closed/new", "Read-only file system"),
        Passed("/d/fixed", "Read-only file system"),
        Passed("/d/rewritten", "Operation not permitted"),
    ]
    assert [fs.read_file(f"/d/{name}") for name in ("fixed", "log", "rewritten")] == ["one\n"] * 3


def test_an_append_only_file_takes_what_was_added(fs, tree):
    fs.write_file("/log", "one\n")
    fs.set_policy("/log", NodePolicy(append_only=True))
    manifest = out(fs, "/", tree)
    (tree / "log").write_text("one\ntwo\n")

    assert (back(fs, "/", tree, manifest), fs.read_file("/log")) == (Report(), "one\ntwo\n")


def test_hooks_are_not_called_for_what_policies_refuse(fs, tree):
    called = []
    fs.write_file("/fixed", "old")
    fs.register_write_hook("/", called.append)
    manifest = out(fs, "/", tree)
    fs.set_policy("/fixed", NodePolicy(writable=False))
    (tree / "a").write_text("x")
    (tree / "fixed").write_text("new")
    before = fs.log()

    assert [each.path for each in back(fs, "/", tree, manifest).refused] == ["/fixed"]
    assert (called, fs.log(), names(fs)) == ([], before, ["/fixed"])


def test_what_a_hook_refuses_takes_everything_back(fs, tree):
    def veto(event):
        raise ValueError("not here")

    fs.write_file("/changed", "old")
    fs.write_file("/gone", "old")
    fs.register_write_hook("/z", veto, before=True)
    manifest = out(fs, "/", tree)
    (tree / "changed").write_text("new")
    (tree / "gone").unlink()
    (tree / "made").mkdir()
    (tree / "z").write_text("x")

    report = back(fs, "/", tree, manifest)

    assert report.refused == [Passed("/z", "/z: refused: not here".removeprefix("/z: "))]
    assert (names(fs), fs.read_file("/changed")) == (["/changed", "/gone"], "old")


def vetoes(fs, path):
    def veto(event):
        raise ValueError("not here")

    fs.register_write_hook(path, veto, before=True)


def test_what_was_added_to_an_append_only_file_comes_last_and_waits_for_all_others(fs, tree):
    for name, policy in (("/a.log", NodePolicy(append_only=True)), ("/b", NodePolicy()), ("/z", NodePolicy())):
        fs.write_file(name, "1\n")
        fs.set_policy(name, policy)
    vetoes(fs, "/z")
    manifest = out(fs, "/", tree)
    for name in ("a.log", "b", "z"):
        (tree / name).write_text("1\n2\n")

    report = back(fs, "/", tree, manifest)

    assert (report.refused, report.kept) == ([Passed("/z", "refused: not here")], "")
    assert [fs.read_file(name) for name in ("/a.log", "/b", "/z")] == ["1\n"] * 3


def test_an_addition_that_a_hook_refuses_takes_everything_back(fs, tree):
    fs.write_file("/a.log", "1\n")
    fs.set_policy("/a.log", NodePolicy(append_only=True))
    vetoes(fs, "/a.log")
    manifest = out(fs, "/", tree)
    (tree / "a.log").write_text("1\n2\n")
    (tree / "b").write_text("new")

    report = back(fs, "/", tree, manifest)

    assert (report.refused, report.kept) == ([Passed("/a.log", "refused: not here")], "")
    assert (names(fs), fs.read_file("/a.log")) == (["/a.log"], "1\n")


def test_a_second_addition_that_is_refused_is_told_with_what_stays(fs, tree):
    for name in ("/a.log", "/b.log"):
        fs.write_file(name, "1\n")
        fs.set_policy(name, NodePolicy(append_only=True))
    vetoes(fs, "/b.log")
    manifest = out(fs, "/", tree)
    for name in ("a.log", "b.log"):
        (tree / name).write_text("1\n2\n")

    report = back(fs, "/", tree, manifest)

    assert (report.refused, report.kept) == ([Passed("/b.log", "refused: not here")], "Operation not permitted")
    assert [fs.read_file(name) for name in ("/a.log", "/b.log")] == ["1\n2\n", "1\n"]


def test_a_view_neither_writes_over_nor_removes_what_it_does_not_see(fs, tree):
    fs.write_file("/d/secret", "s")
    fs.set_policy("/d/secret", NodePolicy(visibility="private"))
    view = fs.view(VisibilityView({"public"}))
    manifest = out(view, "/", tree)
    (tree / "d/secret").write_text("mine")
    first = back(view, "/", tree, manifest)
    (tree / "d/secret").unlink()
    (tree / "d").rmdir()
    second = back(view, "/", tree, manifest)

    assert first.refused == [Passed("/d/secret", "Permission denied")]
    assert second.refused == [Passed("/d", "Permission denied")]
    assert fs.read_file("/d/secret") == "s"


def test_quotas_and_hooks_hold_on_the_way_back(tree):
    def veto(event):
        raise ValueError("not here")

    fs = VirtualFileSystem(limits=Limits(file_bytes=10, total_bytes=100))
    fs.register_write_hook("/vetoed", veto, before=True)
    manifest = out(fs, "/", tree)
    (tree / "vetoed").write_text("x")
    (tree / "fits").write_text("x")
    vetoed = back(fs, "/", tree, manifest)
    (tree / "vetoed").unlink()
    (tree / "big").write_text("x" * 11)
    too_big = back(fs, "/", tree, manifest)

    assert [each.path for report in (vetoed, too_big) for each in report.refused] == ["/vetoed", "/big"]
    assert names(fs) == []


def test_computed_files_and_what_links_lead_to_are_not_written(fs, tree):
    fs.write_file("/f", "x")
    fs.symlink("/f", "/d/l")
    fs.mount_file("/d/now", lambda _context: "computed")
    manifest = out(fs, "/d", tree)
    (tree / "l").write_text("new")
    (tree / "now").write_text("new")

    report = back(fs, "/d", tree, manifest)
    assert report.left_out == [
        Passed("/d/l", "a link: changes of it stay behind"),
        Passed("/d/now", "a computed file: changes of it stay behind"),
    ]
    assert (fs.read_file("/f"), fs.read_file("/d/now")) == ("x", "computed")


@pytest.mark.parametrize("bounds", [Bounds(size=5, entries=10), Bounds(size=100, entries=2)])
def test_too_much_to_write_back_writes_nothing(fs, tree, bounds):
    manifest = out(fs, "/", tree)
    for name in "abc":
        (tree / name).write_text("xx")

    with pytest.raises(LimitExceeded, match="nothing was"):
        back(fs, "/", tree, manifest, bounds)
    assert names(fs) == []


def test_a_file_full_of_holes_is_refused_before_it_is_read(tree):
    fs = VirtualFileSystem(limits=Limits(file_bytes=1000))
    manifest = out(fs, "/", tree)
    with (tree / "holes").open("wb") as file:
        file.truncate(1 << 40)

    report = back(fs, "/", tree, manifest, Bounds(size=1 << 50, entries=10))
    assert [each.path for each in report.refused] == ["/holes"]
