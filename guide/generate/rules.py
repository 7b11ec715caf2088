"""The tables of rules and of refusals: from the rules' files, and from the list of refusals."""

from guide.ext.rules import plain
from iomodels.migrate.explain import all_refusals, grouped
from iomodels.migrate.rule import all_rules
from iomodels.report.markdown import table

__all__ = ["recognised", "refusals", "rules"]

FILES = "../../iomodels/migrate/rules"  # from the page
HEAD = ("rule", "name", "what is found", "who can do it")


def rules() -> str:
    """A table for each group of rules. Each code links to the rule's file, which becomes a link to its page in the guide."""
    blocks = [f"{len(all_rules())} rules."]
    for heading, members in grouped(all_rules()):
        rows = (
            (f"[{each.code}]({FILES}/{each.name.replace('-', '_')}.py)", each.name, plain(each.summary), each.by)
            for each in members
        )
        blocks += [f"## {heading}", "\n".join(table(HEAD, rows))]
    return "\n\n".join(blocks)


def recognised() -> str:
    """What is recognised, for the README: a line for each group of rules, with their names."""
    rows = (
        (f"IOM{members[0].code[3]}xx", heading, ", ".join(each.name for each in members))
        for heading, members in grouped(all_rules())
    )
    return "\n".join(table(("codes", "", "rules"), rows))


def refusals() -> str:
    """A section for each refusal of `migrate`: why, what to do by hand, and the page that shows how."""
    reasons = all_refusals()
    blocks = [f"{len(reasons)} refusals."]
    for each in reasons:
        summary = f"{each.summary[0].upper()}{each.summary[1:]}"
        blocks += [
            f"## {each.code} {each.name}",
            f"{plain(summary)}.",
            f"By hand: {plain(each.by_hand)} See [{each.guide}](../{each.guide}).",
        ]
    return "\n\n".join(blocks)
