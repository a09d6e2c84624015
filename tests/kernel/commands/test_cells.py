"""Cells that are written, appended, applied as patches, filled in and tracked."""

from __future__ import annotations

import pytest


@pytest.fixture
def fs(sandbox):
    return sandbox.fs


# ---------------------------------------------------------------- write and append


def test_a_file_gets_its_mode(cell, fs):
    assert cell("%%sandfs write --mode 755 /run.sh\necho hi\n").out == "/run.sh (8 bytes, version 1)\n"
    assert (fs.stat("/run.sh").mode & 0o777, fs.read_file("/run.sh")) == (0o755, "echo hi\n")


def test_a_wrong_mode_writes_nothing(cell, fs):
    for mode in ("rwx", "888", "12345", ""):
        told = f"UsageError: invalid mode: '{mode}' (octal, such as 644 or 755)\n"
        assert cell(f"%%sandfs write --mode '{mode}' /a\nx\n") == ("", told)
    assert fs.listdir("/") == []


def test_a_body_is_added_at_the_end(cell, fs):
    cell("%%sandfs append /a\none\n")

    assert cell("%%sandfs append --expect-version 1 /a\ntwo\n").out == "/a (4 bytes, version 2)\n"
    assert cell("%%sandfs append --expect-version 1 /a\nthree\n").err == "UsageError: /a: version is 2, not 1\n"
    assert fs.read_file("/a") == "one\ntwo\n"


# ---------------------------------------------------------------- templates


@pytest.mark.parametrize(
    ("body", "filled"),
    [
        ("no braces", "no braces"),
        ("{name}!", "Ada!"),
        ("{{name}} {{{name}}}", "{name} {Ada}"),
        ("{len(rows)} rows, {sum(r['n'] for r in rows)}", "2 rows, 3"),
        ("{3.14159:.2f} {name!r:>7} {name!s}", "3.14   'Ada' Ada"),
        ("{name == 'x' or 1 != 2}", "True"),
        ("{ {'a': 1}['a'] } {rows[0:1]}", "1 [{'n': 1}]"),
        ("""{"}:!" + '{'}""", "}:!{"),
        ("{'''a'b'''}", "a'b"),
        ("{(lambda: name)()}", "Ada"),
    ],
)
def test_expressions_in_braces_are_filled_in_as_in_an_f_string(cell, fs, body, filled):
    cell("name = 'Ada'\nrows = [{'n': 1}, {'n': 2}]")

    assert cell(f"%%sandfs write --template /a\n{body}\n").err == ""
    assert fs.read_file("/a") == f"{filled}\n"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("a\n{nope}", "template, line 2: {nope}: NameError: name 'nope' is not defined"),
        ("{1 +}", "template, line 1: {1 +}: SyntaxError: invalid syntax (<sandfs>, line 1)"),
        ("{}", "template, line 1: {}: SyntaxError: nothing in braces"),
        ("a\n}", "template, line 2: a single '}' (write '}}' for a brace)"),
        ("{name", "template, line 1: '{' is never closed (write '{{' for a brace)"),
        ("{name:", "template, line 1: '{' is never closed (write '{{' for a brace)"),
        ("{name!x}", "template, line 1: '!' is followed by r, s or a"),
        ("{'a", "template, line 1: '{' is never closed (write '{{' for a brace)"),
        ("{1:d!}", "template, line 1: {1}: ValueError: Invalid format specifier 'd!' for object of type 'int'"),
    ],
)
def test_a_template_that_fails_writes_nothing_and_says_where(cell, fs, body, told):
    cell("name = 'Ada'")

    assert cell(f"%%sandfs write --template /a\n{body}\n") == ("", f"UsageError: {told}\n")
    assert fs.listdir("/") == []


def test_jinja_fills_in_where_it_is_installed(cell, fs):
    cell("rows = ['a', 'b']")
    cell("%%sandfs write --template=jinja /a\n{% for r in rows %}{{ r }}{# #};{% endfor %}\n")

    assert fs.read_file("/a") == "a;b;\n"
    assert cell("%%sandfs write --template=jinja /b\n{{ nope }}\n").err == (
        "UsageError: template: UndefinedError: 'nope' is undefined\n"
    )


def test_without_jinja_it_is_said_how_to_get_it(cell, fs, monkeypatch):
    from jupyter_sandfs.kernel import templates

    monkeypatch.setattr(templates, "find_spec", lambda _: None)

    assert cell("%%sandfs write --template=jinja /a\nx\n").err == (
        "UsageError: Jinja is not installed: pip install jinja2, or fill in {expressions} with --template alone\n"
    )
    assert cell("%%sandfs write --template=erb /a\nx\n").err == (
        "UsageError: no template engine 'erb': python or jinja\n"
    )


# ---------------------------------------------------------------- apply-patch


_PATCH = "--- a/one\n+++ b/one\n@@ -1,2 +1,2 @@\n a\n-b\n+B\n--- /dev/null\n+++ b/d/new\n@@ -0,0 +1 @@\n+n\n"


