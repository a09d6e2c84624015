"""`python` in the shell, as one knows it: arguments, pipes, exit codes. Snippets themselves are in tests/execution."""

from __future__ import annotations

import threading
import time

import pytest

from jupyter_sandfs.shell.shell import SandboxShell
from jupyter_sandfs.vfs.actions import ChangeKind
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView


def told(result):
    return result.stdout, result.stderr, result.exit_code


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("python -c 'print(1)'", "1\n"),
        ("python3 -c 'print(argv)' -c x", "['<string>', '-c', 'x']\n"),
        ("echo 'print(2)' | python", "2\n"),
        ("echo 'print(argv)' | python - a", "['<stdin>', 'a']\n"),
        ("echo hi | python -c 'print(input())' | tr a-z A-Z", "HI\n"),
        ("python3 <<'END'\nprint('here')\nEND", "here\n"),
        ('for i in 1 2 3; do python -c "print($i * 2)"; done | tail -1', "6\n"),
        ("mkdir /w; cd /w; python -c 'import os; print(os.getcwd(), os.environ[\"PWD\"])'", "/w /w\n"),
        ("printf 'a\\nb\\n' | xargs -n1 python -c 'print(argv[1])'", "a\nb\n"),
        ("python -c '1 + 1'", ""),
        ("python -c 'exit(4)' || echo $?", "4\n"),
        ("export A=b; python -c 'import os; print(os.environ[\"A\"])'", "b\n"),
        ("python -u -B -c 'print(1)'", "1\n"),
        ("python -V | cut -d, -f1", "Python\n"),
    ],
)
def test_it_is_called_as_python_is(shell, line, expected):
    assert told(shell.exec(line)) == (expected, "", 0)


def test_a_script_gets_its_path_and_arguments_and_tracebacks_name_it(fs, shell):
    fs.write_file("/w/s.py", "print(__file__, argv, __name__)\nprint(open('data').read())\n1 / 0\n")
    fs.write_file("/w/data", "content")

    assert told(shell.exec("cd /w; python s.py -v --all x")) == (
        "/w/s.py ['/w/s.py', '-v', '--all', 'x'] __main__\ncontent\n",
        (
            "Traceback (most recent call last):\n"
            '  File "/w/s.py", line 3, in <module>\n    1 / 0\n'
            "ZeroDivisionError: division by zero\n"
        ),
        1,
    )


@pytest.mark.parametrize(
    ("line", "stderr", "code"),
    [
        ("python nope.py", "python: can't open file 'nope.py': [Errno 2] No such file or directory\n", 2),
        ("python /", "python: can't open file '/': [Errno 21] Is a directory\n", 2),
        ("printf '\\377' > b.py; python b.py", "python: b.py is not text in UTF-8\n", 1),
        ("python -c", "python: argument expected for the -c option\n", 2),
        ("python --nope", "python: unknown option --nope\n", 2),
        (
            "python -m http.server",
            "python: there are no modules to run here; full Python runs as: host python3 -m MODULE\n",
            2,
        ),
    ],
)
def test_what_cannot_be_run_is_said_in_one_way(shell, line, stderr, code):
    assert told(shell.exec(line)) == ("", stderr, code)


def test_its_changes_are_those_of_the_run(fs, shell):
    result = shell.exec("echo x > a; python -c \"open('/b', 'w')\"; mkdir c")

    assert [(each.kind, each.path) for each in result.changes] == [
        (ChangeKind.ADDED, "/a"),
        (ChangeKind.ADDED, "/b"),
        (ChangeKind.ADDED, "/c"),
    ]
    assert len({each.action for each in fs.log()}) == 1


def test_it_sees_what_the_shells_view_sees(fs):
    fs.write_file("/secret", "s")
    fs.write_file("/plain", "p")
    fs.set_policy("/secret", NodePolicy(visibility="private"))
    shell = SandboxShell(fs, VisibilityView({"public"}))

    listed = shell.exec("python -c \"import os; print(os.listdir('/'), os.path.exists('/secret'))\"")
    opened = shell.exec("python -c \"open('/secret')\"")
    assert told(listed) == ("['plain'] False\n", "", 0)
    assert opened.stderr.splitlines()[-1] == "FileNotFoundError: [Errno 2] No such file or directory: '/secret'"


@pytest.mark.parametrize("command", ["while True: pass", "import time; time.sleep(1000)"])
def test_the_end_of_the_run_ends_it(fs, command):
    shell = SandboxShell(fs, timeout=0.3)

    begun = time.monotonic()
    assert told(shell.exec(f"python -c '{command}'; echo no")) == ("", "sh: timed out (300ms)\n", 124)
    assert time.monotonic() - begun < 10
    assert told(shell.exec("python -c 'print(1)'")) == ("1\n", "", 0)


def test_the_timeout_command_ends_it(shell):
    assert told(shell.exec("timeout 0.2 python -c 'while True: pass'; echo $?")) == ("124\n", "", 0)


def test_a_cancel_ends_it_and_the_shell_goes_on(fs, shell):
    begun = threading.Event()
    fs.register_write_hook("/begun", lambda _event: begun.set())
    results = []
    thread = threading.Thread(
        target=lambda: results.append(shell.exec("python -c \"open('/begun', 'w')\nwhile True: pass\"; echo no"))
    )
    thread.start()
    assert begun.wait(20)

    shell.cancel()
    thread.join(20)
    assert [(each.stdout, each.exit_code) for each in results] == [("", 130)]
    assert told(shell.exec("python -c 'print(1)'")) == ("1\n", "", 0)
