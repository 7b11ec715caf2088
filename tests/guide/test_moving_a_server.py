"""Moving a real server: each step of the guide's page is asked by differ, and so are steps with a mistake in them."""

import re
import shlex
import socket
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from iomodels.contract.server import Launch
from iomodels.differ.asking import Plan, ask
from iomodels.differ.played import Pace
from iomodels.differ.report import Report, as_text
from iomodels.differ.words import marks
from iomodels.migrate.moving import move
from iomodels.migrate.rewrite import Target
from iomodels.replay.compare import differences
from iomodels.replay.player import Player, expected
from iomodels.replay.reading import load

FOLDER = Path(__file__).resolve().parents[2] / "guide" / "migrate" / "moving"
MAIL, CHAT = FOLDER / "mail", FOLDER / "chat"
KINDS = ("plain", "recut", "pipelined", "half-closed", "interrupted", "reset", "two")
BANNER = re.compile(r'smtpd\.__version__ = "(.*)".*\n\n')
STEPS = ("bridge", "half", "whole")

needs_smtpd = pytest.mark.skipif(find_spec("smtpd") is None, reason="smtpd was removed in Python 3.12")
needs_asynchat = pytest.mark.skipif(find_spec("asynchat") is None, reason="the extra `asyncore` is not installed")


def command(program: Path, *more: str) -> str:
    return " ".join([shlex.quote(sys.executable), "-W ignore", shlex.quote(str(program)), "{port}", *more])


def mail(new: Path, recording: str, *kinds: str) -> Report:
    plan = Plan(
        command(MAIL / "before.py", "{dir}/box"),
        command(new, "{dir}/box"),
        [MAIL / recording],
        kinds=kinds,
        rounds=1 if kinds else 0,
        limits=None,
    )
    return ask(plan, plan.prepare())


def chat(new: Path, *kinds: str, options: str = "") -> Report:
    plan = Plan(
        command(CHAT / "before.py"),
        command(new, options),
        [CHAT / "talk.jsonl"],
        kinds=kinds,
        rounds=1 if kinds else 0,
        limits=None,
    )
    return ask(plan, plan.prepare())


def sleepers(new: Path) -> Report:
    """Who says nothing is put out after 0.4 seconds, and silence lasts one before it is taken for the end."""
    idle = "0.4"
    plan = Plan(
        command(CHAT / "before.py", idle),
        command(new, idle),
        [CHAT / "idle.jsonl"],
        rounds=0,
        limits=None,
        pace=Pace(hush=3.0),
    )
    return ask(plan, plan.prepare())


def found(report: Report) -> set[tuple[str, str, str]]:
    """What differs: the kind, and the lines of old and new, with N for numbers and HOST for the host's name."""
    host = re.sub(r"\d+", "N", socket.getfqdn())
    return {
        (kind, old.replace(host, "HOST"), new.replace(host, "HOST"))
        for outcome in report.outcomes
        for kind, old, new in marks(outcome.differences)
    }


def mutant(step: Path, old: str, new: str, tmp_path: Path) -> Path:
    """The step with a mistake in it."""
    text = step.read_text()
    assert text.count(old) == 1, old
    changed = tmp_path / step.name
    changed.write_text(text.replace(old, new))
    return changed


# The mail sink.


def test_machine_py_is_what_the_machine_writes_without_the_banner(tmp_path: Path) -> None:
    before = (MAIL / "before.py").read_text()
    refused = move(str(MAIL / "before.py"), Target.ASYNCIO)
    assert not refused.changed
    assert "`smtpd.__version__` has no counterpart" in refused.refusals[0].text
    (tmp_path / "sink.py").write_text(BANNER.sub("", before))
    done = move(str(tmp_path / "sink.py"), Target.ASYNCIO)
    assert not done.refusals
    assert done.new.decode() == (MAIL / "machine.py").read_text()


