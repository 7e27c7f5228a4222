"""Amounts as people read them."""

from __future__ import annotations

from dataclasses import dataclass

from web.figures import NO_BREAK

MICROS = 1_000_000


@dataclass(frozen=True)
class Money:
    """An amount in micro-units; as text with at least two decimals and as many as it needs, up to six."""

    micros: int
    currency: str

    def __str__(self) -> str:
        sign, micros = ("−", -self.micros) if self.micros < 0 else ("", self.micros)
        whole, fraction = divmod(micros, MICROS)
        decimals = f"{fraction:06d}".rstrip("0").ljust(2, "0")
        return f"{sign}{whole:,}.{decimals}{NO_BREAK}{self.currency}"
