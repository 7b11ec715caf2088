"""Telling Python 2 from a slip of the pen: what only Python 2 has, and what it never had."""

import ast
import builtins
import re

__all__ = ["catches_into_a_name", "python_2"]

_STATEMENT = rb"(?:^|[;:])[ \t]*"
# In `print in x` and `exec if x` it is a name.
_OPERAND = rb"(?!(?:in|is|and|or|if|else|for|as|from|import|not[ \t]+in)\b)\w"

_ONLY_2 = {
    "the print statement": _STATEMENT + rb"print(?:[ \t]*[\"'`]|[ \t]+[rRuU]?[\"'`{\[]|[ \t]+" + _OPERAND + rb")",
    "the exec statement": _STATEMENT + rb"exec(?:[ \t]*[\"']|[ \t]+" + _OPERAND + rb")",
    "an exception raised with a comma": _STATEMENT + rb"raise[ \t]+[\w.]+(?:[(\[][^()\[\]\n]*[)\]])*[ \t]*,",
    "a parameter in parentheses": rb"\b(?:def[ \t]+\w+[ \t]*\(|lambda\b)(?:[^()\[:\n]*,)?[ \t]*\(",
    "backticks": rb"`",
    "the operator <>": rb"<>",
    "an octal number without 0o": rb"(?<![\w.])(?<![eE][-+])0+[1-9][0-9]*[lL]?(?![\w.])",
    "a long number": rb"(?<![\w.])(?:0[xX][0-9a-fA-F]+|[0-9]+)[lL]\b",
    "a ur string": rb"\b[uU][rR][\"']",
}
_ONLY_3 = re.compile(
    rb"\basync[ \t]+(?:def|for|with)\b|\bnonlocal[ \t]|\byield[ \t]+from\b|->|:=|\b(?:[fFtT][rR]?|[rR][fFtT])[\"']"
)


def python_2(code: bytes) -> tuple[str, int] | None:
    """What marks the code as Python 2, and its line; None if nothing does, or something of Python 3 is in it as well.

    code: without comments and what stands in strings, which speak of anything.
    """
    if _ONLY_3.search(code):
        return None
    found = [(match.end(), what) for what, pattern in _ONLY_2.items() if (match := re.search(pattern, code, re.MULTILINE))]
    if not found:
        return None
    place, what = min(found)
    return what, len(re.findall(rb"\r\n?|\n", code[:place])) + 1


def catches_into_a_name(tree: ast.Module) -> int | None:
    """The line of the first `except X, e:` in a tree where nothing that could be an exception is called e; None: there is none.

    Python 2 binds the exception to e; since 3.14 it is a second class to catch (PEP 758), and must come from somewhere. A name
    with a capital may have come with `import *`.
    """
    known = set(dir(builtins))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            known.update(name.asname or name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ClassDef):
            known.add(node.name)
        elif isinstance(node, ast.arg):
            known.add(node.arg)
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            known.update(
                node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            )
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Tuple) and len(node.type.elts) == 2:
            last = node.type.elts[1]
            targets = last.elts if isinstance(last, ast.Tuple) else [last]
            if all(
                isinstance(target, ast.Name) and not target.id[0].isupper() and target.id not in known for target in targets
            ):
                return node.lineno
    return None
