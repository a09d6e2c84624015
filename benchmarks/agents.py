"""A thousand calls of tools, as an agent makes them: ours beside bashkit's own tool and deepagents' own backend.

    python benchmarks/agents.py [CALLS] [--into PAGE]

The same calls (read, write, edit, list, grep, run a command) in the same order on the same files, made by

- ours: `sandbox.tools().call` with arguments as JSON text, checked, recorded, journalled, and kept for undo;
- ours for deepagents: `SandboxBackend`, recorded too;
- bashkit: `BashTool.execute_sync`, whose only tool is a command line, so a call is the command that does it;
- deepagents: `LocalShellBackend`, its own backend for a directory of the disk with commands of the host.

All take turns with each kind of call in each round; a figure is the median of the rounds, in microseconds a call.
"""

from __future__ import annotations

import json
import random
import shlex
import shutil
import statistics
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import bashkit
from deepagents.backends import LocalShellBackend
from deepagents.backends.protocol import SandboxBackendProtocol
from figures import OURS, Rows, Table, beside, machine, middle, put_into, table

from jupyter_sandfs.agents.deepagents import SandboxBackend
from jupyter_sandfs.sandbox import Sandbox

CALLS = 1_000
SHARES = {"read": 30, "write": 15, "edit": 20, "list": 10, "grep": 10, "run": 15}  # of a hundred calls
FOLDERS, FILES, LINES = 10, 10, 60
ROUNDS = 3
COMMAND = "wc -l {path}; head -3 {path} | sort | tail -1"


def content(number: int) -> str:
    return "".join(f"line {line} of file {number}: some words that stand for text\n" for line in range(LINES))


PATHS = [f"/work/d{folder}/f{file}.txt" for folder in range(FOLDERS) for file in range(FILES)]
TREE = {path: content(number) for number, path in enumerate(PATHS)}


class Place(NamedTuple):
    """What one call is about: a file, and a text that stands in each of them."""

    path: str
    turn: int

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def text(self) -> str:
        return f"line {self.turn % LINES} of"


class Contender(ABC):
    """Who makes the calls; each gives something that is false if the call failed."""

    name = ""

    @abstractmethod
    def read(self, at: Place) -> object: ...
    @abstractmethod
    def write(self, at: Place) -> object: ...
    @abstractmethod
    def edit(self, at: Place) -> object: ...
    @abstractmethod
    def list(self, at: Place) -> object: ...
    @abstractmethod
    def grep(self, at: Place) -> object: ...
    @abstractmethod
    def run(self, at: Place) -> object: ...

    @abstractmethod
    def close(self) -> None: ...


class Ours(Contender):
    name = OURS

    def __init__(self) -> None:
        self.sandbox = Sandbox("ours", store_url="memory:")
        for path, text in TREE.items():
            self.sandbox.fs.write_file(path, text)
        self.tools = self.sandbox.tools(agent="bench", dialect="openai")

    def _call(self, name: str, **arguments: object) -> bool:
        return not self.tools.call(name, json.dumps(arguments)).is_error

    def read(self, at: Place) -> object:
        return self._call("sandbox_fs_read", path=at.path)

    def write(self, at: Place) -> object:
        return self._call("sandbox_fs_write", path=at.path, content=content(at.turn))

    def edit(self, at: Place) -> object:
        return self._call("sandbox_fs_edit", path=at.path, old_text=at.text, new_text=at.text)

    def list(self, at: Place) -> object:
        return self._call("sandbox_fs_list", path=at.folder)

    def grep(self, at: Place) -> object:
        return self._call("sandbox_fs_grep", pattern=at.text, path="/work")

    def run(self, at: Place) -> object:
        return self._call("sandbox_exec", command=COMMAND.format(path=at.path))

    def close(self) -> None:
        self.sandbox.close()


class Backend(Contender):
    """Anything that speaks deepagents' protocol."""

    backend: SandboxBackendProtocol

    def read(self, at: Place) -> object:
        return self.backend.read(at.path).file_data

    def write(self, at: Place) -> object:
        return not self.backend.write(at.path, content(at.turn)).error

    def edit(self, at: Place) -> object:
        return self.backend.edit(at.path, at.text, at.text).occurrences

    def list(self, at: Place) -> object:
        return self.backend.ls(at.folder).entries

    def grep(self, at: Place) -> object:
        return self.backend.grep(at.text, "/work").matches

    def run(self, at: Place) -> object:
        return self.backend.execute(COMMAND.format(path=at.path.lstrip("/"))).exit_code == 0


