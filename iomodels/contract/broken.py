"""What a case raises when the server breaks the contract: what was sent, what was expected, what came, in words and
in bytes."""

__all__ = ["Broken", "excerpt", "first_difference"]

AROUND = 24  # bytes shown on each side of a difference


class Broken(AssertionError):
    """The server broke the contract.

    words: what happened, a sentence. sent, expected, came: the bytes that show it, as far as they matter; None is left out.
    """

    def __init__(
        self, words: str, *, sent: bytes | None = None, expected: bytes | None = None, came: bytes | None = None
    ) -> None:
        self.words = words
        self.sent = sent
        self.expected = expected
        self.came = came
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """The failure, a line for each fact."""
        lines = [self.words]
        at = 0
        if self.expected is not None and self.came is not None:
            at = first_difference(self.expected, self.came)
            lines.append(f"first difference at byte {at:,}")
        for name, data in (("sent", self.sent), ("expected", self.expected), ("came", self.came)):
            if data is not None:
                lines.append(f"{name:<8} {len(data):,} bytes: {excerpt(data, at)}")
        return lines


def first_difference(expected: bytes, came: bytes) -> int:
    """The offset of the first byte in which the two differ; the length of the shorter one when it begins the other."""
    low, high = 0, min(len(expected), len(came))
    while low < high:
        middle = (low + high + 1) // 2
        if expected[:middle] == came[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def excerpt(data: bytes, at: int = 0) -> str:
    """`data` round offset `at` as a bytes literal, with dots where something is left out."""
    start, end = max(0, at - AROUND), min(len(data), at + AROUND)
    return f"{'...' if start else ''}{data[start:end]!r}{'...' if end < len(data) else ''}"
