"""AssayClient: the API for programs that wait."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from assay_client.call import Call
from assay_client.endpoints import Endpoints
from assay_client.errors import AssayError
from assay_client.exchange import CHUNK_BYTES, Exchange, next_page, outcome_of, settings
from assay_client.retry import RetryPolicy

T = TypeVar("T")
# Called with the bytes so far and the bytes in all, where that is known.
Progress = Callable[[int, int | None], None]


class AssayClient(Endpoints):
    """Talks to the server at ``base_url`` as the owner of ``key``; safe to share between threads.

    Every method raises AssayError. Lost connections and the statuses 429, 500, 502, 503, 504 are tried again as
    ``retry`` says; a POST keeps its Idempotency-Key, so that a repeat after a lost reply changes nothing.
    """

    def __init__(
        self, base_url: str, key: str, *, timeout_seconds: float = 30.0, retry: RetryPolicy | None = None
    ) -> None:
        self._retry = retry or RetryPolicy()
        self._http = httpx.Client(**settings(base_url, key, timeout_seconds))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def send(self, call: Call[T], *, progress: Progress | None = None) -> T:
        """Send any call; ``progress`` follows an upload."""
        exchange = Exchange(call, self._retry)
        return outcome_of(call, self._outcome(exchange, progress))

    def pages(self, call: Call[Any]) -> Iterator[Any]:
        """The rows of a list, page by page as they are asked for."""
        page = self.send(call)
        while True:
            yield from page["results"]
            address = next_page(page)
            if address is None:
                return
            page = self.send(Call("GET", address))

    def download(self, call: Call[Any], file: Path, *, progress: Progress | None = None) -> int:
        """Stream a reply into ``file``, which appears when it is whole; the bytes written.

        A connection that breaks off begins the file anew.
        """
        exchange = Exchange(call, self._retry)
        part = file.with_name(file.name + ".part")
        try:
            while True:
                try:
                    response = self._outcome(exchange, None, is_streamed=True)
                    if response.status_code >= 400:
                        response.read()
                        raise AssayError.from_response(response)
                    written = self._save(response, part, progress)
                except httpx.TransportError as error:
                    time.sleep(exchange.wait_after_loss(error, self._http.base_url))
                    continue
                os.replace(part, file)
                return written
        finally:
            part.unlink(missing_ok=True)

    def _outcome(self, exchange: Exchange, progress: Progress | None, *, is_streamed: bool = False) -> httpx.Response:
        while True:
            arguments = exchange.arguments()
            if exchange.call.upload is not None:
                arguments["content"] = _chunks(exchange.call.upload, progress)
            try:
                response = self._http.send(self._http.build_request(**arguments), stream=is_streamed)
            except httpx.TransportError as error:
                time.sleep(exchange.wait_after_loss(error, self._http.base_url))
                continue
            seconds = exchange.wait_after(response)
            if seconds is None:
                return response
            response.close()
            time.sleep(seconds)

    def _save(self, response: httpx.Response, part: Path, progress: Progress | None) -> int:
        length = response.headers.get("Content-Length")
        total = int(length) if length is not None and "Content-Encoding" not in response.headers else None
        written = 0
        try:
            with part.open("wb") as out:
                for chunk in response.iter_bytes(CHUNK_BYTES):
                    written += out.write(chunk)
                    if progress is not None:
                        progress(written, total)
        finally:
            response.close()
        return written


def _chunks(file: Path, progress: Progress | None) -> Iterator[bytes]:
    total = file.stat().st_size
    sent = 0
    with file.open("rb") as body:
        while chunk := body.read(CHUNK_BYTES):
            yield chunk
            sent += len(chunk)
            if progress is not None:
                progress(sent, total)
