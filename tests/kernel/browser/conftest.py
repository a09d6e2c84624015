"""A browser over a small real file system, and what it sends to the page."""

import json
import shutil
import subprocess

import pytest

from jupyter_sandfs.kernel.browser import TreeBrowser, bundle
from jupyter_sandfs.rpc.dispatcher import Dispatcher
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem


@pytest.fixture
def fs():
    system = VirtualFileSystem()
    system.write_file("/data/rain.csv", "day,mm\n1,0.5\n2,3.0\n")
    system.write_file("/notes.md", "# Notes\n")
    return system


@pytest.fixture
def asked():
    """The (sandbox, view) pairs that the dispatcher was asked to resolve."""
    return []


@pytest.fixture
def dispatcher(fs, asked):
    def resolve(sandbox, view):
        asked.append((sandbox, view))
        return fs

    return Dispatcher(resolve, lambda: ["default"])


@pytest.fixture
def sent(monkeypatch):
    """Messages to the page, as (content, buffers)."""
    messages = []
    monkeypatch.setattr(
        TreeBrowser,
        "send",
        lambda _, content, buffers=None: messages.append((content, [bytes(each) for each in buffers or []])),
    )
    return messages


@pytest.fixture
def make_browser(fs, dispatcher, sent):
    made = []

    def make(**options):
        made.append(TreeBrowser(options.pop("fs", fs), dispatcher=dispatcher, **options))
        return made[-1]

    yield make
    for browser in made:
        browser.close()


@pytest.fixture
def browser(make_browser):
    return make_browser(kernel_id="k1")


@pytest.fixture(scope="session")
def node(part):
    """Path of node, which understands the ES modules as a browser does."""
    return part("node")


@pytest.fixture
def evaluate(node, tmp_path):
    """Evaluate an expression over the exports of a module of the widget; gives its JSON value."""
    shutil.copytree(bundle.STATIC, tmp_path / "static")
    (tmp_path / "package.json").write_text('{"type": "module"}')

    def run(module, expression):
        script = f'import * as m from "./static/{module}"; console.log(JSON.stringify({expression}))'
        done = subprocess.run(
            [node, "--input-type=module", "-e", script],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
