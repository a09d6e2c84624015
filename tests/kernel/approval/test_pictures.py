"""The pictures of the card in the documentation: made here, so that they show what there is.

`SANDFS_PICTURES=docs/pictures python -m pytest tests/kernel/approval/test_pictures.py` makes them anew.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from jupyter_sandfs.kernel.approval import card

PICTURES = Path(__file__).parents[3] / "docs" / "pictures"
MADE_OF = "approval-made-of.txt"


def fingerprint():
    """Of the card's own modules and styles: what it takes from the tree browser is in that one's pictures."""
    own = [*(card.STATIC / name for name in card.OWN), card.STATIC / "card.css"]
    return hashlib.sha256(b"".join(path.read_bytes() for path in own)).hexdigest()


@pytest.mark.browser
def test_the_pictures_can_be_made(open_page, prompt_edit, tmp_path):
    place = Path(os.environ.get("SANDFS_PICTURES", tmp_path))
    for theme in ("light", "dark"):
        page = open_page(theme, viewport={"width": 960, "height": 440}, device_scale_factor=1.5)
        shown = page.ask(prompt_edit)
        page.page.wait_for_selector("button:enabled[data-primary]")
        shown.screenshot(path=place / f"approval-{theme}.png")
    (place / MADE_OF).write_text(fingerprint() + "\n")

    assert {path.name for path in place.iterdir()} >= {MADE_OF, "approval-dark.png", "approval-light.png"}


def test_the_pictures_show_the_card_as_it_is():
    made_of = (PICTURES / MADE_OF).read_text().strip()

    assert made_of == fingerprint(), "the card changed: make the pictures anew, as this file says"