@needs_smtpd
def test_by_the_manual_mail_is_taken_and_kept_otherwise() -> None:
    report = mail(MAIL / "naive.py", "letters.jsonl")
    differing = found(report)
    assert {
        ("bytes", "", r"N-SMTPUTFN\r\n"),
        ("bytes", r"N not one of ours: eve@example.net\r\n", ""),
        ("bytes", "", r"N not one of ours: eve@example.net\r\n"),
        ("file", r"Return-Path: <ann@example.com>\n", ""),
        ("file", r"Delivered-To: bob@example.org\n", ""),
        ("file", "", r"X-MailFrom: ann@example.com\n"),
        ("file", "", r"X-RcptTo: bob@example.org\n"),
        ("file", "Ann", r"Ann\n"),
    } <= differing
    assert any(old == "" and new.startswith("X-Peer: ") for _, old, new in differing)
    lost = [each for each in report.outcomes[0].differences if each.old is None]
    assert [each.aspect[0] for each in lost] == ["file"]  # the message that was refused is kept


@needs_smtpd
def test_by_machine_mail_is_kept_as_it_was() -> None:
    assert {(kind, old) for kind, old, _ in found(mail(MAIL / "machine.py", "letters.jsonl"))} == {
        ("bytes", r"N HOST ESMTP sink N.N\r\n")
    }


@needs_smtpd
def test_by_machine_who_types_hears_otherwise() -> None:
    assert {
        ("bytes", r"N Syntax: NOOP\r\n", r"N OK\r\n"),
        ("bytes", r'N Error: command "STARTTLS" not recognized\r\n', r"N TLS not available\r\n"),
        ("bytes", r"N Bye\r\n", r"N Syntax: QUIT\r\n"),
        ("bytes", r"N OK\r\n", r"N Line too long (see RFCN N.N.N.N.N)\r\n"),
        ("bytes", "", r"N Error: (IndexError) string index out of range\r\n"),
        ("file", r"Return-Path: <ann@example.com>\n", "(none)"),
    } <= found(mail(MAIL / "machine.py", "typed.jsonl"))


@needs_smtpd
@pytest.mark.parametrize(("recording", "kinds", "count"), [("letters.jsonl", KINDS, 9), ("typed.jsonl", (), 1)])
def test_mended_it_is_alike(recording: str, kinds: tuple[str, ...], count: int) -> None:
    report = mail(MAIL / "whole.py", recording, *kinds)
    assert report.alike, as_text(report)
    assert len(report.outcomes) == count
    assert not [aspect for outcome in report.outcomes for aspect in outcome.unstable if aspect[0] == "file"]


@needs_smtpd
def test_what_is_left_is_what_the_page_says() -> None:
    assert found(mail(MAIL / "whole.py", "left.jsonl")) == {
        # HELP
        (
            "bytes",
            r"N Supported commands: EHLO HELO MAIL RCPT DATA RSET NOOP QUIT VRFY\r\n",
            r"N Supported commands: DATA EHLO HELO HELP MAIL NOOP QUIT RCPT RSET VRFY\r\n",
        ),
        # a second EHLO, and an option that is not there
        ("bytes", r"N Duplicate HELO/EHLO\r\n", r"N-HOST\r\n"),
        ("bytes", r"N MAIL FROM parameters not recognized or not implemented\r\n", r"N-SIZE N\r\n"),
        ("bytes", "", r"N-NBITMIME\r\n"),
        ("bytes", "", r"N HELP\r\n"),
        ("bytes", "", r"N Error: SMTPUTFN disabled\r\n"),
        # behind a message that is too large, and one that is empty
        ("bytes", "", r"N OK\r\n"),
        ("bytes", "", r"N Bye\r\n"),
        ("file", "(an empty folder)", "(none)"),
        # the sixth command that does not exist
        ("bytes", r'N Error: command "HELLO" not recognized\r\n', r"N N.N.N Too many unrecognized commands, goodbye.\r\n"),
        ("bytes", r'N Error: command "HELLO" not recognized\r\n', ""),
        ("bytes", r"N Bye\r\n", ""),
    }


@pytest.mark.long
@needs_smtpd
@pytest.mark.parametrize(
    ("old", "new", "recording"),
    [
        ('ident="ESMTP sink 2.1"', 'ident="ESMTP sink 2.2"', "letters.jsonl"),
        ('.removesuffix(b"\\n")', "", "letters.jsonl"),
        ('.replace(b"\\r\\n", b"\\n")', "", "letters.jsonl"),
        ("Return-Path: <%s>", "Return-Path: %s", "letters.jsonl"),
        ('return "550 not one of ours: " + ", ".join(strangers)', 'return "250 OK"', "letters.jsonl"),
        ("strangers = [", "strangers = 0 and [", "letters.jsonl"),
        ("line_length_limit = 2**20", "line_length_limit = 1001", "typed.jsonl"),
        ("self.transport.abort()", "pass", "typed.jsonl"),
        ("super().smtp_QUIT(None)", "super().smtp_QUIT(arg)", "typed.jsonl"),
    ],
)
def test_a_mistake_in_the_mail_sink_is_found(old: str, new: str, recording: str, tmp_path: Path) -> None:
    assert not mail(mutant(MAIL / "whole.py", old, new, tmp_path), recording).alike


