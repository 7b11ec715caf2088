"""The five textbook programs of the guide, and what `iomodels migrate` makes of them.

python -m tests.guide.textbook      write on_asyncio.py, on_trio.py and on_anyio.py anew
"""

from pathlib import Path

from iomodels.migrate.moving import move
from iomodels.migrate.rewrite import Target

__all__ = ["FOLDER", "becomes", "programs"]

FOLDER = Path(__file__).resolve().parents[2] / "guide" / "migrate" / "textbook"


def programs() -> list[Path]:
    """The folders, each with a before.py."""
    return sorted(path.parent for path in FOLDER.glob("*/before.py"))


def becomes(folder: Path, target: Target) -> str:
    """What before.py becomes. Raises ValueError, with the reasons, when it is refused."""
    done = move(str(folder / "before.py"), target)
    if not done.changed or done.refusals:
        raise ValueError(f"{folder.name} to {target}: {[refusal.text for refusal in done.refusals]}")
    return done.new.decode()


if __name__ == "__main__":
    for each in programs():
        for library in Target:
            try:
                (each / f"on_{library}.py").write_text(becomes(each, library))
            except ValueError as error:
                print(error)
