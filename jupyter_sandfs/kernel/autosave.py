"""A sandbox that comes back: saved when its kernel ends, and where the next kernel of the notebook starts.

A kernel that is killed saves nothing any more, so it is saved from time to time too. A storage loses nothing at all.
"""

from __future__ import annotations

import atexit
import hashlib
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from jupyter_sandfs import workspace
from jupyter_sandfs.config import Snapshots
from jupyter_sandfs.errors import NotFound, SandfsError
from jupyter_sandfs.sandbox import DEFAULT_NAME, Sandbox

_DIGEST = 12
# What is saved while the kernel runs: one, which is replaced each time, and older than what is saved at the end.
RUNNING = "running"
# Saving a large sandbox takes a while: it is not done for more than one part in so many of the time.
_LEAST_REST = 20

Tell = Callable[[str], object]


def label_of(notebook: str | None) -> str:
    """What the default sandbox of a notebook is saved as; a kernel without a notebook has one for all.

    Args:
        notebook: the path that Jupyter Server tells a kernel; whatever it holds, the label may be part of a key.
    """
    if not notebook:
        return DEFAULT_NAME
    return f"{DEFAULT_NAME}-{hashlib.sha256(notebook.encode('utf-8', 'surrogateescape')).hexdigest()[:_DIGEST]}"


def to_errors(text: str) -> None:
    """Tell what nobody asked for, where it is no output of a cell."""
    with suppress(OSError, ValueError):  # there may be nobody left to read it
        print(f"jupyter_sandfs: {text}", file=sys.__stderr__, flush=True)


class Autosave:
    """Saves one sandbox under a label, and loads it.

    Args:
        sandbox: gives the sandbox; asked each time, for a notebook may replace it.
        snapshots: where and how many; its `url` is there.
        label: what it is saved as.
        tell: takes what a person should know.
    """

    def __init__(
        self, sandbox: Callable[[], Sandbox], snapshots: Snapshots, label: str, tell: Tell = to_errors
    ) -> None:
        self._sandbox = sandbox
        self._snapshots = snapshots
        self._label = label
        self._tell = tell
        self._lock = threading.Lock()
        self._saved = self._state()
        self._fault = ""
        self._ended = threading.Event()
        self._earlier: Callable[[bool], Any] | None = None

    def restore(self) -> None:
        """Load what was saved last into a sandbox that is empty; say so when it can't be loaded."""
        sandbox = self._sandbox()
        if not self._snapshots.restore or sandbox.fs.listdir("/"):
            return
        try:
            loaded = sandbox.reload(self._snapshots.url, sandbox=self._label)
        except NotFound:
            return
        except (SandfsError, OSError) as error:
            self._tell(f"the sandbox of this notebook could not be loaded: {error}")
            return
        self._saved = self._state()
        if loaded.lost:
            self._tell(f"without their providers, mount them again: {', '.join(loaded.lost)}")

    def save(self, name: str | None = None) -> None:
        """Save the sandbox if it has changed since it was loaded or saved; say so when it can't be saved.

        Args:
            name: replaces one of that name; the moment if not given.
        """
        with self._lock:
            state = self._state()
            if state == self._saved:
                return
            try:
                self._save(name)
            except (SandfsError, OSError) as error:
                self._tell_once(f"the sandbox of this notebook could not be saved: {error}")
            else:
                self._saved, self._fault = state, ""

    def _tell_once(self, fault: str) -> None:
        if fault != self._fault:
            self._fault = fault
            self._tell(fault)

    def _save(self, name: str | None) -> None:
        sandbox = self._sandbox()
        with sandbox.store_at(self._snapshots.url) as store:
            workspace.save(sandbox.fs, store, self._label, name)
            # Too many are no reason to say that saving failed.
            with suppress(SandfsError):
                workspace.prune(store, self._label, keep=self._snapshots.keep)

    def _state(self) -> tuple[str, int]:
        """What changes with every change of the sandbox."""
        sandbox = self._sandbox()
        last = sandbox.fs.log(1)
        return sandbox.fs.id, last[-1].sequence if last else 0

    # ------------------------------------------------------------ from time to time

    def _keep_saving(self) -> None:
        interval = pause = self._snapshots.interval
        while not self._ended.wait(pause):
            started = time.monotonic()
            self.save(RUNNING)
            pause = max(interval, _LEAST_REST * (time.monotonic() - started))

    # ------------------------------------------------------------ the end of a kernel

    def follow(self, kernel: Any) -> None:
        """Save from time to time, when the kernel is told to end, which a culler does too, and when Python ends.

        Args:
            kernel: of ipykernel; None for a shell that is none.
        """
        if self._snapshots.interval:
            threading.Thread(target=self._keep_saving, name="sandfs-autosave", daemon=True).start()
        atexit.register(self.save)
        if kernel is None:
            return
        shut_down = self._earlier = kernel.do_shutdown

        def do_shutdown(restart: bool) -> Any:  # noqa: FBT001  the signature of ipykernel
            # Before the answer: whoever asked waits for that, and kills soon after.
            self.save()
            return shut_down(restart)

        kernel.do_shutdown = do_shutdown

    def leave(self, kernel: Any) -> None:
        """Undo `follow`."""
        self._ended.set()
        atexit.unregister(self.save)
        if kernel is not None:
            kernel.do_shutdown = self._earlier
