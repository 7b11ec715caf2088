# corpus
#   what: asyncore.dispatcher_with_send, handle_accept, readable() that holds back, a map of its own, loop with use_poll
#   service: upper
#   run: {file} {port}
#   python: -3.11
#   unit: UpperServer server asyncore
#   unit: UpperChannel server asyncore
#   finds: IOM105 IOM115 IOM208 IOM211
# /corpus
"""Upper-case server on asyncore that answers before it closes."""

import asyncore
import socket
import sys


class UpperChannel(asyncore.dispatcher_with_send):
    ac_in_buffer_size = 65536
    limit = 512 * 1024

    def __init__(self, server, sock, addr):
        asyncore.dispatcher_with_send.__init__(self, sock, server._map)
        self.addr = addr
        self.ended = False
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def readable(self):
        return not self.ended and len(self.out_buffer) < self.limit

    def handle_read(self):
        data = self.recv(self.ac_in_buffer_size)
        if data:
            self.send(data.upper())

    def handle_write(self):
        asyncore.dispatcher_with_send.handle_write(self)
        if self.ended and not self.out_buffer:
            self.close()

    def handle_close(self):
        # asyncore comes here at the end of input, and once more when what is owed cannot be sent
        if self.ended or not self.out_buffer:
            self.close()
        self.ended = True

    def log_info(self, message, type='info'):
        if type != 'info':
            sys.stderr.write('%s: %s\n' % (type, message))


class UpperServer(asyncore.dispatcher):
    channel_class = UpperChannel

    def __init__(self, address, map=None):
        asyncore.dispatcher.__init__(self, map=map)
        self.create_socket()
        self.set_reuse_addr()
        self.bind(address)
        self.listen(128)

    def writable(self):
        return False

    def handle_accept(self):
        pair = self.accept()
        if pair is not None:
            conn, addr = pair
            self.channel_class(self, conn, addr)


def main():
    channels = {}
    UpperServer(('127.0.0.1', int(sys.argv[1])), channels)
    try:
        asyncore.loop(timeout=5.0, use_poll=True, map=channels)
    except KeyboardInterrupt:
        asyncore.close_all(channels)


main()
