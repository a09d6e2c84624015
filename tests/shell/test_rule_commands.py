"""`undo`, `redo`, `versions`, `policy` and `mounts`."""

from __future__ import annotations

import pytest

from jupyter_sandfs.shell.shell import SandboxShell
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView


def told(result):
    return result.stdout, result.stderr, result.exit_code


def test_the_last_line_is_taken_back_and_done_again(fs, shell):
    shell.exec("echo 1 > a")
    shell.exec("echo 2 > a; mkdir d; mv a d/b")

    assert max(shell.exec("undo").stdout.splitlines()).endswith("/a")
    assert (fs.read_text("/a"), fs.exists("/d")) == ("1\n", False)
    assert shell.exec("redo").exit_code == 0
    assert (fs.read_text("/d/b"), fs.exists("/a")) == ("2\n", False)


def test_what_cannot_be_undone_is_told(fs, shell):
    assert told(shell.exec("undo; echo $?; redo x")) == (
        "1\n",
        "undo: owner has nothing to undo\nredo: extra operand 'x'\nTry 'redo --help' for more information.\n",
        2,
    )


def test_versions_of_a_file_are_listed_with_their_origin(fs):
    shell = SandboxShell(fs, actor="ada")
    shell.exec("echo 1 > a")
    shell.exec("echo 22 >> a")

    rows = [line.split() for line in shell.exec("versions a").stdout.splitlines()]

    assert [(row[0], row[3], row[5], row[6]) for row in rows] == [
        ("1", "2", "write", "(ada:"),
        ("2", "5", "append", "(ada:"),
    ]
    assert told(shell.exec("versions nope")) == ("", "versions: nope: No such file or directory\n", 1)
    assert shell.exec("versions").exit_code == 2


def test_policies_are_shown_and_set_by_the_owner(fs, shell):
    shell.exec("mkdir d; echo 1 > d/f")

    result = shell.exec("policy d/f; policy --read-only d; policy d/f; echo 2 > d/f; policy --clear d; policy d/f")

    assert told(result) == (
        (
            "d/f: writable, label public\nd: read-only, label public\nd/f: read-only, label public\n"
            "d: writable, label public\nd/f: writable, label public\n"
        ),
        "bash: line 1: d/f: Read-only file system\n",
        0,
    )
    assert shell.exec("policy --append-only --label secret d/f").stdout == "d/f: append-only, label secret\n"
    assert fs.get_policy("/d/f") == NodePolicy(append_only=True, visibility="secret")


@pytest.mark.parametrize("line", ["policy --writable f", "policy --label public f", "policy --clear f"])
def test_a_view_sets_no_policy(fs, line):
    fs.write_file("/f", "")
    fs.set_policy("/f", NodePolicy(writable=False))
    shell = SandboxShell(fs, view=VisibilityView({"public"}))

    assert shell.exec(line).exit_code == 1
    assert fs.get_policy("/f") == NodePolicy(writable=False)


def test_what_is_computed_is_listed(fs, shell):
    fs.mount_file("/a/now", lambda _: b"x")
    fs.mount_directory("/table", lambda _: 1 / 0)
    fs.write_file("/plain", "")

    assert told(shell.exec("mounts; mounts a; mounts nope")) == (
        "/table/\n/a/now\n/a/now\n",
        "mounts: nope: No such file or directory\n",
        1,
    )
