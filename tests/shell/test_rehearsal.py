from __future__ import annotations

import pytest

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.filestore import open_file_store
from jupyter_sandfs.shell.shell import SandboxShell
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView


@pytest.fixture
def store(tmp_path):
    with open_file_store(tmp_path.as_uri()) as opened:
        opened.put("files/kept", b"kept")
        yield opened


@pytest.fixture
def shell(fs, store):
    fs.write_file("/old", "1\n")
    fs.write_file("/f", "1\n")
    return SandboxShell(fs, services={"store": lambda: store})


def test_a_dry_run_tells_what_would_be_done_and_does_nothing(fs, shell, store):
    before = fs.log()

    told = shell.explain(
        "rm old; echo 2 > f; mkdir d; echo x > d/new; publish --key k f; files delete kept; cat f; exit 3"
    )

    assert str(told) == (
        "would write /d\nwould write /f\nwould remove /old\nwould publish files/k\nwould unpublish files/kept\n"
        "would end with exit code 3"
    )
    assert (told.written, told.removed) == (("/d", "/f"), ("/old",))
    assert (told.result.stdout, told.result.exit_code) == ("files/k\n2\n", 3)
    assert (fs.log(), sorted(fs.listdir("/")), fs.read_text("/f")) == (before, ["f", "old"], "1\n")
    assert [each.key for each in store.list().items] == ["files/kept"]


def test_a_dry_run_starts_from_the_session_and_leaves_it(fs, shell):
    fs.mkdir("/d")
    shell.exec("cd /d; x=5; f() { echo f$x; }")

    told = shell.explain("f; pwd; x=6; cd /")

    assert told.result.stdout == "f5\n/d\n"
    assert str(told) == "would change nothing"
    assert (shell.cwd, shell.exec("f").stdout) == ("/d", "f5\n")


def test_functions_of_the_user_are_not_called_in_a_dry_run(shell):
    calls = []
    shell.register_command("mine", calls.append)

    told = shell.explain("mine; echo on | cat")

    assert calls == []
    assert (told.result.stdout, told.result.stderr) == (
        "on\n",
        "mine: a function of yours: not called in a dry run\n",
    )


def test_a_dry_run_knows_the_branches_and_leaves_them(fs, shell):
    shell.exec("branch try; branch switch try; echo 2 > f; branch switch main; branch gone")

    told = shell.explain(
        "branch switch try; cat f; rm old; echo 3 > g; branch switch main; branch merge try; "
        "branch delete gone; branch x"
    )

    assert told.result.stdout.startswith("2\n")
    assert str(told) == (
        "would write /f\nwould write /g\nwould remove /old\nwould write try:/g\nwould remove try:/old\n"
        "would make branch x\nwould delete branch gone"
    )
    assert (fs.read_text("/f"), sorted(fs.listdir("/"))) == ("1\n", ["f", "old"])
    assert shell.exec("branch; branch switch try; ls; cat f").stdout == "* main\n  try\n  gone\nf\nold\n2\n"


def test_a_dry_run_on_a_branch_tells_of_that_branch(fs, shell):
    shell.exec("mkdir d; branch try; branch switch try; mkdir only; cd only")

    told = shell.explain("pwd; echo 1 > new; branch merge main; branch switch main; pwd; rm /f")

    assert told.result.stdout == "/only\n/only\n"
    assert str(told) == "would write /only/new\nwould remove main:/f"
    assert (shell.cwd, shell.exec("branch | grep '*'").stdout) == ("/only", "* try\n")


def test_a_dry_run_in_a_view_knows_its_branches_and_nothing_hidden_in_them(fs, store):
    fs.write_file("/hidden", "key")
    fs.set_policy("/hidden", NodePolicy(visibility="private"))
    shell = SandboxShell(fs, view=VisibilityView({"public"}))
    shell.exec("branch b; echo 1 > late")
    fs.set_policy("/late", NodePolicy(visibility="private"))

    told = shell.explain("branch switch b; ls -a; cat hidden late; echo x > new; rm -f hidden")

    assert (told.result.stdout, str(told)) == (".\n..\n", "would write b:/new")


def test_hooks_are_not_called_in_a_dry_run(fs, shell):
    calls = []
    fs.register_write_hook("/", calls.append)

    shell.explain("echo x > /g")

    assert calls == []


def test_a_dry_run_in_a_view_tells_of_nothing_hidden(fs, store):
    fs.write_file("/hidden", "key")
    fs.set_policy("/hidden", NodePolicy(visibility="private"))
    shell = SandboxShell(fs, view=VisibilityView({"public"}), services={"store": lambda: store})

    told = shell.explain("cat /hidden; rm -f /hidden; ls -a; echo x > /new")

    assert (told.result.stdout, told.written, told.removed) == (".\n..\n", ("/new",), ())


def test_a_dry_run_keeps_to_the_allowed_commands(fs):
    shell = SandboxShell(fs, allowed_commands=["cat"])

    assert shell.explain("touch x").result.exit_code == 126


def test_a_line_that_is_no_text_is_refused(shell):
    with pytest.raises(InvalidRequest):
        shell.explain(b"ls")
