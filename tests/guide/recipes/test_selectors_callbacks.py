from pathlib import Path

from iomodels.contract.client import End
from iomodels.contract.trial import KIB, MIB
from tests.guide.recipes._running import each_version
from tests.guide.recipes._talking import altered, serving

PATTERN = bytes(range(256)) * 1024  # what a client repeats that sends without reading
MORE = 64 * MIB  # than the kernel holds for a connection whose client does not read


@each_version
def test_a_name_then_whatever_is_said_comes_back(version: str) -> None:
    with serving("selectors_callbacks", version) as trial:
        client = trial.connect()
        client.exchange(b"ann\n", b"hello ann\n")
        client.exchange(b"one\n", b"ONE\n")
        client.exchange(b"two", b"TWO")
        client.half_close()
        client.expect_fin()


@each_version
def test_where_the_segments_end_does_not_matter(version: str) -> None:
    with serving("selectors_callbacks", version) as trial:
        whole = trial.connect()
        whole.exchange(b"ann\nand at once more", b"hello ann\nAND AT ONCE MORE")
        pieces = trial.connect(no_delay=True)
        for byte in b"bob\nmore":
            pieces.send(bytes([byte]))
            pieces.wait_until_read()
        pieces.expect(b"hello bob\nMORE")


@each_version
def test_a_name_that_does_not_end_is_cut_off(version: str) -> None:
    with serving("selectors_callbacks", version) as trial:
        named = trial.connect()
        named.exchange(b"ann\n", b"hello ann\n")
        endless = trial.connect()
        endless.send(b"x" * 200)
        came, _ = endless.read_to_end()
        assert came == b""
        named.exchange(b"still", b"STILL")


@each_version
def test_who_leaves_without_a_name_gets_nothing(version: str) -> None:
    with serving("selectors_callbacks", version) as trial:
        client = trial.connect()
        client.send(b"an")
        client.half_close()
        client.expect_fin()


@each_version
def test_who_does_not_read_holds_nobody_up_and_gets_every_byte(version: str) -> None:
    with serving("selectors_callbacks", version) as trial:
        slow = trial.connect(receive_buffer=4 * KIB)
        slow.exchange(b"ann\n", b"hello ann\n")
        sent = slow.fill(PATTERN, MORE)
        assert sent < MORE, "the server took all of it, and must have it in memory"
        other = trial.connect()
        other.exchange(b"bob\n", b"hello bob\n")
        trial.serve_meanwhile([other])
        slow.half_close()
        came, end = slow.read_to_end(2 * MORE)
        assert end is End.FIN
        assert came == (PATTERN * (sent // len(PATTERN) + 1))[:sent].upper()


@each_version
def test_a_reset_harms_nobody(version: str) -> None:
    with serving("selectors_callbacks", version) as trial:
        bystander = trial.connect()
        bystander.exchange(b"ann\n", b"hello ann\n")
        gone = trial.connect()
        gone.exchange(b"bob\n", b"hello bob\n")
        gone.reset()
        trial.connect().exchange(b"carl\nthere", b"hello carl\nTHERE")
        bystander.exchange(b"still", b"STILL")


def test_without_pause_writing_the_server_takes_all_that_it_cannot_get_rid_of(tmp_path: Path) -> None:
    naive = altered(tmp_path, "selectors_callbacks", "on_asyncio", {"self.transport.pause_reading()": "pass"})
    with serving("selectors_callbacks", naive) as trial:
        slow = trial.connect(receive_buffer=4 * KIB)
        slow.exchange(b"ann\n", b"hello ann\n")
        slow.send(PATTERN * (MORE // len(PATTERN)))


def test_callbacks_moved_to_add_reader_lose_what_send_does_not_take() -> None:
    with serving("selectors_callbacks", "naive") as trial:
        slow = trial.connect(receive_buffer=4 * KIB)
        slow.send(bytes(16 * MIB))
        slow.half_close()
        came, end = slow.read_to_end(2 * MORE)
        assert end is End.FIN
        assert len(came) < 12 * MIB
        assert trial.server.log().count("BlockingIOError") > 10  # logged, and called again, for each piece that is lost
