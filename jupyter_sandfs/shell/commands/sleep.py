"""`sleep` that ends when the run is cancelled; the engine's own sleeps on."""

from __future__ import annotations

import re

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.shell.command import Command, Invocation, Output

_DURATION = re.compile(r"(\d+\.?\d*|\.\d+)([smhd]?)", re.ASCII)
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_STEP = 0.02  # seconds between looks at the cancel mark


async def _run(call: Invocation) -> Output:
    # A coroutine, so that the engine's own deadlines (its timeout, the `timeout` command) can drop it.
    import asyncio  # noqa: PLC0415 - the event loop that runs this has loaded it

    left = sum(_seconds(text) for text in call.argv)
    if not call.argv:
        raise InvalidRequest("missing operand")
    while left > 0:
        if call.around.stopped():
            return Output(exit_code=130)
        await asyncio.sleep(min(left, _STEP))
        left -= _STEP
    return Output()


def _seconds(text: str) -> float:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise InvalidRequest(f"invalid time interval '{text}'")
    return float(found[1]) * _SECONDS[found[2]]


SLEEP = Command(
    name="sleep",
    usage="NUMBER[smhd]...",
    help="Wait for the sum of the given times.",
    run=_run,
    options=(),
    misuse=1,
)
