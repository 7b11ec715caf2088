# corpus
#   what: asyncore.dispatcher, a listener and an echo handler; what send did not take is lost
#   service: upper
#   run: {file} {port}
#   python: -3.11
#   unit: EchoServer server asyncore
#   unit: EchoHandler server asyncore
#   finds: IOM105 IOM115 IOM201 IOM211
# /corpus
import asyncore
import socket
import sys


class EchoHandler(asyncore.dispatcher):

    def handle_read(self):
        data = self.recv(8192)
        if data:
            self.send(data.upper())

    def writable(self):
        return False

    def handle_close(self):
        self.close()


class EchoServer(asyncore.dispatcher):

    def __init__(self, host, port):
        asyncore.dispatcher.__init__(self)
        self.create_socket(socket.AF_INET, socket.SOCK_STREAM)
        self.set_reuse_addr()
        self.bind((host, port))
        self.listen(50)

    def handle_accepted(self, sock, addr):
        handler = EchoHandler(sock)


if __name__ == '__main__':
    server = EchoServer('127.0.0.1', int(sys.argv[1]))
    asyncore.loop()
