"""Two letters, one of them refused: what the client is told, and what is kept of the other to the last byte."""

import dataclasses
import shlex
import smtplib
import tempfile
from pathlib import Path

import pytest

from tests.corpus.header import Program
from tests.corpus.running import started

LETTER = "Subject: greetings\r\n\r\nHello,\r\n\r\n.a line with a dot\r\nEnd\r\n"


def talk(program: Program, python: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        keeping = dataclasses.replace(program, run=f"{program.run} {shlex.quote(folder)}")
        with started(keeping, python) as port, smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            assert client.sendmail("ann@here", ["bob@there", "eve@there"], LETTER) == {}
            with pytest.raises(smtplib.SMTPDataError) as refusal:
                client.sendmail("ann@here", ["nobody@there"], LETTER)
            assert (refusal.value.smtp_code, refusal.value.smtp_error) == (550, b"no such user: nobody@there")
            assert client.sendmail("ann@here", ["bob@there"], "second") == {}
        kept = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
        letter = LETTER.replace("\r\n", "\n").rstrip("\n").encode()
        assert kept == {"0001.eml": letter, "0002.eml": b"second"}
