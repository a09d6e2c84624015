from __future__ import annotations

from pathlib import Path

from jupyter_sandfs.server.openapi import page

PAGE = Path(__file__).parents[3] / "docs" / "openapi.md"


def test_the_page_shows_the_document_as_it_is():
    assert PAGE.read_text() == page.render(), "python -m jupyter_sandfs.server.openapi.page >docs/openapi.md"
