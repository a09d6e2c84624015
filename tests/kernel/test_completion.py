"""What the Tab key offers, asked of IPython's own completer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_sandfs.kernel.commands import LINE_COMMANDS
from jupyter_sandfs.kernel.completion import MOST, complete
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.vfs.views.view import VisibilityView


@pytest.fixture
def fs(sandbox):
    return sandbox.fs


@pytest.fixture
def offered(ip, sandbox):
    """Complete at the end of a text, as a kernel does."""
    from IPython.core.completer import provisionalcompleter

    def ask(text):
        with provisionalcompleter():
            return [each.text for each in ip.Completer.completions(text, len(text))]

    return ask


def test_commands_of_the_magic_and_of_the_shell_are_offered(offered):
    assert offered("%sandfs bro") == ["browse"]
    assert offered("%sandfs mk") == ["mkdir", "mktemp"]
    assert set(offered("%sandfs ")) >= {name.split()[0] for name in LINE_COMMANDS if name} | {"ls", "grep", "cd"}


def test_cells_are_offered_what_takes_a_cell(offered):
    assert offered("%%sandfs wr") == ["write"]
    assert offered("%%sandfs app") == ["append", "apply-patch"]
    assert offered("%%sandfs imp") == ["imp"]


@pytest.mark.parametrize("start", ["%sandfs cat ", "x = %sandfs cat ", "  %sandfs --json -o y cat ", "%%sandfs cat "])
def test_paths_are_offered_wherever_the_magic_stands(offered, fs, start):
    fs.write_file("/notes/todo.txt", "")
    fs.mkdir("/never")

    assert offered(f"{start}/n") == ["/never/", "/notes/"]
    assert offered(f"{start}/notes/") == ["/notes/todo.txt"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("/my", ["/my\\ dir/"]),
        ("'/my", ["'/my dir/"]),
        ('"/my d', ['"/my dir/']),
        ("/my\\ dir/", ["/my\\ dir/it\\'s\\ ünïcode\\ 🙂.txt"]),
        ("'/my dir/", ["'/my dir/it'\\''s ünïcode 🙂.txt"]),
        ('"/my dir/it', ["\"/my dir/it's ünïcode 🙂.txt"]),
    ],
)
def test_names_with_blanks_quotes_and_unicode_are_spelled_for_the_shell(offered, fs, cell, typed, found):
    fs.write_file("/my dir/it's ünïcode 🙂.txt", "content")

    assert offered(f"%sandfs cat {typed}") == found
    if found[0].endswith(".txt"):
        closing = typed[0] if typed[0] in "'\"" else ""
        assert cell(f"%sandfs cat {found[0]}{closing}") == ("content", "")


def test_paths_start_at_the_working_directory(offered, cell, fs):
    fs.write_file("/d/e/file", "")
    cell("%sandfs cd /d")

    assert offered("%sandfs cat ") == ["e/"]
    assert offered("%sandfs cat e/f") == ["e/file"]
    assert offered("%sandfs cat ../") == ["../d/"]


def test_hidden_names_are_offered_on_request(offered, fs):
    fs.write_file("/.rc", "")
    fs.write_file("/a", "")

    assert (offered("%sandfs cat /"), offered("%sandfs cat /.")) == (["/a"], ["/.rc"])


def test_files_of_this_machine_are_never_offered_for_the_sandbox(offered, tmp_path, monkeypatch):
    (tmp_path / "mine.txt").touch()
    monkeypatch.chdir(tmp_path)

    assert offered("%sandfs cat mi") == ["mi"]
    assert offered("%sandfs cat /et") == ["/et"]


def test_paths_of_this_machine_are_offered_where_they_belong(offered, fs, tmp_path, monkeypatch):
    (tmp_path / "my data").mkdir()
    fs.write_file("/in", "")
    monkeypatch.chdir(tmp_path)

    assert offered("%sandfs import my") == ["my\\ data/"]
    assert offered("%sandfs import x /") == ["/in"]
    assert offered("%sandfs export /") == ["/in"]
    assert offered("%sandfs export /in my") == ["my\\ data/"]
    assert offered("%sandfs files upload my") == ["my\\ data/"]


def test_options_are_offered(offered):
    assert offered("%sandfs write --") == ["--help"]  # it takes a cell
    assert offered("%%sandfs write --") == ["--append", "--expect-version", "--help", "--mode", "--template"]
    assert "--human-readable" in offered("%sandfs ls --hu")
    assert offered("%sandfs fork --u") == ["--use"]
    assert offered("%sandfs --") == ["--check", "--json", "--out"]


def test_names_of_snapshots_sandboxes_views_and_settings_are_offered(offered, fs, sandbox):
    fs.snapshot("before")
    Sandbox("trial")
    sandbox.view(VisibilityView({"public"}), name="analyst")

    assert offered("%sandfs restore ") == ["before"]
    assert offered("%sandfs changes be") == ["before"]
    for command in ("use", "merge", "drop"):
        assert offered(f"%sandfs {command} ") == ["default", "trial"]
    for command in ("as", "why", "view"):
        assert offered(f"%sandfs {command} ") == ["analyst"]
    assert offered("%sandfs config ch") == ["changes=", "check="]
    assert offered("%sandfs config changes=") == ["changes=on", "changes=off"]
    assert offered("%sandfs help mou") == ["mount", "mounts"]


def test_keys_of_the_store_are_offered(offered, sandbox, cell):
    sandbox.files.put("files/a b.csv", b"x")
    sandbox.files.put("runs/1/output/x", b"x")

    assert offered("%sandfs stage ") == ["a\\ b.csv"]
    assert offered("%sandfs files info a") == ["a\\ b.csv"]
    assert offered("%sandfs files download ") == ["a\\ b.csv"]
    assert offered("%sandfs stage runs/") == ["runs/1/output/x"]
    assert offered("%sandfs files ") == ["list", "info", "versions", "restore", "delete", "upload", "download"]


def test_branches_views_and_what_was_saved_are_offered(offered, sandbox, cell):
    sandbox.view(VisibilityView({"public"}), name="analyst")
    cell("%sandfs branch trial\n%sandfs save first")

    assert offered("%sandfs branch sw") == ["switch"]
    for action in ("switch", "merge", "delete"):
        assert offered(f"%sandfs branch {action} ") == ["main", "trial"]
    assert offered("%sandfs browse --view ") == ["analyst"]
    assert offered("%sandfs load f") == ["first"]
    assert offered("%sandfs saved --delete ") == ["first"]


def test_paths_are_those_of_the_branch(offered, cell):
    cell("%sandfs branch trial\n%sandfs branch switch trial\n%sandfs touch /here")

    assert offered("%sandfs cat /") == ["/here"]


def test_a_store_that_fails_offers_nothing(offered, sandbox):
    sandbox.store_url = "nats://host/no.bucket"

    assert offered("%sandfs stage a") == ["a"]


def test_a_principal_is_offered_what_it_sees(offered, fs, sandbox, cell):
    fs.write_file("/open", "")
    fs.write_file("/secret", "")
    cell("%sandfs policy --label hidden /secret\n%sandfs view analyst --label public")

    assert offered("%sandfs as analyst cat /") == ["/open"]
    assert offered("%sandfs as analyst tre") == ["tree"]
    assert offered("%sandfs as nobody cat /") == ["/"]


def test_names_of_python_are_offered_in_braces_and_for_mounts(offered, cell):
    cell("table = 1")

    assert offered("%sandfs cat /{tab") == ["/{table}"]
    assert offered("%sandfs mount /x tab") == ["table"]


@pytest.mark.parametrize("head", ["%%sandfs sh", "%%sandfs as analyst"])
def test_lines_of_a_script_are_completed(offered, fs, head):
    fs.write_file("/notes", "")

    assert offered(f"{head}\ncat /no") == ["/notes"]
    assert offered(f"{head}\nls | gre") == ["grep"]


def test_the_body_of_a_file_is_not_completed(offered, fs):
    fs.write_file("/notes", "")

    assert "/notes" not in offered("%%sandfs write /x\ncat /no")


def test_other_lines_are_left_to_ipython(offered):
    assert "print" in offered("pri")


def test_there_is_an_end_to_what_is_offered(offered, fs):
    for number in range(MOST + 50):
        fs.write_file(f"/d/{number:04}", "")

    assert offered("%sandfs cat /d/") == [f"/d/{number:04}" for number in range(MOST)]


def test_the_older_way_to_ask_is_answered_too(ip, fs, sandbox):
    fs.write_file("/notes", "")

    with pytest.warns(PendingDeprecationWarning):
        assert ip.complete("/no", "%sandfs cat /no", 15)[1] == ["/notes"]


def test_ipython_in_a_terminal_offers_the_same(ip, fs):
    from IPython.terminal.ptutils import IPythonPTCompleter
    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

    fs.write_file("/my dir/ü 🙂.txt", "")
    completer = IPythonPTCompleter(ip.Completer)

    def offered(text):
        found = completer.get_completions(Document(text), CompleteEvent(completion_requested=True))
        return [text[: len(text) + each.start_position] + each.text for each in found]

    assert offered("%sandfs cat /m") == ["%sandfs cat /my\\ dir/"]
    assert offered("%sandfs cat '/my dir/") == ["%sandfs cat '/my dir/ü 🙂.txt"]
    assert offered("%%sandfs wri") == ["%%sandfs write"]


_PIECES = [
    *"'\"\\|;&<>(){}$ -/=",
    "cat",
    "as analyst ",
    "ls --",
    "config ",
    "view ",
    "%sandfs",
    "/d",
    "-o x ",
    "ü\0\ud800",
]
_TYPED = st.lists(st.sampled_from(_PIECES), max_size=8).map("".join)


def test_no_line_breaks_the_completer(sandbox, fs):
    fs.write_file("/d/a b", "")
    sandbox.view(VisibilityView({"public"}), name="analyst")

    @settings(derandomize=True, max_examples=500, deadline=None)
    @given(text=_TYPED, cell=st.booleans(), script=st.booleans())
    def ask(text, cell, script):
        found = complete(text, cell=cell, script=script, names=["name"])
        assert text.endswith(found.fragment)

    ask()


def test_nothing_is_offered_after_unloading(ip, sandbox, offered):
    sandbox.fs.write_file("/notes", "")
    ip.run_line_magic("unload_ext", "jupyter_sandfs")

    assert offered("%sandfs cat /not") == []
    assert ip.Completer.custom_matchers == []
