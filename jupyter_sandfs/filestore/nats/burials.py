"""Bodies that nothing refers to any more, and when their chunks may be purged. Times are seconds since 1970."""

from __future__ import annotations

from jupyter_sandfs.filestore.nats.draft import Dead, Draft
from jupyter_sandfs.filestore.protocol import StoreLimits

# Bodies up to this many bytes are read whole when they are opened; larger ones are still read for a while after their
# key was overwritten.
READ_AT_ONCE = 4 << 20
GRACE_SECONDS = 3600.0
_MOST_DEAD = 1000
_LEAST_SPARE = 64 << 20


def bury(draft: Draft, nuid: str, size: int, now: float) -> None:
    """Let a body be purged: soon, or when those who may be reading it are done."""
    draft.dead[nuid] = Dead(now if size <= READ_AT_ONCE else now + GRACE_SECONDS, size)
    if len(draft.dead) > _MOST_DEAD:
        hasten(draft, now)
    draft.changed = True


def hasten(draft: Draft, now: float) -> int:
    """Let the body that has waited longest be purged now; give its size, 0 when none waits."""
    waiting = [(dead, nuid) for nuid, dead in draft.dead.items() if dead.due > now]
    if not waiting:
        return 0
    dead, nuid = min(waiting)
    draft.dead[nuid] = Dead(now, dead.size)
    draft.changed = True
    return dead.size


def spare_bytes(limits: StoreLimits) -> int:
    """What a bucket holds beside the files of a full store: bodies that are still read, and the index."""
    return max(_LEAST_SPARE, limits.max_total_bytes // 4)
