"""One table of errors: each has a code, a status, a builtin and a way over the wire."""

from __future__ import annotations

import pickle

import pytest

from jupyter_sandfs import errors

SAMPLES = {"expected": 1, "current": 2, "paths": ["/a"], "limit": 3, "veto": True, "rolled_back": False}
CLASSES = sorted(errors.BY_CODE.values(), key=lambda each: each.code)


def sample(kind):
    return kind(**{name: SAMPLES.get(name, f"<{name}>") for name in kind.fields})


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.code)
def test_an_error_is_the_same_after_a_journey(kind):
    error = sample(kind)

    for other in (errors.revive(error.code, error.facts), pickle.loads(pickle.dumps(error))):
        assert (type(other), other.facts, str(other)) == (kind, error.facts, str(error))


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.code)
def test_an_error_has_a_status_of_an_error(kind):
    assert 400 <= sample(kind).http_status < 600


def test_no_two_errors_share_a_code():
    found = errors._descendants(errors.SandfsError)

    assert len({each.code for each in found}) == len(found)


def test_a_path_error_is_an_oserror_with_its_path():
    error = errors.NotFound("/a", "why")

    assert (error.errno, error.filename, str(error)) == (2, "/a", "/a: No such file or directory (why)")


def test_an_unknown_code_becomes_a_plain_error():
    error = errors.revive("from_the_future", {"detail": "text"})

    assert (type(error), str(error)) == (errors.SandfsError, "text")
