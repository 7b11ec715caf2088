"""8 MiB with FIN behind them, none of the reply read when the server meets the FIN, come back whole, then FIN.

When the client has said all, megabytes are still on their way to the server, in it, and back. A server that takes the
end of input, or EPOLLRDHUP, for the end of the conversation loses them: known servers returned 1 % to 47 %.
"""

from iomodels.contract.trial import KIB, MIB, Trial

REFERENCE = "RFC 9293, 3.6; measured: the selectors example of CPython's manual returned 1 %, methane/echoserver 47 %"


def check(trial: Trial) -> None:
    request, reply = trial.talk(8 * MIB)
    with trial.connect(send_buffer=64 * KIB) as client:  # so that what waits, waits at the server or in it
        gone = client.fill(request, len(request))
        if gone == len(request):
            client.half_close()
            client.wait_until_settled()
        client.exchange(request[gone:], reply, half_close=gone < len(request))
        client.expect_fin()
