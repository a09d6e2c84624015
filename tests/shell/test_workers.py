from __future__ import annotations

import gc
import os
import threading
import weakref

import pytest

from jupyter_sandfs.shell import workers
from jupyter_sandfs.shell.workers import Workers

DEADLINE = 20  # seconds: bounds a wait that normally ends at once


class Job:
    """Work that says on which thread it was done, and may be held."""

    def __init__(self) -> None:
        self.done, self.may_end, self.thread = threading.Event(), threading.Event(), None

    def __call__(self) -> None:
        self.thread = threading.current_thread()
        self.done.set()
        assert self.may_end.wait(DEADLINE)


def wait_until(condition) -> None:
    """Ask again until it is so: what happens after a job has ended is seen by nobody else."""
    pause = threading.Event()
    for _ in range(DEADLINE * 1000):
        if condition():
            return
        pause.wait(0.001)
    raise AssertionError("it never came to be")


def finished(made: Workers) -> threading.Thread:
    """Do a job, and wait until its thread waits for the next one."""
    job = Job()
    job.may_end.set()
    made.start(job)
    assert job.done.wait(DEADLINE)
    wait_until(lambda: made._idle)
    return job.thread


def test_a_thread_is_used_again():
    made = Workers()

    assert finished(made) is finished(made)


def test_work_at_the_same_time_has_threads_of_its_own_and_few_are_kept():
    made, jobs = Workers(kept=2), [Job() for _ in range(4)]
    for job in jobs:
        made.start(job)
    assert [job.done.wait(DEADLINE) for job in jobs] == [True] * 4

    for job in jobs:
        job.may_end.set()
    wait_until(lambda: sum(job.thread.is_alive() for job in jobs) == 2)

    assert len({job.thread for job in jobs}) == 4
    assert len(made._idle) == 2


def test_a_thread_that_waited_long_enough_ends():
    made = Workers(patience=0.001)
    job = Job()
    job.may_end.set()
    made.start(job)
    assert job.done.wait(DEADLINE)

    job.thread.join(DEADLINE)

    assert (job.thread.is_alive(), made._idle) == (False, [])


def test_work_that_comes_while_a_thread_takes_leave_is_done():
    made = Workers()

    # It is not among those that wait: somebody has taken it.
    assert not made._leaves(threading.current_thread(), workers.SimpleQueue())


def test_threads_that_wait_are_sent_home_at_the_end():
    made = Workers()
    thread = finished(made)

    made.close()
    thread.join(DEADLINE)

    assert (thread.is_alive(), made._idle) == (False, [])


def test_a_thread_that_waits_holds_nothing_of_its_last_work():
    made, job = Workers(), Job()
    job.may_end.set()
    made.start(job)
    assert job.done.wait(DEADLINE)
    wait_until(lambda: made._idle)

    gone = weakref.ref(job)
    del job
    gc.collect()

    assert gone() is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes of this kind here")
def test_a_forked_child_starts_with_threads_of_its_own(monkeypatch):
    made = Workers()
    monkeypatch.setattr(workers, "WORKERS", made)
    thread = finished(made)
    [(_, desk)] = made._idle

    workers._start_anew()
    left = list(made._idle)
    desk.put(None)
    thread.join(DEADLINE)

    assert (left, thread.is_alive()) == ([], False)
