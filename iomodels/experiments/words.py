"""How figures are written: sizes, times and shares, each in one way."""

__all__ = ["duration", "percent", "size_words"]

KIB = 1024
MIB = KIB * KIB


def size_words(size: int) -> str:
    """`512 bytes`, `64 KiB`, `2 MiB`."""
    if size >= MIB:
        return f"{size / MIB:g} MiB"
    return f"{size / KIB:g} KiB" if size >= KIB else f"{size} bytes"


def duration(nanoseconds: float) -> str:
    """`1.3 us`, `210 us`, `44.0 ms`, `1.2 s`."""
    value, name = nanoseconds / 1e3, "us"
    for unit in ("ms", "s"):
        if value >= 1e3:
            value, name = value / 1e3, unit
    return f"{value:.0f} {name}" if value >= 99.5 else f"{value:.1f} {name}"


def percent(share: float) -> str:
    """`97 %`, and `99.98 %` where a whole number would say all or nothing."""
    shown = f"{share:.2%}" if 0 < share < 0.005 or 0.995 <= share < 1 else f"{share:.0%}"
    return shown.replace("%", " %")
