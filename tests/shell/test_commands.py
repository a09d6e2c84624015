"""Commands that only the sandbox has, and what of GNU's `ls -l` and `tree` cannot be compared with the real tools."""

from __future__ import annotations

import pytest

from jupyter_sandfs.shell.commands import COMMANDS, long_format
from jupyter_sandfs.shell.shell import SandboxShell
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView


def told(result):
    return result.stdout, result.stderr, result.exit_code


# ---------------------------------------------------------------- ls -l


def test_a_long_listing_has_the_columns_of_gnu(fs, shell):
    fs.write_file("/big", "x" * 12345)
    shell.exec(
        "mkdir d; echo hi > a.txt; touch b; ln -s a.txt l; chmod 750 a.txt; touch -d 2020-01-02T03:04 a.txt b big d"
    )

    assert told(shell.exec("ls -l; ls -lh big; ls -ld d; ls -l nope")) == (
        (
            "total 24\n"
            "-rwxr-x--- 1 sandbox sandbox     3 Jan  2  2020 a.txt\n"
            "-rw-r--r-- 1 sandbox sandbox     0 Jan  2  2020 b\n"
            "-rw-r--r-- 1 sandbox sandbox 12345 Jan  2  2020 big\n"
            "drwxr-xr-x 1 sandbox sandbox  4096 Jan  2  2020 d\n"
            f"lrwxrwxrwx 1 sandbox sandbox     5 {modified(fs, '/l')} l -> a.txt\n"
            "-rw-r--r-- 1 sandbox sandbox 13K Jan  2  2020 big\n"
            "drwxr-xr-x 1 sandbox sandbox 4096 Jan  2  2020 d\n"
        ),
        "ls: cannot access 'nope': No such file or directory\n",
        2,
    )


def modified(fs, path):
    at = fs.stat(path, follow=False).modified_at
    return f"{at:%b} {at.day:>2} {at:%H:%M}"


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, "0"),
        (1023, "1023"),
        (1024, "1.0K"),
        (1025, "1.1K"),
        (10137, "9.9K"),
        (10138, "10K"),
        (1023 * 1024, "1023K"),
        (1023 * 1024 + 1, "1.0M"),
        (5 << 30, "5.0G"),
    ],
)
def test_human_sizes_are_rounded_up_as_gnu_does(size, expected):
    assert long_format.human_size(size) == expected


def test_a_directory_that_cannot_be_computed_is_a_complaint(fs, shell):
    fs.mount_directory("/broken", lambda _: 1 / 0)

    result = shell.exec("ls /broken; echo $?; ls -R / > /dev/null; echo $?")

    assert result.stdout == "2\n1\n"
    assert result.stderr.startswith("ls: cannot open directory '/broken': ")


# ---------------------------------------------------------------- tree


def test_a_tree_is_drawn_with_its_totals(shell):
    shell.exec("mkdir -p a/deep b; touch a/deep/x a/f .hid z; ln -s z l")

    assert shell.exec("tree").stdout == (
        ".\n"
        "├── a\n"
        "│\N{NO-BREAK SPACE}\N{NO-BREAK SPACE} ├── deep\n"
        "│\N{NO-BREAK SPACE}\N{NO-BREAK SPACE} │\N{NO-BREAK SPACE}\N{NO-BREAK SPACE} └── x\n"
        "│\N{NO-BREAK SPACE}\N{NO-BREAK SPACE} └── f\n"
        "├── b\n"
        "├── l -> z\n"
        "└── z\n"
        "\n"
        "3 directories, 4 files\n"
    )


def test_a_tree_can_be_limited(shell):
    shell.exec("mkdir -p a/deep; touch a/f .hid")

    outcomes = [told(shell.exec(line)) for line in ("tree -d", "tree -aL 1 /", "tree a/f", "tree -L 0")]

    assert outcomes == [
        (".\n└── a\n    └── deep\n\n2 directories\n", "", 0),
        ("/\n├── .hid\n└── a\n\n1 directory, 1 file\n", "", 0),
        ("a/f  [error opening dir: Not a directory]\n\n0 directories, 0 files\n", "", 2),
        ("", "tree: invalid level, must be greater than 0\nTry 'tree --help' for more information.\n", 1),
    ]


# ---------------------------------------------------------------- touch


def test_touch_sets_the_time_that_is_asked_for(fs, shell):
    shell.exec(
        "touch -d 2020-01-02T03:04:05 iso; touch -d 2020-01-02T03:04:05+02:00 zone; touch -d @86400 epoch; "
        "touch -t 6901020304.05 stamp; touch -r iso like"
    )

    assert {name: f"{fs.stat(name).modified_at:%Y-%m-%d %H:%M:%S}" for name in fs.listdir("/")} == {
        "iso": "2020-01-02 03:04:05",
        "zone": "2020-01-02 01:04:05",
        "epoch": "1970-01-02 00:00:00",
        "stamp": "1969-01-02 03:04:05",
        "like": "2020-01-02 03:04:05",
    }


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("touch", "missing file operand"),
        ("touch -d tomorrowish x", "invalid date format 'tomorrowish'"),
        ("touch -d @1e400 x", "invalid date format '@1e400'"),
        ("touch -t 20209901 x", "invalid date format '20209901'"),
        ("touch -r nope x", "failed to get attributes of 'nope': No such file or directory"),
        ("touch -z x", "invalid option -- 'z'"),
    ],
)
def test_touch_refuses_what_it_does_not_understand_and_makes_nothing(fs, shell, line, complaint):
    assert told(shell.exec(line)) == ("", f"touch: {complaint}\nTry 'touch --help' for more information.\n", 1)
    assert fs.listdir("/") == []


