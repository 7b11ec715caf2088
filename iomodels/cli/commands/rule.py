"""`iomodels rule`: what the codes mean."""

import rich_click as click

from iomodels.choose import nearest
from iomodels.cli.options import format_option, wants_colour
from iomodels.migrate.explain import all_refusals, explain, json, markdown, text
from iomodels.migrate.rule import all_rules, rule_called

__all__ = ["command"]


@click.command("rule")
@click.argument("code", required=False)
@format_option("text", "json", "md")
def command(code: str | None, form: str) -> int:
    """Explain a rule of `iomodels scan`, or a refusal of `iomodels migrate`; without a code, list them all.

    CODE is a code (IOM102) or a name (accept-thread).
    """
    click.echo(_table(form) if code is None else _one(code, form), nl=False, color=True)
    return 0


def _table(form: str) -> str:
    rules, refusals = all_rules(), all_refusals()
    if form == "text":
        return text.table(rules, refusals, colour=wants_colour())
    return (json if form == "json" else markdown).table(rules, refusals)


def _one(code: str, form: str) -> str:
    """What there is to tell of a rule or a refusal. Raises UsageError for neither."""
    try:
        told = explain(rule_called(code))
    except LookupError:
        return _refusal(code, form)
    if form == "text":
        return text.one_rule(told, colour=wants_colour())
    return (json if form == "json" else markdown).one_rule(told)


def _refusal(code: str, form: str) -> str:
    refusals = all_refusals()
    for reason in refusals:
        if code.upper() == reason.code or code == reason.name:
            if form == "text":
                return text.one_refusal(reason, colour=wants_colour())
            return (json if form == "json" else markdown).one_refusal(reason)
    known = [word for each in (*all_rules(), *refusals) for word in (each.code, each.name)]
    word = code.upper() if code.upper().startswith("IOM") else code
    raise click.UsageError(f"no rule is called {code!r}{nearest(word, known)}", click.get_current_context())
