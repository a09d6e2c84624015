"""Snippets: their outcome, their files, their limits. How they fail to get out is in test_escapes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from jupyter_sandfs.errors import InvalidRequest, LimitExceeded, NotADirectory, NotFound, Unsupported
from jupyter_sandfs.execution import job, pool
from jupyter_sandfs.execution.job import Stop
from jupyter_sandfs.execution.python import PythonLimits, Snippet, run_python
from jupyter_sandfs.execution.subset import HINT
from jupyter_sandfs.vfs.actions import ChangeKind
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView


def told(result):
    return result.stdout, result.stderr, result.exit_code


def printed(fs, code, **options):
    result = run_python(fs, code, **options)
    assert (result.stderr, result.exit_code) == ("", 0)
    return result.stdout


# ---------------------------------------------------------------- outcome


def test_what_is_printed_comes_back_in_both_streams(fs):
    result = run_python(fs, "import sys\nprint('out')\nprint('error', file=sys.stderr)")

    assert told(result) == ("out\n", "error\n", 0)


@pytest.mark.parametrize(
    ("code", "shown", "value"),
    [
        ("1 + 1", "2", 2),
        ("x = 5; x * 2", "10", 10),
        ("[1, 'a', {'b': (None, 2.5)}]", "[1, 'a', {'b': (None, 2.5)}]", [1, "a", {"b": (None, 2.5)}]),
        ("x = 1", None, None),
        ("None", None, None),
        ("print(1)", None, None),
        ("'None'", "'None'", "None"),
        ("if True:\n    1", None, None),
        ("class P:\n    def __repr__(self):\n        return 'P!'\nP()", "P!", "P!"),
        ("def repr(x):\n    return 'redefined'\n'kept'", "'kept'", "kept"),
    ],
)
def test_the_value_of_the_last_line_is_shown(fs, code, shown, value):
    result = run_python(fs, code)

    assert (result.shown, result.value, result.exit_code) == (shown, value, 0)


def test_a_value_that_is_shared_many_times_never_unfolds_here(fs):
    bomb = "a = []\nfor _ in range(60):\n    a = [a, a]\n"

    limits = PythonLimits(memory_bytes=20 << 20, seconds=10)
    assert run_python(fs, f"{bomb}b = a", limits=limits).exit_code == 0
    assert run_python(fs, f"{bomb}a", limits=limits).shown is None
    assert run_python(fs, f"{bomb}import os\nos.getenv('x', a)", limits=limits).exit_code == 1
    assert run_python(fs, f"{bomb}nothing(a)", limits=limits).exit_code == 1


def test_a_long_value_is_cut(fs):
    result = run_python(fs, "'x' * 1_000_000")

    assert (len(result.shown), result.value) == (10_000, result.shown)


def test_an_error_is_told_with_the_lines_of_the_source(fs):
    result = run_python(fs, "def f(x):\n    return 1 / x\n\nf(0)", name="/s.py")

    assert told(result) == (
        "",
        (
            "Traceback (most recent call last):\n"
            '  File "/s.py", line 4, in <module>\n'
            "    f(0)\n"
            '  File "/s.py", line 2, in f\n'
            "    return 1 / x\n"
            "ZeroDivisionError: division by zero\n"
        ),
        1,
    )


def test_a_syntax_error_runs_nothing(fs):
    result = run_python(fs, "open('/made', 'w')\nx y")

    assert (result.stdout, result.exit_code, fs.exists("/made")) == ("", 1, False)
    assert "line 2, in <module>\n    x y\nSyntaxError: " in result.stderr


def test_a_long_traceback_is_shortened(fs):
    result = run_python(fs, "def f():\n    f()\nf()")

    lines = result.stderr.splitlines()
    assert (lines[-1], sum("more frames]" in line for line in lines)) == (
        "RecursionError: maximum recursion depth exceeded",
        1,
    )
    assert len(lines) == 23


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("exit()", ("", "", 0)),
        ("exit(3)", ("", "", 3)),
        ("quit(256)", ("", "", 0)),
        ("exit(None)", ("", "", 0)),
        ("exit('no good')", ("", "no good\n", 1)),
        ("raise SystemExit('4')", ("", "", 4)),
        ("try:\n    exit(5)\nexcept Exception:\n    print('not caught')", ("", "", 5)),
    ],
)
def test_a_snippet_says_its_exit_code(fs, code, expected):
    assert told(run_python(fs, code)) == expected


def test_input_and_the_standard_input_are_what_was_given(fs):
    stdin = "ä\nb\n".encode()

    assert printed(fs, "print(input('? '), input())", stdin=stdin) == "? ä b\n"
    assert printed(fs, "print(open('/dev/stdin').read())", stdin=stdin) == "ä\nb\n\n"
    assert "input: there are no more lines" in run_python(fs, "input()").stderr


def test_arguments_environment_and_directory_are_what_was_given(fs):
    fs.mkdir("/w")

    code = "import os\nprint(argv, __file__, os.getcwd(), os.environ['A'], os.environ.get('B'))"
    assert printed(fs, code, name="/w/s.py", argv=["-x"], env={"A": "1"}, cwd="/w") == (
        "['/w/s.py', '-x'] /w/s.py /w 1 None\n"
    )


@pytest.mark.parametrize(("cwd", "error"), [("/nope", NotFound), ("/file", NotADirectory)])
def test_a_working_directory_must_be_one(fs, cwd, error):
    fs.write_file("/file", "")

    with pytest.raises(error):
        run_python(fs, "1", cwd=cwd)


# ---------------------------------------------------------------- files


def test_files_are_read_and_written_as_in_python(fs):
    fs.write_file("/d/a.txt", "ä\nb\n")
    code = """
