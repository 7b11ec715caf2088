# corpus
#   what: thread for each connection, target is a bound method; lines cut out of a buffer
#   service: lines
#   run: {file} {port}
#   unit: LineServer server threads
#   finds: IOM102 IOM104 IOM105 IOM207
# /corpus
import socket
import sys
import threading


class LineServer(object):

    LIMIT = 64 * 1024

    def __init__(self, port, host="127.0.0.1"):
        self.host = host
        self.port = port
        self.clients = {}
        self.total = 0
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((self.host, self.port))

    def listen(self):
        self.sock.listen(100)
        while True:
            client, address = self.sock.accept()
            self.clients[address] = client
            threading.Thread(target=self.listen_to_client, args=(client, address)).start()

    def listen_to_client(self, client, address):
        try:
            self.talk(client)
        except OSError as e:
            print("lost", address, e, len(self.clients), "left")
        finally:
            client.close()
            del self.clients[address]

    def talk(self, client):
        pending = b""
        while True:
            data = client.recv(4096)
            if not data:
                if pending:
                    self.answer(client, pending + b"\n")
                return
            pending += data
            while b"\n" in pending[:self.LIMIT + 1]:
                line, pending = pending.split(b"\n", 1)
                if not self.answer(client, line + b"\n"):
                    return
            if len(pending) > self.LIMIT:
                client.sendall(b"ERROR line too long\n")
                return

    def answer(self, client, line):
        """Returns False when the conversation is over."""
        self.total += 1
        if line.strip(b"\r\n").upper() == b"QUIT":
            client.sendall(b"BYE" + line[4:])
            return False
        client.sendall(line.upper())
        return True


if __name__ == "__main__":
    LineServer(int(sys.argv[1])).listen()
