import asyncore
import socket
import sys


class EchoHandler(asyncore.dispatcher_with_send):

    def writable(self):
        return False

    def handle_read(self):
        data = self.recv(8192)
        if data:
            self.send(data)

    def handle_close(self):
        print("gone", self.addr)
        self.close()


class EchoServer(asyncore.dispatcher):

    def __init__(self, host, port):
        asyncore.dispatcher.__init__(self)
        self.create_socket(socket.AF_INET, socket.SOCK_STREAM)
        self.set_reuse_addr()
        self.bind((host, port))
        self.listen(5)

    def handle_accepted(self, sock, addr):
        print("from", addr)
        handler = EchoHandler(sock)


EchoServer("localhost", int(sys.argv[1]))
# for ever
asyncore.loop(timeout=5)
