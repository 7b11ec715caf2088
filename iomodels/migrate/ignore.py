"""Comments that take findings out:

    while True:  # iomodels: ignore[IOM101] one client by design
    conn.send(x)  # iomodels: ignore[IOM105, IOM2]      several, and IOM2xx
    conn.send(x)  # iomodels: ignore                    everything on this line
    # iomodels: ignore-file[IOM2] why                   in the whole file; without codes: everything

A comment counts for a finding when it stands on its first or on its last line. One that takes out nothing is warned of.
"""

import io
import re
import tokenize
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from iomodels.migrate.finding import Finding

__all__ = ["Ignore", "apply", "comments"]

SIGN = "iomodels:"  # a file without it has no such comment
STARTS = re.compile(rf"#\s*{SIGN}\s*ignore(?!\w)(.*)")
REST = re.compile(r"(-file)?(?:\[([^][]*)\])?(?:\s|$)")


@dataclass(frozen=True)
class Ignore:
    """A comment. codes: whole ones and beginnings; none: every rule. wrong: why it is not understood, and ignores nothing."""

    line: int
    codes: tuple[str, ...] = ()
    whole_file: bool = False
    wrong: str = ""

    def on(self, finding: Finding) -> bool:
        """Whether it stands where it counts for a finding of its file."""
        return self.whole_file or self.line in (finding.place.line, finding.place.end_line)


Use = tuple[str, Ignore, str]  # the file, the comment, and which of its codes


def comments(text: str) -> tuple[Ignore, ...]:
    """The comments of a file, given its text; nearly free for a file that has none."""
    return tuple(_read(text)) if SIGN in text else ()


def _read(text: str) -> Iterator[Ignore]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline=None).readline):
            if token.type == tokenize.COMMENT and (comment := STARTS.search(token.string)):
                yield _ignore(token.start[0], comment[1])
    except (tokenize.TokenError, SyntaxError):
        pass  # a broken file is told of by the scan


def _ignore(line: int, rest: str) -> Ignore:
    match = REST.match(rest)
    if match is None:
        return Ignore(line, wrong="write `ignore`, `ignore[CODES]`, `ignore-file` or `ignore-file[CODES]`")
    whole_file = match[1] is not None
    if match[2] is None:
        return Ignore(line, (), whole_file)
    codes = tuple(code.strip().upper() for code in match[2].split(",") if code.strip())
    return Ignore(line, codes, whole_file, "" if codes else "there are no codes between its brackets")


def apply(
    findings: Iterable[Finding], ignores: Mapping[str, Sequence[Ignore]], selected: Collection[str], known: Collection[str]
) -> tuple[list[Finding], list[str]]:
    """The findings that are left, and warnings: comments that took out nothing, or are not understood.

    ignores: the comments of each file, by its path. selected: the codes of the rules that were looked for; of another rule
    nobody knows whether its comment is needed. known: all codes. To be called with all findings: before a baseline or a base
    revision takes some out.
    """
    left, used = [], Counter[Use]()
    for finding in findings:
        path = finding.place.path
        taken = [
            (path, each, code)
            for each in ignores.get(path, ())
            if not each.wrong and each.on(finding)
            for code in (each.codes or ("",))
            if finding.rule.startswith(code)
        ]
        used.update(taken)
        if not taken:
            left.append(finding)
    warnings = []
    for path, those in sorted(ignores.items()):
        for each in those:
            idle = [code for code in (each.codes or ("",)) if not used[path, each, code] and _looked_for(code, selected, known)]
            if each.wrong:
                warnings.append(f"{path}:{each.line}: this comment for iomodels is not understood: {each.wrong}")
            elif idle:
                warnings.append(f"{path}:{each.line}: {_unused(each, idle, known)}")
    return left, warnings


def _looked_for(code: str, selected: Collection[str], known: Collection[str]) -> bool:
    return {each for each in known if each.startswith(code)} <= set(selected)


def _unused(ignore: Ignore, idle: list[str], known: Collection[str]) -> str:
    strange = [code for code in idle if not any(each.startswith(code) for each in known)]
    if strange:
        return f"no rule is called {strange[0]}, which a comment ignores"
    codes = f"[{', '.join(idle)}]" if ignore.codes else ""
    return f"nothing here needs the comment ignore{'-file' if ignore.whole_file else ''}{codes}"
