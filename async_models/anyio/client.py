"""Wait for the keyboard and for the server in a task each; a third notices when nothing happens.

Good for: code that reads like the conversation, on whichever loop is beneath.
Costs: what select tells in one place, tasks have to tell each other: whatever happens sets an event.
Traps: `to_thread.run_sync(input)` cannot be cancelled: the task group does not end before Enter. And on asyncio a stream of
`connect_tcp` is a transport, which closes at the first write that fails: the server's last words are lost.

An idiomatic counterpart of models/client.py: a task for each part of its loop, `move_on_after` for select's timeout, the
scope's `cancel` for its `break`. On asyncio: a TaskGroup and `sock_recv`. On trio: a nursery and a SocketStream.
"""

import argparse
import socket

import anyio

from async_models.ground.dial_anyio import connect, run
from async_models.ground.terminal import CHUNK, Terminal, farewell
from models.ground.dial import address_of, client_parser, to_send


class Talk:
    """What is unsent, and then what is typed, goes to the server, and what comes is shown, until the server ends."""

    def __init__(self, server: socket.socket, terminal: Terminal, unsent: bytes, timeout: float | None) -> None:
        self.server, self.terminal, self.unsent, self.timeout = server, terminal, unsent, timeout
        self.event = anyio.Event()  # something has come, was typed, or has gone
        self.failure: OSError | None = None

    async def run(self) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(self.speak)
            group.start_soon(self.watch)
            await self.listen()
            group.cancel_scope.cancel()  # the server has ended, and so do they, in the middle of typing
        if self.failure or self.unsent:
            raise self.failure or ConnectionError("it ended before it had taken all")

    async def listen(self) -> None:
        await anyio.wait_readable(self.server)
        # read
        while data := self.server.recv(CHUNK):
            self.terminal.show(data)
            self.event.set()
            await anyio.wait_readable(self.server)

    async def speak(self) -> None:
        try:
            while self.unsent or self.terminal.keyboard is not None:
                # send: what the kernel takes; the keyboard waits until all has gone, so what is pasted does not fill the memory
                if self.unsent:
                    await anyio.wait_writable(self.server)
                    self.unsent = self.unsent[self.server.send(self.unsent) :]
                # type
                else:
                    await anyio.wait_readable(self.terminal.poller)
                    self.unsent = self.terminal.read()
                self.event.set()
            self.server.shutdown(socket.SHUT_WR)  # half-close, after which the server may still answer
        except OSError as error:  # it has gone; what it said before is still to be read
            self.failure, self.unsent, self.terminal.keyboard = error, b"", None

    async def watch(self) -> None:
        while True:
            # wait: `timeout` is for the server alone, a person may think as long as he likes
            typing = self.terminal.keyboard is not None and not self.unsent
            self.event = anyio.Event()
            with anyio.move_on_after(self.terminal.patience if typing else self.timeout):
                await self.event.wait()
            if not self.event.is_set():
                if not typing:
                    raise TimeoutError(f"silent for {self.timeout:g} s")
                self.terminal.prompt()


async def converse(options: argparse.Namespace) -> None:
    terminal = Terminal(typing=options.send is None)
    # connect
    with await connect(address_of(options), options.timeout) as server:
        try:
            await Talk(server, terminal, to_send(options), options.timeout).run()
        finally:
            # close
            terminal.end_line()
    farewell(terminal, options)


if __name__ == "__main__":
    run(converse, client_parser())
