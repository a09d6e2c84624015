"""`host` in the shell. What a command gets and can't reach is in tests/execution."""

from __future__ import annotations

import os
import time

import pytest

from jupyter_sandfs.execution import bubblewrap
from jupyter_sandfs.execution.host import HostOptions
from jupyter_sandfs.shell.shell import SandboxShell
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView


@pytest.fixture
def wall(part):
    """A bubblewrap that works here."""
    part("bwrap")
    found = bubblewrap.find()
    if isinstance(found, str):
        (pytest.fail if os.environ.get("SANDFS_CI") else pytest.skip)(found)


def told(result):
    return result.stdout, result.stderr, result.exit_code


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("host pwd", ("/sandfs\n", "", 0)),
        ("mkdir d; echo x > d/f; host -p d ls -A", ("f\n", "", 0)),
        ("mkdir d; echo x > d/f; cd d; host cat f", ("x\n", "", 0)),
        ("echo hi | host tr a-z A-Z | cat -n | tr -d ' '", ("1\tHI\n", "", 0)),
        ("host sh -c 'exit 3' || echo $?", ("3\n", "", 0)),
        ("host --sync sh -c 'echo new > f'; cat f", ("new\n", "", 0)),
        ("host sh -c 'echo new > f'; ls", ("", "", 0)),
        ("host --path=/nope ls", ("", "host: /nope: No such file or directory\n", 1)),
        ("host echo --sync -p x", ("--sync -p x\n", "", 0)),
        ("host python3 - <<'END'\nimport sys\nsys.exit(5)\nEND", ("", "", 5)),
    ],
)
def test_it_runs_a_command_on_a_copy(wall, shell, line, expected):
    assert told(shell.exec(line)) == expected


@pytest.mark.parametrize("line", ["host", "host -p /", "host --nope ls"])
def test_a_wrong_use_says_how(shell, line):
    result = shell.exec(line)

    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, "Try 'host --help' for more information.")


def test_a_view_gives_what_it_sees(wall, fs):
    fs.write_file("/secret", "s")
    fs.write_file("/plain", "p")
    fs.set_policy("/secret", NodePolicy(visibility="private"))
    shell = SandboxShell(fs, VisibilityView({"public"}))

    assert told(shell.exec("host --sync sh -c 'ls; echo x > secret'")) == (
        "plain\n",
        "host: nothing was written back: some of it was refused\nhost: /secret: Permission denied\n",
        1,
    )
    assert fs.read_file("/secret") == "s"


def test_the_timeout_command_and_the_end_of_the_run_end_it(wall, fs, shell):
    begun = time.monotonic()

    assert told(shell.exec("timeout 0.3 host sleep 1000; echo $?")) == ("124\n", "", 0)
    assert told(SandboxShell(fs, timeout=0.3).exec("host sleep 1000")) == ("", "sh: timed out (300ms)\n", 124)
    assert time.monotonic() - begun < 20


def test_without_isolation_it_refuses(fs):
    shell = SandboxShell(fs, services={"host": lambda: HostOptions(find=lambda: "no reason")})

    assert told(shell.exec("host ls")) == (
        "",
        (
            "host: host commands are not run without isolation, and there is none here: no reason. "
            "Install bubblewrap, or allow it with c.SandFS.host_allow_unisolated = True\n"
        ),
        1,
    )
