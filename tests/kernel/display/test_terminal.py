"""Colours in a terminal, and only there."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress

import pytest

from jupyter_sandfs.kernel.display import terminal


@pytest.fixture
def typed(cell, monkeypatch):
    """Run a cell whose output goes to a terminal."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")

    def run(source):
        with monkeypatch.context() as patch:
            patch.setattr(sys.stdout, "isatty", lambda: True)
            return cell(source)

    return run


@pytest.fixture
def changed(typed):
    typed("%sandfs touch /old /gone /name\n%sandfs snapshot before")
    typed("%sandfs rm /gone\n%sandfs mv /name /moved\n%sandfs touch /new")
    typed("%%sandfs write /old\nx\n")
    return typed


PLAIN = "- /gone\n> /moved  (from /name)\n+ /new\n~ /old\n"
COLOURED = (
    "\x1b[31m- /gone\x1b[0m\n\x1b[36m> /moved  (from /name)\x1b[0m\n\x1b[32m+ /new\x1b[0m\n\x1b[33m~ /old\x1b[0m\n"
)


def test_changes_are_coloured(changed):
    assert changed("%sandfs changes before").out == COLOURED


def test_what_is_piped_assigned_or_asked_for_as_json_is_plain(ip, changed):
    assert changed("%sandfs changes before | cat").out == PLAIN
    changed("x = %sandfs changes before")
    assert ip.user_ns["x"] == PLAIN
    assert "\x1b" not in changed("%sandfs --json changes before").out


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_the_environment_can_forbid_colours(changed, monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    assert changed("%sandfs changes before").out == PLAIN


def test_ipython_and_the_settings_can_forbid_colours(ip, changed):
    changed("%sandfs config rich=off")
    assert changed("%sandfs changes before").out == PLAIN
    changed("%sandfs config rich=on\nget_ipython().colors = 'nocolor'")
    assert changed("%sandfs changes before").out == PLAIN


def test_no_terminal_has_no_colours(changed, cell):
    assert cell("%sandfs changes before").out == PLAIN


def test_what_undo_a_patch_and_a_cell_changed_is_coloured_too(typed):
    typed("%sandfs touch /a")
    assert typed("%sandfs undo").out == "\x1b[31m- /a\x1b[0m\n"
    patch = "%%sandfs apply-patch\n--- /dev/null\n+++ b/b\n@@ -0,0 +1 @@\n+x\n"
    assert typed(patch).out == "\x1b[32m+ /b\x1b[0m\n"
    typed("%sandfs config changes=on")
    assert typed("%sandfs rm /b").out == "this cell, in sandbox 'default': 1 removed\n  \x1b[31m- /b\x1b[0m\n"


def test_names_do_not_steer_the_terminal():
    assert terminal.painted("+ /a\x1b[2J\u202e\n") == "\x1b[32m+ /a\\u001b[2J\\u202e\x1b[0m\n"


@pytest.mark.parametrize("colours", ["", "1"])
def test_neither_do_names_nor_what_an_agent_wrote_where_colours_are_forbidden(ip, typed, monkeypatch, colours):
    monkeypatch.setenv("NO_COLOR", colours)
    typed("from jupyter_sandfs import Sandbox")
    tools = ip.user_ns["Sandbox"].get("default").tools(agent="eve")
    typed("%sandfs snapshot before;")
    tools.call("sandbox_fs_write", {"path": "/\x1b[2J", "content": "\x1b]0;owned\x07\n"})

    assert "\x1b[2J" not in typed("%sandfs changes before").out
    assert "\x1b]" not in typed("%sandfs transcript 1").out


_SESSION = """\
get_ipython().run_line_magic("load_ext", "jupyter_sandfs")
get_ipython().run_line_magic("sandfs", "snapshot start;")
get_ipython().run_line_magic("sandfs", "touch '/ü 🙂'")
get_ipython().run_line_magic("sandfs", "changes start")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_ipython_in_a_real_terminal_shows_the_colours(tmp_path):
    here, there = os.openpty()
    environ = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm"}
    command = [sys.executable, "-m", "IPython", "--no-banner", f"--ipython-dir={tmp_path}", "-c", _SESSION]
    subprocess.run(command, stdin=there, stdout=there, stderr=there, env=environ, check=True, timeout=120)
    os.close(there)
    shown = b"".join(pieces(here)).decode()
    os.close(here)

    assert "\x1b[32m+ /ü 🙂\x1b[0m\r\n" in shown


def pieces(end):
    """What was written to a terminal whose other end is closed."""
    with suppress(OSError):  # how Linux tells that there is no more
        while piece := os.read(end, 4096):
            yield piece
