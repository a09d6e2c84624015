"""Settings, sizes, watches and results by name."""

from __future__ import annotations

import json
import threading

import pytest

from jupyter_sandfs.kernel.commands import CELL_COMMANDS, LINE_COMMANDS
from jupyter_sandfs.kernel.commands.status import CHANGEABLE
from jupyter_sandfs.sandbox import Sandbox


@pytest.fixture
def fs(sandbox):
    return sandbox.fs


# ---------------------------------------------------------------- config


def test_settings_are_shown_and_changed(cell):
    assert [line.split()[0] for line in cell("%sandfs config").out.splitlines()] == list(CHANGEABLE)
    assert cell("%sandfs config python_seconds=1.5 host_env=off").out == "python_seconds  1.5\nhost_env        off\n"
    assert cell("%sandfs config host_env").out == "host_env  off\n"
    assert (Sandbox.defaults.python.seconds, Sandbox.defaults.host.prefixes) == (1.5, None)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("change", "no setting 'change' can be changed here; did you mean changes?"),
        ("chnages=on", "no setting 'chnages' can be changed here; did you mean changes?"),
        ("changes=maybe", "changes is on or off, not 'maybe'"),
        ("python_seconds=soon", "python_seconds is a number of at least 0.1, not 'soon'"),
        ("python_seconds=-1", "python_seconds is a number of at least 0.1, not '-1'"),
        ("changes=on python_seconds=-1", "python_seconds is a number of at least 0.1, not '-1'"),
        ("store_url=file:///x", "no setting 'store_url' can be changed here; there are: changes, check, "),
    ],
)
def test_a_wrong_setting_is_told_and_changes_nothing(cell, line, told):
    before = cell("%sandfs config").out

    assert cell(f"%sandfs config {line}").err.startswith(f"UsageError: {told}")
    assert cell("%sandfs config").out == before


def test_settings_come_from_the_configuration(ip):
    ip.config.SandFS.changes = True
    ip.run_line_magic("load_ext", "jupyter_sandfs")

    assert ip.run_line_magic("sandfs", "config").data["changes"] is True


# ---------------------------------------------------------------- stats


def test_sizes_are_shown_with_bars(cell, fs, ip):
    fs.write_file("/d/big.csv", "x" * 3000)
    fs.write_file("/small.txt", "x" * 1000)

    out = cell("%sandfs stats").out.splitlines()
    assert out[0] == "sandbox 'default': 2 files in 2 directories"
    assert [line.split()[0] for line in out[1:]] == ["bytes", "nodes", ".csv", ".txt", "/d/big.csv", "/small.txt"]
    assert out[3].endswith("█" * 18)
    assert out[4].endswith("█" * 6)
    cell("x = %sandfs stats")
    assert ip.user_ns["x"].data["largest"] == [
        {"path": "/d/big.csv", "size": 3000},
        {"path": "/small.txt", "size": 1000},
    ]


def test_an_empty_sandbox_has_sizes_too(cell):
    assert cell("%sandfs stats").out.splitlines()[0] == "sandbox 'default': 0 files in 1 directory"


# ---------------------------------------------------------------- watch


def test_a_watch_prints_changes_until_it_is_stopped(cell, fs, capsys, monkeypatch):
    fs.mkdir("/d")
    told = threading.Event()
    from jupyter_sandfs.kernel import watching

    row = watching.row
    monkeypatch.setattr(watching, "row", lambda change: (row(change), told.set())[0])
    assert cell("%sandfs watch /d").out == "watching /d (%sandfs watch --stop 1 ends it)\n"
    assert cell("%sandfs watch --list").out == "1  /d\n"
    fs.write_file("/d/a", "")
    fs.write_file("/elsewhere", "")

    assert told.wait(30)
    assert cell("%sandfs watch --stop 1").out == "stopped watch 1\n"
    assert cell("%sandfs watch --list").out == "nothing is watched: %sandfs watch [PATH]\n"


def test_watches_end_with_the_extension(ip, cell, fs):
    cell("%sandfs watch /\n%sandfs watch /")
    assert len(fs._watches) == 2

    ip.run_line_magic("unload_ext", "jupyter_sandfs")
    assert len(fs._watches) == 0


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("watch /nope", "/nope: No such file or directory"),
        ("watch --stop 7", "no watch has the number 7 (%sandfs watch --list)"),
        ("watch --stop x", "not the number of a watch: 'x' (%sandfs watch --list)"),
    ],
)
def test_a_wrong_watch_is_told(cell, line, told):
    assert cell(f"%sandfs {line}").err == f"UsageError: {told}\n"


