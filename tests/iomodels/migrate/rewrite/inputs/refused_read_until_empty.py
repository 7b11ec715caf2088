import asyncore
import socket


class Echo(asyncore.dispatcher_with_send):
    def handle_read(self):
        data = b""
        try:
            while True:
                data += self.recv(4096)  # refused: IOM930
        except socket.error:
            pass
        self.send(data)


class Server(asyncore.dispatcher):  # refused: IOM930
    def __init__(self):
        super().__init__()
        self.create_socket()
        self.bind(("", 9999))
        self.listen(5)

    def handle_accepted(self, sock, address):
        Echo(sock)


server = Server()
asyncore.loop()  # refused: IOM930
