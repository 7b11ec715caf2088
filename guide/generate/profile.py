"""What may differ from one variant to the next, as a table: from the variants' profiles, and from the cases themselves."""

import contextlib
import functools
from collections.abc import Iterable
from typing import Any, NoReturn

from iomodels.catalogue import BEFORE_A_LOOP, Variant, variants
from iomodels.contract.case import Case, NotApplicable, all_cases
from iomodels.contract.profile import Profile
from iomodels.contract.server import Launch, Server
from iomodels.contract.trial import Trial, dialect

__all__ = ["profile", "reasons", "variants_of"]

HEAD = ("clients at once", "process", "state of a service", "workers", "cases not asked")
CONTRACT = "../contract.md"  # as seen from guide/models/


def profile(*models: str) -> str:
    """A table with a row for each runtime of these models, and below it the cases that are not asked, with the reasons.

    A loop or backend has a row of its own where it has exceptions of its own. Raises LookupError for a model that is none.
    """
    own = [variant for variant in variants_of(models) if "+" not in variant.runtime]
    loops = [variant for variant in variants_of(models) if "+" in variant.runtime and _exceptions(variant)]
    rows = [("runtime" if len(models) == 1 else "variant", *HEAD)]
    why: dict[str, dict[str, list[Variant]]] = {}  # reason -> case -> those who are not asked
    for variant in variants_of(models):
        if variant not in own + loops:
            continue
        name = variant.runtime if len(models) == 1 else variant.name
        rows.append((name, *_cells(variant.profile), _count(variant)))
        if variant.profile.same_as is None:
            for case_id, reason in (reasons(variant.profile) if variant in own else _exceptions(variant)).items():
                why.setdefault(reason, {}).setdefault(case_id, []).append(variant)
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, "|---" * len(rows[0]) + "|")
    asked = [variant for variant in own if variant.profile.same_as is None]
    lines += ["", *(_bullet(reason, cases, asked) for reason, cases in sorted(why.items(), key=_first))]
    return "\n".join(lines).rstrip()


def variants_of(models: Iterable[str]) -> list[Variant]:
    """The variants of these models, model by model, each runtime before its loops. Raises LookupError."""
    known = _variants()
    order = ("sockets", "asyncio", "trio", "anyio")
    found = []
    for model in models:
        of_it = [variant for variant in known if variant.model == model]
        if not of_it:
            raise LookupError(f"no model is called {model!r}")
        found += sorted(of_it, key=lambda variant: order.index(variant.runtime.partition("+")[0]))
    return found


def reasons(given: Profile) -> dict[str, str]:
    """The cases that are not asked of a server with this profile, and why.

    Left out are those that only a run can tell, and those that a sibling is asked for it, since `run` decides them.
    """
    asked_of_a_sibling = {case_id for case_id in BEFORE_A_LOOP if given.reason(case_id) is not None}
    found = {}
    for case in _cases():
        reason = given.reason(case.id) or _asked(case, given)
        if reason is not None and case.id not in asked_of_a_sibling:
            found[case.id] = reason
    return found


@functools.cache
def _variants() -> tuple[Variant, ...]:
    return tuple(variants())


class _Served(Exception):
    """The case has begun to use a server: it applies."""


class _Nobody(Trial):
    """A trial without a server: a case that does not apply says so before it comes to one."""

    @property
    def server(self) -> Server:
        raise _Served

    @property
    def launch(self) -> Launch:
        raise _Served

    def another(self, *_: object, **__: object) -> NoReturn:
        raise _Served

    def _caller(self) -> NoReturn:
        raise _Served

    def talk(self, size: int, tag: int = 0) -> tuple[bytes, bytes]:  # noqa: ARG002 - nobody will hear it, and it may be long
        return b"", b""


def _asked(case: Case, given: Profile) -> str | None:
    """Why the case does not apply to such a server, or None."""
    return _answer(case, given.capacity, given.isolation, given.state, given.workers)


