"""The table of all pairs: models down, runtimes across, each with a link to its file."""

import ast
import re
from pathlib import Path

from guide.ext.fragments import docstring, sibling

__all__ = ["pairs"]

ROOT = Path(__file__).resolve().parents[2]
RUNTIMES = ("asyncio", "trio", "anyio")
KIND = re.compile(r"An? (literal|idiomatic) counterpart")


def pairs() -> str:
    """A row for each model: its page, the classic file, and on each library whether it is literal or idiomatic, and whose code
    it has."""
    files = sorted((ROOT / "models").glob("[!_]*.py"), key=lambda path: (not _serves(path), path.stem))
    rows = ["| side by side | classic | asyncio | trio | anyio |", "|---|---|---|---|---|"]
    for path in files:
        name = path.stem
        cells = [f"[{name}]({name}.md)", f"[{path.name}](../../models/{path.name})", *(_cell(name, each) for each in RUNTIMES)]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _serves(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef) and node.name == "serve" for node in tree.body)


def _cell(model: str, runtime: str) -> str:
    path = ROOT / "async_models" / runtime / f"{model}.py"
    said = KIND.search(docstring(path.read_text(encoding="utf-8")))
    other = sibling(path, ROOT)
    link = f"[{said[1] if said else path.name}](../../async_models/{runtime}/{path.name})"
    return link if other is None else f"{link}, as [{other.stem}]({other.stem}.md)"
