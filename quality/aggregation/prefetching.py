"""Asking the processor for a row of memory before it is needed, from code that numba compiles."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

insert: Any = cgutils.get_or_insert_function


def _prefetch(context: Any, array: Any, index: Any) -> Any:
    """Start loading ``array[index]``; nothing waits for it, and nothing is read."""
    del context, index

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        values = context.make_array(signature.args[0])(context, builder, arguments[0])
        pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        call = insert(builder.module, kind, "llvm.prefetch.p0")
        place = builder.bitcast(builder.gep(values.data, [arguments[1]]), pointer)
        # For reading, into every level of the cache, as data.
        builder.call(call, [place, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


prefetch: Any = intrinsic(_prefetch)
