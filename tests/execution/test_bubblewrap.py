"""What a wall shows, and what is said where there is none."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_sandfs.execution import bubblewrap
from jupyter_sandfs.execution.bubblewrap import TREE, Wall


@pytest.fixture
def fresh():
    """`find` without its memory, before and after."""
    bubblewrap.find.cache_clear()
    yield
    bubblewrap.find.cache_clear()


def program(directory, body):
    """A bubblewrap that behaves as the shell script `body` does."""
    path = directory / "bwrap"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_a_wall_that_works_lacks_nothing(wall):
    assert (wall.lacks, replace(wall, user=1).missing) == (frozenset(), ())


def test_without_the_program_it_is_said(fresh, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _name: None)

    assert bubblewrap.find() == "bubblewrap is not installed"


def test_where_it_cannot_work_its_own_words_are_passed_on(fresh, monkeypatch, tmp_path):
    broken = program(tmp_path, "echo 'bwrap: No permissions to create new namespace' >&2; exit 1")
    monkeypatch.setattr(shutil, "which", lambda _name: broken)

    assert bubblewrap.find() == "bubblewrap does not work here: bwrap: No permissions to create new namespace"


def test_an_old_one_is_used_without_what_it_lacks_and_that_is_said(fresh, monkeypatch, tmp_path):
    old = program(tmp_path, 'case "$*" in *--disable-userns*) echo "Unknown option" >&2; exit 1;; esac')
    monkeypatch.setattr(shutil, "which", lambda _name: old)

    found = bubblewrap.find()
    assert (found.program, found.lacks) == (old, frozenset({"--disable-userns"}))
    assert found.missing[-1] == "user namespaces of its own are not prevented"


@pytest.mark.parametrize(("euid", "users"), [(0, [65533, None]), (1000, [None])])
def test_root_starts_it_as_somebody_else_if_that_works(fresh, monkeypatch, euid, users):
    tried = []

    def fault(wall):
        tried.append(wall.user)
        return "" if wall.user == users[-1] else "not as this one"

    monkeypatch.setattr(os, "geteuid", lambda: euid)
    monkeypatch.setattr(shutil, "which", lambda name: name)
    monkeypatch.setattr(bubblewrap, "_fault", fault)

    assert (bubblewrap.find().user, list(dict.fromkeys(tried))) == (users[-1], users)


def test_another_user_must_be_able_to_go_where_it_is_needed(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    wall = Wall("bwrap", user=65533)
    assert wall.that_reaches([Path("/usr"), Path("/")]) is wall
    assert wall.that_reaches([Path("/usr"), closed]) == Wall("bwrap")
    assert Wall("bwrap").that_reaches([closed]) == Wall("bwrap")


@pytest.mark.parametrize(
    ("euid", "user", "missing"),
    [
        (0, None, ("it is root's: the number of processes is watched, not limited",)),
        (0, 65533, ()),
        (1000, None, ()),
    ],
)
def test_what_root_lacks_is_said(monkeypatch, euid, user, missing):
    monkeypatch.setattr(os, "geteuid", lambda: euid)

    assert Wall("bwrap", user=user).missing == missing


def test_an_installation_is_shown_but_for_what_usr_shows_or_a_home_is_in(tmp_path):
    home, venv = tmp_path / "home", tmp_path / "home" / "project" / ".venv"
    venv.mkdir(parents=True)
    other = tmp_path / "opt"
    other.mkdir()
    (tmp_path / "all").symlink_to(tmp_path)
    candidates = [
        *(str(venv), str(other), str(home), str(tmp_path), str(tmp_path / "all"), "/", "/usr", "/usr/local"),
        *(str(tmp_path / "nope"), "relative", TREE),
    ]

    assert bubblewrap.seen(candidates, [str(home)]) == (str(venv), str(other))


def test_this_interpreter_is_among_what_is_shown():
    assert {sys.prefix, sys.base_prefix} <= set(bubblewrap.interpreter_prefixes())


def test_passwords_in_an_installation_are_covered(tmp_path):
    (tmp_path / "pip.conf").write_text("index-url = https://user:password@host")
    (tmp_path / "etc" / "jupyter").mkdir(parents=True)

    line = Wall("bwrap").around(["x"], tree=Path("/t"), empty=Path("/e"), prefixes=[str(tmp_path)])
    text = " ".join(line)
    assert f"--ro-bind {tmp_path} {tmp_path} --ro-bind /e {tmp_path}/pip.conf --tmpfs {tmp_path}/etc/jupyter" in text
    assert line[-2:] == ["--", "x"]
