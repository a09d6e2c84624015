from __future__ import annotations

import pytest

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.shell.shell import SandboxShell


def told(result):
    return result.stdout, result.stderr, result.exit_code


@pytest.fixture
def shell(fs):
    fs.write_file("/f", "text\n")
    return SandboxShell(fs, allowed_commands=["cat", "grep", "ls", "chmod"])


def test_what_is_allowed_and_the_language_itself_work(shell):
    line = 'x=$(cat f); for i in 1 2; do echo "$x$i"; done | grep 2; ls; [ -f f ] && printf done; cd /; pwd > p; cat p'

    assert told(shell.exec(line)) == ("text2\nf\ndone/\n", "", 0)


@pytest.mark.parametrize(
    "name", ["rm", "head", "sed", "awk", "find", "tee", "snapshot", "restore", "rg", "xargs", "env"]
)
def test_what_is_not_allowed_is_refused(fs, shell, name):
    assert told(shell.exec(f"{name} f")) == ("", f"{name}: not allowed in this shell\n", 126)
    assert fs.listdir("/") == ["f"]


@pytest.mark.parametrize(
    "line",
    [
        "command rm f",
        "exec rm f",
        "eval rm f",
        "bash -c 'rm f'",
        "sh -c 'rm f'",
        "\\rm f",
        "x=rm; $x f",
        "source <(echo rm f)",
        "echo 'rm f' | bash",
        "trap 'rm f' EXIT",
        "coproc rm f",
        "time rm f",
        "busybox rm f",
        "/bin/rm f",
        "unalias -a; rm f",
        "enable rm; rm f",
        "alias rm=cat; unalias rm; rm f",
        "echo '#!/bin/rm' > s; chmod +x s; ./s f; /s f; cat s > t; chmod 777 t; ./t f",
        "echo 'rm f' > s; bash s; source s; sh ./s",
    ],
)
def test_there_is_no_way_around_a_refusal(fs, shell, line):
    shell.exec(line)

    assert fs.read_text("/f") == "text\n"


def test_a_script_is_run_by_naming_bash(shell):
    shell.exec("echo 'cat f' > s; chmod +x s")

    assert told(shell.exec("./s; echo $?; bash s")) == ("126\ntext\n", "bash: line 1: ./s: Permission denied\n", 0)


def test_a_command_that_is_registered_later_is_there(shell):
    shell.register_command("mine", lambda _: "mine\n")

    assert told(shell.exec("mine; cat f; head f")) == ("mine\ntext\n", "head: not allowed in this shell\n", 126)


def test_help_lists_only_what_is_allowed(shell):
    assert [name for name in ("snapshot", "publish", "touch") if f"\n  {name}" in shell.exec("help").stdout] == []


def test_no_command_at_all_leaves_the_language(fs):
    assert told(SandboxShell(fs, allowed_commands=[]).exec("echo $((1+1)); cat")) == (
        "2\n",
        "cat: not allowed in this shell\n",
        126,
    )


@pytest.mark.parametrize("names", ["cat", [3], ["a b"], [""]])
def test_what_are_no_names_is_refused(fs, names):
    with pytest.raises(InvalidRequest, match="allowed_commands"):
        SandboxShell(fs, allowed_commands=names)
