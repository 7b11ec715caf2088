# corpus
#   what: the select server of every textbook: the listener and its connections in one list, one function
#   service: upper
#   run: {file} {port}
#   unit: - server select
#   finds: IOM105 IOM111 IOM206 IOM208
# /corpus
"""Upper-case server, several clients at a time, no threads."""

import select
import socket
import sys

BUFFER_SIZE = 4096


def main(port):
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(100)
    connections = [listener]

    while True:
        readable, _, _ = select.select(connections, [], [])
        for ready in readable:
            if ready is listener:
                connection, address = listener.accept()
                connections.append(connection)
            else:
                try:
                    data = ready.recv(BUFFER_SIZE)
                    if data:
                        ready.sendall(data.upper())
                except OSError:
                    data = b""
                if not data:
                    connections.remove(ready)
                    ready.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
