"""The module asyncore itself: the standard library's up to Python 3.11, the package pyasyncore's from 3.12 on."""

import importlib
import warnings
from typing import Any

__all__ = ["original"]


def _found() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that asyncore goes is known to whoever imports a bridge for it
        try:
            return importlib.import_module("asyncore")
        except ModuleNotFoundError as error:
            if error.name != "asyncore":
                raise
            fix = "pip install pyasyncore (and pyasynchat for asynchat), or the extra iomodels[asyncore]"
            raise ModuleNotFoundError(f"no asyncore: Python 3.12 removed it; {fix}", name="asyncore") from None


original: Any = _found()  # Any: it has no types any more
