import functools
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.ground.conversation import HIGH_WATER
from models.ground.services import resp
from models.ground.services.resp import MAX_ARGUMENTS, REQUEST_LIMIT, VALUE_LIMIT, Resp, Store, service
from tests.models.ground.services.feeding import Spoken, cuts, feed, pieces, same_however_cut, speak


def fresh() -> Resp:
    """A conversation with a store of its own."""
    return Resp(Store())


def pack(*words: bytes | str) -> bytes:
    """A command as clients send it."""
    arguments = [word.encode() if isinstance(word, str) else word for word in words]
    return b"*%d\r\n" % len(arguments) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in arguments)


def inline(text: str) -> bytes:
    return text.encode() + b"\r\n"


# What Redis 7.0.15 says, recorded from it, but for CLIENT SETINFO (7.2), -1 (Redis ignores it), COMMAND and HELLO.
@pytest.mark.parametrize(
    ("commands", "replies"),
    [
        ("PING", b"+PONG\r\n"),
        ("ping hello", b"$5\r\nhello\r\n"),
        ("PING a b", b"-ERR wrong number of arguments for 'ping' command\r\n"),
        ("ECHO hello", b"$5\r\nhello\r\n"),
        ("ECHO", b"-ERR wrong number of arguments for 'echo' command\r\n"),
        ("GET nothing", b"$-1\r\n"),
        ("SET a b|GET a|set a c|get a", b"+OK\r\n$1\r\nb\r\n+OK\r\n$1\r\nc\r\n"),
        ("SET a b XX|SET a b NX|SET a c nx|SET a d xx|GET a", b"$-1\r\n+OK\r\n$-1\r\n+OK\r\n$1\r\nd\r\n"),
        ("SET a b NX XX", b"-ERR syntax error\r\n"),
        ("SET a b EX 10|GET a", b"-ERR syntax error\r\n$-1\r\n"),
        ("SET a", b"-ERR wrong number of arguments for 'set' command\r\n"),
        ("GET", b"-ERR wrong number of arguments for 'get' command\r\n"),
        ("SET a 1|SET b 2|EXISTS a a b c|DEL a a b c|EXISTS a b", b"+OK\r\n+OK\r\n:3\r\n:2\r\n:0\r\n"),
        ("DEL", b"-ERR wrong number of arguments for 'del' command\r\n"),
        ("INCR n|INCR n|GET n", b":1\r\n:2\r\n$1\r\n2\r\n"),
        ("INCRBY n 5|INCRBY n -7|INCRBY n x", b":5\r\n:-2\r\n-ERR value is not an integer or out of range\r\n"),
        ("SET n -1|INCR n|INCR n", b"+OK\r\n:0\r\n:1\r\n"),
        ("SET n b|INCR n", b"+OK\r\n-ERR value is not an integer or out of range\r\n"),
        ("SET n 01|INCR n", b"+OK\r\n-ERR value is not an integer or out of range\r\n"),
        ("SET n 9223372036854775807|INCR n", b"+OK\r\n-ERR increment or decrement would overflow\r\n"),
        ("SET n 9223372036854775808|INCR n", b"+OK\r\n-ERR value is not an integer or out of range\r\n"),
        ("SET a b|FLUSHALL|GET a|FLUSHALL async", b"+OK\r\n+OK\r\n$-1\r\n+OK\r\n"),
        ("FLUSHALL now|FLUSHALL sync sync", b"-ERR syntax error\r\n-ERR syntax error\r\n"),
        ("SELECT 0", b"+OK\r\n"),
        ("SELECT 99", b"-ERR DB index is out of range\r\n"),
        ("SELECT a", b"-ERR value is not an integer or out of range\r\n"),
        (
            "CONFIG GET SAVE appendonly nope",
            b"*4\r\n$10\r\nappendonly\r\n$2\r\nno\r\n$4\r\nsave\r\n$0\r\n\r\n",
        ),
        ("CONFIG GET nope", b"*0\r\n"),
        ("CONFIG GET", b"-ERR wrong number of arguments for 'config|get' command\r\n"),
        ("CONFIG", b"-ERR wrong number of arguments for 'config' command\r\n"),
        ("CONFIG FOO", b"-ERR unknown subcommand 'FOO'. Try CONFIG HELP.\r\n"),
        ("COMMAND|COMMAND DOCS", b"*0\r\n*0\r\n"),
        ("COMMAND FOO", b"-ERR unknown subcommand 'FOO'. Try COMMAND HELP.\r\n"),
        ("CLIENT SETNAME a|CLIENT setinfo LIB-NAME b", b"+OK\r\n+OK\r\n"),
        ("CLIENT SETNAME", b"-ERR wrong number of arguments for 'client|setname' command\r\n"),
        ("CLIENT FOO", b"-ERR unknown subcommand 'FOO'. Try CLIENT HELP.\r\n"),
        ("FOO", b"-ERR unknown command 'FOO', with args beginning with: \r\n"),
        ("FOO a b", b"-ERR unknown command 'FOO', with args beginning with: 'a' 'b' \r\n"),
        ("HELLO 4", b"-NOPROTO unsupported protocol version\r\n"),
        ("HELLO a", b"-ERR Protocol version is not an integer or out of range\r\n"),
        ("HELLO 3 FOO", b"-ERR Syntax error in HELLO option 'FOO'\r\n"),
    ],
)
def test_a_command_is_answered_as_redis_does(commands: str, replies: bytes) -> None:
    typed = b"".join(inline(command) for command in commands.split("|"))
    packed = b"".join(pack(*command.split()) for command in commands.split("|"))
    assert same_however_cut(fresh, typed) == Spoken(replies, hung_up=False)
    assert same_however_cut(fresh, packed) == Spoken(replies, hung_up=False)


