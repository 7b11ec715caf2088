import socket
import sys

import pytest

from iomodels.differ.unread import unread

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel is asked by sock_diag(7)")


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_what_the_other_side_has_not_read_is_counted(family: socket.AddressFamily, host: str) -> None:
    with socket.create_server((host, 0), family=family) as listener, socket.socket(family) as client:
        client.connect(listener.getsockname()[:2])
        assert unread(client) == 0
        client.sendall(b"12345")
        assert unread(client) == 5  # in the accept queue already
        accepted, _ = listener.accept()
        with accepted:
            accepted.recv(2)
            assert unread(client) == 3
            accepted.recv(3)
            assert unread(client) == 0


def test_of_what_is_not_connected_nothing_is_known() -> None:
    with socket.socket() as sock:
        assert unread(sock) == 0
