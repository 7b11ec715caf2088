"""Wait for the keyboard and for the server in a task each; a third notices when nothing happens.

Good for: code that reads like the conversation: who listens only listens, and who speaks only speaks.
Costs: what select tells in one place, tasks have to tell each other: whatever happens sets an event.
Traps: `run_in_executor(None, input)` cannot be cancelled: the loop does not end before Enter. `connect_read_pipe` refuses a
regular file, and leaves a terminal non-blocking for all who share it. A stream loses what has come when a write fails. A
`sock_recv` that finds something does not give way: while the server floods, nothing else runs.

An idiomatic counterpart of models/client.py: a task for each part of its loop, `asyncio.timeout` for select's, `cancel` for
its `break`. On trio: a nursery and a SocketStream. On anyio: a task group, `wait_readable` and `wait_writable`.
"""

import argparse
import asyncio
import socket
from contextlib import suppress

from async_models.ground.dial_asyncio import connect, readable, run
from async_models.ground.terminal import CHUNK, Terminal, farewell
from models.ground.dial import address_of, client_parser, to_send


class Talk:
    """What is unsent, and then what is typed, goes to the server, and what comes is shown, until the server ends."""

    def __init__(self, server: socket.socket, terminal: Terminal, unsent: bytes, timeout: float | None) -> None:
        self.server, self.terminal, self.unsent, self.timeout = server, terminal, unsent, timeout
        self.event = asyncio.Event()  # something has come, was typed, or has gone
        self.failure: OSError | None = None

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            others = [group.create_task(self.speak()), group.create_task(self.watch())]
            await self.listen()
            for task in others:  # the server has ended, and so do they, in the middle of typing
                task.cancel()
        if self.failure or self.unsent:
            raise self.failure or ConnectionError("it ended before it had taken all")

    async def listen(self) -> None:
        # read
        while data := await asyncio.get_running_loop().sock_recv(self.server, CHUNK):
            self.terminal.show(data)
            self.event.set()
            await asyncio.sleep(0)  # sock_recv may not give way

    async def speak(self) -> None:
        try:
            while self.unsent or self.terminal.keyboard is not None:
                # send: a piece; the keyboard waits until it has gone, so what is pasted does not fill the memory
                if self.unsent:
                    await asyncio.get_running_loop().sock_sendall(self.server, self.unsent[:CHUNK])
                    self.unsent = self.unsent[CHUNK:]
                # type
                else:
                    await readable(self.terminal.poller)
                    self.unsent = self.terminal.read()
                self.event.set()
            self.server.shutdown(socket.SHUT_WR)  # half-close, after which the server may still answer
        except OSError as error:  # it has gone; what it said before is still to be read
            self.failure, self.unsent, self.terminal.keyboard = error, b"", None

    async def watch(self) -> None:
        while True:
            # wait: `timeout` is for the server alone, a person may think as long as he likes
            typing = self.terminal.keyboard is not None and not self.unsent
            self.event.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self.terminal.patience if typing else self.timeout):
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
