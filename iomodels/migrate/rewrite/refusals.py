"""Why `migrate` leaves something alone: a code each, which stays what it is once it has been given.

A shape raises `Refused` wherever it meets what it cannot prove; the engine drops that unit's edits, and reports.
"""

from dataclasses import dataclass

import libcst as cst

__all__ = ["REFUSALS", "Reason", "Refused"]


@dataclass(frozen=True)
class Reason:
    """A kind of refusal. summary: in one line; by_hand: what to do; guide: a page of the guide."""

    code: str
    name: str
    summary: str
    by_hand: str
    guide: str


class Refused(Exception):  # a verdict, not an error
    """Something that cannot be proven. reason: a code of `REFUSALS`; node: the place; text: what exactly, in one line."""

    def __init__(self, reason: str, node: cst.CSTNode, text: str) -> None:
        super().__init__(f"{reason}: {text}")
        self.reason = REFUSALS[reason]
        self.node = node
        self.text = text


_REASONS = (
    Reason(
        "IOM901",
        "unknown-origin",
        "where the listening socket comes from cannot be seen",
        "Make it in this file, with socket.socket or socket.create_server, or annotate the parameter as socket.socket.",
        "recipes/accept_loop.md",
    ),
    Reason(
        "IOM902",
        "odd-loop",
        "the accept loop has a form that is not known",
        "Write it as `while ...:` round `client, address = listener.accept()`, or move it by hand.",
        "recipes/accept_loop.md",
    ),
    Reason(
        "IOM903",
        "connection-escapes",
        "a connection is used in a way that has no counterpart, or goes where it cannot be followed",
        "Pass it only to functions of this file, and use it only to receive, send and close.",
        "concepts/socket.md",
    ),
    Reason(
        "IOM904",
        "may-block",
        "a call in the conversation may block, and would then stop every other client",
        "Await its asynchronous form, or give it to a thread.",
        "recipes/blocking_work.md",
    ),
    Reason(
        "IOM905",
        "called-from-elsewhere",
        "a function that would become `async def` is used outside of the conversation",
        "Split it: one for the conversation, one for the others.",
        "recipes/thread_per_connection.md",
    ),
    Reason(
        "IOM906",
        "cannot-become-async",
        "a function that would have to await is a generator, a lambda, decorated, overridden, or called by Python itself",
        "Move the receiving and sending out of it.",
        "recipes/thread_per_connection.md",
    ),
    Reason(
        "IOM907",
        "except-clause",
        "an except clause catches, or looks at, what will be another exception",
        "Decide what each clause should catch of the new library's exceptions.",
        "recipes/cancellation.md",
    ),
    Reason(
        "IOM908",
        "time-limit",
        "which calls a timeout limits, or what it does to them, cannot be told",
        "Put a block with the limit round each call that it is meant for.",
        "recipes/timeouts.md",
    ),
    Reason(
        "IOM909",
        "thread-is-used",
        "the thread is used for more than to be started",
        "Keep what the program wants to know of its clients in an object of their own; end a conversation with `return`.",
        "recipes/thread_per_connection.md",
    ),
    Reason(
        "IOM910",
        "process-per-client",
        "clients are served in processes; what isolates them from each other would be lost",
        "Keep the processes, or move by hand and look at everything that a client's process changes.",
        "models/fork.md",
    ),
    Reason(
        "IOM911",
        "tls",
        "the socket is wrapped in TLS, which the new streams do themselves",
        "Give the ssl.SSLContext to the new library's server or client call.",
        "recipes/tls.md",
    ),
    Reason(
        "IOM912",
        "shared-code",
        "it shares code with another unit that is changed, or refused",
        "Move the two together, by hand.",
        "two_phases.md",
    ),
    Reason(
        "IOM913",
        "lock-round-io",
        "a lock is held round calls that wait; the thread's lock would stop every other client",
        "Use the library's own Lock, or wait outside of it.",
        "recipes/thread_per_connection.md",
    ),
    Reason(
        "IOM914",
        "signals",
        "a signal handler, or Ctrl-C within the loop, would arrive elsewhere than it did",
        "Catch KeyboardInterrupt round the call that runs the loop; use the library's own signal functions.",
        "recipes/self_pipe.md",
    ),
    Reason(
        "IOM915",
        "does-not-hold",
        "the new text did not stand its own examination; this is a fault of iomodels",
        "Report it, with the file.",
        "index.md",
    ),
    Reason(
        "IOM916",
        "no-rewrite",
        "it is found, but there is no rewrite for what it is",
        "Move it by hand; `iomodels rule` shows the equivalents and the trap.",
        "choosing.md",
    ),
    Reason(
        "IOM920",
        "odd-event-loop",
        "the event loop has a form that is not known: what it watches, how it tells the listening socket, or where it accepts",
        "Move it by hand: a task for each connection, which receives, does what the handler did, and sends.",
        "recipes/select_loop.md",
    ),
    Reason(
        "IOM921",
        "event-not-understood",
        "an event, or what a connection is watched for, is used in a way that has no counterpart in a task",
        "Read in the task when the handler read, write when it wrote; there are no events any more.",
        "recipes/selectors_callbacks.md",
    ),
    Reason(
        "IOM922",
        "job-each-turn",
        "something is done at each turn of the loop, however often that is",
        "Give it a task of its own, which sleeps between its turns.",
        "recipes/select_loop.md",
    ),
    Reason(
        "IOM923",
        "shared-over-await",
        "what connections share is looked at before, and changed after, a write that lets the others run",
        "Change it before the write, or look again after it.",
        "recipes/backpressure.md",
    ),
    Reason(
        "IOM924",
        "buffer-not-understood",
        "what is owed to a connection is kept in a way that is for more than partial writes",
        "Write all of it where it is made, or keep a queue and a task that writes.",
        "recipes/backpressure.md",
    ),
    Reason(
        "IOM925",
        "end-not-understood",
        "where a conversation ends cannot be told",
        "Return from the task's function where the connection was unregistered and closed.",
        "recipes/half_close.md",
    ),
    Reason(
        "IOM926",
        "writes-to-others",
        "in a turn of the event loop one connection writes to the others, whom no other turn disturbs meanwhile; tasks would",
        "Give each client an outbox, and a task that empties it; what goes to all is put into them without a wait in between.",
        "recipes/chat.md",
    ),
    Reason(
        "IOM930",
        "framework-part",
        "a part of the framework is used, or overridden, that the new code does not have",
        "Move what it does by hand: the guide's page says what the framework does and when.",
        "models/socketserver.md",
    ),
    Reason(
        "IOM931",
        "readiness-method",
        "readable() or writable() depends on something, or acts: the loop asked it before every wait",
        "Await where the condition holds back, and send where it lets something go.",
        "models/asyncore.md",
    ),
    Reason(
        "IOM932",
        "server-stop",
        "it cannot be seen where the server is stopped from, or who waits for that",
        "Stop it with the library's own signal functions, or by cancelling its task.",
        "recipes/graceful_stop.md",
    ),
    Reason(
        "IOM933",
        "asyncio-only",
        "there is such a server for asyncio alone",
        "Move it to asyncio, and run that beside the rest.",
        "choosing.md",
    ),
    Reason(
        "IOM940",
        "another-library",
        "the async code around it runs on another library",
        "Name that library with --to, or move the whole of its code.",
        "choosing.md",
    ),
    Reason(
        "IOM941",
        "not-for-a-thread",
        "a function that blocks touches more than its arguments and its own variables, so it cannot be given to a thread",
        "Hand it what it needs, let it return what it found, and give it to a thread then.",
        "recipes/blocking_work.md",
    ),
    Reason(
        "IOM942",
        "lock-of-a-thread",
        "a thread's lock cannot be waited for in another thread, or the loop waits for it elsewhere",
        "Use the library's own Lock where only tasks use it.",
        "recipes/blocking_work.md",
    ),
    Reason(
        "IOM950",
        "differs",
        "tried with --verify, the moved program did otherwise than the old one",
        "Look at the conversation that shows it; name with --ignore or --mask what may differ, or move the file by hand.",
        "migrate/proving.md",
    ),
    Reason(
        "IOM951",
        "not-verified",
        "with --verify nothing could be compared: no program that was started loads the file, or none says the same twice",
        "Name the program that loads the file with --verify, and --ignore what changes each time; or move it without --verify.",
        "migrate/proving.md",
    ),
)

REFUSALS = {reason.name: reason for reason in _REASONS}
