# corpus
#   what: asynchat.async_chat with a terminator: lines in, lines out, QUIT
#   service: lines
#   run: {file} {port}
#   python: -3.11
#   unit: LineServer server asyncore
#   unit: LineChannel server asyncore
#   finds: IOM115 IOM116 IOM211
# /corpus
import asyncore
import asynchat
import socket
import sys


class LineChannel(asynchat.async_chat):
    max_line = 64 * 1024

    def __init__(self, sock):
        asynchat.async_chat.__init__(self, sock)
        self.ibuffer = []
        self.ilen = 0
        self.set_terminator(b"\n")

    def collect_incoming_data(self, data):
        self.ibuffer.append(data)
        self.ilen += len(data)
        if self.ilen > self.max_line:
            self.push(b"ERROR line too long\n")
            self.close_when_done()
            self.discard_buffers_of_input()

    def discard_buffers_of_input(self):
        self.ibuffer, self.ilen = [], 0
        self.ac_in_buffer = b""
        self.set_terminator(None)
        self.collect_incoming_data = lambda data: None

    def found_terminator(self):
        line = b"".join(self.ibuffer)
        self.ibuffer, self.ilen = [], 0
        cr = b""
        if line[-1:] == b"\r":
            line, cr = line[:-1], b"\r"
        if line.upper() == b"QUIT":
            self.push(b"BYE" + cr + b"\n")
            self.close_when_done()
            self.discard_buffers_of_input()
        else:
            self.push(line.upper() + cr + b"\n")


class LineServer(asyncore.dispatcher):
    def __init__(self, port):
        super().__init__()
        self.create_socket(socket.AF_INET, socket.SOCK_STREAM)
        self.set_reuse_addr()
        self.bind(("127.0.0.1", port))
        self.listen(100)

    def handle_accepted(self, sock, addr):
        LineChannel(sock)


LineServer(int(sys.argv[1]))
asyncore.loop()