import os
from pathlib import Path
with open('/d/a.txt') as f:
    print([line for line in f])
with open('/d/a.txt', 'rb') as f:
    print(f.read(3))
with open('/d/b.txt', 'w') as f:
    f.write('one\\n')
    f.write('two\\n')
with open('/d/b.txt', 'a') as f:
    f.write('three\\n')
os.makedirs('/d/x/y')
Path('/d/x/y/c.bin').write_bytes(b'\\x00\\xff')
os.rename('/d/b.txt', '/d/x/b.txt')
print(os.listdir('/d'), os.path.getsize('/d/x/b.txt'), Path('/d/x/y/c.bin').read_bytes())
print([(at, sorted(below), sorted(names)) for at, below, names in os.walk('/d')])
print([str(p) for p in Path('/d').rglob('*.bin')], [e.name for e in os.scandir('/d/x') if e.is_dir()])
os.remove('/d/x/y/c.bin')
os.rmdir('/d/x/y')
print(Path('/d/x').exists(), Path('/d/x/y').is_dir(), Path('/d/x/b.txt').is_file(), Path('/d').stat().st_mode)
"""

    assert printed(fs, code).splitlines() == [
        "['ä\\n', 'b\\n']",
        "b'\\xc3\\xa4\\n'",
        "['a.txt', 'x'] 14 b'\\x00\\xff'",
        "[('/d', ['x'], ['a.txt']), ('/d/x', ['y'], ['b.txt']), ('/d/x/y', [], ['c.bin'])]",
        "['/d/x/y/c.bin'] ['y']",
        f"True False True {0o40755}",
    ]
    assert fs.read_file("/d/x/b.txt") == "one\ntwo\nthree\n"


def test_links_are_followed_and_seen(fs):
    fs.write_file("/d/a", "x")
    fs.symlink("a", "/d/l")
    fs.symlink("/d", "/up")

    code = """
