"""A baseline: the findings that a project has already, in a file, so that a scan shows only what came since.

A finding is known by its path, rule, unit and the text of its line, and a baseline counts those that are alike: lines may move,
and another finding like one that is there still shows. The file is JSON, in a stable order:

    {"schema_version": 1, "findings": [{"path": "server.py", "rule": "IOM102", "unit": "Echo", "line": "while 1:", "count": 2}]}

Paths are relative to the folder of the file, with `/`.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from iomodels.migrate.finding import Finding
from iomodels.migrate.sources import Sources

__all__ = ["SCHEMA_VERSION", "Identity", "content", "numbered", "read", "without"]

SCHEMA_VERSION = 1


class Identity(NamedTuple):
    """What a finding is known by. line: the text of its first line, without the space round it."""

    path: str
    rule: str
    unit: str
    line: str


def numbered(
    findings: Iterable[Finding], sources: Sources, folder: Path | None = None
) -> Iterator[tuple[Finding, Identity, int]]:
    """Each finding, what it is known by, and how many before it are known by the same.

    folder: what paths are relative to; without one they are as they were given.
    """
    seen: Counter[Identity] = Counter()
    paths: dict[str, str] = {}
    for finding in findings:
        path = finding.place.path
        if path not in paths:
            paths[path] = Path(path if folder is None else os.path.relpath(path, folder)).as_posix()
        identity = Identity(paths[path], finding.rule, finding.unit, sources.line(finding.place).strip())
        yield finding, identity, seen[identity]
        seen[identity] += 1


def content(findings: Iterable[Finding], sources: Sources, folder: Path) -> str:
    """The text of a baseline file in `folder` that has these findings."""
    counts = Counter(identity for _, identity, _ in numbered(findings, sources, folder))
    listed = [{**identity._asdict(), "count": counts[identity]} for identity in sorted(counts)]
    return json.dumps({"schema_version": SCHEMA_VERSION, "findings": listed}, indent=2) + "\n"


def read(path: Path) -> Counter[Identity]:
    """The findings of a baseline file. Raises LookupError when there is none and ValueError when it is broken, in one line."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["schema_version"] != SCHEMA_VERSION:
            raise ValueError(f"its schema_version is {document['schema_version']!r}, not {SCHEMA_VERSION}")
        return Counter(dict(map(_entry, document["findings"])))
    except OSError as error:
        raise LookupError(f"cannot read the baseline {path}: {error.strerror}") from error
    except KeyError as error:
        raise ValueError(f"{path} is no baseline: {error} is missing") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} is no baseline: {error}") from error


def _entry(entry: dict[str, object]) -> tuple[Identity, int]:
    count = entry["count"]
    if not isinstance(count, int) or count < 1:
        raise ValueError(f"a count is {count!r}")
    return Identity(*(str(entry[field]) for field in Identity._fields)), count


def without(findings: Iterable[Finding], known: Counter[Identity], sources: Sources, folder: Path) -> list[Finding]:
    """The findings that a baseline file in `folder` does not have; of more alike than it has, the last."""
    return [finding for finding, identity, number in numbered(findings, sources, folder) if number >= known[identity]]
