"""The shell against the bash and the tools of this machine: same output, same exit code, same tree.

The scripts are in `scripts/`, a file for each theme; `#: ` starts one and names it. bash is the judge. What is known to
differ stands in docs/shell-differences.md, and is pinned by `test_differences.py`.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def real_tools(part) -> None:
    """Skip without the judges that not every machine has."""
    for program in ("bash", "bc", "column", "jq", "unzip", "xxd", "zip"):
        part(program)


START = {
    "notes/todo.txt": b"buy milk\ncall Ada\nfix the roof\n",
    "notes/done.txt": b"Milk bought\n",
    "notes/deep/er/x.md": b"# x\n\nmilk, again\n",
    "data/one.csv": b"name,age\nada,36\nalan,41\ngrace,85\n",
    "data/raw.bin": bytes(range(256)),
    "data/empty": b"",
    "data/words.txt": b"pear\napple\nfig\nApple\npear\nplum\nfig\npear\n",
    "data/numbers.txt": b"12\n7\n3\n45\n7\n28\n",
    "data/sales.csv": (
        b"date,region,amount\n2024-01-03,north,120.5\n2024-01-15,south,80\n2024-01-20,north,33.25\n"
        b"2024-02-02,east,210\n2024-02-11,south,99.9\n2024-02-28,north,150\n2024-03-05,east,12\n"
    ),
    "data/people.json": (
        b'[{"name": "ada", "age": 36, "team": "x", "nick": "al"}, {"name": "alan", "age": 41, "team": "y"},\n'
        b' {"name": "grace", "age": 85, "team": "x"}]\n'
    ),
    "data/doc.json": (
        b'{"name": "doc", "count": 3, "tags": ["a", "b"], "nested": {"deep": {"x": 1.5}}, "on": true, "none": null}\n'
    ),
    "logs/app.log": (
        b"2024-01-31 09:58:01 INFO started\n2024-01-31 10:02:11 INFO user=ada took 120ms\n"
        b"2024-01-31 10:17:45 WARN user=bob took 980ms\n2024-01-31 11:03:09 ERROR user=ada took 15ms: no such table\n"
        b"2024-01-31 11:29:59 INFO user=cy took 33ms\n2024-01-31 12:00:00 ERROR disk is full\n"
    ),
    "src/main.py": b"import os\nimport sys\n\n\ndef main():\n    old_name = 1  # TODO: rename\n    return old_name\n",
    "src/util.py": b"from os import path\nimport sys\n\n\ndef helper(x):\n    return x\n",
    "README.md": (
        b"# Title\n\nThe project does the work. See [docs](docs/index.md) and [site](http://example.org).\n\n"
        b"## Install\n\n```\nrun it\n```\n\n## Use\n\nUse the tool with care.\n"
    ),
    "run.sh": b"echo run with $#: $@\nexit 3\n",
    ".hidden": b"dot\n",
}
SECONDS = 20


def scripts() -> Iterator[tuple[str, str]]:
    for file in sorted((Path(__file__).parent / "scripts").glob("*.sh")):
        for section in file.read_text().split("#: ")[1:]:
            name, _, script = section.partition("\n")
            yield f"{file.stem}: {name}", script


SCRIPTS = dict(scripts())


def put_on_disk(directory):
    for name, content in START.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)


def put_in_sandbox(fs):
    for name, content in START.items():
        fs.write_bytes(f"/{name}", content)


def tree_on_disk(top):
    return {str(path.relative_to(top)): disk_node(path) for path in top.rglob("*")}


def disk_node(path):
    if path.is_symlink():
        return f"-> {path.readlink()}"
    return "directory" if path.is_dir() else path.read_bytes()


def tree_in_sandbox(fs):
    return {entry.path[1:]: sandbox_node(fs, entry) for directory, _, _ in fs.walk("/") for entry in fs.ls(directory)}


def sandbox_node(fs, entry):
    if entry.stat.is_symlink:
        return f"-> {entry.stat.link_target}"
    return "directory" if entry.is_dir else fs.read_bytes(entry.path)


def run_real(script, directory):
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "LC_COLLATE": "C", "TZ": "UTC", "HOME": "/"}
    return subprocess.run(
        ["bash", "-c", script],
        cwd=directory,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=SECONDS,
    )


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_does_what_it_does_in_a_real_bash(fs, shell, name, tmp_path):
    put_on_disk(tmp_path)
    put_in_sandbox(fs)

    real = run_real(SCRIPTS[name], tmp_path)
    ours = shell.exec(SCRIPTS[name])

    assert (ours.stdout, ours.exit_code, tree_in_sandbox(fs)) == (
        real.stdout.decode("utf-8", "replace"),
        real.returncode,
        tree_on_disk(tmp_path),
    ), (ours.stderr, real.stderr.decode())


def test_there_are_enough_scripts():
    assert len(SCRIPTS) >= 300