def test_watches_are_bounded(cell):
    for _ in range(50):
        cell("%sandfs watch /;")

    assert cell("%sandfs watch /").err == "UsageError: 50 watches run: %sandfs watch --stop ends them\n"
    cell("%sandfs watch --stop")


# ---------------------------------------------------------------- results: names, JSON, check, quiet, hints


def test_a_result_goes_into_a_name(ip, cell, fs):
    fs.write_file("/a", "text\n")

    assert cell("%sandfs -o x cat /a") == ("", "")
    assert (ip.user_ns["x"], ip.user_ns["x"].result.exit_code) == ("text\n", 0)
    assert cell("%sandfs --out y cat /nope").err.startswith("cat: /nope: No such file")
    assert (ip.user_ns["y"], ip.user_ns["y"].result.exit_code) == ("", 1)


def test_a_cell_goes_into_a_name(ip, cell):
    assert cell("%%sandfs -o x sort -r\na\nb\n") == ("", "")
    assert ip.user_ns["x"] == "b\na\n"


def test_a_widget_goes_into_a_name(ip, cell):
    cell("%sandfs -o x browse")

    assert type(ip.user_ns["x"]).__name__ == "TreeBrowser"


def test_all_of_a_result_can_be_json(cell, fs):
    told = json.loads(cell("%sandfs --json echo hi > /a; cat /nope").out)

    assert told == {
        "exit_code": 1,
        "stdout": "",
        "stderr": "cat: /nope: No such file or directory\n",
        "duration": told["duration"],
        "truncated": False,
        "changes": [{"kind": "added", "path": "/a", "is_dir": False}],
        "data": None,
    }


@pytest.mark.parametrize(
    ("line", "data"),
    [
        ("ls /", [("a b", "file", 2, 1), ("d", "directory", 0, 0)]),
        ("ls -l '/a b'", [("a b", "file", 2, 1)]),
        ("ls /*", None),
        ("ls / | cat", None),
        ("ls --color / ", None),
    ],
)
def test_listings_have_data(ip, cell, fs, line, data):
    fs.write_file("/a b", "12")
    fs.mkdir("/d")
    cell(f"x = %sandfs {line}")

    found = ip.user_ns["x"].data
    given = found and [(each["name"], each["kind"], each["size"], each["version"]) for each in found]
    assert given == data


def test_the_history_has_data(ip, cell, fs):
    cell("%sandfs snapshot before")
    cell("%sandfs touch /a")
    cell("c = %sandfs changes\nj = %sandfs journal\ns = %sandfs snapshots")

    assert ip.user_ns["c"].data == [{"kind": "added", "path": "/a", "is_dir": False}]
    assert [(each["operation"], each["path"], each["actor"]) for each in ip.user_ns["j"].data] == [
        ("write", "/a", "owner")
    ]
    assert [each["name"] for each in ip.user_ns["s"].data] == ["before"]


def test_a_failure_can_be_an_error_of_the_cell(ip, cell):
    assert ip.run_cell("%sandfs false").success
    assert not ip.run_cell("%sandfs --check false").success
    assert cell("%sandfs --check cat /nope").err.endswith("UsageError: %sandfs cat: exit code 1\n")
    cell("%sandfs config check=on")
    assert not ip.run_cell("x = %sandfs false").success
    assert ip.run_cell("x = %sandfs true").success


def test_a_semicolon_keeps_it_quiet_but_for_complaints(cell, fs):
    fs.write_file("/a", "text\n")

    assert cell("%sandfs cat /a;") == ("", "")
    assert cell("%sandfs cat /a /nope ;") == ("", "cat: /nope: No such file or directory\n")
    assert cell("%sandfs false;") == ("", "exit code 1\n")
    assert cell("%%sandfs write /b;\nx\n") == ("", "")
    assert fs.read_file("/b") == "x\n"
    assert cell("%sandfs find / -name a -exec echo {} \\;").out == "/a\n"


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("brwose", "did you mean browse?"),
        ("cat /notes/tood.txt", "did you mean /notes/todo.txt?"),
        ("cat '/notes/my fiel'", "did you mean '/notes/my file'?"),
        ("restore befor", "did you mean before?"),
        ("ls > '/my out/a'", "there is no directory /my out: %sandfs mkdir -p '/my out' makes it"),
        ("cat < /notes/tood.txt", "did you mean /notes/todo.txt?"),
        ("--jsn ls", "did you mean --json?"),
        ("help moutn", "did you mean mount?"),
        ("journal --lins 3", "did you mean --lines?"),
        ("ls --almost-al1", "did you mean --almost-all?"),
        ("stage nope /x", "%sandfs files list shows what is stored"),
        ("ls --json", "--json stands before the command: %sandfs --json ls ..."),
        ("upload a.csv", "%sandfs files upload HOSTPATH, or %sandfs import HOSTPATH PATH"),
        ("delete /notes", "%sandfs rm PATH, with -r for a directory"),
        ("rm /notes", "rm -r removes a directory with all that is in it; %sandfs undo takes it back"),
    ],
)
def test_what_was_meant_is_guessed(cell, fs, line, hint):
    fs.write_file("/notes/todo.txt", "")
    fs.write_file("/notes/my file", "")
    fs.snapshot("before")

    assert cell(f"%sandfs {line}").err.splitlines()[-1] == hint


