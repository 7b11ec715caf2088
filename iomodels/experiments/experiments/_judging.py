"""What verdicts have in common."""

from iomodels.experiments.experiment import Verdict

__all__ = ["verdict"]


def verdict(true: int, tried: int) -> Verdict:
    """Of a claim that was true so many times of those that it was tried."""
    if true == tried:
        return Verdict.HOLDS
    return Verdict.DEPENDS if true else Verdict.DOES_NOT_HOLD