# The chat.


@needs_asynchat
def test_the_talk_is_a_recording_of_several_clients_with_the_old_chat() -> None:
    recording = load(CHAT / "talk.jsonl")
    wanted = expected(recording)
    assert len(wanted) == 4
    assert (CHAT / "talk.jsonl").stat().st_size < 8192
    server = Launch.from_text(command(CHAT / "before.py")).start()
    try:
        heard = Player(recording, (server.host, server.port)).play()
    finally:
        server.kill()
    assert differences(wanted, heard) == []


@needs_asynchat
@pytest.mark.parametrize("step", STEPS)
def test_at_each_step_the_chat_is_alike(step: str) -> None:
    report = chat(CHAT / f"{step}.py", "recut", "half-closed", "two")
    assert report.alike, as_text(report)
    assert len(report.outcomes) == 13
    assert not any(outcome.unstable for outcome in report.outcomes)


@needs_asynchat
@pytest.mark.parametrize("every", [1, 2, 3])
def test_whoever_is_on_streams_the_half_chat_is_alike(every: int) -> None:
    report = chat(CHAT / "half.py", options=f"600 {every}")
    assert report.alike, as_text(report)


@needs_asynchat
@pytest.mark.parametrize("step", STEPS)
def test_at_each_step_who_sleeps_is_put_out(step: str) -> None:
    report = sleepers(CHAT / f"{step}.py")
    assert report.alike, as_text(report)
    (outcome,) = report.outcomes
    assert not outcome.unstable
    assert b"! you sleep\n" in outcome.whole.heard[1].data


@pytest.mark.long
@needs_asynchat
@pytest.mark.parametrize(
    ("step", "old", "new"),
    [
        ("bridge", 'b"\\n")\n        self.say("! who', 'b"\\r\\n")\n        self.say("! who'),
        ("bridge", "            self.name = text\n", "            self.name = text.lower() + '_'\n"),
        (
            "half",
            "class Channel(Member, asynchat.async_chat):\n",
            "class Channel(Member, asynchat.async_chat):\n    tell = print\n",
        ),
        ("half", "self.set_terminator(self.pasting or", "self.set_terminator("),
        ("half", "readexactly(self.pasting) if self.pasting", "readexactly(self.pasting + 1) if self.pasting"),
        ("half", "sock=connection, limit=LONGEST", "sock=connection"),
        ("whole", "            if member is not self:\n", "            if member:\n"),
        ("whole", 'data.rstrip(b"\\r")', "data"),
        ("whole", "            self.exit()\n            names.pop(self.name, None)\n", "            self.exit()\n"),
        ("whole", "            names.pop(self.name, None)\n            self.writer.close()", "            self.writer.close()"),
        ("whole", 'self.leave("! too long")', "pass"),
        ("whole", 'self.leave("* bye")', 'self.say("* bye")'),
    ],
)
def test_a_mistake_in_the_chat_is_found(step: str, old: str, new: str, tmp_path: Path) -> None:
    with_mistake = mutant(CHAT / f"{step}.py", old, new, tmp_path)
    turns = ("600 2", "600 3") if step == "half" else ("",)  # who pastes is on a stream, who pastes is on the bridge
    assert not all(chat(with_mistake, options=options).alike for options in turns)


@pytest.mark.long
@needs_asynchat
@pytest.mark.parametrize(
    ("step", "old", "new"),
    [
        ("half", "time.monotonic() - self.last > self.idle", "False"),
        ("half", "async with asyncio.timeout(self.idle):", "async with asyncio.timeout(None):"),
        ("whole", 'self.leave("! you sleep")', 'self.leave("! sleep well")'),
    ],
)
def test_a_mistake_about_sleepers_is_found(step: str, old: str, new: str, tmp_path: Path) -> None:
    assert not sleepers(mutant(CHAT / f"{step}.py", old, new, tmp_path)).alike
