"""`zcat`: what is in gzip files; the engine has none."""

from __future__ import annotations

import zlib

from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.shell.command import PIPE_BYTES, Command, Invocation, Output, reason

_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to say: expect a gzip header


def _run(call: Invocation) -> Output:
    parts: list[bytes] = []
    complaints: list[str] = []
    for operand in call.arguments.operands or ("-",):
        try:
            data = call.stdin if operand == "-" else call.read(operand)
            parts.append(_unpacked(call, data, PIPE_BYTES - sum(map(len, parts))))
        except (SandfsError, OSError) as problem:
            complaints.append(f"zcat: {operand}: {reason(problem)}\n")
        except zlib.error:
            complaints.append(f"zcat: {operand}: not in gzip format\n")
        except _TooMuch:
            complaints.append(f"zcat: more than {PIPE_BYTES} bytes: output truncated\n")
            break
    return Output(b"".join(parts), "".join(complaints), bool(complaints))


class _TooMuch(Exception):
    """There is more in a file than may be printed."""


def _unpacked(call: Invocation, data: bytes, room: int) -> bytes:
    """Unpack all members of a file (RFC 1952, 2.2), at most `room` bytes."""
    parts: list[bytes] = []
    while data:
        call.check_time()
        unpacker = zlib.decompressobj(_GZIP)
        parts.append(unpacker.decompress(data, max(room, 1)))
        room -= len(parts[-1])
        if unpacker.unconsumed_tail or room < 0:
            raise _TooMuch
        if not unpacker.eof:
            raise zlib.error("unexpected end of file")
        data = unpacker.unused_data.lstrip(b"\0")
    return b"".join(parts)


ZCAT = Command(
    name="zcat",
    usage="[FILE]...",
    help="Print what is in gzip FILEs.",
    run=_run,
    misuse=1,
    options=(),
)
