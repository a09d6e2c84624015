"""Commands as programs under /usr/bin, and what is said of those that are not here."""

from __future__ import annotations

import shlex

import pytest

from jupyter_sandfs.shell.absent import INSTEAD, OF_THE_ENGINE, with_advice
from jupyter_sandfs.shell.shell import SandboxShell


def told(result):
    return result.stdout, result.stderr, result.exit_code


@pytest.mark.parametrize("name", ["python3", "publish", "ls", "cut", "rg", "mine"])
def test_every_way_to_look_for_a_command_finds_ours(shell, name):
    shell.register_command("mine", lambda _: "mine\n")

    result = shell.exec(
        f"type {name}; type -t {name}; type -P {name}; which {name}; command -v {name}; hash {name} && echo hashed; "
        f"[ -x /usr/bin/{name} ] && echo there; compgen -c {name} | grep -x {name}"
    )

    assert told(result) == (
        f"{name} is /usr/bin/{name}\nfile\n" + f"/usr/bin/{name}\n" * 3 + f"hashed\nthere\n{name}\n",
        "",
        0,
    )


def test_programs_run_by_their_paths(fs, shell):
    fs.write_file("/f", "text\n")

    result = shell.exec(
        "/bin/cat f; echo abc | /bin/grep b; /usr/bin/env python3 -c 'print(1)'; echo 'print(2)' | /usr/bin/python3 -; "
        "echo f | xargs /bin/cat; /bin/sh -c 'exit 4'; echo $?; find / -name f -exec /bin/cat {} +; env -i /bin/echo hi"
    )

    assert told(result) == ("text\nabc\n1\n2\ntext\n4\ntext\nhi\n", "", 0)


def test_a_script_names_its_interpreter_by_path(shell):
    result = shell.exec(
        "printf '#!/usr/bin/env bash\\necho $1\\n' > s; chmod +x s; ./s a; "
        "printf '#!/usr/bin/awk -f\\nBEGIN { print 5 }\\n' > t; chmod +x t; ./t"
    )

    assert told(result) == ("a\n5\n", "", 0)


def test_what_the_tree_has_comes_first(shell):
    result = shell.exec("mkdir -p /usr/bin; echo 'echo own $1' > /usr/bin/seq; chmod +x /usr/bin/seq; /usr/bin/seq 3")

    assert told(result) == ("own 3\n", "", 0)


def test_no_listing_shows_a_program_and_none_can_be_changed(fs, shell):
    result = shell.exec(
        "ls -a / /usr; find / -name ls; echo /usr/bin/*; echo x > /usr/bin/ls; rm /bin/ls; chmod 0 /bin/ls"
    )

    assert (result.stdout, result.exit_code, fs.listdir("/")) == ("/:\n.\n..\n/usr/bin/*\n", 1, [])


def test_the_null_device_is_empty_and_takes_everything(fs, shell):
    fs.write_file("/f", "b\na\n")

    result = shell.exec(
        "cat /dev/null f; wc -c < /dev/null; wc -c /dev/null; echo a | tee /dev/null; sort f -o /dev/null; "
        "[ -e /dev/null ] && [ ! -s /dev/null ] && echo empty; cp /dev/null f; wc -c f; tar cf /dev/null f; "
        "awk 'END { print NR }' /dev/null; diff /dev/null f; grep -c x f /dev/null"
    )

    assert told(result) == ("b\na\n0\n0 /dev/null\na\nempty\n0 f\n0\nf:0\n/dev/null:0\n", "", 1)
    assert fs.listdir("/") == ["f"]


def test_a_restricted_shell_has_only_the_programs_that_are_allowed(fs):
    shell = SandboxShell(fs, allowed_commands=["cat"])

    result = shell.exec(
        "type -P cat; [ -e /bin/rm ]; echo $?; type -P rm curl; /bin/rm f; /bin/cat /dev/null && echo on"
    )

    assert (result.stdout, result.exit_code) == ("/usr/bin/cat\n1\non\n", 0)


@pytest.mark.parametrize("name", ["git", "pip", "npm", "vim", "pytest", "ssh"])
def test_a_program_that_is_not_here_says_what_to_do_instead(shell, name):
    assert told(shell.exec(f"{name} --version")) == (
        "",
        f"bash: line 1: {name}: command not found: {INSTEAD[name]}\n",
        127,
    )


@pytest.mark.parametrize("name", sorted(OF_THE_ENGINE))
def test_what_the_engine_has_and_cannot_do_says_so_too(shell, name):
    assert told(shell.exec(f"{name} x")) == ("", f"{name}: {INSTEAD[name]}\n", 127)


def test_advice_names_only_commands_that_are_not_found():
    other = "git: something else\nbash: line 1: gitt: command not found\n"

    assert with_advice(other) == other


@pytest.mark.parametrize(("body", "status"), [('print("x")', 2), ("import os\nx = 1", 127)])
@pytest.mark.parametrize("name", ["./s.py", "/bin/tool", "./with space"])
def test_a_python_script_that_is_run_by_its_path_is_told_how_to_be_run(fs, shell, name, body, status):
    fs.write_file(name, f"#!/usr/bin/env python3\n{body}\n")
    fs.chmod(name, 0o755)

    result = shell.exec(f"{shlex.quote(name)}; exit $?")

    told_how = f"sh: {name}: a Python script; run it as: python3 {shlex.quote(name)}"
    assert (result.stderr.splitlines()[-1], result.exit_code) == (told_how, status)


def test_a_python_script_without_a_first_line_is_known_by_its_name(fs, shell):
    fs.write_file("/s.py", "print('x')\n")
    fs.chmod("/s.py", 0o755)

    assert shell.exec("./s.py").stderr.splitlines()[-1] == "sh: ./s.py: a Python script; run it as: python3 ./s.py"


@pytest.mark.parametrize("first", ["#!/bin/bash", "echo python", ""])
def test_a_shell_script_with_a_mistake_is_no_python_script(fs, shell, first):
    fs.write_file("/s", f"{first}\nnosuch\n")
    fs.chmod("/s", 0o755)

    assert "Python" not in shell.exec("./s").stderr


def test_history_begins_with_the_first_line_of_the_user(shell):
    shell.exec("echo one")

    assert shell.exec("history").stdout == "    1  echo one\n"
