"""A wait for another process in async code: the library's own way where the arguments permit it, else in a thread."""

import libcst as cst

from iomodels.migrate.rewrite.in_threads import in_thread
from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["run_process"]

KEPT = {"cwd", "env"}  # they mean the same
PIPES = {"subprocess.DEVNULL", "subprocess.PIPE", "subprocess.STDOUT"}
FORMS = ("run", "call", "check_call", "check_output")


def run_process(unit: Unit, call: cst.Call) -> None:
    """Let a call of `subprocess` be awaited."""
    form = unit.names.qualified(call.func).removeprefix("subprocess.")
    keywords = _keywords(unit, call) if form in FORMS else None
    if keywords is None:
        in_thread(unit, call)
    elif unit.table.library is not Target.ASYNCIO:
        _run(unit, call, form, keywords)
    elif form == "call" and isinstance(call.args[0].value, cst.List | cst.Tuple):
        _wait(unit, call)
    else:
        in_thread(unit, call)


def _keywords(unit: Unit, call: cst.Call) -> dict[str, str] | None:
    """The keyword arguments, when the command is a list and all of them are understood."""
    if not call.args or call.args[0].keyword is not None or not isinstance(call.args[0].value, cst.List | cst.Tuple):
        return None
    keywords: dict[str, str] = {}
    for arg in call.args[1:]:
        if arg.keyword is None or arg.star:
            return None
        name, text = arg.keyword.value, unit.tree.code(arg.value)
        plain = name in KEPT
        plain |= name in {"check", "capture_output"} and text in {"True", "False"}
        plain |= name in {"stdin", "stdout", "stderr"} and unit.names.qualified(arg.value) in PIPES
        if not plain:
            return None
        keywords[name] = text
    if keywords.get("stdin", "").endswith("PIPE") or ("check" in keywords and form_has_no_check(unit, call)):
        return None
    return keywords


def form_has_no_check(unit: Unit, call: cst.Call) -> bool:
    """Whether `check` and `capture_output` are no arguments of the function, but would go to Popen, which has none."""
    return unit.names.qualified(call.func) != "subprocess.run"


def _run(unit: Unit, call: cst.Call, form: str, keywords: dict[str, str]) -> None:
    """trio.run_process and anyio.run_process check the status, and do not hand on standard input, unless they are told."""
    library = unit.table.library
    given = {
        "check": keywords.pop("check", "False" if form in {"run", "call"} else "True"),
        "stdin": keywords.pop("stdin", "None"),
    }
    captured = keywords.pop("capture_output", "False") == "True"
    if library is Target.TRIO:
        if captured:
            given |= {"capture_stdout": "True", "capture_stderr": "True"}
        if form == "check_output" or keywords.get("stdout", "").endswith("PIPE"):
            keywords.pop("stdout", None)
            given["capture_stdout"] = "True"
        if keywords.get("stderr", "").endswith("PIPE"):
            del keywords["stderr"]
            given["capture_stderr"] = "True"
    else:
        wanted = {"stdout"} if form == "check_output" else {"stdout", "stderr"} if captured else set()
        given |= {name: "None" for name in ("stdout", "stderr") if name not in wanted | keywords.keys()}
    if given["check"] == "True":
        del given["check"]
    if library is Target.ANYIO and given["stdin"] == "None":
        del given["stdin"]
    given |= keywords
    result = {"call": ".returncode", "check_call": ".returncode", "check_output": ".stdout"}.get(form, "")
    if isinstance(unit.tree.parent(call), cst.Expr):
        result = ""
    options = "".join(f", {name}={text}" for name, text in given.items())
    unit.edits.imports.add(library.value)

    def edit(updated: cst.Call) -> cst.BaseExpression:
        command = unit.tree.module.code_for_node(updated.args[0].value)
        text = f"{library.value}.run_process({command}{options})"
        return unit.awaited(call, text) if not result else cst.parse_expression(f"(await {text}){result}")

    unit.edits.edit(call, "process", edit)


def _wait(unit: Unit, call: cst.Call) -> None:
    """`subprocess.call` on asyncio: the process is made, and its end awaited."""
    unit.edits.imports.add("asyncio")

    def edit(updated: cst.Call) -> cst.BaseExpression:
        command = updated.args[0].value
        assert isinstance(command, cst.List | cst.Tuple)
        words = [
            unit.tree.module.code_for_node(each.with_changes(comma=cst.MaybeSentinel.DEFAULT)) for each in command.elements
        ]
        words += [unit.tree.module.code_for_node(arg.with_changes(comma=cst.MaybeSentinel.DEFAULT)) for arg in updated.args[1:]]
        return unit.awaited(call, f"(await asyncio.create_subprocess_exec({', '.join(words)})).wait()")

    unit.edits.edit(call, "process", edit)
