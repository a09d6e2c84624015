"""Print the operations that the JupyterLab extension uses: the types of its client are generated from them.

    python .ci/openapi_excerpt.py > labextension-config/openapi.json && npm run --prefix labextension-config api

Only what a client sends, and what it is given when all is well: problems look the same everywhere.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from jupyter_sandfs.server.openapi.document import PATHS
from jupyter_sandfs.server.openapi.schemas import SCHEMAS

_USED = frozenset({
    *("listFsEntries", "readFsFile", "writeFsFile", "deleteFsEntry", "mkdirFs", "moveFs", "statFs", "uploadFsBatch"),
    *("archiveFs", "stageFs", "publishFs", "listSandboxes"),
    *("listFiles", "describeFile", "readFile", "writeFile", "deleteFile", "copyFile", "signFile"),
})  # fmt: skip


def excerpt() -> dict[str, Any]:
    """The part of the document, with the schemas of its answers."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "jupyter_sandfs, as its JupyterLab extension uses it", "version": "1"},
        "paths": {path: used for path, item in PATHS.items() if (used := _used(item))},
        "components": {"schemas": SCHEMAS},
    }


def _used(item: dict[str, Any]) -> dict[str, Any]:
    return {method: _without_problems(told) for method, told in item.items() if told["operationId"] in _USED}


def _without_problems(told: dict[str, Any]) -> dict[str, Any]:
    return told | {"responses": {status: answer for status, answer in told["responses"].items() if status < "300"}}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(excerpt(), indent=1, ensure_ascii=False) + "\n")