from pathlib import Path
import os
print(Path('/d/l').is_symlink(), Path('/d/l').read_text(), Path('/up/l').resolve())
print(sorted(at for at, _, _ in os.walk('/')), len([1 for _ in os.walk('/', followlinks=True)]))
"""
    assert printed(fs, code) == "True x /d/a\n['/', '/d'] 3\n"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("open('/nope')", "FileNotFoundError: [Errno 2] No such file or directory: '/nope'"),
        ("open('/nope/x', 'w')", "FileNotFoundError: [Errno 2] No such file or directory: '/nope/x'"),
        ("open('/file/x', 'w')", "NotADirectoryError: [Errno 20] Not a directory: '/file'"),
        ("open('/d')", "IsADirectoryError: [Errno 21] Is a directory: '/d'"),
        ("open('/d', 'a')", "IsADirectoryError: [Errno 21] Is a directory: '/d'"),
        ("import os\nos.mkdir('/d')", "FileExistsError: [Errno 17] File exists: '/d'"),
        ("import os\nos.rmdir('/d')", "OSError: [Errno 39] Directory not empty: '/d'"),
        ("import os\nos.rmdir('/file')", "NotADirectoryError: [Errno 20] Not a directory: '/file'"),
        ("import os\nos.remove('/d')", "IsADirectoryError: [Errno 21] Is a directory: '/d'"),
        ("import os\nos.mkdir('/e')\nos.rename('/e', '/d')", "OSError: [Errno 39] Directory not empty: '/d'"),
        ("import os\nos.listdir('/file')", "NotADirectoryError: [Errno 20] Not a directory: '/file'"),
        ("open('/fixed', 'a').write('x')", "PermissionError: [Errno 30] Read-only file system: '/fixed'"),
        ("open('/log', 'w')", "PermissionError: [Errno 1] Operation not permitted: '/log'"),
        (
            "open('/bytes').read()",
            "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        ),
        ("open('/a\\0b')", "ValueError: embedded null byte"),
    ],
)
def test_an_error_about_a_file_is_pythons_own(fs, code, expected):
    fs.write_file("/d/inside", "")
    for name in ("/file", "/fixed", "/log"):
        fs.write_file(name, "old")
    fs.write_file("/bytes", b"\xff")
    fs.set_policy("/fixed", NodePolicy(writable=False))
    fs.set_policy("/log", NodePolicy(append_only=True))

    result = run_python(fs, code)
    assert (result.stderr.splitlines()[-1], result.exit_code) == (expected, 1)


def test_an_append_only_file_is_appended_to(fs):
    fs.write_file("/log", "one\n")
    fs.set_policy("/log", NodePolicy(append_only=True))

    printed(fs, "with open('/log', 'a') as f:\n    f.write('two\\n')")
    assert fs.read_file("/log") == "one\ntwo\n"


def test_what_a_view_hides_does_not_exist(fs):
    fs.write_file("/d/secret", "s")
    fs.write_file("/d/plain", "p")
    fs.set_policy("/d/secret", NodePolicy(visibility="private"))
    code = """
import os
from pathlib import Path
print(os.listdir('/d'), sorted(str(p) for p in Path('/').rglob('*')), os.path.exists('/d/secret'), list(os.walk('/')))
for attempt in (lambda: open('/d/secret'), lambda: os.stat('/d/secret'), lambda: os.remove('/d/secret')):
    try:
        attempt()
    except FileNotFoundError as problem:
        print(problem)
try:
    open('/d/secret', 'w')
except PermissionError as problem:
    print(problem)
