"""Use an installed wheel as a new user would: import it, load it in a kernel, and ask the server for its extensions."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from jupyter_client.manager import start_new_kernel

CELL = """
%load_ext jupyter_sandfs
%sandfs echo hello > /greeting.txt
print(get_ipython().run_line_magic("sandfs", "cat /greeting.txt") or "done")
%sandfs python -c "print('snippet:', open('/greeting.txt').read())"
import jupyter_sandfs
print(jupyter_sandfs.__file__)
browser = %sandfs browse
print(type(browser).__name__)
"""


def main(environment: Path) -> None:
    """Check the environment that this interpreter belongs to."""
    with tempfile.TemporaryDirectory() as elsewhere:
        printed = _run_cell(elsewhere)
        assert "snippet: hello" in printed, printed
        assert str(environment) in printed, printed
        assert "TreeBrowser" in printed, printed
        listed = subprocess.run(
            [environment / "bin" / "jupyter", "server", "extension", "list"],
            capture_output=True,
            text=True,
            check=True,
            cwd=elsewhere,
        )
        text = re.sub(r"\x1b\[[0-9;]*m", "", listed.stdout + listed.stderr)
        assert "jupyter_sandfs enabled" in text, text
        assert "OK" in text.partition("jupyter_sandfs")[2], text
        _check_labextension(environment)
        store = (Path(elsewhere) / "store").as_uri()
        told = subprocess.run(
            [environment / "bin" / "jupyter", "sandfs", "files", "usage", "--store", store],
            capture_output=True,
            text=True,
            check=True,
            cwd=elsewhere,
            env=os.environ | {"PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        )
        assert told.stdout.startswith("files:"), told.stdout
    sys.stdout.write("the wheel imports, loads, is enabled, and has its command\n")


def _check_labextension(environment: Path) -> None:
    """JupyterLab, were it installed too, would find the extension; so does its own list, where it is."""
    extension = environment / "share" / "jupyter" / "labextensions" / "jupyter-sandfs"
    described = json.loads((extension / "package.json").read_text())
    remote = described["jupyterlab"]["_build"]["load"]
    assert (extension / remote).is_file(), remote
    assert json.loads((extension / "install.json").read_text())["packageName"] == "jupyter_sandfs"
    schemas = {each.name for each in (extension / "schemas" / "jupyter-sandfs").glob("*.json")}
    assert schemas == {"browser.json", "staging.json"}, schemas


def _run_cell(directory: str) -> str:
    manager, client = start_new_kernel(cwd=directory)
    printed: list[str] = []

    def hear(message: dict) -> None:
        content = message["content"]
        printed.append(content.get("text") or "\n".join(content.get("traceback", [])))

    try:
        client.execute_interactive(CELL, timeout=60, output_hook=hear)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return "".join(printed)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
