from __future__ import annotations

import click
import pytest

from jupyter_sandfs.cli import values


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("45", 45), ("45s", 45), ("1.5m", 90), ("12h", 43_200), ("7d", 604_800), ("2 W", 1_209_600)],
)
def test_durations_are_seconds_or_have_a_unit(text, seconds):
    assert values.duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("5", 5), ("5B", 5), ("1k", 1024), ("1.5KB", 1536), ("2 MiB", 2 << 20), ("1G", 1 << 30)],
)
def test_sizes_are_bytes_or_have_a_unit(text, number):
    assert values.size(text) == number


@pytest.mark.parametrize("text", ["", "soon", "-1", "1y", "1e9", "nan", "٣", "1 2", "9" * 50])
def test_what_is_neither_is_refused(text):
    for read in (values.duration, values.size):
        with pytest.raises(click.BadParameter):
            read(text)


def test_a_pair_is_a_name_and_the_rest():
    assert values.pair("a=b=c") == ("a", "b=c")
    for text in ("a", "=b", ""):
        with pytest.raises(click.BadParameter):
            values.pair(text)


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KB"), (1536, "1.5 KB"), (1 << 20, "1.0 MB"), (5 << 50, "5120.0 TB")],
)
def test_sizes_are_shown_for_people(number, shown):
    assert values.shown_size(number) == shown
