"""Unified diffs: as GNU patch applies them, all or nothing."""

from __future__ import annotations

import difflib
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_sandfs.errors import InvalidPath, InvalidRequest, MergeConflict, NoSpace, ReadOnly, SandfsError
from jupyter_sandfs.vfs.actions import Change, ChangeKind
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.patching import apply_patch
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView

_TWO = b"""\
--- a/one.txt
+++ b/one.txt
@@ -1,3 +1,3 @@
 a
-b
+B
 c
--- a/two.txt
+++ b/two.txt
@@ -1 +1,2 @@
 x
+y
"""


@pytest.fixture
def fs():
    made = VirtualFileSystem()
    made.write_file("/one.txt", "a\nb\nc\n")
    made.write_file("/two.txt", "x\n")
    return made


def contents(fs):
    return {f"{at.rstrip('/')}/{name}": fs.read_bytes(f"{at}/{name}") for at, _, names in fs.walk() for name in names}


def test_all_files_of_a_diff_change_in_one_step(fs):
    assert apply_patch(fs, _TWO) == [Change(ChangeKind.CHANGED, "/one.txt"), Change(ChangeKind.CHANGED, "/two.txt")]
    assert contents(fs) == {"/one.txt": b"a\nB\nc\n", "/two.txt": b"x\ny\n"}
    fs.undo()
    assert contents(fs) == {"/one.txt": b"a\nb\nc\n", "/two.txt": b"x\n"}


def test_a_patch_can_be_taken_back(fs):
    before = contents(fs)
    apply_patch(fs, _TWO)
    apply_patch(fs, _TWO, reverse=True)

    assert contents(fs) == before


def test_names_start_where_it_is_said(fs):
    fs.copy("/one.txt", "/d/one.txt")
    fs.copy("/two.txt", "/d/two.txt")
    apply_patch(fs, _TWO, top="/d")

    assert contents(fs) == {
        "/one.txt": b"a\nb\nc\n",
        "/two.txt": b"x\n",
        "/d/one.txt": b"a\nB\nc\n",
        "/d/two.txt": b"x\ny\n",
    }


def test_what_unified_diff_writes_can_be_applied(fs):
    before, then = fs.snapshot(), contents(fs)
    fs.write_file("/one.txt", "a\nb\nC")
    fs.write_file("/d/new.txt", "n\n")
    fs.remove("/two.txt")
    after = contents(fs)
    diff = fs.unified_diff(before).encode()
    apply_patch(fs, diff, reverse=True)
    assert contents(fs) == then

    apply_patch(fs, diff)
    assert contents(fs) == after


def test_files_come_go_and_move_as_git_says(fs):
    diff = b"""\
diff --git a/one.txt b/moved/uno.txt
similarity index 60%
rename from one.txt
rename to moved/uno.txt
index 1111111..2222222 100644
--- a/one.txt
+++ b/moved/uno.txt
@@ -2,2 +2,2 @@ a
 b
-c
+C
diff --git a/two.txt b/two.txt
deleted file mode 100644
--- a/two.txt
+++ /dev/null
@@ -1 +0,0 @@
-x
diff --git a/empty b/empty
new file mode 100644
index 0000000..e69de29
diff --git "a/\\303\\274ber.txt" "b/\\303\\274ber.txt"
new file mode 100644
--- /dev/null
+++ "b/\\303\\274ber.txt"
@@ -0,0 +1 @@
+n
"""
    changes = apply_patch(fs, diff)

    assert contents(fs) == {"/moved/uno.txt": b"a\nb\nC\n", "/empty": b"", "/über.txt": b"n\n"}
    assert [(change.kind.value, change.path) for change in changes] == [
        ("added", "/empty"),
        ("added", "/moved/uno.txt"),
        ("removed", "/one.txt"),
        ("removed", "/two.txt"),
        ("added", "/über.txt"),
    ]


