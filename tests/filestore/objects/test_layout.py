from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from obstore.store import MemoryStore

from jupyter_sandfs.errors import InvalidKey
from jupyter_sandfs.filestore import keys
from jupyter_sandfs.filestore.objects.bucket import Bucket
from jupyter_sandfs.filestore.objects.layout import before, is_root, root_of, shared_directory

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
EDGES = st.text(st.sampled_from("a/.\0 !~\x7f\x80\x9f\xa0\ud7ff\ue000\U0010fffe\U0010ffff"), max_size=6)


def is_key(text: str) -> bool:
    try:
        keys.check(f"files/{text}")
    except InvalidKey:
        return False
    return True


@given(TEXT | EDGES, st.lists(TEXT | EDGES, max_size=8))
def test_a_listing_that_begins_before_a_key_leaves_out_no_key(start, others):
    path = before(f"files/{start}")
    found = [f"files/{each}" for each in others if is_key(each) and f"files/{each}" >= f"files/{start}"]

    assert path is None or all(each > path for each in found)


@given(TEXT | EDGES)
def test_what_a_listing_begins_with_is_a_path_of_object_storage(start):
    path = before(start)

    # What is no path is an error of the library, also where there is nothing.
    assert list(Bucket(MemoryStore()).list("t-/names", f"t-/names/{path}" if path else None)) == []


@pytest.mark.parametrize(
    ("start", "below", "directory"),
    [
        ("files/a", "files/b", "files/"),
        ("files/", "files0", ""),
        ("runs/r1/output/a\0", "runs/r1/output0", "runs/r1/"),
        ("files/a/b", None, ""),
        ("", None, ""),
        ("files//a", "files//b", ""),
    ],
)
def test_the_directory_of_a_range_is_what_its_ends_share(start, below, directory):
    assert shared_directory(start, below) == directory


def test_tenants_have_directories_of_their_own_that_nothing_leads_out_of():
    names = ["", "a", "A", "a/b", "..", "a.b", "é", "x" * 64, "x" * 65, "t.", "../t-a"]
    roots = [root_of(name) for name in names]

    assert len(set(roots)) == len(names)
    assert all(is_root(root) for root in roots)
    assert all("/" not in root and root not in {".", ".."} for root in roots)
