"""`branch`: forks by name, within one shell."""

from __future__ import annotations

import pytest

from jupyter_sandfs.shell.shell import SandboxShell
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.readonly import ReadOnlyView
from jupyter_sandfs.vfs.views.view import VisibilityView

PUBLIC = VisibilityView({"public"})
HINT = "Try 'branch --help' for more information.\n"


def told(result):
    return result.stdout, result.stderr, result.exit_code


def test_work_on_a_branch_leaves_the_files_as_they_are_until_it_is_merged(fs, shell):
    fs.write_file("/f", "1\n")
    fs.write_file("/gone", "1\n")

    result = shell.exec("branch try; branch switch try; echo 2 > f; echo new > g; rm gone; branch; ls; cat f")
    apart = fs.listdir("/"), fs.read_text("/f"), shell.fs.listdir("/")
    back = shell.exec("branch switch main; cat f; branch merge try; cat f; ls")

    assert told(result) == ("  main\n* try\nf\ng\n2\n", "", 0)
    assert apart == (["f", "gone"], "1\n", ["f", "g"])
    assert told(back) == ("1\n~ /f\n+ /g\n- /gone\n2\nf\ng\n", "", 0)
    assert [str(each.path) for each in back.changes] == ["/gone", "/f", "/g"]
    assert sorted(fs.listdir("/")) == ["f", "g"]


def test_a_merge_is_one_change_that_can_be_taken_back(fs, shell):
    shell.exec("echo 1 > f; branch b; branch switch b; echo 2 > f; echo 3 > g; branch switch main")
    shell.exec("branch merge b")

    assert told(shell.exec("undo; cat f; ls")) == ("- /g\n~ /f\n1\nf\n", "", 0)


def test_a_branch_has_a_history_of_its_own(shell):
    shell.exec("echo 1 > f; branch b; branch switch b")
    shell.exec("echo 2 > f")

    assert told(shell.exec("undo; cat f; journal | wc -l; branch switch main; cat f")) == ("~ /f\n1\n2\n1\n", "", 0)


def test_what_both_sides_changed_is_named_and_nothing_is_merged(fs, shell):
    shell.exec("echo 1 > f; branch b; branch switch b; echo b > f; echo b > g; branch switch main; echo m > f")

    assert told(shell.exec("branch merge b; cat f; ls")) == (
        "m\nf\n",
        "branch: both sides changed: /f (see --conflicts)\n",
        0,
    )


@pytest.mark.parametrize(
    ("how", "content"),
    [("ours", "m\n"), ("theirs", "b\n"), ("mark", "<<<<<<< ours\nm\n=======\nb\n>>>>>>> theirs\n")],
)
def test_conflicts_are_settled_as_asked_and_said(fs, shell, how, content):
    shell.exec("echo 1 > f; branch b; branch switch b; echo b > f; branch switch main; echo m > f")

    result = shell.exec(f"branch merge --conflicts {how} b; cat f")

    assert (result.stdout.removeprefix("~ /f\n"), result.stderr) == (
        content,
        f"branch: both sides changed: /f (settled: {how})\n",
    )


def test_a_branch_can_be_merged_again_and_again_both_ways(shell):
    shell.exec("echo 1 > f; branch b; branch switch b; echo 2 > f; branch switch main; branch merge b")
    shell.exec("branch switch b; echo 3 > f; branch switch main")
    again = shell.exec("branch merge b; cat f; echo 4 > f; branch switch b; branch merge main; cat f")
    back = shell.exec("echo 5 > f; branch switch main; branch merge b; cat f")

    assert told(again) == ("~ /f\n3\n~ /f\n4\n", "", 0)
    assert told(back) == ("~ /f\n5\n", "", 0)


def test_a_shell_goes_on_where_the_branch_has_a_directory(shell):
    shell.exec("branch b; branch switch b; mkdir -p only/here; cd only/here; x=5")

    assert told(shell.exec("branch switch main")) == ("", "", 0)
    assert shell.cwd == "/"
    assert told(shell.exec("pwd; echo $x")) == ("/\n5\n", "", 0)


def test_other_shells_stay_where_they_are(fs, shell):
    shell.exec("branch b; branch switch b; echo x > f")

    assert told(SandboxShell(fs).exec("ls; branch")) == ("* main\n", "", 0)


@pytest.mark.parametrize(
    ("line", "complaint", "exit_code"),
    [
        ("branch nope/x", f"branch: not a name for a branch: 'nope/x' (letters, digits and _.-)\n{HINT}", 2),
        ("branch main", "branch: there is a branch 'main'\n", 1),
        ("branch a b", f"branch: extra operand 'b'\n{HINT}", 2),
        ("branch switch", f"branch: the name of one branch is needed\n{HINT}", 2),
        ("branch switch nope", "branch: no branch 'nope' (see: branch)\n", 1),
        ("branch merge nope", "branch: no branch 'nope' (see: branch)\n", 1),
        ("branch merge main", f"branch: this is branch 'main'\n{HINT}", 2),
        ("branch delete nope", "branch: no branch 'nope' (see: branch)\n", 1),
        ("branch delete main", f"branch: 'main' stays: it is the first one\n{HINT}", 2),
        ("branch b; branch switch b; branch delete b", f"branch: 'b' stays: it is worked on now\n{HINT}", 2),
        (
            "branch b; branch merge --conflicts maybe b",
            f"branch: conflicts is one of refuse, mark, ours, theirs, not 'maybe'\n{HINT}",
            2,
        ),
        ("for i in {1..17}; do branch b$i; done", "branch: there are 16 branches: delete one first\n", 1),
    ],
)
def test_a_mistake_is_told_and_changes_nothing(fs, shell, line, complaint, exit_code):
    assert told(shell.exec(line)) == ("", complaint, exit_code)
    assert fs.log() == []


