"""The grid of all variants: what each model waits for, and how many cases each of its variants is held to."""

from guide.generate.profile import reasons, variants_of
from iomodels.catalogue import Variant, variants
from iomodels.contract.case import all_cases

__all__ = ["grid", "page_of"]

RUNTIMES = ("sockets", "asyncio", "trio", "anyio")
TOGETHER = {"poll": "epoll", "socketserver_forking": "socketserver", "socketserver_threading": "socketserver"}


def grid() -> str:
    """A row for each model with its page and what it says of itself; a cell for each runtime with the number of its cases, or
    the model whose code it runs there."""
    known = variants()
    models = sorted({variant.model for variant in known})
    loops = sorted({variant.runtime for variant in known if "+" in variant.runtime})
    total = len(all_cases())
    rows = [f"| model | how it waits | {' | '.join(RUNTIMES)} |", f"|---|---|{'---|' * len(RUNTIMES)}"]
    for model in models:
        own = {variant.runtime: variant for variant in variants_of([model])}
        cells = [_cell(own[runtime], total) for runtime in RUNTIMES]
        rows.append(f"| [{model}](models/{page_of(model)}.md) | {_says(own['sockets'])} | {' | '.join(cells)} |")
    text = (
        f"A number is how many of the {total} cases of the [contract](contract.md) the variant is asked; the others say nothing"
        " about such a model, and its page says why. *as threads*: it runs that model's code. Beside these four runtimes there"
        f" are {', '.join(loops[:-1])} and {loops[-1]}: {len(known)} variants in all."
    )
    return "\n".join([*rows, "", text])


def page_of(model: str) -> str:
    """The page that a model is on."""
    return TOGETHER.get(model, model)


def _says(variant: Variant) -> str:
    """The first line of its docstring, without the word that nearly all of them begin with."""
    says = variant.says.removeprefix("Wait ").replace("|", "\\|")
    return says[0].lower() + says[1:]


def _cell(variant: Variant, total: int) -> str:
    if variant.profile.same_as is not None:
        return f"as {variant.profile.same_as.partition('/')[2]}"
    return f"[{total - len(reasons(variant.profile))}](side_by_side/{variant.model}.md)"
