"""Commands about single files where the real tools are no judge: figures of a disk, refusals, our own limits."""

from __future__ import annotations

import pytest

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.shell.commands.mode_changes import changed
from jupyter_sandfs.shell.shell import SandboxShell
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView


def told(result):
    return result.stdout, result.stderr, result.exit_code


@pytest.fixture
def tree(fs):
    fs.write_file("/d/small", "x" * 10)
    fs.write_file("/d/deep/big", "x" * 10_000)
    fs.symlink("small", "/d/link")


# ---------------------------------------------------------------- du


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("du d", "16\td/deep\n24\td\n"),
        ("du -a d", "12\td/deep/big\n16\td/deep\n0\td/link\n4\td/small\n24\td\n"),
        ("du -s d", "24\td\n"),
        ("du -sh d", "24K\td\n"),
        ("du -sb d", "18207\td\n"),
        ("du -b d/small d/link", "10\td/small\n5\td/link\n"),
        ("du -bD d/link", "10\td/link\n"),
        ("du -d 0 /", "28\t/\n"),
        ("du -s -B 10K d", "3\td\n"),
        ("du -ms d", "1\td\n"),
        ("du -c d/deep d", "16\td/deep\n8\td\n24\ttotal\n"),
        ("du -s --exclude='b*' d", "12\td\n"),
        ("cd d; du", "16\t./deep\n24\t.\n"),
    ],
)
def test_space_is_counted_in_blocks_as_on_a_disk(shell, tree, line, expected):
    assert told(shell.exec(line)) == (expected, "", 0)


def test_du_of_what_is_missing_is_a_complaint_and_the_rest_is_counted(shell, tree):
    assert told(shell.exec("du -s nope d")) == ("24\td\n", "du: cannot access 'nope': No such file or directory\n", 1)


def test_du_counts_nothing_that_is_hidden(fs, tree):
    fs.set_policy("/d/deep", NodePolicy(visibility="private"))

    assert told(SandboxShell(fs, view=VisibilityView({"public"})).exec("du -ab /")) == (
        "5\t/d/link\n10\t/d/small\n4111\t/d\n8207\t/\n",
        "",
        0,
    )


# ---------------------------------------------------------------- stat


def test_stat_shows_all_of_a_file(fs, shell):
    fs.write_file("/f", "x" * 10)
    shell.exec("chmod 640 f; touch -d 2020-01-02T03:04:05Z f")

    rows = shell.exec("stat f").stdout.splitlines()

    assert rows[:6] == [
        "  File: f",
        "  Size: 10        \tBlocks: 8          IO Block: 4096   regular file",
        "Device: 1\tInode: 4145344255  Links: 1",
        "Access: (0640/-rw-r-----)  Uid: ( 1000/ sandbox)   Gid: ( 1000/ sandbox)",
        "Access: 2020-01-02 03:04:05.000000000 +0000",
        "Modify: 2020-01-02 03:04:05.000000000 +0000",
    ]
    assert rows[7].startswith(" Birth: 2")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("stat", "missing operand"),
        ("stat -f /", "facts about the file system: see df"),
        ("ln -s a b nope", "target 'nope': Not a directory"),
        ("ln -sT a b c", "extra operand 'c'"),
        ("ln -sT a", "missing destination file operand"),
        ("chmod u+z /", "invalid mode: 'u+z'"),
        ("chmod --reference=nope /", "failed to get attributes of 'nope': No such file or directory"),
        ("du -s -a /", "cannot both summarize and show all entries"),
        ("du -s -d 2 /", "warning: summarizing conflicts with --max-depth"),
        ("du -B 0 /", "invalid -B argument '0'"),
        ("du -B x /", "invalid -B argument 'x'"),
        ("seq 1 0 5", "invalid Zero increment value: '0'"),
        ("seq 1 2 3 4", "extra operand '4'"),
        ("seq inf", "invalid floating point argument: 'inf'"),
        ("seq -f %s 3", "format '%s' has no single % directive for a number"),
        ("seq -f %f%f 3", "format '%f%f' has no single % directive for a number"),
    ],
)
def test_a_wrong_call_is_told_and_changes_nothing(fs, shell, line, complaint):
    name = line.split()[0]

    assert told(shell.exec(line)) == ("", f"{name}: {complaint}\nTry '{name} --help' for more information.\n", 1)
    assert fs.listdir("/") == []


# ---------------------------------------------------------------- ln


def test_a_hard_link_is_refused_and_not_made_another_way(fs, shell):
    fs.write_file("/f", "")

    assert told(shell.exec("ln f g")) == (
        "",
        "ln: failed to create hard link 'g' => 'f': Operation not permitted\n",
        1,
    )
    assert fs.listdir("/") == ["f"]


