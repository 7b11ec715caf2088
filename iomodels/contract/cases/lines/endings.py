"""A line ends in LF or CR LF, and its reply ends as it did; a CR by itself is content, and CR LF may arrive in two pieces.

A server that answers at the CR answers twice when its LF comes, and one that splits lines as `str.splitlines` does finds
borders at CR, VT, FF, NEL and others that the protocol does not know.
"""

from iomodels.contract.trial import Trial

REFERENCE = "RFC 854 (CR LF); Python: str.splitlines and its list of borders"
SERVICES = ("lines",)


def check(trial: Trial) -> None:
    with trial.connect(no_delay=True) as client:
        for line in (b"a\n", b"a\r\n", b"\n", b"\r\n", b"a\rb\n", b"a\r\r\n", b"a\x0bb\x0cc\x1cd\x85e\n", b"a \t\r\n"):
            client.exchange(line, line.upper())
        for line in (b"in pieces\r\n", b"\r\n"):
            for at in range(len(line)):
                client.send(line[at : at + 1])
                client.wait_until_read()
            client.expect(line.upper(), sent=line)
        client.exchange(b"a\nb\r\nc\n", b"A\nB\r\nC\n")
        client.half_close()
        client.expect_fin()