def test_touch_does_what_it_can_and_reports_the_rest(fs, shell):
    assert told(shell.exec("touch a no/such b")) == (
        "",
        "touch: cannot touch 'no/such': No such file or directory\n",
        1,
    )
    assert fs.listdir("/") == ["a", "b"]


# ---------------------------------------------------------------- history


def test_snapshots_are_taken_compared_listed_and_restored(fs, shell):
    shell.exec("echo 1 > kept; echo 1 > changed; echo 1 > removed")

    first = shell.exec("snapshot; echo 2 > changed; rm removed; mkdir new; touch new/f; changes")
    second = shell.exec("snapshot named; echo 3 > late; changes; changes s1 named; restore s1; ls")

    assert told(first) == ("s1\n~ /changed\n+ /new/\n- /removed\n", "", 0)
    assert told(second) == (
        "named\n+ /late\n~ /changed\n+ /new/\n- /removed\nchanged\nkept\nremoved\n",
        "",
        0,
    )
    assert [line.split()[2:] for line in shell.exec("snapshots").stdout.splitlines()] == [
        ["s1"],
        ["named"],
    ]
    assert fs.read_text("/changed") == "1\n"


@pytest.mark.parametrize(
    ("line", "complaint", "status"),
    [
        ("changes", "changes: no snapshot yet: take one with `snapshot`\n", 1),
        ("changes nope", "changes: no snapshot 'nope' (see: snapshots)\n", 1),
        ("restore nope", "restore: no snapshot 'nope' (see: snapshots)\n", 1),
        (
            "restore",
            "restore: give the name of one snapshot (see: snapshots)\nTry 'restore --help' for more information.\n",
            2,
        ),
        ("snapshot a b", "snapshot: extra operand 'b'\nTry 'snapshot --help' for more information.\n", 2),
        ("journal -n x", "journal: invalid number: 'x'\nTry 'journal --help' for more information.\n", 2),
    ],
)
def test_commands_of_history_say_what_is_wrong(shell, line, complaint, status):
    assert told(shell.exec(line)) == ("", complaint, status)


def test_the_journal_lists_the_last_changes_with_their_origin(fs):
    shell = SandboxShell(fs, actor="ada")
    shell.exec("echo 1 > a; echo 2 > b; mv a c")

    rows = [line.split(maxsplit=2)[2] for line in shell.exec("journal -n 3").stdout.splitlines()]

    assert rows == [
        "write    /b  (ada: sh: echo 1 > a; echo 2 > b; mv a c)",
        "move     /a  (ada: sh: echo 1 > a; echo 2 > b; mv a c)",
        "move     /a -> /c  (ada: sh: echo 1 > a; echo 2 > b; mv a c)",
    ]


def test_history_in_a_view_tells_nothing_of_what_it_hides(fs):
    fs.write_file("/hidden/key", "1")
    fs.set_policy("/hidden", NodePolicy(visibility="private"))
    fs.write_file("/open", "1")
    fs.snapshot("start")
    fs.write_file("/hidden/key", "22")
    fs.write_file("/open", "22")
    shell = SandboxShell(fs, view=VisibilityView({"public"}))

    seen = shell.exec("changes start; journal; snapshots")

    assert "hidden" not in seen.stdout + seen.stderr
    assert "files" not in seen.stdout  # not even how many there are
    assert seen.stdout.startswith("~ /open\n")


# ---------------------------------------------------------------- help


def test_help_lists_every_command_of_ours_and_of_the_user(shell):
    shell.register_command("mine", lambda _: "", help="Do my thing.")

    text = shell.exec("help").stdout

    assert [name for name in [*COMMANDS, "mine"] if f"\n  {name}" not in text] == []
    assert "Do my thing." in text


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_describes_itself_in_two_ways(shell, name):
    asked, looked_up = shell.exec(f"{name} --help"), shell.exec(f"help {name}")

    assert told(asked) == told(looked_up) == (COMMANDS[name].describe(), "", 0)
    assert asked.stdout.startswith(f"Usage: {COMMANDS[name].synopsis}\n{COMMANDS[name].help}\n")


def test_help_for_what_is_not_ours_points_elsewhere(shell):
    assert told(shell.exec("help cat")) == ("", "help: no help for 'cat' (the engine's own: cat --help)\n", 1)


# ---------------------------------------------------------------- known differences, pinned


def test_printf_leaves_out_nul_bytes(shell):
    assert shell.exec(r"printf 'a\x00b' | wc -c").stdout == "2\n"


def test_a_backslash_in_a_name_is_a_slash(fs, shell):
    fs.mkdir("/a")

    shell.exec(r"echo x > 'a\b'")

    assert fs.read_text("/a/b") == "x\n"


def test_devices_other_than_null_do_not_exist(shell):
    assert told(shell.exec("echo x > /dev/null; head -c 1 /dev/zero"))[::2] == ("", 1)


def test_a_pipe_or_cat_of_more_than_32_megabytes_is_refused_but_copying_is_not(fs, shell):
    fs.write_bytes("/big", bytes(33_000_000))

    copied = shell.exec("cp big copy; wc -c copy")
    refused = shell.exec("cat big > other")

    assert told(copied) == ("33000000 copy\n", "", 0)
    assert "budget exhausted: live intermediate bytes" in refused.stderr
    assert (refused.exit_code, fs.exists("/other")) == (1, False)
