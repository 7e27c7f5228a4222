"""A TCP proxy whose connections can be cut: what a network does that the two ends cannot know of."""

from __future__ import annotations

import asyncio
import math
import random
import struct
import threading
import time
from contextlib import suppress
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

# Closed with this, a socket is reset instead of finished.
_RESET = struct.pack("ii", 1, 0)


class CutProxy:
    """Forwards a port of its own to another on this machine, from a thread of its own."""

    def __init__(self, listen: int, target: int) -> None:
        self.listen, self.target = listen, target
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._tasks: set[Any] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"proxy-{listen}")
        self._is_listening = threading.Event()
        # Connections cut while there was somebody to notice.
        self.n_cut = 0

    def start(self) -> None:
        """Listen; returns once it does."""
        self._thread.start()
        self._is_listening.wait(10)

    def stop(self) -> None:
        """Cut everything and end."""
        asyncio.run_coroutine_threadsafe(self._reset_some(1.0), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def cut(self, share: float, patience_seconds: float) -> int:
        """Reset a share of the connections in the middle of whatever they do; returns how many.

        At least one: where there is none, one is waited for, as a server may be down from something else.
        """
        deadline = time.monotonic() + patience_seconds
        while True:
            n = asyncio.run_coroutine_threadsafe(self._reset_some(share), self._loop).result(10)
            if n or time.monotonic() > deadline:
                self.n_cut += n
                return n
            time.sleep(0.01)

    async def _reset_some(self, share: float) -> int:
        # In the loop's thread: none of them ends between the choice and the cut.
        open_ = list(self._pairs)
        chosen = random.sample(open_, math.ceil(share * len(open_)))
        for pair in chosen:
            _reset(pair)
            self._pairs.discard(pair)
        return len(chosen)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.listen))
        self._is_listening.set()
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, back)
        self._pairs.add(pair)
        try:
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        finally:
            self._pairs.discard(pair)
            for end in pair:
                end.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await source.read(1 << 16):
            sink.write(chunk)
            await sink.drain()
    with suppress(OSError, RuntimeError):
        sink.close()


def _reset(pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter]) -> None:
    for end in pair:
        with suppress(OSError, ValueError):
            end.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, _RESET)
        end.transport.abort()
