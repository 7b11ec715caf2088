"""Wait for the keyboard and the server at once: the prompt of every tutorial, without its deafness.

Good for: talking to any server by hand (`>>: `, Ctrl-D to finish), through a pipe, or from a script (`--send`).
Costs: nothing; a thread for the keyboard would cost more, as nobody can wake it from its read when the server has ended.
Traps: `input()` and then `recv` hears the server only after Enter, and is a reply behind for good once one came in two pieces.
select knows what the kernel holds, not what Python does: lines that `sys.stdin.readline` has read ahead go unheard; so it
is `os.read`. epoll refuses regular files (EPERM, epoll_ctl(2)), select does not: `< file` works.

On asyncio: `connect_read_pipe` for the keyboard, streams for the server. On trio and anyio: a task for each.
"""

import select
import socket
import sys

from models.ground.dial import address_of, client_parser, connect, describe, one_line, to_send
from models.ground.program import program_name
from models.ground.terminal import CHUNK, Terminal

HIGH_WATER = 64 * 1024  # bytes unsent above which the keyboard has to wait: what is pasted must not fill the memory


def talk(server: socket.socket, terminal: Terminal, unsent: bytes, timeout: float | None) -> None:
    """Send what is unsent, then what is typed, and show what comes, until the server ends."""
    server.setblocking(False)
    finished = False
    failure: OSError | None = None
    while True:
        # wait: for both; `timeout` is for the server alone, a person may think as long as he likes
        typing = [terminal.keyboard] if terminal.keyboard is not None and len(unsent) < HIGH_WATER else []
        sending = [server] if unsent or (terminal.keyboard is None and not finished) else []
        readable, writable, _ = select.select([server, *typing], sending, [], terminal.patience if typing else timeout)
        if not readable and not writable:
            if not typing:
                raise TimeoutError(f"silent for {timeout:g} s")
            terminal.prompt()
        # read
        if server in readable:
            data = server.recv(CHUNK)
            if not data:
                break
            terminal.show(data)
        # send: what the kernel takes, and at last that no more comes (half-close), after which the server may still answer
        if writable:
            try:
                if unsent:
                    unsent = unsent[server.send(unsent) :]
                else:
                    server.shutdown(socket.SHUT_WR)
                    finished = True
            except OSError as error:  # it has gone; what it said before is still to be read
                failure, finished, unsent, terminal.keyboard = error, True, b"", None
        # type
        if terminal.keyboard in readable:
            unsent += terminal.read()
    if failure or unsent:
        raise failure or ConnectionError("it ended before it had taken all")


def main() -> None:
    options = client_parser().parse()
    unsent = to_send(options)
    terminal = Terminal(typing=options.send is None)
    where = describe(address_of(options))
    # connect
    with one_line(where), connect(address_of(options), options.timeout) as server:
        try:
            talk(server, terminal, unsent, options.timeout)
        finally:
            # close
            terminal.end_line()
    if terminal.interactive and terminal.keyboard is not None:
        print(f"{program_name()}: {where} has ended the conversation", file=sys.stderr)


if __name__ == "__main__":
    main()