def test_files_are_copied_and_get_their_modes_as_git_says(fs):
    fs.chmod("/one.txt", 0o640)
    before = contents(fs)
    diff = b"""\
diff --git a/one.txt b/copy.txt
similarity index 60%
copy from one.txt
copy to copy.txt
--- a/one.txt
+++ b/copy.txt
@@ -2,2 +2,2 @@ a
 b
-c
+C
diff --git a/two.txt b/two.txt
old mode 100644
new mode 100755
diff --git "a/\\303\\274ber.sh" "b/\\303\\274ber.sh"
new file mode 100755
index 0000000..e69de29
"""
    assert [str(each.path) for each in apply_patch(fs, diff)] == ["/copy.txt", "/two.txt", "/über.sh"]
    assert contents(fs) == before | {"/copy.txt": b"a\nb\nC\n", "/über.sh": b""}
    modes = {path: fs.stat(path).mode & 0o777 for path in contents(fs)}
    assert modes == {"/copy.txt": 0o640, "/one.txt": 0o640, "/two.txt": 0o755, "/über.sh": 0o755}
    assert fs.version("/two.txt") == 1

    apply_patch(fs, diff, reverse=True)
    assert contents(fs) == before
    assert fs.stat("/two.txt").mode & 0o777 == 0o644


def test_a_file_keeps_its_mode_where_it_moves(fs):
    fs.chmod("/one.txt", 0o755)
    apply_patch(fs, b"diff --git a/one.txt b/uno.txt\nrename from one.txt\nrename to uno.txt\n")

    assert fs.stat("/uno.txt").mode & 0o777 == 0o755


def test_what_git_writes_of_copies_and_modes_is_applied(fs, tmp_path, part):
    git = part("git")

    def run(*words):
        names = ("-c", "user.name=a", "-c", "user.email=a@b")
        return subprocess.run([git, *names, *words], cwd=tmp_path, check=True, capture_output=True).stdout

    run("init", "-q")
    (tmp_path / "a b.txt").write_text("one\ntwo\nthree\nfour\n")
    (tmp_path / "run.sh").write_text("x\n")
    run("add", ".")
    run("commit", "-qm", "first")
    (tmp_path / "ü b.txt").write_text("one\ntwo\nthree\nFOUR\n")
    (tmp_path / "a b.txt").write_text("one\ntwo\nthree\nfour\nfive\n")
    (tmp_path / "run.sh").chmod(0o755)
    run("add", ".")
    diff = run("diff", "--cached", "--find-copies-harder", "-C40%")
    assert b"copy to" in diff
    there = VirtualFileSystem()
    there.write_file("/a b.txt", "one\ntwo\nthree\nfour\n")
    there.write_file("/run.sh", "x\n")

    apply_patch(there, diff)
    assert contents(there) == {f"/{each.name}": each.read_bytes() for each in tmp_path.glob("*.*") if each.is_file()}
    assert there.stat("/run.sh").mode & 0o777 == 0o755


def test_lines_are_found_near_where_the_head_says(fs):
    fs.write_file("/one.txt", "0\n" * 10 + "a\nb\nc\n" + "1\n" * 5 + "a\nb\nc\n")
    apply_patch(fs, b"--- one.txt\n+++ one.txt\n@@ -14,3 +14,3 @@\n a\n-b\n+B\n c\n")

    assert fs.read_file("/one.txt") == "0\n" * 10 + "a\nB\nc\n" + "1\n" * 5 + "a\nb\nc\n"


def test_an_editor_may_have_cut_blanks_and_the_last_line_end(fs):
    fs.write_file("/one.txt", "a\n\nb\n")
    apply_patch(fs, b"--- a/one.txt\n+++ b/one.txt\n@@ -1,3 +1,3 @@\n a\n\n-b\n+c")

    assert fs.read_file("/one.txt") == "a\n\nc\n"


