"""One bucket's stream, and the few requests that all the rest is made of. Each has a deadline.

Publishing with an expected sequence is compare-and-swap: that is what every guarantee of the store comes down to.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import secrets
import time
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError

from jupyter_sandfs.errors import QuotaExceeded, StoreError
from jupyter_sandfs.filestore.nats.address import Address
from jupyter_sandfs.filestore.nats.runs import Runs
from jupyter_sandfs.filestore.nats.subjects import Subjects

PATIENCE = 5.0
_ATTEMPTS = 3
_PROBES = 3
# After a restart a server answers before its streams do.
_STARTING_SECONDS = 0.2
_RECONNECT_SECONDS = 0.1
_LEAST_HEADERS = 4 << 10
# ADR-31: a server gives the last messages of at most 1024 subjects at once; the question has to fit a message too.
_MOST_LASTS = 250
_WRONG_LAST_SEQUENCE = 10071
_STREAM_NOT_FOUND = 10059
_FULL = frozenset({10077, 10047, 10028})
_REFUSAL = "authorization violation"
_WRITE_ID = "Sandfs-Write"

_log = logging.getLogger(__name__)


class Message(NamedTuple):
    """A stored message and its sequence in the stream."""

    subject: str
    seq: int
    headers: Mapping[str, str]
    data: bytes


class _Replies:
    """The answers to one request that has many."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.progress = asyncio.Event()
        self.status: str | None = None

    def add(self, answer: Msg) -> None:
        headers = answer.headers or {}
        if "Status" in headers:
            self.status = headers["Status"]
        else:
            self.messages.append(_message(answer))
        self.progress.set()


