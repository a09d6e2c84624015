"""Ways out of a sandbox made of `exec`: each works there, which is shown first, and none works from a snippet."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest

from jupyter_sandfs.execution.python import run_python

SECRET = "token-0f5c1e"
"""Lies in a file of the host, in the environment, and in this module; each way out ends in printing it."""

INTROSPECTION = {
    "subclasses of object": """
for each in ().__class__.__base__.__subclasses__():
    if each.__name__ == '_wrap_close':
        print(each.__init__.__globals__['environ']['SECRET'])
""",
    "globals of a library's function": """
import json
print(json.loads.__globals__['__builtins__']['__import__']('os').environ['SECRET'])
""",
    "builtins by name": "print(__builtins__['__import__']('os').environ['SECRET'])",
    "__import__": "print(__import__('os').environ['SECRET'])",
    "the builtin's own module": "print(print.__self__.__import__('os').environ['SECRET'])",
    "the frame of an exception": """
try:
    1 / 0
except ZeroDivisionError as problem:
    frame = problem.__traceback__.tb_frame
    while frame.f_back:
        frame = frame.f_back
    print(frame.f_globals['SECRET'])
""",
    "the frame of a generator": """
def outwards():
    yield generator.gi_frame.f_back.f_back
generator = outwards()
frame = [each for each in generator][0]
while frame:
    if 'SECRET' in frame.f_globals:
        print(frame.f_globals['SECRET'])
        break
    frame = frame.f_back
""",
    "frames by sys": """
import sys
frame = sys._getframe()
while frame.f_back:
    frame = frame.f_back
print(frame.f_globals['SECRET'])
""",
    "modules by sys": "import sys\nprint(sys.modules['__main__'].SECRET)",
    "format strings": """
class P:
    def __init__(self):
        pass
print('{0.__init__.__globals__[__builtins__][__import__]}'.format(P()) and __builtins__['open'](FILE).read())
""",
    "attributes by string": """
print(getattr(getattr((), '__class__'), '__base__').__subclasses__() and open(FILE).read())
""",
    "code objects": "f = lambda: 0\nf.__code__ = f.__code__.replace(co_names=())\nprint(open(FILE).read())",
    "a class made by type": "T = type('T', (object,), {'go': lambda self: open(FILE).read()})\nprint(T().go())",
    "pickle": "import pickle\nprint(pickle.loads(b'cbuiltins\\nopen\\n.')(FILE).read())",
    "importlib": "import importlib\nprint(importlib.import_module('os').environ['SECRET'])",
    "ctypes": "import ctypes\nctypes.string_at(id(ctypes), 8)\nprint(open(FILE).read())",
    "gc": """
import gc
print([each for each in gc.get_objects() if type(each) is dict and 'SECRET' in each][0]['SECRET'])
""",
    "a nested exec": "exec(\"print(__import__('os').environ['SECRET'])\")",
    "a nested eval": "eval(\"print(__import__('os').environ['SECRET'])\")",
}
FILES = {
    "an absolute path": "print(open(FILE).read())",
    "a path with dots": "print(open('/../../../../../..' + FILE).read())",
    "pathlib": "from pathlib import Path\nprint(Path(FILE).read_text())",
    "the environment in /proc": "print(open('/proc/self/environ').read())",
    "a descriptor": "import os\nprint(os.read(os.open(FILE, 0), 100).decode())",
    "low-level io": "import io\nprint(io.open(FILE).read())",
    "a module of files": "import fileinput\nprint([line for line in fileinput.input(FILE)])",
    "linecache": "import linecache\nprint(linecache.getline(FILE, 1))",
    "a URL": "import urllib.request\nprint(urllib.request.urlopen('file://' + FILE).read())",
}
PROCESSES = {
    "system": "import os\nprint(os.system('cat ' + FILE) or SECRET_BY_PROCESS)",
    "popen": "import os\nprint(os.popen('cat ' + FILE).read())",
    "subprocess": "import subprocess\nprint(subprocess.check_output(['cat', FILE]).decode())",
    "posix": "import posix\nprint(posix.environ[b'SECRET'])",
    "environ": "import os\nprint(os.environ['SECRET'])",
}
ALL = INTROSPECTION | FILES | PROCESSES

CONTROL = """
import contextlib, io, json, sys
SECRET = {secret!r}
escaped = []
for name, code in json.load(sys.stdin).items():
    out = io.StringIO()
    with contextlib.suppress(Exception), contextlib.redirect_stdout(out):
        exec(code, {{"FILE": {file!r}, "SECRET_BY_PROCESS": SECRET, "__builtins__": dict(vars(__builtins__))}})
    if SECRET in out.getvalue():
        escaped.append(name)
sys.stdout = sys.__stdout__
print("\\n" + json.dumps(escaped))
"""


@pytest.fixture
def secret(tmp_path, monkeypatch):
    """Put the secret where a kernel has its secrets; gives the path of a file."""
    file = tmp_path / "secret.txt"
    file.write_text(SECRET)
    monkeypatch.setenv("SECRET", SECRET)
    return file


def test_each_way_out_works_from_an_exec(secret):
    done = subprocess.run(
        [sys.executable, "-c", CONTROL.format(secret=SECRET, file=str(secret))],
        input=json.dumps(ALL),
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    )

    assert sorted(set(ALL) - set(json.loads(done.stdout.splitlines()[-1]))) == []


@pytest.mark.parametrize("name", ALL)
def test_no_way_out_works_from_a_snippet(fs, secret, name):
    code = f"FILE = {str(secret)!r}\nSECRET_BY_PROCESS = 'none'\n{ALL[name]}"

    result = run_python(fs, code)
    assert (result.exit_code, SECRET in f"{result.stdout}{result.stderr}{result.shown}") == (1, False)


@pytest.mark.parametrize(
    "module",
    ["socket", "urllib.request", "http.client", "ssl", "ftplib", "asyncio.streams", "multiprocessing", "signal"],
)
def test_there_is_no_module_that_reaches_the_network_or_another_process(fs, module):
    result = run_python(fs, f"import {module}")

    assert result.stderr.splitlines()[-2] == f"ModuleNotFoundError: No module named '{module.partition('.')[0]}'" or (
        module == "asyncio.streams" and "asyncio" in result.stderr
    )


def test_asyncio_opens_no_connection(fs):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        port = server.getsockname()[1]
        go = f"async def go():\n    await asyncio.open_connection('127.0.0.1', {port})\n"
        code = f"import asyncio\n{go}asyncio.run(go())"

        assert run_python(fs, code).exit_code == 1
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_snippet_sees_no_object_and_no_environment_of_the_kernel(fs, secret):
    result = run_python(fs, "import os\nprint(os.environ, os.getcwd())")

    assert result.stdout == "{} /\n"


@pytest.mark.parametrize(
    ("part", "times", "end"), [("1if 1else ", 900, "1"), ("-", 9_000, "1"), ("(", 9_000, ""), ("1+", 4_000, "1j")]
)
def test_a_repr_that_is_hard_to_read_is_text_here(fs, part, times, end):
    text = f"{part!r} * {times} + {end!r}"

    result = run_python(fs, f"class P:\n    def __repr__(self):\n        return {text}\nP()")
    assert result.value == part * times + end


def test_a_value_with_a_lying_repr_is_text_here(fs):
    result = run_python(fs, "class P:\n    def __repr__(self):\n        return '__import__(\"os\").getpid()'\nP()")

    assert result.value == '__import__("os").getpid()'
