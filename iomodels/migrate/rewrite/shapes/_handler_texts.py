"""The class that takes the place of socketserver's handlers: it has the connection, and runs setup, handle and finish."""

from iomodels.migrate.rewrite.shapes._server_words import HANDLER, WORDS, Needs
from iomodels.migrate.rewrite.targets import Helper, Table
from iomodels.migrate.rewrite.unit import Ends

__all__ = ["handler_helper"]

_HANDLER = '''
class {name}:
    """The conversation with one client."""

    def __init__(self, {parameters}, client_address: Any, server: Any) -> None:
        {assign}
        self.client_address, self.server = client_address, server
{rfile}{methods}'''


def handler_helper(table: Table, needs: Needs) -> Helper:
    """The class that handlers come from."""
    words, ends = WORDS[table.library], needs.ends
    fields = ", ".join(f"self.{each}" for each in ends.both)
    itself = Ends(*(f"self.{each}" for each in (ends.reader, ends.writer)))
    op = table.limited_file if needs.seconds else table.file
    file = op.text.format(needs.seconds, reader=itself.reader, writer=itself.writer)
    methods = ""
    if needs.entry == "run":
        for name, how in (("setup", needs.setup), ("finish", needs.finish)):
            if how is not None:
                methods += f"\n    {'async ' if how else ''}def {name}(self) -> None:\n        pass\n"
        setup = f"        {needs.setup}self.setup()\n" if needs.setup is not None else ""
        methods += f"\n    async def handle(self) -> None:\n        pass\n\n    async def run(self) -> None:\n{setup}"
        methods += (
            f"        try:\n            await self.handle()\n        finally:\n            {needs.finish}self.finish()\n"
            if needs.finish is not None
            else "        await self.handle()\n"
        )
    code = _HANDLER.format(
        name=HANDLER,
        parameters=words.parameters.format(reader=ends.reader, writer=ends.writer),
        assign=f"{fields} = {', '.join(ends.both)}",
        rfile=f"        self.rfile = {file}\n" if needs.rfile else "",
        methods=methods,
    )
    helpers = (op.helper,) if needs.rfile and op.helper is not None else ()
    return Helper(HANDLER, code, ("typing:Any", *table.type_imports), helpers)