def test_a_link_that_cannot_replace_a_file_leaves_it(fs, shell):
    fs.write_file("/ro/f", "kept")
    fs.set_policy("/ro", NodePolicy(writable=False))
    fs.write_file("/log", "kept")
    fs.set_policy("/log", NodePolicy(writable=False))

    assert told(shell.exec("ln -sf / /ro/f; ln -sf / /log; ls /")) == (
        "log\nro\n",
        (
            "ln: failed to create symbolic link '/ro/f': Read-only file system\n"
            "ln: failed to create symbolic link '/log': Read-only file system\n"
        ),
        0,
    )
    assert (fs.read_text("/ro/f"), fs.read_text("/log")) == ("kept", "kept")


# ---------------------------------------------------------------- chmod


@pytest.mark.parametrize(
    ("text", "mode", "is_dir", "expected"),
    [
        ("755", 0o644, False, 0o755),
        ("0", 0o644, False, 0),
        ("755", 0o2700, True, 0o2755),
        ("00755", 0o2700, True, 0o755),
        ("u+x,go-r", 0o644, False, 0o700),
        ("a=r", 0o777, False, 0o444),
        ("+w", 0o444, False, 0o644),
        ("go=u", 0o700, False, 0o777),
        ("o=g-w", 0o770, False, 0o775),
        ("a+X", 0o644, False, 0o644),
        ("a+X", 0o744, False, 0o755),
        ("a+X", 0o644, True, 0o755),
        ("u+s,g+s,+t", 0o755, False, 0o7755),
        ("u=", 0o755, False, 0o055),
    ],
)
def test_a_mode_changes_as_posix_says(text, mode, is_dir, expected):
    assert oct(changed(text, mode, is_dir=is_dir)) == oct(expected)


@pytest.mark.parametrize("text", ["", "8", "999", "777777", "u", "u+z", "x+r", "u+rg", ",", "u+x,"])
def test_what_is_no_mode_is_refused(text):
    with pytest.raises(InvalidRequest, match="invalid mode"):
        changed(text, 0o644, is_dir=False)


def test_chmod_goes_on_after_a_failure(fs, shell):
    fs.write_file("/ro", "")
    fs.set_policy("/ro", NodePolicy(writable=False))
    fs.write_file("/f", "")

    assert told(shell.exec("chmod 700 nope ro f; chmod -f 700 nope")) == (
        "",
        (
            "chmod: cannot access 'nope': No such file or directory\n"
            "chmod: changing permissions of 'ro': Read-only file system\n"
        ),
        1,
    )
    assert fs.stat("/f").mode == 0o700


# ---------------------------------------------------------------- seq


def test_seq_ends_where_a_pipe_can_carry_no_more_and_says_so(shell):
    result = shell.exec("seq 1 9999999999 | tail -n 1; echo ${PIPESTATUS[0]}")

    assert told(result) == ("1888888\n1\n", "seq: more than 14000000 bytes: output truncated\n", 0)
    assert result.truncated


def test_df_tells_how_much_room_there_is():
    fs = VirtualFileSystem(limits=Limits(total_bytes=1 << 30, nodes=1000))
    fs.write_bytes("/f", b"x" * 3000)
    shell = SandboxShell(fs)

    assert told(shell.exec("df; df -h f; df -i / nope; df -m")) == (
        (
            "Filesystem 1K-blocks Used Available Use% Mounted on\n"
            "sandbox      1048576    3   1048574   1% /\n"
            "Filesystem Size Used Avail Use% Mounted on\n"
            "sandbox    1.0G 3.0K  1.0G   1% /\n"
            "Filesystem Inodes IUsed IFree IUse% Mounted on\n"
            "sandbox      1000     2   998    1% /\n"
            "Filesystem 1M-blocks Used Available Use% Mounted on\n"
            "sandbox         1024    1      1024   1% /\n"
        ),
        "df: nope: No such file or directory\n",
        0,
    )


def test_df_of_a_view_counts_what_it_sees():
    fs = VirtualFileSystem(limits=Limits(total_bytes=1 << 30))
    fs.write_bytes("/f", b"x" * 3000)
    plain = SandboxShell(fs, view=VisibilityView({"public"})).exec("df; df -i")
    fs.write_bytes("/hidden", b"x" * 1_000_000)
    fs.set_policy("/hidden", NodePolicy(visibility="private"))

    assert told(SandboxShell(fs, view=VisibilityView({"public"})).exec("df; df -i")) == told(plain)
