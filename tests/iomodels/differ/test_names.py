"""Files whose names are made up anew each time are compared all the same: the first with the first, and so on."""

import os
import sys
from pathlib import Path

import pytest

from iomodels.differ.asking import Plan, ask
from iomodels.differ.conversations import Conversation, Script
from iomodels.differ.files import snapshot
from iomodels.differ.names import Names
from iomodels.differ.report import Report
from iomodels.differ.shrink import Limits
from iomodels.differ.words import title
from iomodels.replay.recording import Kind

# A server that keeps each line in a Maildir: upper-cased by the second if it is told to.
MAILDIR = """
import mailbox, socket, sys
port, folder, *options = sys.argv[1:]
box = mailbox.Maildir(folder + "/box")
listener = socket.create_server(("127.0.0.1", int(port)))
while True:
    client, _ = listener.accept()
    for number, line in enumerate(client.makefile("rb")):
        if "lose" not in options or number:
            box.add(line.upper() if options == ["upper"] and number == 1 else line)
        client.sendall(b"kept\\n")
"""


def compare(tmp_path: Path, *options: str) -> Report:
    (tmp_path / "maildir.py").write_text(MAILDIR)
    command = f"{sys.executable} {tmp_path}/maildir.py {{port}} {{dir}}"
    plan = Plan(command, " ".join([command, *options]), limits=None)
    return ask(plan, [conversation()])


def conversation() -> Conversation:
    script = Script().do(1, Kind.OPEN)
    for line in (b"one\n", b"two\n", b"three\n"):
        script.pause().do(1, line)
    return script.pause().do(1, Kind.CLOSE).named("three lines")


def test_a_maildir_is_like_itself(tmp_path: Path) -> None:
    report = compare(tmp_path)
    assert report.alike
    assert not report.outcomes[0].unstable  # and it was looked at


def test_a_message_that_is_kept_otherwise_is_a_difference(tmp_path: Path) -> None:
    (outcome,) = compare(tmp_path, "upper").outcomes
    (found,) = outcome.differences
    assert found.aspect[1].startswith("box/new/*.*.")
    assert found.aspect[1].endswith(" [2]")
    assert (found.old, found.new) == (b"two\n", b"TWO\n")


def test_a_message_that_is_lost_is_a_difference(tmp_path: Path) -> None:
    (outcome,) = compare(tmp_path, "lose").outcomes
    assert [(each.old, each.new) for each in outcome.differences if each.new is None] == [(b"three\n", None)]


@pytest.mark.parametrize("runs", [1, 2])
def test_however_often_the_old_one_is_asked(tmp_path: Path, runs: int) -> None:
    (tmp_path / "maildir.py").write_text(MAILDIR)
    command = f"{sys.executable} {tmp_path}/maildir.py {{port}} {{dir}}"
    assert ask(Plan(command, command, limits=None, runs=runs), [conversation()]).alike
    (outcome,) = ask(Plan(command, f"{command} upper", limits=None, runs=runs), [conversation()]).outcomes
    assert [each.old for each in outcome.differences] == [b"two\n"]


def test_it_is_shortened_to_what_is_kept_otherwise(tmp_path: Path) -> None:
    (tmp_path / "maildir.py").write_text(MAILDIR)
    command = f"{sys.executable} {tmp_path}/maildir.py {{port}} {{dir}}"
    (outcome,) = ask(Plan(command, f"{command} upper", limits=Limits(12, 20)), [conversation()]).outcomes
    (shown,) = outcome.shown
    assert shown.old is not None
    assert shown.new == shown.old.upper() != shown.old


def test_names_that_do_not_change_stay_as_they_are() -> None:
    names = Names([["log", "1.a", "2.a"], ["log", "3.a", "4.a"]])
    assert names.told(["log", "7.a", "8.a", "9.a", "other"]) == {
        "log": "log",
        "7.a": "*.a",
        "8.a": "*.a [2]",
        "9.a": "*.a [3]",
        "other": "other",
    }


def test_of_words_that_change_those_without_digits_are_told_by_comparing() -> None:
    names = Names([["cur/in-abc.txt", "cur/out-q1.txt"], ["cur/in-xyz.txt", "cur/out-q2.txt"]])
    assert names.told(["cur/in-foo.txt", "cur/out-bar.txt"]) == {
        "cur/in-foo.txt": "cur/in-*.txt",
        "cur/out-bar.txt": "cur/out-*.txt",
    }


def test_where_a_run_has_more_of_them_names_stay_as_they_are() -> None:
    names = Names([["a.1", "5.x"], ["a.1", "6.x", "7.x"]])
    assert not names.change
    assert names.told(["8.x"]) == {"8.x": "8.x"}


def test_a_time_in_seconds_that_is_the_same_by_chance_is_not_taken_for_one_that_stays() -> None:
    names = Names([["100.P1.host"], ["100.P2.host"]])
    assert names.told(["101.P3.host"]) == {"101.P3.host": "*.*.host"}


def test_files_come_in_the_order_in_which_they_were_written(tmp_path: Path) -> None:
    for name in ("Q9", "Q10", "b", "a"):
        (tmp_path / name).touch()
    for name, seconds in (("b", 1), ("Q9", 2), ("Q10", 2), ("a", 3)):
        os.utime(tmp_path / name, (seconds, seconds))
    assert list(snapshot(tmp_path)) == ["b", "Q9", "Q10", "a"]


def test_a_folder_that_is_empty_is_told_as_one() -> None:
    assert title(("file", "new/"), conversation()) == "the folder new/"
    assert title(("file", "new/1"), conversation()) == "the file new/1"