def test_prose_around_a_patch_is_passed_over(fs):
    apply_patch(fs, b"From: ada\n\nBetter.\n---\n one.txt | 2 +-\n\n" + _TWO + b"-- \n2.39\n")

    assert fs.read_file("/one.txt") == "a\nB\nc\n"


def test_line_ends_of_dos_stay(fs):
    fs.write_file("/one.txt", "a\r\nb\r\n")
    apply_patch(fs, b"--- a/one.txt\n+++ b/one.txt\n@@ -1,2 +1,2 @@\n a\r\n-b\r\n+c\r\n")

    assert fs.read_bytes("/one.txt") == b"a\r\nc\r\n"


_HEAD = b"--- a/one.txt\n+++ b/one.txt\n"
_REFUSED = {
    "nothing": (b"", InvalidRequest, "no unified diff"),
    "prose": (b"Dear all,\nplease change b.\n", InvalidRequest, "no unified diff"),
    "a hunk without a file": (b"@@ -1 +1 @@\n-a\n+b\n", InvalidRequest, "line 1: not the head of a hunk"),
    "a head that is none": (_HEAD + b"@@ -1 +1\n-a\n+b\n", InvalidRequest, "line 3: not the head of a hunk"),
    "a hunk that is cut off": (_HEAD + b"@@ -1,3 +1,3 @@\n a\n", InvalidRequest, "line 5: a hunk is shorter or longer"),
    "a hunk that is too long": (_HEAD + b"@@ -1 +1 @@\n-a\n-b\n", InvalidRequest, "shorter or longer"),
    "a head that counts too few": (
        _HEAD + b"@@ -1,2 +1,2 @@\n a\n-b\n+B\n+C\n c\n",
        InvalidRequest,
        "line 7: a hunk is shorter or longer",
    ),
    "a head that counts too few removed": (_HEAD + b"@@ -1 +1 @@\n a\n-b\n", InvalidRequest, "line 5: a hunk is"),
    "other lines": (_HEAD + b"@@ -1,2 +1 @@\n a\n-z\n", MergeConflict, "hunk 1, at line 1"),
    "the second file does not fit": (_TWO.replace(b" x", b" z"), MergeConflict, r"hunk 1, at line 1\): /two.txt"),
    "a missing file": (_HEAD.replace(b"one", b"no") + b"@@ -1 +1 @@\n-a\n+b\n", MergeConflict, "what is not there"),
    "a file that is there": (
        b"--- /dev/null\n+++ b/one.txt\n@@ -0,0 +1 @@\n+n\n",
        MergeConflict,
        "what is there already",
    ),
    "a removal of more": (b"--- a/one.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n", MergeConflict, "has more in it"),
    "a move onto a file": (
        b"diff --git a/one.txt b/two.txt\nrename from one.txt\nrename to two.txt\n",
        MergeConflict,
        "where one is already",
    ),
    "a binary file": (b"diff --git a/one.txt b/one.txt\nGIT binary patch\n", InvalidRequest, "one.txt is binary: only"),
    "a binary file that differs": (_TWO + b"Binary files a/x and b/x differ\n", InvalidRequest, "only texts are"),
    "a link": (b"diff --git a/l b/l\nnew file mode 120000\n", InvalidRequest, "l is no plain file .120000.: only"),
    "a copy onto a file": (
        b"diff --git a/one.txt b/two.txt\ncopy from one.txt\ncopy to two.txt\n",
        MergeConflict,
        "where one is already",
    ),
    "a way out": (b"--- a/../../x\n+++ b/../../x\n@@ -1 +1 @@\n-a\n+b\n", InvalidPath, "does not lead upwards"),
    "a directory": (b"--- a/d\n+++ b/d\n@@ -1 +1 @@\n-a\n+b\n", SandfsError, "Is a directory"),
    "a name that is no text": (b"--- a/\xff\n+++ b/\xff\n@@ -1 +1 @@\n-a\n+b\n", InvalidRequest, "not UTF-8"),
    "a name of nothing": (b"--- \n+++ \n@@ -1 +1 @@\n-a\n+b\n", InvalidRequest, "without a name"),
}


