"""Numbers as people read them: three digits that matter, and no exponents."""

import math

__all__ = ["number"]


def number(value: float) -> str:
    """`0.0123`, `1.23`, `12.3`, `1,230`, `12,300`: three digits from the first that is not nought, and none beyond the point
    that say nothing."""
    if not math.isfinite(value):
        return "-"
    if value == 0:
        return "0"
    digits = 2 - math.floor(math.log10(abs(value)))
    rounded = round(value, digits)
    if digits <= 0 or rounded == int(rounded):
        return f"{rounded:,.0f}"
    return f"{rounded:,.{digits}f}".rstrip("0").rstrip(".")
