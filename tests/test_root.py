"""The package itself: its names, what importing costs, and the snippets that the seed promised."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import jupyter_sandfs
from jupyter_sandfs.errors import BY_CODE

HEAVY = [
    "IPython",
    "ipykernel",
    "ipywidgets",
    "anywidget",
    "traitlets",
    "tornado",
    "jupyter_server",
    "jupyter_core",
    "asyncio",
    "fsspec",
    "bashkit",
    "obstore",
    "sqlite3",
]


def loaded_by(statement, tmp_path):
    """The heavy modules that a fresh interpreter has after a statement."""
    code = f"import sys\n{statement}\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    environment = os.environ | {"JUPYTER_DATA_DIR": str(tmp_path), "IPYTHONDIR": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    return ran.stdout.split()


@pytest.mark.parametrize(
    "statement",
    [
        "import jupyter_sandfs",
        "from jupyter_sandfs import VirtualFileSystem; VirtualFileSystem().write_file('/a', 'x')",
        "from jupyter_sandfs import View, VisibilityView, ReadOnlyView, SubtreeView, Snapshot, WriteEvent",
        "from jupyter_sandfs.hooks import WriteEvent",
        "from jupyter_sandfs import FileStore, FileInfo, open_file_store",
        "from jupyter_sandfs import SandboxShell, Sandbox, ShellResult",
        "from jupyter_sandfs import *",
    ],
)
def test_importing_loads_nothing_heavy(statement, tmp_path):
    assert loaded_by(statement, tmp_path) == []


def test_every_public_name_has_a_home_and_is_there():
    assert set(jupyter_sandfs._HOMES) < set(jupyter_sandfs.__all__)
    assert jupyter_sandfs.__all__ == sorted(set(jupyter_sandfs.__all__))
    assert sorted(jupyter_sandfs.__all__) == list(jupyter_sandfs.__all__)
    assert [name for name in jupyter_sandfs.__all__ if getattr(jupyter_sandfs, name, None) is None] == []


def test_dir_lists_the_public_names():
    assert set(jupyter_sandfs.__all__) <= set(dir(jupyter_sandfs))


def test_every_error_is_public():
    # Those of uploads and links, for the server.
    private = {"ChunkMismatch", "InvalidSignature", "OffsetMismatch", "UploadNotFound", "UploadOvertaken"}

    assert {each.__name__ for each in BY_CODE.values()} - set(jupyter_sandfs.__all__) == private


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"^module 'jupyter_sandfs' has no attribute 'Nope'$"):
        jupyter_sandfs.Nope  # noqa: B018  # reading it is the test
    with pytest.raises(ImportError):
        from jupyter_sandfs import Nope  # noqa: F401  # importing it is the test


@pytest.mark.parametrize(
    "name",
    [
        "load_ipython_extension",
        "unload_ipython_extension",
        "_jupyter_server_extension_points",
        "_load_jupyter_server_extension",
    ],
)
def test_jupyter_finds_its_entry_points(name):
    assert callable(getattr(jupyter_sandfs, name))


# ---------------------------------------------------------------- what the seed's README shows


def test_the_quickstart():
    from jupyter_sandfs import SandboxShell, VirtualFileSystem

    vfs = VirtualFileSystem()
    vfs.write_file("/notes/todo.txt", "- build VFS\n- add rg support\n")
    shell = SandboxShell(vfs)

    assert shell.exec("ls /notes").stdout == "todo.txt\n"
    assert shell.exec("rg 'VFS' /notes").stdout == "/notes/todo.txt:- build VFS\n"


def test_the_agents_shell():
    from jupyter_sandfs import ProvidedNode, SandboxShell, VirtualFileSystem

    vfs = VirtualFileSystem()
    vfs.write_file("/workspace/app.py", "print('hello')\n")

    def logs_provider(ctx):
        return {"latest.log": ProvidedNode.file(content="generated on demand")}

    vfs.mount_directory("/workspace/logs", logs_provider)
    shell = SandboxShell(vfs)
    shell.exec("cd /workspace")

    assert shell.exec("ls").stdout == "app.py\nlogs\n"
    assert shell.exec("tree").stdout == (".\n├── app.py\n└── logs\n    └── latest.log\n\n1 directory, 2 files\n")
    assert shell.exec("cat logs/latest.log").stdout == "generated on demand"


def test_policies_and_views():
    from jupyter_sandfs import NodePolicy, SandboxShell, VirtualFileSystem, VisibilityView

    vfs = VirtualFileSystem()
    vfs.write_file("/blue/identity/persona.md", "persona")
    vfs.set_policy("/blue/identity/persona.md", NodePolicy(writable=False, visibility="private"))
    shell = SandboxShell(vfs, view=VisibilityView({"public"}))

    assert "persona.md" not in shell.exec("ls -R /blue").stdout
    assert shell.exec("cat /blue/identity/persona.md").stderr == (
        "cat: /blue/identity/persona.md: No such file or directory\n"
    )
    assert vfs.read_file("/blue/identity/persona.md") == "persona"


def test_persistence_hooks():
    from jupyter_sandfs import VersionConflict, VirtualFileSystem
    from jupyter_sandfs.hooks import WriteEvent

    saved = []
    vfs = VirtualFileSystem()

    def flush(event: WriteEvent) -> None:
        saved.append((event.path, event.content, event.version))

    vfs.register_write_hook("/blue/work", flush)
    vfs.write_file("/blue/work/note.md", "draft")
    vfs.write_file("/blue/work/note.md", "final", expected_version=1)
    vfs.write_file("/elsewhere", "not told")

    assert saved == [("/blue/work/note.md", b"draft", 1), ("/blue/work/note.md", b"final", 2)]
    with pytest.raises(VersionConflict):
        vfs.write_file("/blue/work/note.md", "late", expected_version=1)
    assert len(saved) == 2
