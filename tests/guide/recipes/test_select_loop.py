from pathlib import Path

from iomodels.contract.client import End
from iomodels.contract.trial import KIB, MIB
from tests.guide.recipes._running import each_version
from tests.guide.recipes._talking import altered, serving

PATTERN = bytes(range(256)) * 1024  # what a client repeats that sends without reading
MORE = 64 * MIB  # than the kernel holds for a connection whose client does not read


@each_version
def test_who_does_not_read_holds_nobody_up_and_gets_every_byte(version: str) -> None:
    with serving("select_loop", version) as trial:
        slow = trial.connect(receive_buffer=4 * KIB)
        slow.exchange(b"hello", b"HELLO")
        sent = slow.fill(PATTERN, MORE)
        assert sent < MORE, "the server took all of it, and must have it in memory"
        with trial.connect() as other:
            trial.serve_meanwhile([other])
        slow.half_close()
        came, end = slow.read_to_end(2 * MORE)
        assert end is End.FIN
        assert came == (PATTERN * (sent // len(PATTERN) + 1))[:sent].upper()


@each_version
def test_what_is_owed_at_the_clients_end_is_sent_before_the_servers(version: str) -> None:
    with serving("select_loop", version) as trial:
        client = trial.connect()
        client.exchange(*trial.talk(8 * MIB), half_close=True)
        client.expect_fin()


@each_version
def test_many_talk_at_once(version: str) -> None:
    with serving("select_loop", version) as trial:
        clients = trial.crowd(50)
        for number, client in enumerate(clients):
            client.send(b"client %d" % number)
        for number, client in reversed(list(enumerate(clients))):
            client.expect(b"CLIENT %d" % number)


@each_version
def test_a_reset_harms_nobody(version: str) -> None:
    with serving("select_loop", version) as trial, trial.witness():
        gone = trial.connect()
        gone.exchange(b"hello", b"HELLO")
        gone.reset()


def test_without_drain_the_server_takes_all_that_it_cannot_get_rid_of(tmp_path: Path) -> None:
    naive = altered(tmp_path, "select_loop", "on_asyncio", {"await writer.drain()": "pass"})
    with serving("select_loop", naive) as trial:
        slow = trial.connect(receive_buffer=4 * KIB)
        slow.exchange(b"hello", b"HELLO")
        slow.send(PATTERN * (MORE // len(PATTERN)))
