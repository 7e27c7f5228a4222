"""How numba compiles the functions of a fit: once, cached beside their file, free of the interpreter's lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit
from numpy.typing import NDArray

Array = NDArray[Any]
Code = TypeVar("Code", bound=Callable[..., Any])


def compiled(function: Code) -> Code:
    """The function compiled at its first call, or loaded from the cache beside its file."""
    # Without "nnan" and "ninf": an impossible label is minus infinity and has to stay it.
    compile_it = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"})
    return cast(Code, compile_it(function))


def compiled_in_order(function: Code) -> Code:
    """As `compiled`, but sums keep their order, where rounding errors are meant to cancel."""
    return cast(Code, njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})(function))