def test_nulls_and_maps_have_types_of_their_own_after_hello_3() -> None:
    commands = inline("HELLO 3") + inline("GET a") + inline("CONFIG GET save") + inline("HELLO 2") + inline("GET a")
    said = speak(fresh, commands)
    assert said.startswith(b"%7\r\n$6\r\nserver\r\n$8\r\niomodels\r\n")
    assert b"$5\r\nproto\r\n:3\r\n" in said
    assert b"*0\r\n_\r\n%1\r\n$4\r\nsave\r\n$0\r\n\r\n*14\r\n$6\r\nserver\r\n" in said
    assert said.endswith(b"$7\r\nmodules\r\n*0\r\n$-1\r\n")


def test_hello_alone_keeps_the_protocol() -> None:
    assert speak(fresh, inline("HELLO")).startswith(b"*14\r\n")


def test_quit_ends_and_what_follows_is_ignored() -> None:
    assert same_however_cut(fresh, pack("PING") + pack("QUIT") + pack("PING")) == Spoken(b"+PONG\r\n+OK\r\n", hung_up=True)


@pytest.mark.parametrize("nothing", [b"*0\r\n", b"\r\n", b"\n", b" \t\r\n"])
def test_an_empty_request_is_not_answered(nothing: bytes) -> None:
    assert same_however_cut(fresh, nothing + pack("PING")) == Spoken(b"+PONG\r\n", hung_up=False)


def test_any_bytes_are_kept_as_they_are() -> None:
    every = bytes(range(256))
    said = speak(fresh, pack("SET", every, every) + pack("GET", every))
    assert said == b"+OK\r\n$256\r\n" + every + b"\r\n"


