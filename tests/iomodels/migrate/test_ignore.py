from collections.abc import Sequence

import pytest

from iomodels.migrate.finding import Finding
from iomodels.migrate.ignore import Ignore, apply, comments
from tests.iomodels.migrate.output.making import RULES, finding


def applied(text: str, findings: Sequence[Finding], selected: Sequence[str] = tuple(RULES)) -> tuple[list[Finding], list[str]]:
    return apply(findings, {"a.py": comments(text)}, selected, RULES)


@pytest.mark.parametrize(
    ("comment", "read"),
    [
        ("# iomodels: ignore", Ignore(1)),
        ("#iomodels:ignore", Ignore(1)),
        ("# iomodels: ignore it is one client by design", Ignore(1)),
        ("# iomodels: ignore[IOM101] one client by design", Ignore(1, ("IOM101",))),
        ("# iomodels: ignore[iom101, IOM2]", Ignore(1, ("IOM101", "IOM2"))),
        ("# noqa: E501  # iomodels: ignore[IOM101]", Ignore(1, ("IOM101",))),
        ("# iomodels: ignore-file", Ignore(1, (), True)),
        ("# iomodels: ignore-file[IOM2] generated", Ignore(1, ("IOM2",), True)),
    ],
)
def test_a_comment_is_read(comment: str, read: Ignore) -> None:
    assert comments(f"x = 1  {comment}\n") == (read,)


@pytest.mark.parametrize(
    "text",
    ["x = '# iomodels: ignore'\n", '"""\n# iomodels: ignore[IOM1]\n"""\n', "# iomodels: ignored\n", "# iomodels is ignored\n"],
)
def test_what_is_no_such_comment_is_not_read(text: str) -> None:
    assert comments(text) == ()


@pytest.mark.parametrize(
    "wrong", ["ignore[IOM101", "ignore[]", "ignore[ , ]", "ignore-line[IOM101]", "ignore: IOM101", "ignore[[IOM1]]"]
)
def test_a_comment_that_is_not_understood_ignores_nothing_and_is_told_of(wrong: str) -> None:
    findings = [finding("a.py", 1, "IOM101")]
    left, (warning,) = applied(f"x  # iomodels: {wrong}\n", findings)
    assert left == findings
    assert warning.startswith("a.py:1: this comment for iomodels is not understood: ")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_they_do_in_python(end: str) -> None:
    assert comments(f"x{end}y  # iomodels: ignore{end}") == (Ignore(2),)


def test_a_broken_file_has_the_comments_before_the_break() -> None:
    assert comments("x  # iomodels: ignore\n(\n") == (Ignore(1),)
    assert comments("if x:\n    y  # iomodels: ignore\n  z\n") == (Ignore(2),)


def test_codes_beginnings_and_none_take_out_what_they_mean() -> None:
    findings = [finding("a.py", line, code) for line in (1, 2, 3, 4) for code in ("IOM101", "IOM102", "IOM201")]
    text = "".join(f"x  # iomodels: ignore{codes}\n" for codes in ("[IOM101]", "[IOM1]", "", "[IOM102,IOM2]"))
    left, warnings = applied(text, findings)
    assert [(each.place.line, each.rule) for each in left] == [(1, "IOM102"), (1, "IOM201"), (2, "IOM201"), (4, "IOM101")]
    assert warnings == []


def test_a_comment_counts_on_the_first_line_and_on_the_last() -> None:
    findings = [finding("a.py", 2, end=(4, 1))]
    for line, there in ((1, 1), (2, 0), (3, 1), (4, 0), (5, 1)):
        left, warnings = applied("\n" * (line - 1) + "# iomodels: ignore[IOM102]\n", findings)
        assert (len(left), len(warnings)) == (there, there)


def test_a_comment_for_the_file_counts_on_every_line_of_that_file_alone() -> None:
    findings = [finding("a.py", 90), finding("a.py", 91, "IOM201"), finding("b.py", 90)]
    left, warnings = applied("# iomodels: ignore-file[IOM1]\n", findings)
    assert (left, warnings) == (findings[1:], [])
    assert applied("# iomodels: ignore-file\n", findings) == (findings[2:], [])


def test_what_no_finding_needs_is_told_of() -> None:
    findings = [finding("a.py", 1, "IOM101")]
    assert applied("x  # iomodels: ignore[IOM101, IOM2]\n", findings)[1] == [
        "a.py:1: nothing here needs the comment ignore[IOM2]"
    ]
    assert applied("\n# iomodels: ignore\n", findings)[1] == ["a.py:2: nothing here needs the comment ignore"]
    assert applied("# iomodels: ignore-file[IOM301]\n", findings)[1] == [
        "a.py:1: nothing here needs the comment ignore-file[IOM301]"
    ]


def test_a_code_that_no_rule_has_is_told_of() -> None:
    _, warnings = applied("x  # iomodels: ignore[IOM101, IOM777]\n", [finding("a.py", 1, "IOM101")], ["IOM101"])
    assert warnings == ["a.py:1: no rule is called IOM777, which a comment ignores"]


@pytest.mark.parametrize("codes", ["", "[IOM201]", "[IOM2]", "[IOM]"])
def test_what_was_not_looked_for_may_be_needed(codes: str) -> None:
    assert applied(f"x  # iomodels: ignore{codes}\n", [], ["IOM101", "IOM102"]) == ([], [])
