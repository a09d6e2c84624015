from __future__ import annotations

import sys

import pytest
from IPython.lib.pretty import pretty

from jupyter_sandfs.kernel.output import Text, human_size, is_asked_for, show
from jupyter_sandfs.shell.results import ShellResult


def result(stdout="", stderr="", exit_code=0, *, truncated=False):
    return ShellResult(stdout=stdout, stderr=stderr, exit_code=exit_code, duration=0.1, truncated=truncated, changes=())


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        (result("out\n"), ("out\n", "")),
        (result("out\n", "warning\n"), ("out\n", "warning\n")),
        (result(stderr="no\n", exit_code=1), ("", "no\n")),
        (result("out\n", exit_code=3), ("out\n", "exit code 3\n")),
        (result("out", truncated=True), ("out", "output was cut: redirect it into a file to keep all of it\n")),
    ],
)
def test_a_result_shows_output_complaints_and_silent_failures(capsys, given, printed):
    show(given)

    assert capsys.readouterr() == printed


def test_text_is_a_str_that_shows_as_it_is():
    given = result("one\ntwo\n")
    text = Text(given)

    assert (text, text.result, pretty(text)) == ("one\ntwo\n", given, "one\ntwo\n")


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (1, "1 B"), (999, "999 B")],
)
def test_small_sizes_are_exact(size, text):
    assert human_size(size) == text


# ---------------------------------------------------------------- who asks


_ASKED = []


def ask():
    _ASKED.append(is_asked_for(sys._getframe(1)))
    return [1]


@pytest.mark.parametrize(
    ("source", "mode", "asked"),
    [
        ("ask()", "exec", [False]),
        ("ask()", "single", [False]),
        ("x = ask()", "exec", [True]),
        ("x = ask()", "single", [True]),
        ("ask()", "eval", [True]),
        ("print(ask())", "exec", [True]),
        ("x = [ask(), ask()]", "exec", [True, True]),
        ("for _ in range(2):\n    ask()\n    x = ask()", "exec", [False, True, False, True]),
        ("if ask():\n    ask()", "exec", [True, False]),
        ("def f():\n    ask()\n    return ask()\nf()", "exec", [False, True]),
        ("for x in ask():\n    pass", "exec", [True]),
        ("ask()[0]", "exec", [True]),
        ("x = y = ask()", "exec", [True]),
        ("with open('/dev/null') as f:\n    ask()", "exec", [False]),
        ("try:\n    1 / 0\nexcept ZeroDivisionError:\n    ask()\nfinally:\n    x = ask()", "exec", [False, True]),
    ],
)
def test_a_value_is_asked_for_where_it_is_used(capsys, source, mode, asked):
    _ASKED.clear()
    # No source is kept for such code, as under %time.
    exec(compile(source, "<cell>", mode), {"ask": ask, "__name__": "__main__"})

    assert asked == _ASKED


def test_without_a_caller_nobody_asks():
    assert not is_asked_for(None)
