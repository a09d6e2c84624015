"""The progress bar of transfers."""

from __future__ import annotations

import pytest

from jupyter_sandfs.kernel.progress import Bar


class Screen:
    def __init__(self) -> None:
        self.now = 0.0
        self.shown: list[str] = []
        self.ids: set[str] = set()

    def bar(self) -> Bar:
        return Bar("stage files/a", self.show, self.change, lambda: self.now)

    def show(self, text: str, identity: str) -> None:
        assert not self.ids
        self.change(text, identity)

    def change(self, text: str, identity: str) -> None:
        self.shown.append(text)
        self.ids.add(identity)


@pytest.fixture
def screen():
    return Screen()


def test_what_is_quick_shows_nothing(screen):
    bar = screen.bar()
    for done in range(5):
        bar.tell(done, 5)
    bar.end("done")

    assert screen.shown == []


def test_what_takes_long_shows_one_line_that_changes(screen):
    bar = screen.bar()
    for screen.now, done in ((0.5, 10), (1.0, 20), (1.1, 30), (1.2, 40), (2.0, 80)):
        bar.tell(done, 80)
    bar.end("done")

    assert screen.shown == [
        f"stage files/a [{'#' * 10}{'.' * 30}]  25%",
        f"stage files/a [{'#' * 20}{'.' * 20}]  50%",
        f"stage files/a [{'#' * 40}] 100%",
        "stage files/a: done",
    ]
    assert len(screen.ids) == 1


def test_nothing_at_all_is_all_of_it(screen):
    bar = screen.bar()
    screen.now = 1.0
    bar.tell(0, 0)

    assert screen.shown == [f"stage files/a [{'#' * 40}] 100%"]
