from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_sandfs.errors import InvalidRequest, InvalidSignature
from jupyter_sandfs.filestore import signing
from jupyter_sandfs.filestore.signing import Grant

SECRET = b"s" * 32
GRANT = Grant(method="PUT", key="files/é", tenant="t", expires=1000.0, max_size=5)


def test_a_token_gives_what_was_granted_until_it_expires():
    token = signing.sign(SECRET, GRANT, now=0)

    assert signing.verify(SECRET, token, now=999.9) == GRANT
    with pytest.raises(InvalidSignature, match=r"^the link has expired; ask for a new one$"):
        signing.verify(SECRET, token, now=1000)


def test_a_token_of_another_secret_is_refused():
    token = signing.sign(b"o" * 32, GRANT, now=0)

    with pytest.raises(InvalidSignature, match=r"^the link is not valid$"):
        signing.verify(SECRET, token, now=0)


@given(st.integers(0, 10_000), st.characters(codec="ascii"))
def test_no_changed_character_goes_unnoticed(place, character):
    token = signing.sign(SECRET, GRANT, now=0)
    place %= len(token)
    changed = token[:place] + character + token[place + 1 :]

    if changed == token:
        return
    with pytest.raises(InvalidSignature):
        signing.verify(SECRET, changed, now=0)


@pytest.mark.parametrize("token", ["", ".", "a", "a.b.c", "é.é", "\ud800.a", "A" * 20_000 + ".A", "!!!.!!!"])
def test_what_is_no_token_is_refused(token):
    with pytest.raises(InvalidSignature, match=r"^the link is not valid$"):
        signing.verify(SECRET, token, now=0)


@pytest.mark.parametrize(
    "grant",
    [
        replace(GRANT, method="DELETE"),
        replace(GRANT, expires=0.0),
        replace(GRANT, expires=-1.0),
        replace(GRANT, expires=7 * 24 * 3600 + 1.0),
        replace(GRANT, expires=float("nan")),
    ],
)
def test_no_other_method_and_no_longer_time_is_granted(grant):
    with pytest.raises(InvalidRequest):
        signing.sign(SECRET, grant, now=0)
