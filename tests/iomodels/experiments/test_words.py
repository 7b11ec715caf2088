import pytest

from iomodels.experiments.words import duration, percent, size_words


@pytest.mark.parametrize(
    ("nanoseconds", "words"),
    [
        (0, "0.0 us"),
        (1_340, "1.3 us"),
        (99_400, "99.4 us"),
        (99_700, "100 us"),
        (44_000_000, "44.0 ms"),
        (1.2e9, "1.2 s"),
        (3e12, "3000 s"),
    ],
)
def test_durations(nanoseconds: float, words: str) -> None:
    assert duration(nanoseconds) == words


@pytest.mark.parametrize(
    ("share", "words"), [(0, "0 %"), (0.001, "0.10 %"), (0.34, "34 %"), (0.9998, "99.98 %"), (1, "100 %"), (1.2, "120 %")]
)
def test_shares(share: float, words: str) -> None:
    assert percent(share) == words


@pytest.mark.parametrize(("size", "words"), [(512, "512 bytes"), (1024, "1 KiB"), (1536, "1.5 KiB"), (2**21, "2 MiB")])
def test_sizes(size: int, words: str) -> None:
    assert size_words(size) == words