def test_an_error_is_one_line_whatever_it_quotes() -> None:
    said = speak(fresh, pack(b"a\r\nb\xff", b"c\r\n", b"d" * 500))
    assert said == b"-ERR unknown command 'a  b\xff', with args beginning with: 'c  ' '" + b"d" * 122 + b"' \r\n"


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (b"*-1\r\n", b"invalid multibulk length"),
        (b"*%d\r\n" % (MAX_ARGUMENTS + 1), b"invalid multibulk length"),
        (b"*2147483648\r\n", b"invalid multibulk length"),
        (b"*99999999999999999999999\r\n", b"invalid multibulk length"),
        (b"*a\r\n", b"invalid multibulk length"),
        (b"*\r\n", b"invalid multibulk length"),
        (b"*01\r\n", b"invalid multibulk length"),
        (b"*+1\r\n", b"invalid multibulk length"),
        (b"*1_0\r\n", b"invalid multibulk length"),
        (b"*" + b"1" * 100, b"too big mbulk count string"),
        (b"*1\r\n$-1\r\n", b"invalid bulk length"),
        (b"*1\r\n$%d\r\n" % (VALUE_LIMIT + 1), b"invalid bulk length"),
        (b"*1\r\n$9223372036854775807\r\n", b"invalid bulk length"),
        (b"*1\r\n$\r\n\r\n", b"invalid bulk length"),
        (b"*1\r\n$" + b"1" * 100, b"too big bulk count string"),
        (b"*1\r\n:1\r\n", b"expected '$', got ':'"),
        (b"*1\r\n*1\r\n*1\r\n", b"expected '$', got '*'"),
        (b"*2\r\n$4\r\nPING\r\n+a\r\n", b"expected '$', got '+'"),
        (b"*1\r\n\r\n", b"expected '$', got ' '"),
        (b"*1\r\n\xff", b"expected '$', got '\xff'"),
    ],
)
def test_a_malformed_request_is_refused_and_nothing_after_it_is_executed(request_: bytes, error: bytes) -> None:
    refusal = b"-ERR Protocol error: " + error + b"\r\n"
    assert same_however_cut(fresh, pack("PING") + request_ + pack("PING")) == Spoken(b"+PONG\r\n" + refusal, hung_up=True)


def test_a_request_is_refused_as_soon_as_it_announces_too_much() -> None:
    value = b"x" * VALUE_LIMIT
    start = b"*4\r\n$4\r\nECHO\r\n$%d\r\n%b\r\n" % (VALUE_LIMIT, value)
    conversation = fresh()
    conversation.receive(start)
    assert (conversation.unsent, conversation.wants_input) == (b"", True)
    conversation.receive(b"$%d\r\n" % (REQUEST_LIMIT - VALUE_LIMIT))
    assert (conversation.unsent, conversation.wants_input) == (b"-ERR Protocol error: too big request\r\n", False)


@pytest.mark.parametrize("size", [1, 4096, 10 * resp.INLINE_LIMIT])
def test_the_longest_line_is_the_same_however_it_is_cut(size: int) -> None:
    line = b"ECHO " + b"x" * (resp.INLINE_LIMIT - 6) + b"\n"
    assert feed(fresh(), pieces(line, range(0, len(line), size))).output == b"$%d\r\n%b\r\n" % (len(line) - 6, line[5:-1])
    for endless in (b"x" + line, b"x" * 3 * resp.INLINE_LIMIT):
        spoken = feed(fresh(), pieces(endless, range(0, len(endless), size)))
        assert spoken == Spoken(b"-ERR Protocol error: too big inline request\r\n", hung_up=True)


@pytest.mark.parametrize("size", [7, 16 * 1024, 10 * VALUE_LIMIT])
def test_the_largest_value_is_the_same_however_it_is_cut(size: int) -> None:
    value = b"x" * VALUE_LIMIT
    data = pack("SET", "a", value) + pack("GET", "a")
    assert feed(fresh(), pieces(data, range(0, len(data), size)), take=VALUE_LIMIT) == Spoken(
        b"+OK\r\n$%d\r\n%b\r\n" % (VALUE_LIMIT, value), hung_up=False
    )


def test_as_many_arguments_as_are_allowed() -> None:
    keys = [b"%d" % number for number in range(MAX_ARGUMENTS - 1)]
    assert speak(fresh, pack("SET", "5", "x") + pack("EXISTS", *keys)) == b"+OK\r\n:1\r\n"


