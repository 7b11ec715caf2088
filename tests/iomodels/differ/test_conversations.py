from pathlib import Path

import pytest

from iomodels.differ.conversations import Conversation, Script, Step, from_recording, load, text_of
from iomodels.differ.generated import KINDS, generate, talk_of_service, talks_of
from iomodels.replay.recording import Event, Kind, Recording, RecordingError, read

TALK = Recording(
    [
        Event(0, 1, Kind.OPEN),
        Event(0, 1, Kind.ANSWERED, b"hello\n"),
        Event(0, 1, Kind.ASKED, b"a\n"),
        Event(0, 1, Kind.ASKED, b"b\n"),
        Event(0, 1, Kind.ANSWERED, b"A\nB\n"),
        Event(0, 1, Kind.ASKED_EOF),
        Event(0, 1, Kind.ANSWERED_EOF),
        Event(0, 1, Kind.CLOSE),
    ]
)


def test_a_conversation_waits_where_the_recorded_client_had_heard_something() -> None:
    conversation = from_recording("talk", TALK)
    assert conversation.steps == (
        Step(1, Kind.OPEN),
        Step(1, Kind.ASKED, b"a\n", waits=True),
        Step(1, Kind.ASKED, b"b\n"),
        Step(1, Kind.ASKED_EOF, waits=True),
        Step(1, Kind.CLOSE, waits=True),
    )
    assert conversation.said(1) == [b"a\nb\n"]


def test_a_client_is_there_until_the_server_has_ended_whoever_ended_first() -> None:
    events = [Event(0, 1, kind) for kind in (Kind.OPEN, Kind.ANSWERED_EOF, Kind.ASKED_EOF, Kind.CLOSE)]
    assert from_recording("", Recording(events)).steps[-1] == Step(1, Kind.CLOSE, waits=True)


def test_nothing_is_done_by_a_client_that_has_reset() -> None:
    events = [Event(0, 1, Kind.OPEN), Event(0, 1, Kind.ASKED_RESET), Event(0, 1, Kind.CLOSE)]
    assert [step.kind for step in from_recording("", Recording(events)).steps] == [Kind.OPEN, Kind.ASKED_RESET]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_read_again(kind: str, tmp_path: Path) -> None:
    for number, conversation in enumerate(generate(talk_of_service("lines"), 1, [kind])):
        path = tmp_path / f"{number}.jsonl"
        path.write_text(text_of(conversation, [], "somewhere"))
        assert load(path) == conversation
        assert {event.connection for event in read(path.read_text().splitlines()).events} == {*conversation.connections}


def test_what_was_heard_is_written_where_it_was_heard() -> None:
    script = Script().do(1, Kind.OPEN).pause().do(1, b"a").pause().do(1, Kind.CLOSE)
    heard = [
        (1, Event(0, 1, Kind.ANSWERED, b"hi")),
        (2, Event(0, 1, Kind.ANSWERED, b"A")),
        (3, Event(0, 1, Kind.ANSWERED, b"late")),
    ]
    kinds = [event.kind for event in read(text_of(script.named("x"), heard, "").splitlines()).events]
    assert kinds == [
        Kind.OPEN,
        Kind.ANSWERED,
        Kind.ASKED,
        Kind.ANSWERED,
        Kind.CLOSE,
    ]  # what came when it had closed is left out


def test_a_seed_makes_the_same_again_and_another_makes_others() -> None:
    talk = talk_of_service("lines")
    made = [[*generate(talk, seed, [*KINDS])] for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]


@pytest.mark.parametrize("service", ["upper", "lines", "http", "resp", "echo"])
def test_each_kind_is_made_for_each_service(service: str) -> None:
    for kind in KINDS:
        for conversation in generate(talk_of_service(service), 0, [kind]):
            assert conversation.steps[0].kind is Kind.OPEN
            opened = {step.connection for step in conversation.steps if step.kind is Kind.OPEN}
            assert opened == {*conversation.connections}


def test_more_is_made_of_a_recording() -> None:
    (talk,) = talks_of(from_recording("talk", TALK))
    assert talk.requests == (b"a\nb\n",)
    names = [conversation.name for kind in KINDS for conversation in generate(talk, 0, [kind])]
    assert len(names) == len({*names}) >= len(KINDS)


def test_clients_that_said_the_same_are_one() -> None:
    events = [Event(0, number, kind, data) for number in (1, 2) for kind, data in ((Kind.OPEN, b""), (Kind.ASKED, b"x"))]
    assert len([*talks_of(from_recording("twice", Recording(events)))]) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no recording"),
        ('{"iomodels": "recording", "version": 1}', "no connection"),
        ('{"iomodels": "recording", "version": 1, "differ": {"pauses": 3}}\n{"t": 0, "c": 1, "e": "open"}', "makes no sense"),
        ('{"iomodels": "recording", "version": 1}\n{"t": 0, "c": 1, "e": "what"}', "line 2"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_in_a_line(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(text)
    with pytest.raises((RecordingError, ValueError), match=words):
        load(path)


def test_a_script_says_what_is_said() -> None:
    conversation: Conversation = Script().do(2, Kind.OPEN, b"a", b"b").named("x")
    assert conversation.connections == [2]
    assert conversation.size == 2
