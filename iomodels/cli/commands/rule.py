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
    if form == "json":
        return json.table(rules, refusals)
    return markdown.table(rules, refusals) if form == "md" else text.table(rules, refusals, colour=wants_colour())


def _one(code: str, form: str) -> str:
    """What there is to tell of a rule or a refusal. Raises UsageError when it is neither."""
    try:
        told = explain(rule_called(code))
    except LookupError:
        return _refusal(code, form)
    if form == "json":
        return json.one_rule(told)
    return markdown.one_rule(told) if form == "md" else text.one_rule(told, colour=wants_colour())


def _refusal(code: str, form: str) -> str:
    refusals = all_refusals()
    found = next((each for each in refusals if code.upper() == each.code or code == each.name), None)
    if found is None:
        known = [each.code for each in all_rules()] + [each.name for each in all_rules()]
        known += [each.code for each in refusals] + [each.name for each in refusals]
        near = nearest(code.upper() if code[:3].upper() == "IOM" else code, known)
        raise click.UsageError(f"no rule is called {code!r}{near}", click.get_current_context())
    if form == "json":
        return json.one_refusal(found)
    return markdown.one_refusal(found) if form == "md" else text.one_refusal(found, colour=wants_colour())