def test_a_patch_is_applied_in_the_working_directory_and_undone_in_one(cell, fs):
    fs.write_file("/p/one", "a\nb\n")
    cell("%sandfs cd /p")

    assert cell(f"%%sandfs apply-patch\n{_PATCH}") == ("+ /p/d/new\n~ /p/one\n", "")
    assert (fs.read_file("/p/one"), fs.read_file("/p/d/new")) == ("a\nB\n", "n\n")
    cell("%sandfs undo")
    assert (fs.read_file("/p/one"), fs.listdir("/p")) == ("a\nb\n", ["one"])


def test_a_patch_is_applied_elsewhere_and_taken_back(cell, fs):
    fs.write_file("/p/x/one", "a\nb\n")
    cell(f"%%sandfs apply-patch -d /p/x -p1\n{_PATCH}")
    assert fs.read_file("/p/x/one") == "a\nB\n"

    cell(f"%%sandfs apply-patch -d /p/x -R\n{_PATCH}")
    assert fs.read_file("/p/x/one") == "a\nb\n"
    assert not fs.exists("/p/x/d/new")


def test_a_patch_that_does_not_fit_changes_nothing(cell, fs):
    fs.write_file("/one", "other\n")

    assert cell(f"%%sandfs apply-patch\n{_PATCH}") == (
        "",
        "UsageError: the patch does not apply (hunk 1, at line 1): /one\n",
    )
    assert (fs.read_file("/one"), fs.listdir("/")) == ("other\n", ["one"])


# ---------------------------------------------------------------- track, and what cells changed


def test_a_tracked_cell_runs_as_python_and_tells_what_it_changed(ip, cell, fs):
    fs.write_file("/a", "one\n")
    ran = cell(
        "%%sandfs track\n"
        "from jupyter_sandfs import Sandbox\n"
        "Sandbox.current().fs.write_file('/a', 'two\\n')\n"
        "%sandfs mkdir /d\n"
        "answer = 42\n"
    )

    assert ran == ("this cell, in sandbox 'default': 1 added, 1 changed\n  ~ /a\n  + /d/\n", "")
    assert ip.user_ns["answer"] == 42


def test_a_tracked_cell_that_fails_still_tells(ip, cell, fs):
    ran = cell("%%sandfs track\n%sandfs touch /a\n1 / 0\n")

    assert "ZeroDivisionError" in ran.out
    assert fs.listdir("/") == ["a"]


def test_a_cell_that_changed_nothing_says_so(cell, ip):
    assert cell("%%sandfs track\nx = 1\n").out == "this cell changed nothing\n"
    assert ip.user_ns["x"] == 1


def test_after_each_cell_on_request(cell, fs):
    assert cell("%sandfs config changes=on").out == "changes  on\n"
    fs.write_file("/outside", "")

    assert cell("%sandfs touch /a").out == "this cell, in sandbox 'default': 1 added\n  + /a\n"
    assert cell("x = 1").out == ""
    assert cell("%sandfs config changes=off\n%sandfs touch /b").out.endswith("  + /b\n")  # it was on as it began
    assert cell("%sandfs touch /c").out == ""


def test_each_sandbox_that_a_cell_changed_is_told(cell, fs):
    cell("%sandfs new other\n%sandfs config changes=on")

    assert cell("%sandfs touch /a\n%sandfs use other\n%sandfs touch /b").out.splitlines() == [
        "now in sandbox 'other': 0 files, 0 B",
        "this cell, in sandbox 'default': 1 added",
        "  + /a",
        "this cell, in sandbox 'other': 1 added",
        "  + /b",
    ]


def test_many_changes_are_summed_up(cell, fs):
    out = cell("%%sandfs track\n%sandfs touch /a{{01..30}}\n").out.splitlines()

    assert (out[0], len(out), out[-1]) == ("this cell, in sandbox 'default': 30 added", 22, "  … and 10 more")


def test_large_and_computed_files_are_listed_but_not_compared(ip, cell, fs):
    calls = []
    ip.user_ns["called"] = lambda: calls.append(1) or "x"
    cell("x = %sandfs true")
    cell(
        "%%sandfs -o told track\n%sandfs sh -c 'seq 100000 > /large; echo one > /small; mkdir /d; echo two > /d/in'\n"
        "%sandfs mount /live called;"
    )

    told = ip.user_ns["told"].data
    assert [each["path"] for each in told["changes"]] == ["/d", "/large", "/live", "/small"]
    assert told["diff"] == "--- /dev/null\n+++ b/small\n@@ -0,0 +1 @@\n+one\n"
    assert calls == []


# ---------------------------------------------------------------- a cell is one action


def test_undo_takes_back_the_last_cell_whole(cell, fs):
    fs.write_file("/a", "one")
    cell(
        "%sandfs touch /b\n%sandfs rm /a\nfrom jupyter_sandfs import Sandbox\n"
        "Sandbox.current().fs.write_file('/c', '')\nopen_files = 1"
    )
    assert fs.listdir("/") == ["b", "c"]

    assert sorted(cell("%sandfs undo").out.splitlines()) == ["+ /a", "- /b", "- /c"]
    assert fs.listdir("/") == ["a"]
    cell("%sandfs redo")
    assert fs.listdir("/") == ["b", "c"]