@functools.cache
def _answer(case: Case, *differences: Any) -> str | None:
    given = Profile(*differences)
    with contextlib.closing(_Nobody(("nobody", 0), dialect(case.service()), given)) as trial:
        try:
            case.check(trial)
        except NotApplicable as reason:
            return str(reason)
        except (_Served, OSError):  # OSError: what it looks up first this machine does not have
            return None
    raise AssertionError(f"{case.id} held without a server")


@functools.cache
def _cases() -> tuple[Case, ...]:
    """The cases, without those that no server at all is asked without a run before, or on this machine."""
    extremes = [
        Profile(capacity=capacity, isolation=isolation) for capacity in (1, "unlimited") for isolation in ("none", "process")
    ]
    return tuple(case for case in all_cases() if not all(_asked(case, extreme) for extreme in extremes))


def _exceptions(variant: Variant) -> dict[str, str]:
    """The cases that are not asked of a loop through its own fault; of one that runs another's code, that one has them."""
    if variant.profile.same_as is not None:
        return {}
    own = {pattern: why for pattern, why in variant.profile.not_applicable.items() if pattern not in BEFORE_A_LOOP}
    base = next(each for each in variants_of([variant.model]) if each.runtime == variant.runtime.partition("+")[0])
    only = Profile(not_applicable={pattern: why for pattern, why in own.items() if pattern not in base.profile.not_applicable})
    if "*" in only.not_applicable:
        return dict(only.not_applicable)
    return {case.id: why for case in all_cases() if (why := only.reason(case.id)) is not None}


def _cells(given: Profile) -> tuple[str, str, str, str]:
    """What the profile says, in the words of HEAD."""
    capacity = {"unlimited": "any number", "fd-limit": "as descriptors allow"}.get(str(given.capacity))
    return (
        capacity or f"{given.capacity}",
        "one each" if given.isolation == "process" else "a worker's" if given.workers else "one for all",
        "shared" if given.state == "process" else "not shared",
        str(given.workers) if given.workers else "none",
    )


def _count(variant: Variant) -> str:
    if variant.profile.same_as is not None:
        return f"asked as {variant.profile.same_as}"
    if "+" not in variant.runtime:
        return str(len(reasons(variant.profile)))
    exceptions = _exceptions(variant)
    return "all" if "*" in exceptions else f"{len(exceptions)} more than {variant.runtime.partition('+')[0]}"


def _first(entry: tuple[str, dict[str, list[Variant]]]) -> tuple[bool, str]:
    """Where a reason stands: what holds of a runtime before what holds of a loop."""
    cases = entry[1]
    return any("+" in variant.runtime for who in cases.values() for variant in who), min(cases)


def _bullet(reason: str, cases: dict[str, list[Variant]], asked: list[Variant]) -> str:
    """A reason with its cases; and for whom it holds, where that is not everybody."""
    groups: dict[str, list[str]] = {}
    for case_id, who in cases.items():
        groups.setdefault("" if who == asked else f" ({_names(who, asked)})", []).append(_link(case_id))
    return f"- {'; '.join(', '.join(links) + whom for whom, links in groups.items())}: {reason}"


def _names(who: list[Variant], asked: list[Variant]) -> str:
    """These variants, in short: a model for all of its own, a runtime where there is one model alone."""
    models = dict.fromkeys(variant.model for variant in asked)
    if len(models) == 1:
        return ", ".join(variant.runtime for variant in who)
    names = []
    for model in models:
        of_it = [variant for variant in who if variant.model == model]
        whole = len(of_it) > 1 and of_it == [variant for variant in asked if variant.model == model]
        names += [model] if whole else [variant.name for variant in of_it]
    return ", ".join(names)


def _link(case_id: str) -> str:
    if "*" in case_id:
        return "every case"
    return f"[{case_id}]({CONTRACT}#{case_id.replace('/', '')})"
