"""The file of a socket, as a helper class: the same text for the three libraries but for how it receives and sends."""

from iomodels.migrate.rewrite.targets import Helper

__all__ = ["NUMBERED", "PRINT_TO", "file_helper", "limited_helper", "text_helper"]

BINARY = '''
class SocketFile:
    """The file that a socket's makefile gave: lines with their LF, the last one perhaps without; b"" at the end of input."""

    def __init__(self, {parameters}) -> None:
        {fields}
        self._input = bytearray()
        self._output = bytearray()

    async def readline(self, limit: int = -1) -> bytes:
        searched = 0
        while not (end := self._input.find(b"\\n", searched) + 1):
            searched = len(self._input)
            if 0 <= limit <= searched or not await self._more():
                end = len(self._input)
                break
        return self._take(end if limit < 0 else min(end, limit))

    async def read(self, size: int = -1) -> bytes:
        if size < -1:
            raise ValueError("read length must be non-negative or -1")
        while (size < 0 or len(self._input) < size) and await self._more():
            pass
        return self._take(len(self._input) if size < 0 else size)

    async def read1(self) -> bytes:
        """What there is, as soon as there is something; b"" at the end of input."""
        if not self._input:
            await self._more()
        return self._take(len(self._input))

    async def write(self, data: bytes) -> int:
        self._output += data
        if len(self._output) > 8192:  # as io.DEFAULT_BUFFER_SIZE
            await self.flush()
        return len(data)

    async def flush(self) -> None:
        data, self._output = bytes(self._output), bytearray()
        if data:
            {send}

    async def close(self) -> None:
        await self.flush()

    async def _more(self) -> bool:
        data = {receive}
        self._input += data
        return bool(data)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._input[:size])
        del self._input[:size]
        return taken

    def __aiter__(self) -> "SocketFile":
        return self

    async def __anext__(self) -> bytes:
        if line := await self.readline():
            return line
        raise StopAsyncIteration

    async def __aenter__(self) -> "SocketFile":
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()
'''

LIMITED = '''
class LimitedFile(SocketFile):
    """One whose every receive has so many seconds; once that was too long, there is nothing more to be received."""

    def __init__(self, seconds: float, *connection: Any) -> None:
        super().__init__(*connection)
        self._seconds, self._late = seconds, False

    async def _more(self) -> bool:
        if self._late:
            raise OSError("cannot read from timed out object")
        try:
            {within}:
                return await super()._more()
        except {late}:
            self._late = True
            raise
'''

TEXT = '''
class SocketTextFile:
    """The text file that a socket's makefile gave: any end of line is read as LF; "" at the end of input."""

    def __init__(self, file: SocketFile, encoding: str = "", errors: str = "strict") -> None:
        self._file = file
        self._encoding, self._errors = encoding or locale.getpreferredencoding(False), errors
        decoder = codecs.getincrementaldecoder(self._encoding)(errors)
        self._decoder = io.IncrementalNewlineDecoder(decoder, translate=True)
        self._input = ""

    async def readline(self) -> str:
        while not (end := self._input.find("\\n") + 1):
            if not await self._more():
                end = len(self._input)
                break
        line, self._input = self._input[:end], self._input[end:]
        return line

    async def read(self) -> str:
        while await self._more():
            pass
        text, self._input = self._input, ""
        return text

    async def write(self, text: str) -> int:
        await self._file.write(text.replace("\\n", os.linesep).encode(self._encoding, self._errors))
        return len(text)

    async def flush(self) -> None:
        await self._file.flush()

    async def close(self) -> None:
        await self._file.close()

    async def _more(self) -> bool:
        data = await self._file.read1()
        self._input += self._decoder.decode(data, final=not data)
        return bool(data)

    def __aiter__(self) -> "SocketTextFile":
        return self

    async def __anext__(self) -> str:
        if line := await self.readline():
            return line
        raise StopAsyncIteration

    async def __aenter__(self) -> "SocketTextFile":
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()
'''


def file_helper(parameters: str, fields: str, receive: str, send: str, imports: tuple[str, ...], *helpers: Helper) -> Helper:
    """The class for one library. receive: an expression that awaits bytes; send: a statement that sends `data`."""
    code = BINARY.format(parameters=parameters, fields=fields, receive=receive, send=send)
    return Helper("SocketFile", code, imports, helpers)


def text_helper(binary: Helper) -> Helper:
    """The class for text, on that for bytes."""
    return Helper("SocketTextFile", TEXT, ("codecs", "io", "locale", "os"), (binary,))


def limited_helper(file: Helper, within: str, late: str) -> Helper:
    """The file whose receives have a time limit. within: the block that sets it; late: what it raises."""
    return Helper("LimitedFile", LIMITED.format(within=within, late=late), (*file.imports, "typing:Any"), (file,))


NUMBERED = Helper(
    "Numbered",
    '''
class Numbered:
    """The lines of a file with their numbers, as enumerate gives them."""

    def __init__(self, lines: AsyncIterator[Any], start: int = 0) -> None:
        self._lines, self._number = lines, start - 1

    def __aiter__(self) -> "Numbered":
        return self

    async def __anext__(self) -> tuple[int, Any]:
        line = await anext(self._lines)
        self._number += 1
        return self._number, line
''',
    ("collections.abc:AsyncIterator", "typing:Any"),
)
PRINT_TO = Helper(
    "print_to",
    '''
async def print_to(
    file: SocketTextFile, *values: object, sep: str | None = None, end: str | None = None, flush: bool = False
) -> None:
    """As print does, one piece after the other."""
    for number, value in enumerate(values):
        if number:
            await file.write(" " if sep is None else sep)
        await file.write(str(value))
    await file.write("\\n" if end is None else end)
    if flush:
        await file.flush()
''',
)