class Wire:
    """A connection, and the stream of one bucket.

    Attributes:
        inbox: subject on which this connection answers that it is alive.
        patience: seconds that a request may take.
        delay: seconds that a message to the server and back takes.
        own: sequences of messages that were stored through here.
        capacity: what the stream may hold in bytes, for those who are told that it is full.
    """

    def __init__(self, client: Client, subjects: Subjects, patience: float) -> None:
        self._client = client
        self._patience = patience
        self.subjects = subjects
        self.inbox = client.new_inbox()
        self.own = Runs()
        self.capacity = 0
        self.delay = 0.0
        self._answers = client.new_inbox()
        self._collecting: dict[str, _Replies] = {}
        self._direct = f"$JS.API.DIRECT.GET.{subjects.stream}"

    async def start(self) -> None:
        await self._client.subscribe(f"{self._answers}.*", cb=self._collect)
        await self._client.subscribe(self.inbox, cb=_say_alive)
        self.delay = min([await self._there_and_back() for _ in range(_PROBES)])

    async def _there_and_back(self) -> float:
        started = time.perf_counter()
        await self._client.flush(math.ceil(self._patience))
        return time.perf_counter() - started

    async def close(self) -> None:
        await self._client.close()

    @property
    def is_connected(self) -> bool:
        return bool(self._client.is_connected)

    @property
    def release(self) -> tuple[int, int]:
        """First two numbers of the server's version."""
        version = self._client.connected_server_version
        return version.major, version.minor

    @property
    def largest(self) -> int:
        """Bytes of content that one message holds, beside its headers."""
        return int(self._client.max_payload) - _LEAST_HEADERS

    # ------------------------------------------------------------ writing

    async def publish(
        self,
        subject: str,
        payload: bytes | bytearray | memoryview,
        *,
        expect: int | None = None,
        rollup: bool = False,
        ttl: int = 0,
        headers: Mapping[str, str] | None = None,
    ) -> int | None:
        """Store a message and give its sequence, or None when the subject's last one is not `expect`.

        Args:
            expect: sequence that the last message of the subject has to have, 0 for none.
            rollup: drop the earlier messages of the subject.
            ttl: seconds until the server drops the message; 0 keeps it.

        Raises:
            QuotaExceeded: the stream is full; its own limit is the one named.
            StoreError: no answer in time, or a refusal. The message may have been stored all the same.
        """
        write = secrets.token_hex(8)
        sent = _headers(expect, write, rollup=rollup, ttl=ttl) | dict(headers or {})
        for attempt in range(_ATTEMPTS if expect is not None else 1):
            try:
                answer = await self._request(subject, payload, sent)
            except StoreError:
                # Whether it was stored is unknown: comparing and swapping again is safe, storing again is not.
                if expect is None or attempt == _ATTEMPTS - 1:
                    raise
                continue
            seq = self._sequence(answer)
            return await self._own(subject, write) if seq is None and attempt else seq
        return None

    async def purge(self, subject: str) -> None:
        """Drop all messages of a subject; none is no error."""
        await self.api(f"STREAM.PURGE.{self.subjects.stream}", {"filter": subject})

    def _sequence(self, answer: Mapping[str, Any]) -> int | None:
        error = answer.get("error")
        if not error:
            seq = int(answer["seq"])
            self.own.add(seq)
            return seq
        if error.get("err_code") == _WRONG_LAST_SEQUENCE:
            return None
        raise self._refusal(error)

    async def _own(self, subject: str, write: str) -> int | None:
        """The sequence of a write whose answer was lost, if it arrived."""
        last = await self.last(subject)
        return last.seq if last and last.headers.get(_WRITE_ID) == write else None

    # ------------------------------------------------------------ reading

    async def last(self, subject: str) -> Message | None:
        """The last message of a subject."""
        answer = await self._answer(f"{self._direct}.{subject}", b"")
        return None if (answer.headers or {}).get("Status") == "404" else _message(answer)

    async def lasts(self, subjects: Iterable[str]) -> dict[str, Message]:
        """The last messages of many subjects; those that have none are left out."""
        wanted = list(subjects)
        found: dict[str, Message] = {}
        for at in range(0, len(wanted), _MOST_LASTS):
            part = wanted[at : at + _MOST_LASTS]
            for message in await self._batch({"multi_last": part, "batch": len(part)}):
                found[message.subject] = message
        return found

    async def following(self, subject: str, seq: int, *, count: int, size: int = 0) -> list[Message]:
        """The messages of a subject or filter from `seq` on, in order.

        Args:
            count: most messages.
            size: bytes after which no more are sent; 0 for no such bound.
        """
        question: dict[str, Any] = {"seq": max(1, seq), "next_by_subj": subject, "batch": count}
        return await self._batch(question | ({"max_bytes": size} if size else {}))

    async def counts(self, subject: str) -> dict[str, int]:
        """Each subject under a filter, with the number of its messages."""
        found: dict[str, int] = {}
        while True:
            answer = await self._info({"subjects_filter": subject, "offset": len(found)})
            page = answer["state"].get("subjects") or {}
            found |= page
            if not page or len(found) >= answer.get("total", 0):
                return found

    async def is_alive(self, inbox: str) -> bool:
        """Tell whether the connection that has this inbox is there. A slow one counts as there."""
        try:
            await self._client.request(inbox, b"", timeout=self._patience)
        except NoRespondersError:
            return False
        except NatsTimeoutError:
            return True
        return True

    # ------------------------------------------------------------ the stream itself

    async def config(self) -> dict[str, Any] | None:
        """The stream's configuration; None when there is no such stream."""
        answer = await self._info({})
        return None if answer is None else dict(answer["config"])

    async def api(self, call: str, question: Mapping[str, Any]) -> dict[str, Any]:
        """Make a request of the JetStream API. Raises StoreError, QuotaExceeded."""
        answer = await self._request(f"$JS.API.{call}", json.dumps(question).encode(), None)
        if error := answer.get("error"):
            raise self._refusal(error)
        return answer

    async def _info(self, question: Mapping[str, Any]) -> Any:
        call = f"$JS.API.STREAM.INFO.{self.subjects.stream}"
        answer = await self._request(call, json.dumps(question).encode(), None)
        error = answer.get("error")
        if error and error.get("err_code") == _STREAM_NOT_FOUND:
            return None
        if error:
            raise self._refusal(error)
        return answer

    # ------------------------------------------------------------ requests

    async def _request(
        self, subject: str, payload: bytes | bytearray | memoryview, headers: dict[str, str] | None
    ) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads((await self._answer(subject, payload, headers)).data)
        return answer

    async def _answer(
        self, subject: str, payload: bytes | bytearray | memoryview, headers: dict[str, str] | None = None
    ) -> Msg:
        deadline = asyncio.get_running_loop().time() + self._patience
        while True:
            await self._connected(deadline)
            try:
                # Any object with the buffer protocol is joined to what is sent; the library says `bytes`.
                return await self._client.request(subject, payload, self._patience, headers=headers)  # type: ignore[arg-type]
            except NoRespondersError:
                if asyncio.get_running_loop().time() > deadline:
                    raise StoreError("the NATS server has no JetStream, or no such bucket any more") from None
                await asyncio.sleep(_STARTING_SECONDS)
            except (NatsError, OSError) as error:
                raise _unreachable(error, self._patience) from error

    def _refusal(self, error: Mapping[str, Any]) -> StoreError:
        if error.get("err_code") in _FULL:
            return QuotaExceeded(self.capacity)
        return StoreError(f"the NATS server refuses: {error.get('description')} ({error.get('err_code')})")

    async def _connected(self, deadline: float) -> None:
        """Wait for a connection: what the library kept for the next one could arrive long after we gave it up."""
        while not self._client.is_connected:
            if self._client.is_closed:
                raise StoreError("the store is closed")
            if asyncio.get_running_loop().time() > deadline:
                raise StoreError(f"the NATS server does not answer within {self._patience:g} s: no connection")
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _batch(self, question: Mapping[str, Any]) -> list[Message]:
        for attempt in range(_ATTEMPTS):
            try:
                return await self._batch_once(question)
            except StoreError:
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError  # the loop above returns or raises

    async def _batch_once(self, question: Mapping[str, Any]) -> list[Message]:
        name, replies = secrets.token_hex(8), _Replies()
        self._collecting[name] = replies
        try:
            await self._connected(asyncio.get_running_loop().time() + self._patience)
            await self._client.publish(self._direct, json.dumps(question).encode(), reply=f"{self._answers}.{name}")
            while replies.status is None:
                await asyncio.wait_for(replies.progress.wait(), self._patience)
                replies.progress.clear()
        except (TimeoutError, NatsError, OSError) as error:
            raise _unreachable(error, self._patience) from error
        finally:
            del self._collecting[name]
        if replies.status not in ("204", "404"):
            raise StoreError(f"the NATS server refuses to read: status {replies.status}")
        return replies.messages

    async def _collect(self, answer: Msg) -> None:
        replies = self._collecting.get(answer.subject.rpartition(".")[2])
        if replies is not None:
            replies.add(answer)


