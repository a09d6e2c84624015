from __future__ import annotations

import random

from jupyter_sandfs.filestore.nats.runs import Runs


def runs_of(*seqs: int) -> Runs:
    runs = Runs()
    for seq in seqs:
        runs.add(seq)
    return runs


def test_a_run_ends_where_the_next_sequence_is_not_known():
    runs = runs_of(1, 2, 3, 5, 6)

    assert [runs.end_after(seq) for seq in range(8)] == [3, 3, 3, 3, 6, 6, 6, 7]


def test_the_order_of_answers_does_not_matter():
    seqs = list(range(1, 200))
    random.Random(1).shuffle(seqs)

    runs = runs_of(*seqs)

    assert [runs.end_after(seq) for seq in (0, 100, 199, 200)] == [199, 199, 199, 200]


def test_a_gap_that_is_filled_joins_two_runs():
    runs = runs_of(1, 3)
    before = runs.end_after(0)
    runs.add(2)

    assert (before, runs.end_after(0), runs.end_after(1)) == (1, 3, 3)


def test_a_sequence_that_comes_again_belongs_to_another_stream():
    runs = runs_of(1, 2, 3, 4, 2)

    assert [runs.end_after(seq) for seq in range(4)] == [0, 2, 2, 3]


def test_many_gaps_do_not_make_it_grow():
    runs = runs_of(*range(1, 2001, 2))

    assert (runs.end_after(0), runs.end_after(1998), len(runs._end_of)) == (0, 1999, 256)
