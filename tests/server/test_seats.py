from __future__ import annotations

import pytest

from jupyter_sandfs.errors import RateLimited
from jupyter_sandfs.server.seats import Seats


def test_a_user_has_some_and_all_together_have_some():
    seats = Seats("uploads", each=2, most=3)
    for user in ("ann", "ann", "bob"):
        seats.take(user)

    for user in ("ann", "bob", "eve"):
        with pytest.raises(RateLimited, match=r"^too many uploads are open: close one first$"):
            seats.take(user)


def test_who_leaves_makes_room():
    seats = Seats("uploads", each=1, most=1)
    for user in ("ann", "bob", "ann"):
        seats.take(user)
        seats.leave(user)

    seats.take("bob")
