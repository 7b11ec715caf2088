"""Wait for the keyboard and for the server in a task each; a third notices when nothing happens.

Good for: code that reads like the conversation: who listens only listens, and who speaks only speaks.
Costs: what select tells in one place, tasks have to tell each other: whatever happens sets an event.
Traps: `to_thread.run_sync(input)` cannot be cancelled: the nursery does not end before Enter; one that is abandoned
(`abandon_on_cancel`) still takes the next line that is typed. A task that fails cancels its siblings: were a failed `send_all`
to end the nursery, nobody would read what the server said before it went.

An idiomatic counterpart of models/client.py: a task for each part of its loop, `move_on_after` for select's timeout, the
nursery's `cancel` for its `break`. On asyncio: a TaskGroup and `sock_recv`. On anyio: a task group, `wait_readable` and
`wait_writable`.
"""

import argparse

import trio

from async_models.ground.dial_trio import connect, run, seconds
from async_models.ground.terminal import CHUNK, Terminal, farewell
from models.ground.dial import address_of, client_parser, to_send


class Talk:
    """What is unsent, and then what is typed, goes to the server, and what comes is shown, until the server ends."""

    def __init__(self, server: trio.SocketStream, terminal: Terminal, unsent: bytes, timeout: float | None) -> None:
        self.server, self.terminal, self.unsent, self.timeout = server, terminal, unsent, timeout
        self.event = trio.Event()  # something has come, was typed, or has gone
        self.failure: trio.BrokenResourceError | None = None

    async def run(self) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.speak)
            nursery.start_soon(self.watch)
            await self.listen()
            nursery.cancel_scope.cancel()  # the server has ended, and so do they, in the middle of typing
        if self.failure or self.unsent:
            raise self.failure or ConnectionError("it ended before it had taken all")

    async def listen(self) -> None:
        # read
        while data := await self.server.receive_some(CHUNK):
            self.terminal.show(data)
            self.event.set()

    async def speak(self) -> None:
        try:
            while self.unsent or self.terminal.keyboard is not None:
                # send: a piece; the keyboard waits until it has gone, so what is pasted does not fill the memory
                if self.unsent:
                    await self.server.send_all(self.unsent[:CHUNK])
                    self.unsent = self.unsent[CHUNK:]
                # type
                else:
                    await trio.lowlevel.wait_readable(self.terminal.poller)
                    self.unsent = self.terminal.read()
                self.event.set()
            await self.server.send_eof()  # half-close, after which the server may still answer
        except trio.BrokenResourceError as error:  # it has gone; what it said before is still to be read
            self.failure, self.unsent, self.terminal.keyboard = error, b"", None

    async def watch(self) -> None:
        while True:
            # wait: `timeout` is for the server alone, a person may think as long as he likes
            typing = self.terminal.keyboard is not None and not self.unsent
            self.event = trio.Event()
            with trio.move_on_after(seconds(self.terminal.patience if typing else self.timeout)):
                await self.event.wait()
            if not self.event.is_set():
                if not typing:
                    raise TimeoutError(f"silent for {self.timeout:g} s")
                self.terminal.prompt()


async def converse(options: argparse.Namespace) -> None:
    terminal = Terminal(typing=options.send is None)
    # connect
    async with await connect(address_of(options), options.timeout) as server:
        try:
            await Talk(server, terminal, to_send(options), options.timeout).run()
        finally:
            # close
            terminal.end_line()
    farewell(terminal, options)


if __name__ == "__main__":
    run(converse, client_parser())
