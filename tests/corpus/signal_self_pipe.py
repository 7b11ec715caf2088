# corpus
#   what: threads server without select, a signal handler writes to a pipe that the main thread reads
#   service: upper
#   run: {file} {port}
#   unit: Service server threads
#   finds: IOM102 IOM104 IOM105 IOM118
# /corpus
"""Signals only arrive in the main thread, so the main thread does nothing but wait for them: the handler writes the number into a
pipe, the main thread reads it there. All clients that are being served are cut off."""
import os
import signal
import socket
import sys
import threading


class Service:

    def __init__(self, port):
        self.port = port
        self.connections = set()
        self.guard = threading.Lock()
        self.wake_r, self.wake_w = os.pipe()

    def on_signal(self, signum, frame):
        os.write(self.wake_w, bytes([signum]))

    def wait_for_signal(self):
        signum = os.read(self.wake_r, 1)[0]
        return signum

    def main(self):
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self.on_signal)
        self.listening = socket.create_server(('127.0.0.1', self.port), backlog=100)
        threading.Thread(target=self.acceptor, daemon=True).start()
        self.wait_for_signal()
        self.listening.close()
        with self.guard:
            for conn in self.connections:
                try:
                    conn.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass        # it has left already
        os.close(self.wake_r)
        os.close(self.wake_w)
        return 0

    def acceptor(self):
        while True:
            try:
                conn, _ = self.listening.accept()
            except OSError:
                return
            with self.guard:
                self.connections.add(conn)
            threading.Thread(target=self.client, args=(conn,), daemon=True).start()

    def client(self, conn):
        try:
            while True:
                data = conn.recv(10000)
                if not data:
                    break
                conn.sendall(data.upper())
        except OSError:
            pass
        with self.guard:
            self.connections.discard(conn)
        conn.close()


if __name__ == '__main__':
    sys.exit(Service(int(sys.argv[1])).main())