"""

    assert printed(fs.view(VisibilityView({"public"})), code).splitlines() == [
        "['plain'] ['/d', '/d/plain'] False [('/', ['d'], []), ('/d', [], ['plain'])]",
        *["[Errno 2] No such file or directory: '/d/secret'"] * 3,
        "[Errno 13] Permission denied: '/d/secret'",
    ]


def test_changes_are_listed_and_are_one_action_of_the_actor(fs):
    fs.write_file("/old", "x")

    result = run_python(fs, "import os\nopen('/new', 'w')\nos.remove('/old')", actor="me")
    assert [(each.kind, each.path) for each in result.changes] == [
        (ChangeKind.ADDED, "/new"),
        (ChangeKind.REMOVED, "/old"),
    ]
    assert {(each.actor, each.label.partition(":")[0]) for each in fs.log()[1:]} == {("me", "python")}
    assert len({each.action for each in fs.log()[1:]}) == 1


def test_a_computed_file_and_a_hook_work_from_a_snippet(fs):
    heard = []
    fs.mount_file("/now", lambda _context: "computed")
    fs.register_write_hook("/", lambda event: heard.append(event.path))

    assert printed(fs, "print(open('/now').read())\nopen('/w', 'w')") == "computed\n"
    assert heard == ["/w"]


# ---------------------------------------------------------------- limits


def test_endless_computing_is_stopped(fs):
    result = run_python(fs, "open('/before', 'w')\nwhile True:\n    pass", limits=PythonLimits(seconds=0.2))

    assert told(result) == ("", "python: stopped after 0.2 s\n", 124)
    assert [each.path for each in result.changes] == ["/before"]


def test_time_that_is_slept_counts(fs):
    result = run_python(fs, "import time\ntime.sleep(60)", limits=PythonLimits(seconds=0.2))

    assert told(result) == ("", "python: stopped after 0.2 s\n", 124)


def test_time_spent_in_computed_files_counts():
    fs = VirtualFileSystem(limits=Limits(provider_seconds=0.05))
    release = threading.Event()
    fs.mount_file("/slow", lambda _context: release.wait(20) or "x")
    code = "while True:\n    try:\n        open('/slow').read()\n    except OSError:\n        pass"

    result = run_python(fs, code, limits=PythonLimits(seconds=0.2))
    release.set()
    assert told(result) == ("", "python: stopped after 0.2 s\n", 124)


def test_a_flood_of_output_is_stopped_and_its_beginning_kept(fs):
    result = run_python(fs, "while True:\n    print('0123456789' * 100)", limits=PythonLimits(output_bytes=1000))

    assert (result.stdout, result.exit_code, result.truncated) == ("0123456789" * 100, 1, True)
    assert result.stderr == "python: stopped: it printed more than 1000 bytes\n"


@pytest.mark.parametrize(
    "code", ["x = [0] * 10**9", "x = 'a' * 10**9", "x = []\nwhile True:\n    x.append('y' * 1000)", "9**9**9"]
)
def test_memory_is_limited(fs, code):
    result = run_python(fs, code, limits=PythonLimits(memory_bytes=10 << 20, seconds=10))

    assert (result.exit_code, result.stderr.splitlines()[-1].partition(":")[0]) == (1, "MemoryError")


def test_a_file_that_there_is_no_room_for_is_not_even_sent(fs):
    fs.write_file("/big", b"x" * 11_000_000)

    result = run_python(fs, "open('/big').read()", limits=PythonLimits(memory_bytes=10 << 20))
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (1, "OSError: [Errno 27] File too large: '/big'")


def test_operations_on_files_are_limited(fs):
    fs.write_file("/a", "")

    result = run_python(fs, "while True:\n    open('/a')", limits=PythonLimits(operations=50))
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (1, "python: the limit is 50 operations on files")


@pytest.mark.parametrize("name", ["seconds", "memory_bytes", "output_bytes", "operations"])
def test_no_limit_is_zero(name):
    with pytest.raises(InvalidRequest):
        PythonLimits(**{name: 0})


# ---------------------------------------------------------------- stopping, and the workers


def test_a_snippet_is_stopped_from_another_thread(fs):
    begun = threading.Event()
    fs.register_write_hook("/begun", lambda _event: begun.set())
    snippet = Snippet(fs, "open('/begun', 'w')\nwhile True:\n    pass", name="<python>")
    future = job.start(snippet)
    assert begun.wait(20)

    snippet.stop(Stop.CANCELLED)
    assert told(future.result(20)) == ("", "python: interrupted\n", 130)


def test_a_snippet_that_is_stopped_before_it_began_does_nothing(fs):
    snippet = Snippet(fs, "open('/made', 'w')", name="<python>")

    snippet.stop(Stop.CANCELLED)
    assert (snippet.perform().exit_code, fs.exists("/made")) == (130, False)


def test_after_a_worker_was_killed_the_next_snippet_runs(fs):
    for _ in range(3):
        assert run_python(fs, "while True:\n    pass", limits=PythonLimits(seconds=0.05)).exit_code == 124
        assert run_python(fs, "1").value == 1


def test_nothing_stays_from_one_snippet_to_the_next(fs):
    assert run_python(fs, "kept = 1").ok

    assert "NameError: name 'kept' is not defined" in run_python(fs, "kept").stderr


def test_snippets_run_at_once(fs):
    results = [job.start(Snippet(fs, f"{number}", name="<python>", show_value=True)) for number in range(20)]

    assert [each.result(60).value for each in results] == list(range(20))


def test_a_provider_that_a_snippet_reads_may_run_a_snippet(fs):
    fs.mount_file("/inner", lambda _context: str(run_python(fs, "6 * 7").value))

    assert printed(fs, "print(open('/inner').read())") == "42\n"


def test_a_pool_is_started_when_it_is_needed_and_again_after_its_end():
    fresh = pool.Pool()

    fresh.close()
    for _ in range(2):
        with fresh.workers().checkout() as session:
            assert session.feed_run("1") == 1
        fresh.close()


def test_a_process_that_ends_takes_its_snippets_and_workers_along():
    code = (
        "import os, threading\n"
        "from jupyter_sandfs.execution import job, pool\n"
        "from jupyter_sandfs.execution.python import Snippet\n"
        "from jupyter_sandfs.vfs.filesystem import VirtualFileSystem\n"
        "fs, begun = VirtualFileSystem(), threading.Event()\n"
        "fs.register_write_hook('/', lambda _event: begun.set())\n"
        "snippet = Snippet(fs, 'open(\\'/begun\\', \\'w\\')\\nwhile True:\\n    pass', name='x')\n"
        "job.start(snippet)\n"
        "assert begun.wait(20)\n"
        "print(snippet._worker)\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert not Path(f"/proc/{done.stdout.strip()}").exists()


def test_when_the_kernel_is_killed_its_workers_end():
    code = (
        "from jupyter_sandfs.execution.pool import POOL\n"
        "with POOL.workers().checkout() as session:\n"
        "    print(session.worker_pid, flush=True)\n"
        "input()\n"
    )
    kernel = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with kernel:
        worker = Path("/proc", kernel.stdout.readline().decode().strip())
        assert worker.exists()
        kernel.kill()
    deadline = time.monotonic() + 20
    while worker.exists() and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert not worker.exists()


def test_too_many_snippets_at_once_are_refused(fs, monkeypatch):
    def busy():
        raise TimeoutError

    monkeypatch.setattr(pool.POOL, "workers", busy)

    with pytest.raises(LimitExceeded, match="too many"):
        run_python(fs, "1")


def test_without_the_interpreter_it_is_said_what_works(fs, monkeypatch):
    monkeypatch.setitem(sys.modules, "pydantic_monty", None)
    fresh = pool.Pool()

    with pytest.raises(Unsupported, match=r"needs the package pydantic-monty.*host python3"):
        fresh.workers()


# ---------------------------------------------------------------- what the subset lacks


@pytest.mark.parametrize(
    "code",
    [
        "class A(dict):\n    pass",
        "def f():\n    yield 1",
        "x = [1]\ndel x[0]",
        "import numpy",
        "import subprocess",
        "from io import StringIO",
        "dir()",
        "import os\nos.system('ls')",
        "from pathlib import Path\nPath('x').touch()",
        "open('x', 'x')",
        "open('x', 'r+')",
        "try:\n    open('/nope')\nexcept OSError as e:\n    print(e.errno)",
        "raise SystemExit(3)",
        "list(open('/dev/stdin'))",
        "import re\nre.sub('a', lambda found: 'b', 'a')",
        "class A:\n    @property\n    def x(self):\n        return 1",
    ],
)
def test_what_the_subset_lacks_is_said_with_the_way_out(fs, code):
    result = run_python(fs, code)

    assert (result.exit_code, result.stderr.splitlines()[-1]) == (1, f"python: {HINT}")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import sys\nprint(sys.argv)\nsys.exit(4)", ("['<python>', 'one']\n", "", 4)),
        ("import sys\nsys.exit()", ("", "", 0)),
        ("import sys\nsys.exit(None)", ("", "", 0)),
        ("import sys\nsys.exit('went wrong')", ("", "went wrong\n", 1)),
        ("import sys\nfor line in sys.stdin:\n    print(line.strip())", ("1\n2\n", "", 0)),
        ("import sys\nprint(sys.stdin.readline() + sys.stdin.read(), end='')", ("1\n2\n", "", 0)),
        ("import csv, sys\nprint(list(csv.reader(sys.stdin)))", ("[['1'], ['2']]\n", "", 0)),
        ("import os\nprint(os.getenv('A'), os.getenv('B', 'none'))", ("1 none\n", "", 0)),
        ("import sys\nsys.stdout.write('a\\n')\nsys.stderr.write('b\\n')\nsys.stdout.flush()", ("a\n", "b\n", 0)),
        ("print('sys.exit(3)')  # sys.exit(3)", ("sys.exit(3)\n", "", 0)),
    ],
)
def test_arguments_standard_input_and_exit_are_found_in_sys(fs, code, expected):
    result = run_python(fs, code, argv=["one"], stdin=b"1\n2\n", env={"A": "1"})

    assert (result.stdout, result.stderr, result.exit_code) == expected


def test_a_traceback_shows_the_line_as_it_was_written(fs):
    result = run_python(fs, "import sys\nsys.exit(1 / 0)")

    assert "    sys.exit(1 / 0)\n" in result.stderr


@pytest.mark.parametrize(
    "code", ["1 / 0", "nothing_of_this_name", "class P:\n    pass\nP().x", "raise RuntimeError('x')"]
)
def test_the_users_own_mistakes_get_no_advice(fs, code):
    assert "python:" not in run_python(fs, code).stderr
