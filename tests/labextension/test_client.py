"""What the extension's TypeScript client believes about the server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_client_is_generated_from_what_the_server_says():
    now = subprocess.run(
        [sys.executable, ROOT / ".ci" / "openapi_excerpt.py"], capture_output=True, text=True, check=True, cwd=ROOT
    )

    copied = (ROOT / "labextension-config" / "openapi.json").read_text()
    assert json.loads(copied) == json.loads(now.stdout), "run the command of .ci/openapi_excerpt.py"
