from __future__ import annotations

import pytest

from jupyter_sandfs.execution.spelling import EXIT, STDIN, reads_stdin, respelled


def test_names_that_the_interpreter_lacks_are_replaced_where_they_stand():
    assert respelled("import sys\nif x: sys.exit(len( sys . stdin.read()))\n") == (
        f"import sys\nif x: {EXIT}(len( {STDIN}.read()))\n"
    )


@pytest.mark.parametrize(
    "code",
    [
        "print('sys.exit')  # sys.exit",
        "a.sys.exit(1)",
        "sys.exit_code",
        "f().sys.exit(1)",
        "sys.stdout.buffer.write(b'')  # sys.exit",
        "sys.\\\nexit()",
        "sys.exit((",
        "sys.exit()\n  x\n y",
        "'''\nsys.exit",
    ],
)
def test_what_only_looks_like_one_stays(code):
    assert respelled(code) == code


def test_lines_keep_their_numbers_whatever_ends_them():
    code = "a = '''\x0c\u2028'''\nsys.exit(\n2)\n"

    assert respelled(code) == code.replace("sys.exit", EXIT)


def test_code_that_names_the_standard_input_is_known():
    assert (reads_stdin(respelled("sys.stdin")), reads_stdin(respelled("sys.exit"))) == (True, False)
