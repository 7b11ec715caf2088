import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iomodels.replay.recording import (
    LINE_LIMIT,
    Event,
    Kind,
    Recording,
    RecordingError,
    encoded,
    header,
    line_of,
    load,
    read,
    write,
)

HEAD = '{"iomodels": "recording", "version": 1}'
OPEN = '{"t": 0, "c": 1, "e": "open"}'

SAID = st.tuples(st.integers(0, 10**9), st.integers(1, 3), st.sampled_from(list(Kind)[1:7]), st.binary(max_size=50))


def text_of(recording: Recording) -> str:
    file = io.StringIO()
    write(recording, file)
    return file.getvalue()


@given(st.lists(SAID), st.text(), st.lists(st.text()))
def test_what_is_written_is_read_again(said: list[tuple[int, int, Kind, bytes]], upstream: str, redacted: list[str]) -> None:
    events = [Event(0.0, number, Kind.OPEN) for number in (1, 2, 3)]
    events += [Event(at / 1e6, number, kind, data) for at, number, kind, data in said]
    events += [Event(2000.0, number, Kind.CLOSE) for number in (3, 1)]
    text = text_of(Recording(events, upstream, tuple(redacted)))
    assert read(text.splitlines(keepends=True)) == read(text.split("\n")) == Recording(events, upstream, tuple(redacted))
    assert text.isascii()
    assert text.count("\n") == len(events) + 1


def test_text_is_legible_and_the_rest_is_base64() -> None:
    assert (
        line_of(Event(0.5, 2, Kind.ASKED, b'a "line"\r\n\xe9'))
        == r'{"t": 0.500000, "c": 2, "e": ">", "d": "a \"line\"\r\n\u00e9"}'
    )
    assert line_of(Event(0.5, 2, Kind.ANSWERED, b"\0\1\2")) == '{"t": 0.500000, "c": 2, "e": "<", "b": "AAEC"}'
    assert line_of(Event(1e-9, 1, Kind.ASKED_EOF)) == '{"t": 0.000000, "c": 1, "e": ">eof"}'


def test_a_recording_names_its_connections_in_order() -> None:
    lines = [HEAD, OPEN.replace('"c": 1', '"c": 7'), OPEN, '{"t": 1, "c": 7, "e": "close"}']
    assert read(lines).connections == [7, 1]


def test_fields_that_nobody_knows_and_empty_lines_are_passed_over() -> None:
    found = read([HEAD[:-1] + ', "by": "me"}', "", OPEN[:-1] + ', "peer": "::1"}', " \n"])
    assert found == Recording([Event(0.0, 1, Kind.OPEN)])


BROKEN = {
    "line 1: this is no recording of iomodels": [
        [""],
        [],
        ["hello"],
        ["[1]"],
        ["{}"],
        ['{"iomodels": "trace", "version": 1}'],
        ["[" * 9999],
    ],
    "line 1: version 2 of the format; this reads version 1": [[HEAD.replace("1", "2")]],
    "line 1: version None of the format": [['{"iomodels": "recording"}']],
    "line 2: not JSON: ": [[HEAD, OPEN[:-5]], [HEAD, "{" + "[" * 100_000], [HEAD, "\ufffd"]],
    "line 2: not an object": [[HEAD, "3"]],
    "line 2: not an event: it has no 't'": [[HEAD, '{"c": 1, "e": "open"}']],
    "line 2: not an event: 'x' is not a valid Kind": [[HEAD, '{"t": 0, "c": 1, "e": "x"}']],
    "is no time": [[HEAD, OPEN.replace('"t": 0', f'"t": {time}')] for time in ('"a"', "-1", "NaN", "Infinity", "true")],
    "is no number of a connection": [
        [HEAD, OPEN.replace('"c": 1', f'"c": {number}')] for number in ("0", "1.5", '"1"', "true")
    ],
    "line 3: not an event: ": [
        [HEAD, OPEN, '{"t": 0, "c": 1, "e": ">", ' + data + "}"]
        for data in ('"d": "\u20ac"', '"d": 3', '"b": "%%"', '"b": "AAE"', '"b": 7', '"d": null')
    ],
    "line 2: connection 1 was never opened": [[HEAD, OPEN.replace("open", ">eof")]],
    "line 3: connection 1 is opened a second time": [[HEAD, OPEN, OPEN]],
    "line 4: connection 1 has been closed": [[HEAD, OPEN, OPEN.replace("open", "close"), OPEN.replace("open", ">eof")]],
}


@pytest.mark.parametrize(("words", "lines"), [(words, lines) for words, each in BROKEN.items() for lines in each])
def test_a_file_that_is_no_recording_is_told_with_its_line(words: str, lines: list[str]) -> None:
    with pytest.raises(RecordingError) as told:
        read(lines)
    assert words in str(told.value)
    assert "\n" not in str(told.value)


@given(st.lists(st.binary(max_size=40).map(lambda data: data * LINE_LIMIT)))
def test_many_bytes_follow_their_line_as_they_are(tmp_path_factory: pytest.TempPathFactory, said: list[bytes]) -> None:
    path = tmp_path_factory.getbasetemp() / "many"
    events = [Event(0.0, 1, Kind.OPEN), *(Event(1.0, 1, Kind.ASKED, data) for data in said), Event(2.0, 1, Kind.CLOSE)]
    pieces = [encoded(event.seconds, event.connection, event.kind, event.data) for event in events]
    whole = header("", ()).encode() + b"\n" + b"".join(map(b"".join, pieces))
    path.write_bytes(whole)
    assert load(path).events == events
    assert all(data in whole for data in said if len(data) > LINE_LIMIT)


CUT = {b"": "line 4: not an event: 3 bytes and a line feed should follow it", b"abc": "3 bytes", b"abcd": "3 bytes"}
CUT[b"a\nc\n{"] = "line 7: not JSON"


@pytest.mark.parametrize("follows", CUT)
def test_too_few_bytes_behind_a_line_are_told_and_lines_are_counted_as_an_editor_does(tmp_path: Path, follows: bytes) -> None:
    event = OPEN.replace("open", ">")
    lines = f'{HEAD}\n{OPEN}\n{event}\n{event[:-1]}, "n": 3}}\n'
    (tmp_path / "cut").write_bytes(lines.encode() + follows)
    with pytest.raises(RecordingError, match=re.escape(CUT[follows])):
        load(tmp_path / "cut")
    with pytest.raises(RecordingError, match="line 4: not an event: 3 bytes cannot follow it"):
        read(lines.splitlines())
    for count in ("-1", "true", "1.0", '"3"'):
        (tmp_path / "cut").write_text(lines.replace('"n": 3', f'"n": {count}') + "abc\n")
        with pytest.raises(RecordingError, match="bytes cannot follow it"):
            load(tmp_path / "cut")


def test_a_file_is_read_whatever_bytes_it_has(tmp_path: Path) -> None:
    (tmp_path / "good").write_text(text_of(Recording([Event(0.0, 1, Kind.OPEN)])))
    (tmp_path / "bad").write_bytes(bytes(range(256)))
    (tmp_path / "half").write_text(json.dumps({"iomodels": "recording", "version": 1}) + "\n" + OPEN[:-3])
    assert load(tmp_path / "good").connections == [1]
    for name, words in (("bad", "line 1"), ("half", "line 2: not JSON")):
        with pytest.raises(RecordingError, match=words):
            load(tmp_path / name)
