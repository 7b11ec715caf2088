"""All 256 byte values survive, NUL first and alone as well; an upper-casing service changes ASCII a-z and nothing else.

A server that takes bytes for text loses some: C strings end at NUL, UTF-8 refuses most high bytes, and in Latin-1
`\\xb5`, `\\xe0` and `\\xff` have upper-case letters of their own. 0xFF begins a command in telnet.
"""

from iomodels.contract.trial import Trial

REFERENCE = "RFC 9293, 2.2: TCP carries octets; bytes.upper changes ASCII alone, str.upper all letters"


def check(trial: Trial) -> None:
    values = bytes(range(256))
    with trial.connect() as client:
        for payload in (values, values[::-1], b"\0", b"\xff"):
            client.exchange(*trial.dialect.ask(trial.dialect.clean(payload)))
        client.half_close()
        client.expect_fin()
