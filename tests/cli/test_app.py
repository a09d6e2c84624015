from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest
from click.testing import CliRunner

from jupyter_sandfs.cli.app import main


def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "jupyter_sandfs", *arguments]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, env=os.environ | environment, timeout=60
    )


def test_a_terminal_far_away_works_on_the_store_of_a_server(jupyter, home):
    (home / "a.csv").write_text("x,y\n")
    reached = {"JUPYTER_TOKEN": jupyter.token}

    put = call("files", "upload", "a.csv", "--key", "far.csv", "--server", jupyter.url, **reached)
    got = call("files", "download", "far.csv", "-o", "-", "--server", jupyter.url, **reached)
    refused = call("files", "usage", "--server", jupyter.url, JUPYTER_TOKEN="wrong")

    assert (put.returncode, put.stdout, put.stderr) == (0, "files/far.csv\n", "")
    assert (got.returncode, got.stdout) == (0, "x,y\n")
    assert (refused.returncode, refused.stderr) == (6, "error: the server refuses the token, or it is missing\n")


def test_on_a_terminal_there_is_a_progress_bar_unless_it_is_not_wanted(url, home):
    (home / "a").write_bytes(bytes(1 << 20))
    shown = []
    for quiet in ([], ["--quiet"]):
        terminal, other_end = pty.openpty()
        command = [sys.executable, "-m", "jupyter_sandfs", "files", "upload", "a", "--store", url, *quiet]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=other_end, timeout=60)
        os.set_blocking(terminal, False)
        os.write(other_end, b".")
        shown.append(os.read(terminal, 65_536).decode())
        os.close(terminal)
        os.close(other_end)

    assert ("100%" in shown[0], shown[1]) == (True, ".")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_completion_is_printed(invoke, shell):
    result = invoke("completion", shell)

    assert (result.exit_code, "_JUPYTER_SANDFS_COMPLETE" in result.stdout) == (0, True)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("jupyter-sandfs files down", ["plain,download"]),
        ("jupyter-sandfs files info --store {url} files/a", ["plain,files/a", "plain,files/ab"]),
        ("jupyter-sandfs files info --store s3: files/a", []),
    ],
)
def test_commands_and_keys_are_completed(store, url, words, found):
    for key in ("files/a", "files/ab", "files/b"):
        store.put(key, b"")
    words = words.format(url=url)

    result = call(_JUPYTER_SANDFS_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(len(words.split()) - 1))

    assert (result.stdout.split(), result.stderr) == (found, "")


def test_every_command_has_help(invoke):
    names = [["completion"], *(["files", name] for name in main.commands["files"].commands)]

    for name in names:
        result = invoke(*name, "--help")
        assert (result.exit_code, result.stdout.startswith("Usage: ")) == (0, True)


def test_the_version_is_that_of_the_package(invoke):
    assert invoke("--version").stdout.startswith("jupyter-sandfs, version ")


@pytest.mark.parametrize(("word", "near"), [("upload", "'files upload'"), ("list", "'files list' or 'fs list'")])
def test_a_command_without_its_group_is_guessed(word, near):
    answer = CliRunner().invoke(main, [word, "a.csv"])

    assert (answer.exit_code, answer.output.splitlines()[-1]) == (
        2,
        f"Error: No such command '{word}'. Did you mean {near}?",
    )
