"""Names in this process: who has one, who is chosen, and what is made when it is asked for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from jupyter_sandfs.errors import AlreadyExists, SandboxNotFound
from jupyter_sandfs.registry import Registry


def named(name):
    return SimpleNamespace(name=name)


@pytest.fixture
def registry():
    """One whose default thing adds itself, as a sandbox does."""

    def make(name):
        made = named(name)
        registry.add(made)
        return made

    registry = Registry("default", make)
    return registry


def test_the_default_one_is_made_when_it_is_first_asked_for(registry):
    before = registry.names()

    found = registry.find("default")

    assert (before, registry.names()) == ([], ["default"])
    assert registry.find("default") is found


def test_another_name_is_not_found_and_the_error_tells_those_there_are(registry):
    with pytest.raises(SandboxNotFound, match="there are: none yet"):
        registry.find("work")
    registry.add(named("play"))

    with pytest.raises(SandboxNotFound, match="there are: play"):
        registry.find("work")


def test_a_name_is_given_once_and_again_when_it_was_dropped(registry):
    first, second = named("work"), named("work")
    registry.add(first)
    with pytest.raises(AlreadyExists):
        registry.add(second)

    registry.drop(first)
    registry.add(second)

    assert registry.find("work") is second


def test_dropping_one_that_lost_its_name_leaves_the_one_that_has_it(registry):
    first, second = named("work"), named("work")
    registry.add(second)

    registry.drop(first)

    assert registry.find("work") is second


def test_the_default_one_takes_the_place_of_a_chosen_one_that_is_dropped(registry):
    work = named("work")
    registry.add(work)
    registry.choose(work)
    chosen = registry.chosen

    registry.drop(work)

    assert (chosen, registry.chosen) == ("work", "default")


def test_one_that_was_dropped_is_not_chosen(registry):
    work = named("work")

    with pytest.raises(SandboxNotFound, match="it is closed"):
        registry.choose(work)

    assert registry.chosen == "default"
