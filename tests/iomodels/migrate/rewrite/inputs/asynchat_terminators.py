import asynchat
import asyncore
import logging
import socket
import sys

class Session(asynchat.async_chat):
    """Lines, and blobs of a length."""
    def __init__(self, sock, owner):
        super().__init__(sock)
        self.owner = owner
        self.buf = b""
        self.mode = "line"
        self.set_terminator(b"\r\n")

    def collect_incoming_data(self, data):
        self.buf += data

    def found_terminator(self):
        data, self.buf = self.buf, b""
        if self.mode == "blob":
            self.mode = "line"
            self.set_terminator(b"\r\n")
            self.push(b"got %d %r\r\n" % (len(data), data[:5]))
            return
        if data.startswith(b"BLOB "):
            self.mode = "blob"
            self.set_terminator(int(data[5:]))
        elif data == b"QUIT":
            self.owner.quits += 1
            self.push(b"bye %d\r\n" % self.owner.quits)
            self.close_when_done()
        elif data == b"BOOM":
            raise ValueError("boom")
        else:
            try:
                self.push(data.swapcase() + b"\r\n")
            except socket.error as e:
                logging.error("lost %s", e)

    def handle_error(self):
        logging.exception("in session")
        self.close()

class Sessions(asyncore.dispatcher):
    def __init__(self, host, port):
        asyncore.dispatcher.__init__(self)
        self.quits = 0
        self.create_socket(socket.AF_INET, socket.SOCK_STREAM)
        self.set_reuse_addr()
        self.bind((host, port))
        self.listen(5)
    def handle_accept(self):
        sock, addr = self.accept()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        Session(sock, self)
    def run(self):
        asyncore.loop(30, True)

if __name__ == "__main__":
    s = Sessions("127.0.0.1", int(sys.argv[1]))
    try:
        s.run()
    except KeyboardInterrupt:
        s.close()
        print("stopped", s.quits)
