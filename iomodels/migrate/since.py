"""The lines that changed since a git revision, so that a scan shows only what is found on those."""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from iomodels.migrate.finding import Finding, Place

__all__ = ["Changed", "changed"]

# The user's configuration must not change what is read here (git-config(1), diff.*).
DIFF = (
    *("-c", "core.quotePath=true", "diff", "--unified=0", "--inter-hunk-context=0", "--find-renames"),
    *("--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/"),
)
UNTRACKED = ("ls-files", "--others", "--exclude-standard", "-z", "--full-name")
HUNK = re.compile(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@")


@dataclass
class Changed:
    """lines: of each file, by its resolved path. whole: the files that are new to git."""

    lines: dict[Path, set[int]] = field(default_factory=dict)
    whole: set[Path] = field(default_factory=set)
    _resolved: dict[str, Path] = field(default_factory=dict)

    def touches(self, place: Place) -> bool:
        """Whether one of the lines of a place changed."""
        path = self._resolved.get(place.path)
        if path is None:
            path = self._resolved[place.path] = Path(place.path).resolve()
        return path in self.whole or not self.lines.get(path, set()).isdisjoint(range(place.line, place.end_line + 1))

    def only(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings on changed lines."""
        return [finding for finding in findings if self.touches(finding.place)]


def changed(revision: str, paths: Sequence[str]) -> Changed:
    """What differs between a revision and the files as they are now, below these paths; files that git ignores never do.

    Raises LookupError, in one line, when a path lies in no repository, the revision is unknown, or there is no git.
    """
    found = Changed()
    for top, below in _repositories(paths).items():
        question = ("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        commit = _git(top, question, f"{top} has no revision {revision!r}").strip()
        for name, lines in _changed_lines(_git(top, (*DIFF, commit, "--", *below), f"cannot compare {top} with {revision!r}")):
            found.lines.setdefault(top / name, set()).update(lines)
        untracked = _git(top, (*UNTRACKED, "--", *below), f"cannot list what is new in {top}")
        found.whole |= {top / name for name in untracked.split("\0") if name}
    return found


def _repositories(paths: Iterable[str]) -> dict[Path, list[str]]:
    """The paths, resolved, by the top of the work tree that each lies in."""
    tops: dict[Path, Path] = {}
    below: dict[Path, list[str]] = {}
    for path in map(Path.resolve, map(Path, paths)):
        folder = path if path.is_dir() else path.parent
        if folder not in tops:
            top = _git(folder, ("rev-parse", "--show-toplevel"), f"{path} lies in no work tree of git")
            tops[folder] = Path(top.removesuffix("\n"))
        below.setdefault(tops[folder], []).append(str(path))
    return below


def _git(folder: Path, arguments: Sequence[str], refusal: str) -> str:
    """What git prints. Bytes that are no UTF-8 become surrogates, as in the names of files.

    refusal: what a failure means. Raises LookupError, which goes on with git's own first line.
    """
    # A hook is run with its own repository in GIT_DIR, which may be relative to a folder that is not this one (githooks(5)).
    environment = {name: value for name, value in os.environ.items() if name not in ("GIT_DIR", "GIT_WORK_TREE")}
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, check=False, env={**environment, "LC_ALL": "C"}
        )
    except FileNotFoundError as error:
        raise LookupError("there is no git here, which knows what changed") from error
    if done.returncode:
        why = os.fsdecode(done.stderr).strip().partition("\n")[0]
        raise LookupError(f"{refusal} ({why})" if why else refusal)
    return os.fsdecode(done.stdout)


def _changed_lines(diff: str) -> Iterator[tuple[str, range]]:
    """The file and the new lines of each hunk. A line of the files themselves begins with `+`, `-` or a backslash."""
    name = ""
    for line in diff.split("\n"):
        if line.startswith("diff --git "):
            name = ""
        elif line.startswith("+++ ") and not name:  # once it has a name, this is a line that was added
            name = _file_name(line.removeprefix("+++ "))
        elif match := HUNK.match(line):
            start, count = int(match[1]), int(match[2] or 1)
            yield name, range(start, start + count)


def _file_name(shown: str) -> str:
    """The name that git shows as `b/name`: with a tab after it when it has spaces, quoted as in C when it has worse."""
    shown = shown.removesuffix("\t")
    if shown.startswith('"'):
        octets = shown[1:-1].encode("ascii").decode("unicode_escape").encode("latin-1")
        shown = os.fsdecode(octets)
    return shown.removeprefix("b/")
