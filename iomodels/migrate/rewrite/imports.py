"""Imports: those that new code needs come in where a reader looks for them; those that nothing uses any more go."""

from collections.abc import Iterable, Sequence

import libcst as cst

from iomodels.migrate.standard import STANDARD_LIBRARY

__all__ = ["add_imports", "bound", "drop_imports", "import_end"]

ImportLine = cst.SimpleStatementLine


def _import(statement: cst.CSTNode) -> cst.Import | cst.ImportFrom | None:
    if isinstance(statement, cst.SimpleStatementLine) and isinstance(statement.body[0], cst.Import | cst.ImportFrom):
        return statement.body[0]
    return None


def import_end(body: Sequence[cst.CSTNode]) -> int:
    """The index after the first run of imports, or after the docstring where there is none."""
    start = next((index for index, statement in enumerate(body) if _import(statement)), None)
    if start is None:
        return 1 if body and _is_docstring(body[0]) else 0
    end = start
    while end < len(body) and _import(body[end]):
        end += 1
    return end


def _is_docstring(statement: cst.CSTNode) -> bool:
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and isinstance(statement.body[0], cst.Expr)
        and isinstance(statement.body[0].value, cst.BaseString)
    )


def add_imports(body: list[cst.BaseStatement], needed: Iterable[str]) -> list[cst.BaseStatement]:
    """The statements of a module with imports added: `module`, or `module:name`."""
    for need in sorted(needed, key=lambda need: (":" in need, need)):
        module, _, name = need.partition(":")
        if not _has(body, module, name):
            body = _add(body, module, name)
    return body


def _has(body: Sequence[cst.BaseStatement], module: str, name: str) -> bool:
    for statement in body:
        line = _import(statement)
        if line is None or isinstance(line.names, cst.ImportStar) or isinstance(line, cst.Import) == bool(name):
            continue
        if isinstance(line, cst.ImportFrom) and _dotted(line.module) != module:
            continue
        if any(_dotted(alias.name) == (name or module) and alias.asname is None for alias in line.names):
            return True
    return False


def _dotted(node: cst.CSTNode | None) -> str:
    return cst.Module([]).code_for_node(node) if node is not None else ""


def _key(statement: cst.CSTNode) -> tuple[bool, bool, str]:
    """The place of an import in its run: `__future__`, the standard library, others; `import` before `from`; by name."""
    line = _import(statement)
    if isinstance(line, cst.Import):
        name = _dotted(line.names[0].name)
        return (not _standard(name), False, name)
    name = _dotted(line.module) if isinstance(line, cst.ImportFrom) else ""
    return (not _standard(name), name != "__future__", "" if name == "__future__" else name)


def _standard(module: str) -> bool:
    return module.partition(".")[0] in STANDARD_LIBRARY


def _add(body: list[cst.BaseStatement], module: str, name: str) -> list[cst.BaseStatement]:
    for index, statement in enumerate(body):
        line = _import(statement)
        if (
            name
            and isinstance(line, cst.ImportFrom)
            and _dotted(line.module) == module
            and not isinstance(line.names, cst.ImportStar)
        ):
            assert isinstance(statement, cst.SimpleStatementLine)
            last = line.names[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            more = line.with_changes(names=[*line.names[:-1], last, cst.ImportAlias(cst.Name(name))])
            return [*body[:index], statement.with_changes(body=[more, *statement.body[1:]]), *body[index + 1 :]]
    new = cst.parse_statement(f"from {module} import {name}" if name else f"import {module}")
    end = import_end(body)
    start = next((index for index in range(end) if _import(body[index])), end)
    place = next((index for index in range(start, end) if _key(body[index]) > _key(new)), end)
    other = place == end and end > start and _standard(module) != _standard(_key(body[end - 1])[2])
    if place < end:  # the blank lines before the one that follows are before the new one now
        following = body[place]
        assert isinstance(following, cst.SimpleStatementLine)
        lines = list(following.leading_lines)
        if place == start:
            blank = [line for line in lines if line.comment is None]
            body[place] = following.with_changes(leading_lines=[line for line in lines if line.comment is not None])
            new = new.with_changes(leading_lines=blank)
        elif lines:
            pass  # the line before it is one of another kind: the new one ends that run
    elif other or start == end:
        new = new.with_changes(leading_lines=[cst.EmptyLine(indent=False)])
    return [*body[:place], new, *body[place:]]


def drop_imports(module: cst.Module, unused: set[str]) -> cst.Module:
    """The module without the imports of those names, as far as they stand at its top and not in a `try`."""
    body: list[cst.BaseStatement] = []
    lines: tuple[cst.EmptyLine, ...] = ()
    for statement in module.body:
        line = _import(statement)
        if line is None or isinstance(line.names, cst.ImportStar) or not isinstance(statement, cst.SimpleStatementLine):
            body.append(statement)
            continue
        kept = [alias for alias in line.names if bound(alias) not in unused]
        if not kept and len(statement.body) == 1:
            lines = lines or tuple(statement.leading_lines)  # the blank lines before it are before the next one now
            continue
        if len(kept) < len(line.names):
            names = [*kept[:-1], kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)] if kept else []
            first = [line.with_changes(names=names)] if kept else []
            statement = statement.with_changes(body=[*first, *statement.body[1:]])
        body.append(statement.with_changes(leading_lines=lines) if lines and not statement.leading_lines else statement)
        lines = ()
    return module.with_changes(body=body)


def bound(alias: cst.ImportAlias) -> str:
    """The name that an import gives."""
    return alias.evaluated_alias or alias.evaluated_name.partition(".")[0]
