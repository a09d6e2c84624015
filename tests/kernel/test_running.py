"""Python and host commands from a notebook."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from jupyter_sandfs.execution import bubblewrap
from jupyter_sandfs.execution.host import HostOptions
from jupyter_sandfs.sandbox import Sandbox


@pytest.fixture
def wall(part):
    """A bubblewrap that works here."""
    part("bwrap")
    found = bubblewrap.find()
    if isinstance(found, str):
        (pytest.fail if os.environ.get("SANDFS_CI") else pytest.skip)(found)


@pytest.fixture
def ctrl_c():
    """Press Ctrl-C once the event is set."""
    due = threading.Event()

    def press():
        if due.wait(20):
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press, daemon=True)
    thread.start()
    yield due
    due.set()
    thread.join(20)


# ---------------------------------------------------------------- python


def test_a_cell_of_python_prints_and_shows_its_last_value(ip, cell, sandbox):
    sandbox.fs.write_file("/d/a", "1\n2\n")
    sandbox.run("cd /d")

    assert cell("%%sandfs python\nprint('read')\n[int(line) for line in open('a')]\n") == ("read\n[1, 2]\n", "")
    assert ip.user_ns["_exit_code"] == 0


def test_a_cell_of_python_gets_arguments(cell):
    assert cell("%%sandfs python one 'two three'\nargv[1:]").out == "['one', 'two three']\n"


def test_an_error_in_a_cell_of_python_is_printed_and_its_exit_code_kept(ip, cell):
    assert cell("%%sandfs python\n1 / 0\n").err == (
        "Traceback (most recent call last):\n"
        '  File "<python>", line 1, in <module>\n'
        "    1 / 0\n"
        "ZeroDivisionError: division by zero\n"
    )
    assert ip.user_ns["_exit_code"] == 1


def test_a_line_of_python_is_one_of_the_shell(cell):
    assert cell("%sandfs python -c 'print(6 * 7)' | tr 2 3").out == "43\n"


def test_a_sandbox_runs_python_in_the_directory_that_is_asked_for(sandbox):
    sandbox.fs.write_file("/d/a", "content")

    result = sandbox.python("open('a').read() + argv[1]", path="/d", argv=["!"])
    assert (result.value, sandbox.journal[-1].operation) == ("content!", "write")


def test_ctrl_c_ends_a_snippet(sandbox, ctrl_c):
    sandbox.fs.register_write_hook("/begun", lambda _event: ctrl_c.set())

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        sandbox.python("open('/begun', 'w')\nwhile True:\n    pass")
    assert time.monotonic() - begun < 10
    assert sandbox.python("1").value == 1


# ---------------------------------------------------------------- host


def test_a_line_and_a_cell_run_on_the_host(wall, cell, sandbox):
    sandbox.fs.write_file("/d/a", "1\n2\n")

    assert cell("%sandfs host -p /d wc -l a") == ("2 a\n", "")
    assert cell("%%sandfs host -p /d --sync python3 -\nopen('b', 'w').write(open('a').read() * 2)\n") == ("", "")
    assert sandbox.fs.read_file("/d/b") == "1\n2\n1\n2\n"


def test_a_sandbox_runs_host_commands(wall, sandbox):
    sandbox.fs.write_file("/d/a", "x")

    result = sandbox.host(["sh", "-c", "cat a -; echo y > b"], "/d", stdin=b"in\n", sync=True)
    assert (result.stdout, result.isolation) == ("xin\n", "bubblewrap")
    assert (sandbox.fs.read_file("/d/b"), sandbox.journal[-1].actor) == ("y\n", "owner")


def test_ctrl_c_ends_a_host_command(wall, sandbox, ctrl_c):
    sandbox.fs.mount_file("/begun", lambda _context: ctrl_c.set() or "x")

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        sandbox.host(["sleep", "1000"])
    assert time.monotonic() - begun < 10


def test_what_the_configuration_says_counts_in_line_and_cell_and_call(ip, cell):
    ip.config.SandFS.python_seconds = 0.1
    ip.config.SandFS.host_env = False
    ip.run_line_magic("reload_ext", "jupyter_sandfs")

    assert (Sandbox.defaults.python.seconds, Sandbox.defaults.host.prefixes) == (0.1, None)
    assert cell("%%sandfs python\nwhile True:\n    pass").err == "python: stopped after 0.1 s\n"
    assert cell("%sandfs python -c 'while True: pass'").err == "python: stopped after 0.1 s\n"
    assert Sandbox.current().python("while True:\n    pass").exit_code == 124


def test_where_commands_cannot_be_isolated_a_line_says_so(cell, sandbox, monkeypatch):
    monkeypatch.setattr(bubblewrap, "find", lambda: "bubblewrap is not installed")
    options = HostOptions(find=bubblewrap.find)
    monkeypatch.setattr(type(sandbox), "defaults", type(sandbox.defaults)(host=options))

    assert cell("%sandfs host ls").err.startswith("host: host commands are not run without isolation")