def test_undo_in_the_same_cell_takes_back_what_it_did_so_far(cell, fs):
    cell("%sandfs touch /before")
    cell("%sandfs touch /a\n%sandfs undo")

    assert fs.listdir("/") == ["before"]


def test_a_cell_that_runs_cells_is_one_action(ip, cell, fs):
    cell("get_ipython().run_cell('%sandfs touch /a')\n%sandfs touch /b")
    cell("%sandfs undo")

    assert fs.listdir("/") == []


def test_a_cell_that_fails_can_be_undone(cell, fs):
    cell("%sandfs touch /a\n1 / 0")
    cell("%sandfs undo")

    assert fs.listdir("/") == []


def test_asynchronous_cells_are_actions_too(cell, fs):
    cell("import asyncio\n%sandfs touch /a\nawait asyncio.sleep(0)\n%sandfs touch /b")

    assert len({each.action for each in fs.log()}) == 1
    cell("%sandfs touch /c")
    assert len({each.action for each in fs.log()}) == 2


def test_what_is_done_between_cells_is_no_part_of_them(cell, fs):
    cell("%sandfs touch /a")
    fs.write_file("/between", "")

    assert [bool(each.action) for each in fs.log()] == [True, False]


def test_the_journal_names_the_cell(cell, fs):
    cell("# first\n%sandfs touch /a")

    assert [(each.actor, each.label) for each in fs.log()] == [("owner", "[1] # first")]


def test_after_unloading_cells_are_no_actions(ip, cell, fs):
    ip.run_line_magic("unload_ext", "jupyter_sandfs")
    ip.user_ns["fs"] = fs
    cell("fs.write_file('/a', '')")

    assert [each.action for each in fs.log()] == [0]


def test_an_error_of_a_tracked_cell_is_shown_once_as_its_own(ip, cell, fs):
    told = cell("%%sandfs track\n%sandfs touch /a\nraise KeyError('x')\n").out

    assert (told.count("KeyError"), "run_cell_magic" in told) == (3, False)  # its head, the line, and the message
    assert told.startswith("this cell, in sandbox 'default': 1 added\n  + /a\n")
    assert cell("%%sandfs track\n%sandfs use nope\n").err.count("UsageError") == 1
    assert cell("%%sandfs track\ndef f(:\n").out.count("SyntaxError") == 1
    assert not ip.run_cell("%%sandfs track\n1/0").success
    ip.user_ns["fs"] = fs
    for source in ("import nothing_of_this_name", "open('/nothing/there')", "fs.read_bytes('/nothing')"):
        shown = cell(f"%%sandfs track\n{source}\n").out
        assert ("Traceback" in shown, "run_cell_magic" in shown) == (True, False)
    assert cell("1/0").out.count("ZeroDivisionError") == 2


# ---------------------------------------------------------------- the branch that the shell is on


def test_cells_work_on_the_branch_that_the_shell_is_on(cell, fs):
    fs.write_file("/a", "main\n")
    cell("%sandfs branch try\n%sandfs branch switch try")
    cell("%%sandfs write /a\ntrial\n")
    cell("%%sandfs append /a\nmore\n")
    cell("%%sandfs apply-patch\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-trial\n+TRIAL\n")
    cell("%%sandfs python\nopen('/b', 'w').write(open('/a').read())")

    assert cell("%sandfs cat /b").out == "TRIAL\nmore\n"
    assert (fs.read_file("/a"), fs.listdir("/")) == ("main\n", ["a"])
    assert cell("%sandfs undo").out.endswith("- /b\n")
    assert cell("%sandfs branch switch main;\n%sandfs cat /a").out == "main\n"
    assert cell("%sandfs branch merge try").out == "~ /a\n"


def test_files_come_to_and_from_the_branch(cell, fs, tmp_path):
    (tmp_path / "here").write_text("x")
    cell("%sandfs branch try\n%sandfs branch switch try")
    cell(f"%sandfs import {tmp_path}/here /there\n%sandfs mount /live 1+1")

    cell(f"%sandfs export /there {tmp_path}/back")
    assert ((tmp_path / "back").read_text(), fs.listdir("/")) == ("x", [])
    assert "2 files in" in cell("%sandfs stats").out


def test_what_a_cell_changed_on_a_branch_is_told(cell, fs):
    cell("%sandfs branch try\n%sandfs branch switch try\n%sandfs config changes=on")

    assert cell("%%sandfs write /a;\nx\n").out == "this cell, in sandbox 'default': 1 added\n  + /a\n"


def test_what_stays_on_main_is_said(cell, fs):
    cell("%sandfs branch try\n%sandfs branch switch try")

    told = "  on branch 'try': the tree browser, requests over HTTP, views, save, load and fork stay on main"
    assert cell("%sandfs").out.splitlines()[1] == f"{told} (%sandfs branch switch main)"
    assert cell("%sandfs browse") == ("/\n", "the tree browser shows main, not the branch 'try'\n")
    assert cell("%sandfs fork x").out.startswith("sandbox 'x': as 'default' is now on main; ")
