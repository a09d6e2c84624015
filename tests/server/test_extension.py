from __future__ import annotations

import logging
from pathlib import Path

import jupyter_sandfs
from jupyter_sandfs.server import extension

LOG = logging.getLogger("test_extension")


def test_a_server_without_the_labextension_says_how_to_get_it(tmp_path: Path, caplog):
    extension._say_what_is_missing(LOG, tmp_path)

    assert [record.getMessage() for record in caplog.records] == [
        (
            "jupyter_sandfs: the JupyterLab extension was not built when this was installed; all else works."
            " Install again where npm's registry can be reached (-v says what was wrong), or from a wheel"
        )
    ]


def test_a_server_with_the_labextension_says_nothing(tmp_path: Path, caplog):
    (tmp_path / "package.json").write_text("{}")

    extension._say_what_is_missing(LOG, tmp_path)

    assert caplog.records == []


def test_jupyterlab_finds_the_extension_of_a_clone():
    assert jupyter_sandfs._jupyter_labextension_paths() == [{"src": "labextension", "dest": "jupyter-sandfs"}]
