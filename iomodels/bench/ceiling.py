"""The ceiling: ceiling.c, an epoll loop that upper-cases what it is sent; built when first needed, and kept."""

import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

from iomodels.contract.server import ServerError, Unavailable

__all__ = ["CEILING", "build_ceiling"]

CEILING = "ceiling"  # its name among the subjects
SOURCE = Path(__file__).with_name("ceiling.c")


def build_ceiling(folder: Path | None = None) -> Path:
    """The program, compiled unless it was before. Raises Unavailable without a compiler, ServerError when it cannot be built.

    folder: where it is kept; without one, in the user's cache (XDG Base Directory Specification).
    """
    if folder is None:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "iomodels"
    program = folder / f"{CEILING}-{sha256(SOURCE.read_bytes()).hexdigest()[:12]}"
    if program.exists():
        return program
    compiler = shutil.which("cc")
    if compiler is None:
        raise Unavailable("no C compiler: `cc` is not on the path")
    # Under another name first: two runs may build at once, and neither may start half a program.
    unfinished = program.with_name(f"{program.name}.{os.getpid()}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run([compiler, "-O2", "-o", unfinished, SOURCE], capture_output=True, text=True)
        if done.returncode:
            raise ServerError(f"cc failed: {done.stderr.strip()}")
        unfinished.replace(program)
    except OSError as error:
        raise ServerError(f"cannot build {program}: {error.strerror}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return program
