"""Several sandboxes side by side, as a person types it."""

from __future__ import annotations

import pytest

from jupyter_sandfs.sandbox import Sandbox


def test_a_new_sandbox_is_made_and_worked_in(cell, sandbox):
    assert cell("%sandfs new trial").out == (
        "sandbox 'trial': in memory: lost when the kernel restarts; %sandfs use trial goes there\n"
    )
    assert Sandbox.current() is sandbox
    assert cell("%sandfs use trial\n%sandfs touch /here").out == "now in sandbox 'trial': 0 files, 0 B\n"
    assert (Sandbox.get("trial").fs.listdir("/"), sandbox.fs.listdir("/")) == (["here"], [])
    assert cell("%sandfs new --use other").out == "now in sandbox 'other': in memory: lost when the kernel restarts\n"
    assert Sandbox.current().name == "other"


def test_a_new_sandbox_can_be_kept(cell, tmp_path):
    cell(f"%sandfs new --use --storage sqlite:///{tmp_path}/trial.sqlite trial\n%sandfs touch /a\n%sandfs drop trial")

    assert Sandbox.names() == ["default"]
    cell(f"%sandfs new --use --storage sqlite:///{tmp_path}/trial.sqlite trial")
    assert Sandbox.get("trial").fs.listdir("/") == ["a"]


def test_sandboxes_are_listed(cell, sandbox, ip):
    sandbox.fs.write_file("/a", "12345")
    cell("%sandfs new trial")
    cell("x = %sandfs list")

    assert str(ip.user_ns["x"]) == (
        "*  default   1 file  5 B  in memory: lost when the kernel restarts\n"
        "   trial    0 files  0 B  in memory: lost when the kernel restarts\n"
    )
    assert ip.user_ns["x"].data == [
        {
            "name": name,
            "current": name == "default",
            "files": files,
            "total_size": size,
            "kept": "in memory: lost when the kernel restarts",
            "views": [],
        }
        for name, files, size in (("default", 1, 5), ("trial", 0, 0))
    ]
    assert "  1 other sandbox: %sandfs list\n" in cell("%sandfs").out


def test_a_fork_is_changed_apart_and_merged_back(cell, sandbox):
    sandbox.fs.write_file("/a", "one\n")
    assert cell("%sandfs fork --use trial").out == "now in sandbox 'trial': as 'default' is now\n"
    cell("%sandfs sed -i s/one/two/ /a\n%sandfs touch /b")

    assert sandbox.fs.read_file("/a") == "one\n"
    cell("%sandfs use default")
    assert cell("%sandfs merge trial") == ("~ /a\n+ /b\n", "")
    assert (sandbox.fs.read_file("/a"), sandbox.fs.listdir("/")) == ("two\n", ["a", "b"])
    assert cell("%sandfs merge trial") == ("nothing to merge\n", "")


@pytest.mark.parametrize(
    ("option", "content"),
    [
        ("--ours", "ours\n"),
        ("--theirs", "theirs\n"),
        ("--mark", "<<<<<<< ours\nours\n=======\ntheirs\n>>>>>>> theirs\n"),
    ],
)
def test_what_both_changed_is_refused_or_decided(cell, sandbox, option, content):
    sandbox.fs.write_file("/a", "one\n")
    cell("%sandfs fork trial")
    sandbox.fs.write_file("/a", "ours\n")
    Sandbox.get("trial").fs.write_file("/a", "theirs\n")

    refused = "UsageError: nothing is merged, both sides changed: /a; --ours, --theirs or --mark decides\n"
    assert cell("%sandfs merge trial").err == refused
    assert sandbox.fs.read_file("/a") == "ours\n"
    assert cell(f"%sandfs merge {option} trial").out.endswith("! /a  (both changed it)\n")
    assert sandbox.fs.read_file("/a") == content
    assert cell("%sandfs merge trial") == ("nothing to merge\n", "")


def test_a_dropped_sandbox_is_gone_and_the_default_one_takes_its_place(cell):
    cell("%sandfs new --use trial\n%sandfs touch /a")

    assert cell("%sandfs drop trial").out == "dropped sandbox 'trial' (1 file, 0 B); now in sandbox 'default'\n"
    assert (Sandbox.names(), Sandbox.current().name) == (["default"], "default")


_TAKEN = "UsageError: there is a sandbox 'default': %sandfs use default goes there, or drop it first"
_MISTAKES = {
    "%sandfs use defualt": "UsageError: sandbox not found: defualt (there are: default); did you mean default?",
    "%sandfs use nope": "UsageError: sandbox not found: nope (there are: default)",
    "%sandfs drop nope": "UsageError: sandbox not found: nope (there are: default)",
    "%sandfs new default": _TAKEN,
    "%sandfs new a/b": "UsageError: not a name for a sandbox: 'a/b' (letters, digits and _.-)",
    "%sandfs fork default": _TAKEN,
    "%sandfs merge default": (
        "UsageError: 'default' is this sandbox: go to the other one with %sandfs use, and merge from there"
    ),
    "%sandfs merge --ours --mark default": "UsageError: one of --ours and --mark is enough",
    "%sandfs new --storage nope:// x": "UsageError: ",
}


@pytest.mark.parametrize("line", _MISTAKES)
def test_a_mistake_is_told_and_changes_nothing(cell, sandbox, line):
    assert cell(line).err.startswith(_MISTAKES[line])
    assert Sandbox.names() == ["default"]


def test_a_sandbox_that_is_no_fork_is_not_merged(cell):
    cell("%sandfs new other")

    told = "UsageError: 'other' and 'default' have nothing in common: only forks merge\n"
    assert cell("%sandfs merge other") == ("", told)


def test_what_was_merged_once_counts_in_both_directions(cell, sandbox):
    sandbox.fs.write_file("/a", "one\n")
    cell("%sandfs fork trial")
    sandbox.fs.write_file("/a", "ours\n")
    trial = Sandbox.get("trial").fs
    trial.write_file("/a", "theirs\n")
    cell("%sandfs merge --ours trial")

    trial.write_file("/b", "new\n")
    assert cell("%sandfs merge trial") == ("+ /b\n", "")
    assert cell("%sandfs use trial\n%sandfs merge default").out.endswith("~ /a\n")
    assert trial.read_file("/a") == "ours\n"


def test_a_fork_has_the_views_that_were_named(cell, sandbox):
    sandbox.fs.write_file("/open", "")
    sandbox.fs.write_file("/secret", "")
    cell("%sandfs policy --label hidden /secret\n%sandfs view analyst --label public --key files/data/")

    assert cell("%sandfs fork --use trial").out == "now in sandbox 'trial': as 'default' is now, with its 1 view\n"
    assert cell("%sandfs as analyst touch /mine\n%sandfs as analyst ls /") == ("mine\nopen\n", "")
    assert cell("%sandfs why analyst /secret").out.startswith("/secret: 'analyst' does not see it")
    assert sandbox.fs.listdir("/") == ["open", "secret"]
    cell("%sandfs view --drop analyst")
    assert sandbox.views == ["analyst"]
