"""Call: one request of the API as a value, and the descriptors that make methods of calls, with and without await."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, cast, overload

from assay_client.shapes import Json, Versioned

API = "/api/v1"
P = ParamSpec("P")
T = TypeVar("T")

Query = Mapping[str, Any]


def as_it_comes(reply: Any) -> Any:
    """The decoded JSON itself."""
    return reply


@dataclass(frozen=True)
class Call(Generic[T]):
    """A request with the way to read its reply. ``path`` is below ``/api/v1`` unless it begins with that.

    ``upload``: a file that is the body, instead of ``body``. ``idempotency_key``: given for a call that another run of
    the program may repeat; else each call makes one for its own repeats. ``is_versioned``: it gives a `Versioned`.
    """

    method: str
    path: str
    body: Any = None
    query: Query = field(default_factory=dict)
    upload: Path | None = None
    if_match: str | None = None
    idempotency_key: str | None = None
    is_versioned: bool = False
    read: Callable[[Any], T] = as_it_comes

    @property
    def address(self) -> str:
        """Path with prefix."""
        return self.path if self.path.startswith(API) else API + self.path

    def with_key(self, idempotency_key: str) -> Call[T]:
        """The same call under a key that the caller keeps."""
        return replace(self, idempotency_key=idempotency_key)

    def versioned(self) -> Call[Versioned]:
        """The same call, which gives the reply with the version of the configuration that it shows."""
        return replace(cast("Call[Versioned]", self), is_versioned=True, read=as_it_comes)

    def unless_changed_since(self, etag: str) -> Call[T]:
        """The same call, refused with `Changed` when somebody else has changed the configuration since."""
        return replace(self, if_match=etag)


def get(path: str, **query: Any) -> Call[Json]:
    """A GET; what is None in ``query`` is left out."""
    return Call("GET", path, query={name: value for name, value in query.items() if value is not None})


def post(path: str, body: Any = None, **options: Any) -> Call[Json]:
    """A POST with a JSON body."""
    return Call("POST", path, body={} if body is None else body, **options)


def when(time: datetime | None) -> str | None:
    """A time as the API reads it."""
    return None if time is None else time.isoformat()


def given(**fields: Any) -> Json:
    """The fields that are not None, for a body."""
    return {name: value for name, value in fields.items() if value is not None}


class Sender(Protocol):
    """A client that blocks."""

    def send(self, call: Call[T]) -> T: ...

    def pages(self, call: Call[Json]) -> Iterator[Json]: ...


class AsyncSender(Protocol):
    """A client that is awaited."""

    async def send_async(self, call: Call[T]) -> T: ...

    def pages_async(self, call: Call[Json]) -> AsyncIterator[Json]: ...


class Endpoint(Generic[P, T]):
    """A method made of the function that describes its call; on an asynchronous client it is awaited."""

    def __init__(self, describe: Callable[P, Call[T]]) -> None:
        self.describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, client: Sender, owner: Any) -> Callable[P, T]: ...

    @overload
    def __get__(self, client: AsyncSender, owner: Any) -> Callable[P, Awaitable[T]]: ...

    @overload
    def __get__(self, client: None, owner: Any) -> Endpoint[P, T]: ...

    def __get__(self, client: Any, owner: Any) -> Any:
        """The method of one client."""
        if client is None:
            return self
        send = getattr(client, "send_async", None) or client.send
        describe = self.describe

        def method(*positional: P.args, **named: P.kwargs) -> Any:
            return send(describe(*positional, **named))

        method.__doc__ = self.__doc__
        return method


class Pages(Generic[P]):
    """A method that gives the rows of a list one after the other, page by page as they are asked for."""

    def __init__(self, describe: Callable[P, Call[Json]]) -> None:
        self.describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, client: Sender, owner: Any) -> Callable[P, Iterator[Json]]: ...

    @overload
    def __get__(self, client: AsyncSender, owner: Any) -> Callable[P, AsyncIterator[Json]]: ...

    @overload
    def __get__(self, client: None, owner: Any) -> Pages[P]: ...

    def __get__(self, client: Any, owner: Any) -> Any:
        """The method of one client."""
        if client is None:
            return self
        pages = getattr(client, "pages_async", None) or client.pages
        describe = self.describe

        def method(*positional: P.args, **named: P.kwargs) -> Any:
            return pages(describe(*positional, **named))

        method.__doc__ = self.__doc__
        return method