async def connect(address: Address, subjects: Subjects, patience: float) -> Wire:
    """Connect. Raises StoreError when no server answers or lets us in within `patience` seconds."""
    faults: deque[Exception] = deque(maxlen=1)
    is_refused = asyncio.Event()

    async def note(error: Exception) -> None:
        _log.debug("NATS: %s", error)
        faults.append(error)
        if _REFUSAL in str(error).lower():
            is_refused.set()

    connecting = asyncio.create_task(_connect(address, note))
    refused = asyncio.create_task(is_refused.wait())
    # The library would try again for ever, also with the wrong password.
    await asyncio.wait({connecting, refused}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
    for task in (connecting, refused):
        task.cancel()
    await asyncio.wait({connecting, refused})
    try:
        wire = Wire(connecting.result(), subjects, patience)
    except (asyncio.CancelledError, NatsError, OSError) as error:
        raise StoreError(f"cannot connect to the NATS server: {_reason(faults[-1] if faults else error)}") from error
    try:
        await wire.start()
    except (NatsError, OSError) as error:
        raise _unreachable(error, patience) from error
    return wire


async def _connect(address: Address, note: Any) -> Client:
    client = Client()
    try:
        await client.connect(
            list(address.servers),
            name="jupyter_sandfs",
            user=address.user,
            password=address.password,
            token=address.token,
            error_cb=note,
            connect_timeout=math.ceil(PATIENCE),
            # It reconnects as long as the store is open; each request has its own deadline.
            max_reconnect_attempts=-1,
            reconnect_time_wait=_RECONNECT_SECONDS,  # type: ignore[arg-type]  # it takes fractions, too
        )
    except BaseException:  # given up: the library would leave its socket open
        with suppress(NatsError, OSError, TimeoutError):
            await asyncio.wait_for(client.close(), 1.0)
        raise
    return client


async def _say_alive(question: Msg) -> None:
    await question.respond(b"")


def _message(answer: Msg) -> Message:
    headers = answer.headers or {}
    return Message(headers["Nats-Subject"], int(headers["Nats-Sequence"]), headers, answer.data)


def _headers(expect: int | None, write: str, *, rollup: bool, ttl: int) -> dict[str, str]:
    headers: dict[str, str] = {}
    if expect is not None:
        headers |= {"Nats-Expected-Last-Subject-Sequence": str(expect), _WRITE_ID: write}
    if rollup:
        headers["Nats-Rollup"] = "sub"
    if ttl:
        headers["Nats-TTL"] = f"{ttl}s"
    return headers


def _unreachable(error: BaseException, seconds: float) -> StoreError:
    return StoreError(f"the NATS server does not answer within {seconds:g} s: {_reason(error)}")


def _reason(error: BaseException) -> str:
    return str(error).removeprefix("nats: ").strip("'").lower() or type(error).__name__
