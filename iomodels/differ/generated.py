"""Conversations made of others, by a seed: mutated, cut again, interrupted, half-closed, reset, pipelined, read late, and two
or three clients at once."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from iomodels.contract.dialects import DIALECTS
from iomodels.differ.conversations import Conversation, Script
from iomodels.differ.mutants import MUTANTS
from iomodels.replay.recording import Kind

__all__ = ["KINDS", "Talk", "generate", "talk_of_service", "talks_of"]

OPEN, EOF, RESET, CLOSE = Kind.OPEN, Kind.ASKED_EOF, Kind.ASKED_RESET, Kind.CLOSE
PAYLOADS = (b"Hello, World!", b"b", b"one two  three", b"Caf\xc3\xa9 \x00 end", b"x" * 300)
SLOW = 6 * 1024 * 1024  # bytes that are asked for by one who does not read: more than sockets hold (tcp_wmem, tcp(7))
STOPPED = 3 * 1024 * 1024  # the same, when the server is stopped: more than it can send, and not more than it can read
SIZES = (60, 125, 255, 510, 600, 1000, 1100, 2040, 3000, 4090, 5000, 8190, 10000, 16380, 20000, 33000, 66000)  # of a line
MUTATIONS = 8
PIPELINED = 5


@dataclass(frozen=True)
class Talk:
    """What one client says to a server: requests, each of which is answered, and the one that ends it, if there is one.
    stateful: what is said later means something else without what was said before."""

    name: str
    requests: Sequence[bytes]
    farewell: bytes = b""
    stateful: bool = False

    @property
    def lines(self) -> bool:
        """Whether requests are lines."""
        return all(request.endswith(b"\n") and request.count(b"\n") == 1 for request in self.requests)


def talk_of_service(name: str) -> Talk:
    """A talk for one of the services that the contract speaks."""
    dialect = DIALECTS[name]
    farewell = dialect.farewell()
    requests = [dialect.ask(payload)[0] for payload in map(dialect.clean, PAYLOADS)]
    return Talk(name, requests, farewell[0] if farewell else b"")


def talks_of(conversation: Conversation) -> Iterator[Talk]:
    """What the clients of a conversation said; those that said the same once."""
    seen = set()
    for number in conversation.connections:
        said = tuple(conversation.said(number))
        if said and said not in seen:
            seen.add(said)
            yield Talk(f"{conversation.name}, client {number}", said, stateful=True)


def generate(talk: Talk, seed: int, kinds: Sequence[str]) -> Iterator[Conversation]:
    """A conversation of each kind, always the same by the same seed."""
    for kind in kinds:
        chance = random.Random(f"{seed} {talk.name} {kind}")
        yield from KINDS[kind](talk, chance)


def _whole(script: Script, number: int, requests: Sequence[bytes], farewell: bytes = b"") -> Script:
    """One client from its first to its last word."""
    script.pause().do(number, OPEN).pause()
    for request in (*requests, farewell):
        if request:
            script.do(number, request).pause()
    return script.do(number, EOF).pause().do(number, CLOSE)


def _named(talk: Talk, kind: str) -> str:
    return f"{talk.name}, {kind}"


def _plain(talk: Talk, _: random.Random) -> Iterator[Conversation]:
    yield _whole(Script(), 1, talk.requests, talk.farewell).named(_named(talk, "plain"))
    if talk.farewell:  # and it leaves without a word
        yield _whole(Script(), 1, talk.requests[:1]).named(_named(talk, "no farewell"))


def _mutated(talk: Talk, chance: random.Random) -> Iterator[Conversation]:
    script = Script()
    for number in range(1, MUTATIONS + 1):
        at = chance.randrange(len(talk.requests))
        mutant = MUTANTS[(number - 1) % len(MUTANTS)](talk.requests[at], chance)
        before = talk.requests[:at] if talk.stateful else ()
        _whole(script, number, (*before, mutant, *talk.requests[at + 1 : at + 2]))
    yield script.named(_named(talk, "mutated"))
    if talk.lines:
        yield _whole(Script(), 1, [b"L" * size + b"\n" for size in SIZES]).named(_named(talk, "longer and longer lines"))


def _recut(talk: Talk, chance: random.Random) -> Iterator[Conversation]:
    script = Script()
    script.do(1, OPEN).pause()
    for number, request in enumerate((*talk.requests, talk.farewell)):
        if request:
            places = range(1, len(request)) if number == 0 and len(request) < 48 else _places(request, chance)
            script.do(1, *_cut(request, places)).pause()
    yield script.do(1, EOF).pause().do(1, CLOSE).named(_named(talk, "cut again"), gap=True)
    if not talk.stateful:  # pieces that have the end of one request and the beginning of the next
        joined = b"".join(talk.requests)
        borders = [sum(map(len, talk.requests[: each + 1])) for each in range(len(talk.requests) - 1)]
        places = [place for border in borders for place in (border - 1, border + 1) if 0 < place < len(joined)]
        script = Script().do(1, OPEN).pause().do(1, *_cut(joined, sorted(set(places)))).pause()
        yield script.do(1, EOF).pause().do(1, CLOSE).named(_named(talk, "cut across borders"), gap=True)


def _interrupted(talk: Talk, chance: random.Random) -> Iterator[Conversation]:
    yield _broken_off(talk, chance, CLOSE).named(_named(talk, "interrupted"))


def _reset(talk: Talk, chance: random.Random) -> Iterator[Conversation]:
    yield _broken_off(talk, chance, RESET).named(_named(talk, "reset"))


def _broken_off(talk: Talk, chance: random.Random, end: Kind) -> Script:
    """Clients that leave within a request, and without their reply; behind each comes one who does not."""
    script = Script()
    request = max(talk.requests[:2], key=len)
    script.do(1, OPEN).pause().do(1, request[: chance.randint(1, max(1, len(request) - 1))]).pause().do(1, end)
    _whole(script, 2, talk.requests[:1])
    script.pause().do(3, OPEN).pause().do(3, *talk.requests[:1]).pause().do(3, end)
    return _whole(script, 4, talk.requests[:1])


def _half_closed(talk: Talk, _: random.Random) -> Iterator[Conversation]:
    script = Script()
    script.do(1, OPEN).pause().do(1, b"".join(talk.requests), EOF).pause().do(1, CLOSE)  # at once behind all that is said
    script.pause().do(2, OPEN).pause().do(2, talk.requests[0][:-1] or b"a", EOF).pause().do(2, CLOSE)  # within a request
    script.pause().do(3, OPEN, EOF).pause().do(3, CLOSE)  # with nothing said
    yield script.named(_named(talk, "half-closed"))


def _pipelined(talk: Talk, _: random.Random) -> Iterator[Conversation]:
    many = b"".join(talk.requests) * (1 if talk.stateful else PIPELINED)
    script = Script().do(1, OPEN).pause().do(1, many).pause()
    if talk.farewell:
        script.do(1, talk.requests[0] + talk.farewell + talk.requests[-1]).pause()
    yield script.do(1, EOF).pause().do(1, CLOSE).named(_named(talk, "pipelined"))


def _slow(talk: Talk, _: random.Random) -> Iterator[Conversation]:
    script = Script().do(1, OPEN).pause().do(1, _much(talk), EOF)
    yield script.named(_named(talk, "read late"), slow=[1])


def _two(talk: Talk, _: random.Random) -> Iterator[Conversation]:
    """A second client while the first is idle: is it served, or does it wait?"""
    first, second = talk.requests[0], talk.requests[1 % len(talk.requests)]
    script = Script().do(1, OPEN).pause().do(1, first).pause()
    script.do(2, OPEN).pause().do(2, first).pause().do(1, second).pause().do(1, EOF).pause().do(1, CLOSE)
    yield script.pause().do(2, second).pause().do(2, EOF).pause().do(2, CLOSE).named(_named(talk, "two at once"))
    script = Script().do(1, OPEN).pause().do(2, OPEN, first).pause().do(3, OPEN, first).pause()
    script.do(1, first).pause().do(1, EOF).pause().do(1, CLOSE).pause()
    script.do(2, EOF).pause().do(2, CLOSE).pause().do(3, EOF).pause().do(3, CLOSE)
    yield script.named(_named(talk, "three at once"))


def _stopped(talk: Talk, _: random.Random) -> Iterator[Conversation]:
    """SIGTERM while one client is idle, and while one waits for the rest of a long reply."""
    script = Script().do(1, OPEN).pause().do(1, talk.requests[0])
    yield script.named(_named(talk, "stopped while idle"), stops=True)
    script = Script().do(1, OPEN).pause().do(1, _much(talk, STOPPED), EOF)
    yield script.named(_named(talk, "stopped in a reply"), slow=[1], stops=True)


KINDS: dict[str, Callable[[Talk, random.Random], Iterator[Conversation]]] = {
    "plain": _plain,
    "mutated": _mutated,
    "recut": _recut,
    "interrupted": _interrupted,
    "half-closed": _half_closed,
    "reset": _reset,
    "pipelined": _pipelined,
    "slow": _slow,
    "two": _two,
    "stopped": _stopped,
}


def _much(talk: Talk, size: int = SLOW) -> bytes:
    """So many bytes of requests, without what would end the talk."""
    once = max(talk.requests, key=len)
    return once * (size // len(once) + 1)


def _places(data: bytes, chance: random.Random) -> list[int]:
    """Up to three places, and the one before the last byte."""
    count = min(3, max(0, len(data) - 1))
    return sorted({*chance.sample(range(1, len(data)), count), *([len(data) - 1] if len(data) > 1 else [])})


def _cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]
