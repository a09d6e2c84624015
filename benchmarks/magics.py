"""What the magics cost a person: loading the extension, one Tab key in a large sandbox, a line, and a cell.

    python benchmarks/magics.py [FILES]

Milliseconds. Loading is measured in processes of their own, with and without, in turn; FILES lie in one folder. The Tab
key is asked of IPython's completer, of that of a terminal with and without jedi, and of a kernel by its messages.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from IPython.terminal.ptutils import IPythonPTCompleter
from jupyter_client.manager import KernelManager
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from traitlets.config import Config

from jupyter_sandfs.sandbox import Sandbox

ROUNDS = 7
START = """\
import time
from IPython.core.interactiveshell import InteractiveShell
import IPython.core.completer
shell = InteractiveShell.instance()
begun = time.process_time()
{load}
print(time.process_time() - begun)
"""
ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}  # the first round compiles
LOAD = "shell.run_line_magic('load_ext', 'jupyter_sandfs')"
QUESTIONS = ("%sandfs ", "%sandfs cat /many/", "%sandfs cat /many/f0", "%sandfs cat /many/f0999", "%sandfs ls --")


def best(call: Callable[[], object], rounds: int = 20) -> float:
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begun)
    return min(taken) * 1e3


def loading() -> None:
    taken: dict[str, list[float]] = {"": [], LOAD: []}
    for _ in range(ROUNDS):
        for load, times in taken.items():
            command = [sys.executable, "-c", START.format(load=load)]
            times.append(
                float(subprocess.run(command, capture_output=True, check=True, text=True, env=ENVIRONMENT).stdout)
            )
    print(f"%load_ext beyond IPython's own imports  {min(taken[LOAD]) * 1e3:7.1f} ms of processor time")


def completing(shell: InteractiveShell, count: int) -> None:
    fs = Sandbox.current().fs
    for number in range(count):
        fs.write_file(f"/many/f{number:06}.txt", "")
    print(f"one Tab key, {count:,} files in the folder")
    for question in QUESTIONS:

        def ask(question: str = question) -> list[object]:
            with provisionalcompleter():
                return list(shell.Completer.completions(question, len(question)))

        print(f"  {question!r:<28} {best(ask):7.2f} ms, {len(ask())} offered")


def in_terminal(shell: InteractiveShell) -> None:
    """What prompt_toolkit waits for, with what IPython itself adds."""
    completer = IPythonPTCompleter(shell.Completer)
    pressed = CompleteEvent(completion_requested=True)
    for jedi in (True, False):
        shell.Completer.use_jedi = jedi
        for question in QUESTIONS:
            taken = best(lambda text=question: list(completer.get_completions(Document(text), pressed)))
            print(f"  {question!r:<28} {taken:7.2f} ms in a terminal, {'with' if jedi else 'without'} jedi")


def over_the_wire(count: int) -> None:
    """What a page waits for, but for its own drawing: a message to a kernel and back."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=120)
    made = "for n in range({count}): Sandbox.current().fs.write_file(f'/many/f{{n:06}}.txt', '')"
    setup = f"%load_ext jupyter_sandfs\nfrom jupyter_sandfs import Sandbox\n{made.format(count=count)}"
    client.execute_interactive(setup, timeout=300, output_hook=lambda _message: None)
    for question in QUESTIONS:
        taken = best(lambda text=question: client.complete(text, reply=True, timeout=60))
        print(f"  {question!r:<28} {taken:7.2f} ms from a kernel")
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def running(shell: InteractiveShell) -> None:
    silent = Sandbox.current().shell
    rows = {
        "shell.exec('true')": lambda: silent.exec("true"),
        "%sandfs true": lambda: shell.run_line_magic("sandfs", "true"),
        "a cell without a magic": lambda: shell.run_cell("x = 1", store_history=False, silent=False),
    }
    for name, call in rows.items():
        print(f"{name:<32} {best(call, 200):7.3f} ms")
    shell.run_line_magic("unload_ext", "jupyter_sandfs")
    bare = best(lambda: shell.run_cell("x = 1", store_history=False), 200)
    print(f"{'the same without the extension':<32} {bare:7.3f} ms")


if __name__ == "__main__":
    loading()
    ip = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    ip.run_line_magic("load_ext", "jupyter_sandfs")
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    completing(ip, files)
    in_terminal(ip)
    over_the_wire(files)
    running(ip)
