"""Waiting for work that can be stopped."""

from __future__ import annotations

import threading

import pytest

from jupyter_sandfs.errors import LimitExceeded
from jupyter_sandfs.execution import job
from jupyter_sandfs.execution.job import Stop


class Work:
    """A job that waits until it is stopped, or for ever."""

    def __init__(self, *, deaf=False):
        self.why = None
        self.deaf = deaf
        self.stopped = threading.Event()

    def perform(self):
        self.stopped.wait(60)
        return self.why

    def stop(self, why):
        self.why = self.why or why
        if not self.deaf:
            self.stopped.set()


class Quick:
    def perform(self):
        return threading.current_thread().name

    def stop(self, why):
        raise AssertionError(why)


class Broken(Quick):
    def perform(self):
        raise KeyError("x")


def test_a_job_runs_on_a_thread_of_its_own():
    assert job.run(Quick(), 60) == "sandfs-job"


def test_what_it_raises_is_the_callers():
    with pytest.raises(KeyError):
        job.run(Broken(), 60)


def test_over_its_time_it_is_stopped_and_gives_what_it_has():
    assert job.run(Work(), 0.01) is Stop.TIMEOUT


def test_one_that_does_not_end_is_left_alone(monkeypatch):
    monkeypatch.setattr(job, "_GRACE", 0.01)
    work = Work(deaf=True)

    with pytest.raises(LimitExceeded, match="something that it waits for goes on"):
        job.run(work, 0.01)
    work.stopped.set()


@pytest.mark.parametrize(("why", "code"), [(Stop.TIMEOUT, 124), (Stop.CANCELLED, 130), (Stop.MEMORY, 1)])
def test_each_reason_has_the_exit_code_of_a_shell(why, code):
    assert why.exit_code == code
