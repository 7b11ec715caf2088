"""What is measured: variants of the catalogue, anybody's command, and the C server that nothing in Python can be below."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from iomodels.bench.ceiling import CEILING, build_ceiling
from iomodels.catalogue import Variant
from iomodels.contract.server import Launch

__all__ = ["CEILING", "Subject", "ceiling", "of_command", "of_variant"]


@dataclass(frozen=True)
class Subject:
    """A server to be measured.

    launch: how it is started for a service. services: those that it speaks, None: any. capacity: conversations that it holds at
    once, None: any number.
    """

    name: str
    launch: Callable[[str], Launch]
    services: tuple[str, ...] | None = None
    capacity: int | None = None


def of_variant(variant: Variant) -> Subject:
    """A variant of the catalogue, under its name."""
    capacity = variant.profile.capacity
    return Subject(variant.name, variant.launch, capacity=capacity if isinstance(capacity, int) else None)


def of_command(text: str, name: str = "", services: tuple[str, ...] | None = None) -> Subject:
    """Anybody's server: a command as `--cmd` takes it, in which `{port}` stands for the port and `{service}` for the service.

    Raises ServerError when the command cannot be read.
    """
    Launch.from_text(text)
    return Subject(name or text, lambda service: Launch.from_text(text.replace("{service}", service)), services)


def ceiling() -> Subject | None:
    """The C server, or None where there is no compiler."""
    if shutil.which("cc") is None:
        return None
    return Subject(CEILING, lambda _: Launch([str(build_ceiling()), "0"]), services=("upper",))
