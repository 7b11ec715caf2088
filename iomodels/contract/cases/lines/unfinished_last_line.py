"""A last line that FIN ends instead of LF is answered like the others, and its reply has the LF that it lacks.

`printf hello | nc` sends no LF, and a file without a final newline is no reason to lose its last line. What is left in a
server's buffer at the end of input is easily forgotten there.
"""

from iomodels.contract.trial import Trial

REFERENCE = "POSIX.1-2017, 3.195 Incomplete Line; io.IOBase.readline returns one at the end of a file"
SERVICES = ("lines",)


def check(trial: Trial) -> None:
    for request, reply in ((b"a\nlast", b"A\nLAST\n"), (b"last", b"LAST\n"), (b"a\nquit", b"A\nBYE\n")):
        with trial.connect() as client:
            client.exchange(request[:-2], reply[: request.find(b"\n") + 1])
            client.wait_until_read()
            client.send(request[-2:])
            client.half_close()
            client.expect(reply[request.find(b"\n") + 1 :], sent=request)
            client.expect_fin()