@pytest.mark.parametrize("case", _REFUSED)
def test_what_does_not_fit_is_refused_whole(fs, case):
    fs.mkdir("/d")
    diff, kind, told = _REFUSED[case]
    before = contents(fs), len(fs.log())

    with pytest.raises(kind, match=told):
        apply_patch(fs, diff)
    assert (contents(fs), len(fs.log())) == before


def test_more_parts_than_a_name_has_can_not_be_left_out(fs):
    with pytest.raises(InvalidRequest, match="nothing is left"):
        apply_patch(fs, _TWO, strip=2)


def test_a_policy_that_forbids_one_file_keeps_all(fs):
    fs.set_policy("/two.txt", NodePolicy(writable=False))
    before = contents(fs)

    with pytest.raises(ReadOnly):
        apply_patch(fs, _TWO)
    assert contents(fs) == before


def test_a_quota_holds():
    fs = VirtualFileSystem(limits=Limits(total_bytes=10))
    with pytest.raises(NoSpace):
        apply_patch(fs, b"--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+0123456789\n")
    assert fs.listdir("/") == []


def test_what_a_view_hides_is_not_patched(fs):
    fs.set_policy("/two.txt", NodePolicy(visibility="hidden"))
    view = fs.view(VisibilityView({"public"}))

    with pytest.raises(MergeConflict, match=r"what is not there: /two\.txt"):
        apply_patch(view, _TWO)
    assert fs.read_file("/one.txt") == "a\nb\nc\n"


_LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "a longer line\n"]), max_size=12)


def _diff(old: str, new: str) -> bytes:
    rows = difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), "a/f", "b/f")
    return "".join(row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows).encode()


@settings(derandomize=True, max_examples=300)
@given(old=_LINES, new=_LINES, ended=st.booleans())
def test_any_difference_can_be_applied_and_taken_back(old, new, ended):
    before, after = "".join(old), "".join(new) + ("" if ended else "x")
    fs = VirtualFileSystem()
    fs.write_file("/f", before)
    if before == after:
        return
    diff = _diff(before, after)

    apply_patch(fs, diff)
    assert fs.read_file("/f") == after
    apply_patch(fs, diff, reverse=True)
    assert fs.read_file("/f") == before


@settings(derandomize=True, max_examples=300)
@given(data=st.binary(max_size=200))
def test_bytes_of_any_kind_are_applied_or_refused_and_change_nothing(data):
    fs = VirtualFileSystem()
    fs.write_file("/one.txt", "a\n")
    for diff in (data, _HEAD + data, _HEAD + b"@@ -1 +1 @@\n" + data):
        before = fs.snapshot()
        try:
            apply_patch(fs, diff)
        except SandfsError:
            assert fs.diff(before) == []


@pytest.mark.parametrize(
    ("content", "diff"),
    [
        ("a\nb\nc\n", _HEAD + b"@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"),
        ("0\n0\na\nb\nc\n", _HEAD + b"@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"),
        ("a\nb\nc", _HEAD + b"@@ -1,3 +1,3 @@\n a\n b\n-c\n\\ No newline at end of file\n+C\n"),
        ("a\nb\nc\n", _HEAD + b"@@ -2,0 +3 @@\n+n\n"),
        ("", _HEAD + b"@@ -0,0 +1 @@\n+n\n"),
    ],
)
def test_the_result_is_that_of_gnu_patch(tmp_path, part, content, diff):
    (tmp_path / "one.txt").write_text(content)
    command = [part("patch"), "-p1", "-s", "-F0", "--no-backup-if-mismatch"]
    subprocess.run(command, input=diff, cwd=tmp_path, check=True)
    fs = VirtualFileSystem()
    fs.write_file("/one.txt", content)
    apply_patch(fs, diff)

    assert fs.read_file("/one.txt") == (tmp_path / "one.txt").read_text()
