"""Synchronous or asynchronous, blocking or non-blocking: two questions, and a call for each of the four answers.

For each call: whether it returned before its work was done, what came back, and the state in which its caller was seen
meanwhile, R or S (proc(5)). No clock is asked: the work is a byte that is not there before the caller has gone on.
"""

import socket
from concurrent.futures import ThreadPoolExecutor

from models.ground.states import own_state, state_within


def row(kind: str, call: str, came: object, state: str) -> None:
    print(f"{kind:28}{call:26}{came!s:34}{state}")


def main() -> None:
    near, far = socket.socketpair()
    with near, far, ThreadPoolExecutor(1) as pool:
        row("", "the call", "what came back", "state")

        came: list[bytes] = []
        state = state_within(lambda: came.append(near.recv(1)), lambda: far.send(b"a"), "S")
        row("synchronous, blocking", "recv()", came[0], state)

        try:
            near.recv(1, socket.MSG_DONTWAIT)
        except BlockingIOError:
            row("synchronous, non-blocking", "recv(MSG_DONTWAIT)", "EAGAIN: nothing has come", own_state())
        far.send(b"b")
        row("", "recv(MSG_DONTWAIT) again", near.recv(1, socket.MSG_DONTWAIT), own_state())

        future = pool.submit(near.recv, 1)
        row("asynchronous, non-blocking", "submit(recv)", f"a future; done: {future.done()}", own_state())
        far.send(b"c")
        future.result()

        future = pool.submit(near.recv, 1)
        state = state_within(future.result, lambda: far.send(b"d"), "S")
        row("asynchronous, then blocking", "submit(recv), result()", future.result(), state)


if __name__ == "__main__":
    main()
