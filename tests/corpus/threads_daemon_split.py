# corpus
#   what: daemon threads, the work split over methods, lines read by a helper
#   service: lines
#   run: {file} {port}
#   unit: CommandServer server threads
#   finds: IOM102 IOM104 IOM105
# /corpus
"""Command server. One daemon thread accepts, one serves each client, the main thread only waits."""

import logging
import socket
import sys
import threading

MAX_LINE = 65536

_log = logging.getLogger("commands")


class LineTooLong(Exception):
    pass


def recv_line(sock, rest):
    """A line with its end, what is left at the end of input, or b'' when there is nothing more. What came after it stays in rest."""
    while b"\n" not in rest[:MAX_LINE + 1]:
        if len(rest) > MAX_LINE:
            raise LineTooLong()
        more = sock.recv(8192)
        if not more:
            line = bytes(rest)
            rest.clear()
            return line
        rest.extend(more)
    end = rest.index(b"\n") + 1
    line = bytes(rest[:end])
    del rest[:end]
    return line


class CommandServer:
    def __init__(self, port):
        self.port = port
        self.stopped = threading.Event()
        self.handlers = []

    def start(self):
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=32)
        acceptor = threading.Thread(target=self.accept_clients, name="acceptor")
        acceptor.daemon = True
        acceptor.start()

    def accept_clients(self):
        while not self.stopped.is_set():
            client, address = self.listener.accept()
            name = "client-%s:%s" % address
            handler = threading.Thread(target=self.handle_client, name=name, args=(client,))
            handler.daemon = True
            handler.start()

    def handle_client(self, client):
        with client:
            rest = bytearray()
            try:
                while self.one_command(client, rest):
                    pass
            except LineTooLong:
                client.sendall(b"ERROR line too long\n")
            except OSError as error:
                _log.warning("%s: %s", threading.current_thread().name, error)

    def one_command(self, client, rest):
        line = recv_line(client, rest)
        if not line:
            return False
        if not line.endswith(b"\n"):
            line = line + b"\n"
        command = line.rstrip(b"\r\n")
        if command.upper() == b"QUIT":
            self.reply(client, b"BYE", line[len(command):])
            return False
        self.reply(client, command.upper(), line[len(command):])
        return True

    def reply(self, client, text, ending):
        client.sendall(text + ending)

    def join(self):
        self.stopped.wait()


def main():
    server = CommandServer(int(sys.argv[1]))
    server.start()
    try:
        server.join()
    except KeyboardInterrupt:
        _log.info("interrupted")


if __name__ == "__main__":
    logging.basicConfig()
    main()
