"""Named views, lines run as their principals, and why one does not see a path."""

from __future__ import annotations

import pytest


@pytest.fixture
def fs(cell, sandbox):
    sandbox.fs.write_file("/open/a", "open\n")
    sandbox.fs.write_file("/secret/b", "hidden\n")
    sandbox.fs.write_file("/mine", "for ada\n")
    cell("%sandfs policy --label hidden /secret\n%sandfs policy --for ada --for bob /mine")
    cell("%sandfs view analyst --label public")
    return sandbox.fs


def test_a_view_is_named_told_listed_and_dropped(cell, ip, fs):
    cell("%sandfs view ada --principal ada --prefix /mine")

    assert cell("%sandfs view ada").out == "ada: every label; as ada; below /mine\n"
    assert cell("%sandfs view").out == "analyst  labels public\nada      every label; as ada; below /mine\n"
    assert cell("%sandfs view --drop analyst").out == "dropped view 'analyst'\n"
    cell("x = %sandfs view")
    assert ip.user_ns["x"].data == [{"name": "ada", "shows": "every label; as ada; below /mine"}]
    cell("%sandfs view --drop ada")
    assert cell("%sandfs view").out == "no views yet: %sandfs view NAME --label LABEL makes one\n"


def test_a_line_runs_as_its_principal(cell, fs):
    assert cell("%sandfs as analyst ls /") == ("open\n", "")
    assert cell("%sandfs as analyst cat /secret/b").err == "cat: /secret/b: No such file or directory\n"
    assert cell("%sandfs as analyst cat '/open/a' | tr a-z A-Z").out == "OPEN\n"
    cell("%sandfs view ada --principal ada")
    assert cell("%sandfs as ada cat /mine").out == "for ada\n"


def test_the_shell_of_a_principal_keeps_its_directory(cell, sandbox, fs):
    cell("%sandfs as analyst cd /open")

    assert cell("%sandfs as analyst pwd").out == "/open\n"
    assert sandbox.shell.cwd == "/"


def test_a_cell_runs_as_its_principal(cell, fs):
    assert cell("%%sandfs as analyst\nfor f in /*; do echo $f; done\n") == ("/open\n", "")


def test_a_principal_is_named_in_the_journal_and_takes_back_its_own_only(cell, fs):
    cell("%sandfs echo mine > /open/owner")
    cell("%sandfs as analyst 'echo' hers > /open/hers")

    assert [each.actor for each in fs.log()[-2:]] == ["owner", "analyst"]
    assert cell("%sandfs as analyst undo") == ("- /open/hers\n", "")
    assert cell("%sandfs as analyst undo").err == "undo: analyst has nothing to undo\n"
    assert fs.listdir("/open") == ["a", "owner"]


def test_a_principal_reaches_only_the_keys_it_was_given(cell, sandbox, fs):
    sandbox.files.put("files/given", b"x")
    sandbox.files.put("files/other", b"x")
    cell("%sandfs view reader --label public --key files/given")

    assert cell("%sandfs as reader stage given /open/given").err == ""
    assert cell("%sandfs as reader stage other /open/other").err == "stage: file not found: files/other\n"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/open/a", "/open/a: 'analyst' sees it: nothing hides it"),
        (
            "/secret/b",
            (
                "/secret/b: 'analyst' does not see it: /secret is hidden: its label is 'hidden', "
                "and the view is shown 'public'"
            ),
        ),
        ("/mine", "/mine: 'analyst' does not see it: it is for 'ada', 'bob', and the view is nobody"),
        ("/nope", "/nope: nothing is there, for anyone"),
    ],
)
def test_the_owner_is_told_what_hides_a_path(cell, fs, path, told):
    assert cell(f"%sandfs why analyst {path}") == (f"{told}\n", "")


def test_what_a_link_leads_to_is_told(cell, fs):
    fs.symlink("/secret/b", "/open/link")

    assert "/secret is hidden" in cell("%sandfs why analyst /open/link").out


def test_a_principal_can_not_ask_why(cell, fs):
    assert "command not found" in cell("%sandfs as analyst why analyst /secret/b").err


def test_a_principal_does_not_learn_the_names_of_others(cell, fs):
    cell("%sandfs view ada --principal ada")

    assert cell("%sandfs as ada policy /mine").out == "/mine: writable, label public\n"


_NO_VIEW = "UsageError: no view 'nope' (there are: analyst); %sandfs view nope --label LABEL makes one"
_MISTAKES = {
    "%sandfs as": "UsageError: usage: %sandfs as NAME LINE",
    "%sandfs as analyst": "UsageError: say what to run: %sandfs as NAME LINE",
    "%sandfs as nope ls": _NO_VIEW,
    "%%sandfs as nope\nls": _NO_VIEW,
    "%sandfs why nope /": _NO_VIEW,
    "%sandfs as analist ls": "UsageError: no view 'analist' (there are: analyst); did you mean analyst?",
    "%sandfs why analyst": "UsageError: usage: %sandfs why NAME PATH",
    "%sandfs view a/b --label x": "UsageError: not a name for a view: 'a/b' (letters, digits and _)",
    "%sandfs view --drop nope": _NO_VIEW,
}


@pytest.mark.parametrize("source", _MISTAKES)
def test_a_mistake_is_told_in_one_line(cell, sandbox, fs, source):
    assert cell(source) == ("", _MISTAKES[source] + "\n")
    assert sandbox.views == ["analyst"]
