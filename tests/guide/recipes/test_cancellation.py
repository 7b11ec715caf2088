import select
from pathlib import Path

from iomodels.contract.client import Client, End
from iomodels.contract.trial import KIB, MIB, Trial
from tests.guide.recipes._running import each_version
from tests.guide.recipes._talking import altered, serving

LONG = b"x" * (8 * MIB) + b"\n"  # more than the kernel holds for a connection whose client does not read


def named(trial: Trial, name: bytes, **options: int) -> Client:
    client = trial.connect(receive_buffer=options.get("receive_buffer"))
    client.exchange(name + b"\n", b"hello " + name + b"\n")
    return client


@each_version
def test_who_is_replaced_is_told_what_was_not_answered_and_the_others_go_on(version: str) -> None:
    with serving("cancellation", version) as trial:
        bystander, older = named(trial, b"bob"), named(trial, b"ann")
        older.exchange(b"one\ntwo\nthr", b"ONE\nTWO\n")
        newer = named(trial, b"ann")
        older.expect(b"replaced; unanswered: thr\n")
        older.expect_fin()
        newer.exchange(b"three\n", b"THREE\n")
        bystander.exchange(b"one\n", b"ONE\n")


@each_version
def test_a_name_is_free_when_its_client_has_left(version: str) -> None:
    with serving("cancellation", version) as trial:
        for _ in range(3):
            client = named(trial, b"ann")
            client.half_close()
            client.expect_fin()


@each_version
def test_the_one_that_replaced_is_replaced_in_turn(version: str) -> None:
    with serving("cancellation", version) as trial:
        clients = [named(trial, b"ann") for _ in range(4)]
        for client in clients[:-1]:
            client.expect(b"replaced; unanswered: \n")
            client.expect_fin()
        clients[-1].exchange(b"one\n", b"ONE\n")


@each_version
def test_a_reply_under_way_is_said_to_its_end(version: str) -> None:
    with serving("cancellation", version) as trial:
        older = named(trial, b"ann", receive_buffer=4 * KIB)
        older.send(LONG)
        assert older.ready(select.POLLIN, trial.patience)  # the reply has begun, and cannot go on
        named(trial, b"ann").exchange(b"one\n", b"ONE\n")
        came, end = older.read_to_end()
        assert (came, end) == (LONG.upper() + b"replaced; unanswered: \n", End.FIN)


@each_version
def test_a_reset_harms_nobody(version: str) -> None:
    with serving("cancellation", version) as trial:
        bystander, gone = named(trial, b"bob"), named(trial, b"ann")
        gone.reset()
        named(trial, b"ann").exchange(b"one\n", b"ONE\n")
        bystander.exchange(b"one\n", b"ONE\n")


def test_without_a_shield_the_reply_is_cut_in_the_middle(tmp_path: Path) -> None:
    naive = altered(tmp_path, "cancellation", "on_trio", {"shield=True": "shield=False"})
    with serving("cancellation", naive) as trial:
        older = named(trial, b"ann", receive_buffer=4 * KIB)
        older.send(LONG)
        assert older.ready(select.POLLIN, trial.patience)
        named(trial, b"ann")
        came, _ = older.read_to_end()
        text, notice, _ = came.partition(b"replaced;")
        assert notice
        assert len(text) < len(LONG)
