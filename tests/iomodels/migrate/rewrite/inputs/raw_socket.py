"""What never waits is asked of the socket below, in strings as well."""

import socket
import sys

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    conn, _ = listener.accept()
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    print(f"from {conn.getpeername()} to {conn.getsockname()!r}", conn.fileno())
    print(f"{conn.recv(100).decode()}", f'{conn.getpeername()[0]}')
    conn.shutdown(socket.SHUT_RDWR)
    conn.close()
