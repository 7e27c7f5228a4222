"""AsyncAssayClient: the API for programs that do other things meanwhile."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
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


class AsyncAssayClient(Endpoints):
    """`AssayClient` for asyncio: methods are awaited, lists are iterated by ``async for``."""

    def __init__(
        self, base_url: str, key: str, *, timeout_seconds: float = 30.0, retry: RetryPolicy | None = None
    ) -> None:
        self._retry = retry or RetryPolicy()
        self._http = httpx.AsyncClient(**settings(base_url, key, timeout_seconds))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def send_async(self, call: Call[T]) -> T:
        """Send any call."""
        return outcome_of(call, await self._outcome(Exchange(call, self._retry)))

    async def pages_async(self, call: Call[Any]) -> AsyncIterator[Any]:
        """The rows of a list, page by page as they are asked for."""
        page = await self.send_async(call)
        while True:
            for row in page["results"]:
                yield row
            address = next_page(page)
            if address is None:
                return
            page = await self.send_async(Call("GET", address))

    async def download(self, call: Call[Any], file: Path) -> int:
        """Stream a reply into ``file``, which appears when it is whole; the bytes written."""
        exchange = Exchange(call, self._retry)
        part = file.with_name(file.name + ".part")
        try:
            while True:
                try:
                    response = await self._outcome(exchange, is_streamed=True)
                    if response.status_code >= 400:
                        await response.aread()
                        raise AssayError.from_response(response)
                    written = await _save(response, part)
                except httpx.TransportError as error:
                    await asyncio.sleep(exchange.wait_after_loss(error, self._http.base_url))
                    continue
                os.replace(part, file)
                return written
        finally:
            part.unlink(missing_ok=True)

    async def _outcome(self, exchange: Exchange, *, is_streamed: bool = False) -> httpx.Response:
        while True:
            arguments = exchange.arguments()
            if exchange.call.upload is not None:
                arguments["content"] = _chunks(exchange.call.upload)
            try:
                response = await self._http.send(self._http.build_request(**arguments), stream=is_streamed)
            except httpx.TransportError as error:
                await asyncio.sleep(exchange.wait_after_loss(error, self._http.base_url))
                continue
            seconds = exchange.wait_after(response)
            if seconds is None:
                return response
            await response.aclose()
            await asyncio.sleep(seconds)


async def _save(response: httpx.Response, part: Path) -> int:
    written = 0
    try:
        with part.open("wb") as out:
            async for chunk in response.aiter_bytes(CHUNK_BYTES):
                written += await asyncio.to_thread(out.write, chunk)
    finally:
        await response.aclose()
    return written


async def _chunks(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as body:
        while chunk := await asyncio.to_thread(body.read, CHUNK_BYTES):
            yield chunk