def test_a_branch_that_is_deleted_is_gone(shell):
    assert told(shell.exec("branch b; branch delete b; branch; branch b; branch")) == ("* main\n* main\n  b\n", "", 0)


def test_a_run_that_is_all_or_nothing_stays_on_its_branch(fs, shell):
    shell.exec("branch b")

    result = shell.exec("echo x > f; branch switch b", transaction=True)

    assert result.stderr.startswith("branch: a run that is all or nothing stays on its branch\n")
    assert (fs.listdir("/"), shell.exec("branch").stdout) == ([], "* main\n  b\n")


def test_a_dry_run_starts_from_the_branch(fs, shell):
    shell.exec("branch b; branch switch b; echo x > f")

    assert str(shell.explain("rm f")) == "would remove /f"
    assert shell.exec("ls").stdout == "f\n"


def test_commands_of_ours_and_the_users_work_on_the_branch(fs, shell):
    shell.register_command("names", lambda call: " ".join(call.fs.listdir("/")))
    shell.exec("branch b; branch switch b; touch f")
    shell.register_command("more", lambda call: " ".join(call.fs.listdir("/")))

    assert told(shell.exec('names; more; python -c \'print(open("/f").read() == "")\'')) == (
        "ffTrue\n",
        "",
        0,
    )


# ---------------------------------------------------------------- rules


def test_policies_hold_on_a_branch(fs, shell):
    fs.write_file("/fixed", "1\n")
    fs.set_policy("/fixed", NodePolicy(writable=False))

    assert told(shell.exec("branch b; branch switch b; echo 2 > fixed")) == (
        "",
        "bash: line 1: fixed: Read-only file system\n",
        1,
    )


def test_allowed_commands_hold_on_a_branch(fs):
    fs.write_file("/run", "#!/bin/cat\nsecret\n")
    fs.chmod("/run", 0o755)
    shell = SandboxShell(fs, allowed_commands=["branch"])

    result = shell.exec("branch b; branch switch b; /run; ls")

    assert (result.stdout, result.exit_code) == ("", 126)


def test_a_branch_of_a_view_shows_what_the_view_shows(fs):
    fs.write_file("/open", "1\n")
    fs.write_file("/secret", "TOPSECRET\n")
    fs.set_policy("/secret", NodePolicy(visibility="private"))
    shell = SandboxShell(fs, view=PUBLIC)

    result = shell.exec(
        "branch b; branch switch b; ls -a; cat secret; echo x > secret; echo 2 > open; mkdir d; echo x > d/f; cat d/f"
    )

    assert "TOPSECRET" not in result.stdout + result.stderr
    assert result.stdout == ".\n..\nopen\nx\n"
    assert (fs.read_text("/secret"), fs.read_text("/open"), fs.listdir("/")) == (
        "TOPSECRET\n",
        "1\n",
        ["open", "secret"],
    )


def test_what_is_hidden_later_is_hidden_on_a_branch_too(fs):
    fs.write_file("/d/late", "TOPSECRET\n")
    fs.write_file("/file", "TOPSECRET\n")
    shell = SandboxShell(fs, view=PUBLIC)
    shell.exec("branch b; branch switch b; echo x > d/mine")
    fs.set_policy("/file", NodePolicy(visibility="private"))
    fs.set_policy("/d/late", NodePolicy(visibility="private"))

    seen = shell.exec(
        "ls -R /; cat /file d/late; find /; rm -rf d; branch c; branch switch c; cat /file; tar cf - / | tar tf -"
    )

    assert "TOPSECRET" not in seen.stdout + seen.stderr
    assert "late" not in seen.stdout
    assert "mine" in seen.stdout


def test_a_view_merges_nothing(fs):
    fs.write_file("/f", "1\n")
    shell = SandboxShell(fs, view=PUBLIC)

    result = shell.exec("branch b; branch switch b; echo 2 > f; branch switch main; branch merge b")

    assert (result.stderr, result.exit_code) == (
        "branch: /: Permission denied (only the sandbox's owner may do this, not a view of it)\n",
        1,
    )
    assert fs.read_text("/f") == "1\n"


def test_a_branch_of_what_can_only_be_read_can_only_be_read(fs):
    fs.write_file("/f", "1\n")
    shell = SandboxShell(ReadOnlyView(fs))

    assert shell.exec("branch b; branch switch b; echo 2 > f; cat f").stdout == "1\n"