@pytest.mark.parametrize("unfinished", [b"PING", b"*1", b"*1\r\n$4\r\nPING\r", b"*2\r\n$4\r\nPING\r\n"])
def test_a_request_cut_short_by_the_end_of_input_is_not_answered(unfinished: bytes) -> None:
    assert same_however_cut(fresh, pack("PING") + unfinished) == Spoken(b"+PONG\r\n", hung_up=False)


def test_replies_not_taken_are_bounded_and_none_is_lost() -> None:
    value = b"x" * 10_000
    conversation = fresh()
    conversation.receive(pack("SET", "a", value) + pack("GET", "a") * 1000)
    assert not conversation.wants_input
    assert HIGH_WATER < len(conversation.unsent) <= HIGH_WATER + len(value) + 20
    assert feed(conversation, []).output == b"+OK\r\n" + (b"$10000\r\n" + value + b"\r\n") * 1000


def test_conversations_of_one_factory_share_a_store_and_others_do_not() -> None:
    mine, yours = functools.partial(Resp, Store()), functools.partial(Resp, Store())
    assert speak(mine, inline("SET a b")) == b"+OK\r\n"
    assert speak(mine, inline("GET a")) == b"$1\r\nb\r\n"
    assert speak(yours, inline("GET a")) == b"$-1\r\n"


def test_the_service_shares_one_store() -> None:
    try:
        assert speak(service, inline("SET test_resp 1")) == b"+OK\r\n"
        assert speak(service, inline("INCR test_resp")) == b":2\r\n"
    finally:
        speak(service, inline("DEL test_resp"))


def test_no_count_is_lost_between_threads() -> None:
    shared = functools.partial(Resp, Store())
    start = threading.Barrier(8)

    def count() -> None:
        start.wait()
        for _ in range(50):
            speak(shared, pack("INCR", "n") * 20)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert speak(shared, pack("GET", "n")) == b"$4\r\n8000\r\n"


def test_a_full_store_refuses_to_grow_and_lives_on(monkeypatch: pytest.MonkeyPatch) -> None:
    full = b"-OOM command not allowed when used memory > 'maxmemory'.\r\n"
    monkeypatch.setattr(resp, "MAX_BYTES", 2 * (resp.ENTRY_BYTES + 10))
    one = functools.partial(Resp, Store())
    assert speak(one, inline("SET a 123456789") + inline("SET b 123456789")) == b"+OK\r\n+OK\r\n"
    assert speak(one, inline("SET c 1") + inline("INCR d") + inline("SET a 1234567890")) == full * 3
    assert speak(one, inline("GET c") + inline("GET a")) == b"$-1\r\n$9\r\n123456789\r\n"
    assert speak(one, inline("SET a 12345678") + inline("SET b 1234567890")) == b"+OK\r\n+OK\r\n"
    assert speak(one, inline("DEL a") + inline("SET c 1")) == b":1\r\n+OK\r\n"
    assert speak(one, inline("FLUSHALL") + inline("SET a 123456789") + inline("SET b 123456789")) == b"+OK\r\n" * 3


PARTS = st.one_of(
    st.sampled_from([b"*", b"$", b"\r\n", b"*1\r\n", b"$4\r\nPING\r\n", b"$0\r\n\r\n", b"*0\r\n", b"PING\r\n", b"*2\r\n"]),
    st.lists(
        st.sampled_from([b"SET", b"GET", b"INCR", b"DEL", b"a", b"b", b"1", b"NX", b"HELLO", b"3", b"\r\n"]), max_size=4
    ).map(lambda words: pack(*words)),
    st.binary(max_size=10),
)


@settings(deadline=None)
@given(st.data(), st.lists(PARTS, max_size=10))
def test_the_reply_does_not_show_how_the_requests_were_cut(data: st.DataObject, parts: list[bytes]) -> None:
    text = b"".join(parts)
    same_however_cut(fresh, text, data.draw(cuts(len(text))))


@given(st.lists(st.one_of(st.binary(min_size=1, max_size=50), st.sampled_from([b"*3\r\n", b"$5\r\n"]))))
def test_random_bytes_never_raise(chunks: list[bytes]) -> None:
    feed(fresh(), chunks)