class OursForDeepagents(Backend):
    name = "ours for deepagents"

    def __init__(self) -> None:
        self.sandbox = Sandbox("backend", store_url="memory:")
        for path, text in TREE.items():
            self.sandbox.fs.write_file(path, text)
        self.backend = SandboxBackend(self.sandbox, "bench")

    def close(self) -> None:
        self.sandbox.close()


class Deepagents(Backend):
    name = "deepagents"

    def __init__(self) -> None:
        shm = Path("/dev/shm")
        self.root = Path(tempfile.mkdtemp(dir=shm if shm.is_dir() else None))
        for path, text in TREE.items():
            file = self.root / path[1:]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.backend = LocalShellBackend(root_dir=self.root, virtual_mode=True, inherit_env=True)

    def close(self) -> None:
        shutil.rmtree(self.root)


class Bashkit(Contender):
    name = "bashkit"

    def __init__(self) -> None:
        self.tool = bashkit.BashTool(profile=bashkit.ExecutionProfile.Interactive)
        for path, text in TREE.items():
            self.tool.execute_sync(f"mkdir -p {path.rpartition('/')[0]}")
            self.tool.write_file(path, text)

    def _call(self, command: str) -> bool:
        return self.tool.execute_sync(command).exit_code == 0

    def read(self, at: Place) -> object:
        return self._call(f"cat -n {at.path}")

    def write(self, at: Place) -> object:
        return self._call(f"printf %s {shlex.quote(content(at.turn))} > {at.path}")

    def edit(self, at: Place) -> object:
        return self._call(f"sed -i 's/{at.text}/{at.text}/' {at.path}")

    def list(self, at: Place) -> object:
        return self._call(f"ls -l {at.folder}")

    def grep(self, at: Place) -> object:
        return self._call(f"grep -rn '{at.text}' /work")

    def run(self, at: Place) -> object:
        return self._call(COMMAND.format(path=at.path))

    def close(self) -> None:
        self.tool.reset()


CONTENDERS: tuple[Callable[[], Contender], ...] = (Ours, OursForDeepagents, Bashkit, Deepagents)


def calls_of(count: int) -> dict[str, list[Place]]:
    """For each kind of call, the files that it is made for."""
    chance = random.Random(7)
    return {
        kind: [Place(chance.choice(PATHS), turn) for turn in range(count * share // 100)]
        for kind, share in SHARES.items()
    }


def measured(count: int) -> Table:
    """Microseconds a call, by who and by kind; the last row is the whole mix."""
    plan, contenders = calls_of(count), [make() for make in CONTENDERS]
    taken: dict[str, dict[str, list[float]]] = {each.name: {kind: [] for kind in plan} for each in contenders}
    for _ in range(ROUNDS):
        for kind, calls in plan.items():
            for each in contenders:
                taken[each.name][kind].append(timed(getattr(each, kind), calls))
    for each in contenders:
        each.close()
    return {who: {**rows, "all": mixed(rows)} for who, rows in middle(taken).items()}


def timed(call: Callable[[Place], object], calls: list[Place]) -> float:
    start = time.perf_counter()
    done = [call(each) for each in calls]
    taken = (time.perf_counter() - start) / len(calls) * 1e6
    if not all(done):
        raise SystemExit(f"{call}: {done.count(False)} calls failed")
    return taken


def mixed(rows: Rows) -> float:
    return statistics.fmean([rows[kind] for kind, share in SHARES.items() for _ in range(share)])


def judged(found: Table) -> list[list[object]]:
    """What is wanted: the mix is quicker than with either of them."""
    rivals = {"bashkit": OURS, "deepagents": "ours for deepagents"}
    lines = []
    for rival, ours in rivals.items():
        times = found[rival]["all"] / found[ours]["all"]
        lines.append([f"the mix, {ours}: times {rival}", "at least 1", f"{times:.2g}", "yes" if times >= 1 else "no"])
    return lines


def main() -> None:
    numbers = [int(each) for each in sys.argv[1:] if each.isdigit()]
    count = numbers[0] if numbers else CALLS
    found = measured(count)
    told = (
        f"{machine()}. bashkit {version('bashkit')}, deepagents {version('deepagents')}. {count:,} calls a round.\n\n"
    )
    told += beside(found, "µs a call") + "\n" + table(["goal", "wanted", "found", ""], judged(found))
    sys.stdout.write(told)
    if "--into" in sys.argv:
        put_into(Path(sys.argv[sys.argv.index("--into") + 1]), told)


if __name__ == "__main__":
    main()