def test_a_mistyped_cell_magic_is_guessed_among_those_of_cells(cell):
    assert cell("%%sandfs wirte /x\na\n").err.splitlines()[-1] == "did you mean write?"


def test_a_word_is_not_guessed_twice(cell):
    assert cell("%sandfs wathc").err == "wathc: command not found. Did you mean: watch?\n"


def test_help_for_a_command_of_the_engine_guesses_no_other(cell):
    assert cell("%sandfs help sort").err == "help: no help for 'sort' (the engine's own: sort --help)\n"


def test_what_is_done_to_a_branch_is_said_where_it_stands_alone(cell):
    told = [cell(f"%sandfs {line}").out for line in ("branch b", "branch switch b", "branch switch main", "branch b2;")]

    assert told == [
        "branch b: the files as they are now; %sandfs branch switch b goes there\n",
        "now on branch b\n",
        "now on branch main\n",
        "",
    ]
    assert cell("%sandfs branch delete b").out == "branch b is gone\n"
    assert cell("%sandfs branch c | cat").out == ""


def test_nothing_is_guessed_that_a_line_did_not_miss(cell, fs):
    fs.write_file("/notes", "")

    assert cell("%sandfs cat /zzz").err == "cat: /zzz: No such file or directory\n"


def test_help_for_the_magic_itself_lists_what_there_is(ip, sandbox):
    told = ip.magics_manager.magics["line"]["sandfs"].__doc__

    assert "%%sandfs apply-patch" in told
    assert "%sandfs mount" in told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("fork --user f", "unrecognized option '--user'; did you mean --use?; usage: %sandfs fork [--use] NAME"),
        ("use a b", "usage: %sandfs use NAME (a name with blanks is put in quotes)"),
    ],
)
def test_a_wrong_use_of_a_magic_says_what_was_meant(cell, line, told):
    assert cell(f"%sandfs {line}") == ("", f"UsageError: {told}\n")


def test_complaints_of_the_shell_are_one_line(cell):
    told = "journal: invalid number: 'x' (%sandfs journal --help tells more)\n"
    assert cell("%sandfs journal -n x") == ("", told)
    assert cell("%sandfs cd /nope") == ("", "cd: /nope: No such file or directory\n")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("ls", "nothing here yet\n"),
        ("journal", "nothing has been changed yet\n"),
        ("snapshots", "no snapshots yet: %sandfs snapshot [NAME] takes one\n"),
        ("ls > /dev/null", ""),
        ("ls;", ""),
        ("files info", ""),
    ],
)
def test_where_there_is_nothing_to_show_it_is_said(cell, line, told):
    assert cell(f"%sandfs {line}").out == told


def test_what_takes_a_cell_has_help_without_one(cell):
    for name in ("append", "apply-patch", "track", "write"):
        assert cell(f"%sandfs {name} --help").out.startswith(f"Usage: %%sandfs {name}")
    for name in ("python", "sh"):
        told = f"UsageError: {name} takes a cell: %%sandfs {name}, and the content in the lines below\n"
        assert cell(f"%sandfs {name}") == ("", told)


@pytest.mark.parametrize("name", sorted(each for each in {**LINE_COMMANDS, **CELL_COMMANDS} if each))
def test_every_command_of_the_magic_has_help(cell, name):
    told = cell(f"%sandfs {name} --help")

    assert (f"%sandfs {name}" in told.out, told.err) == (True, "")


def test_every_command_of_the_shell_has_help(cell, sandbox):
    for name in sandbox.shell.commands:
        told = cell(f"%sandfs {name} --help")
        assert (name, told.out.startswith("Usage: "), told.err) == (name, True, "")


def test_a_part_that_is_missing_is_told_in_one_line(cell, sandbox, monkeypatch):
    def missing(*_):
        raise ModuleNotFoundError("No module named 'anywidget'", name="anywidget")

    monkeypatch.setitem(sandbox.faces, "browse", missing)

    told = "UsageError: %sandfs browse needs a package that is missing: anywidget\n"
    assert cell("%sandfs browse") == ("", told)
