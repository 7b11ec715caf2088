import asyncore


class Channel(asyncore.dispatcher_with_send):
    def readable(self):  # refused: IOM931
        return len(self.out_buffer) < 4096

    def handle_read(self):
        self.send(self.recv(4096))


class Listener(asyncore.dispatcher):  # refused: IOM931
    def __init__(self):
        super().__init__()
        self.create_socket()
        self.bind(("", 9999))
        self.listen(5)

    def handle_accepted(self, sock, address):
        Channel(sock)


server = Listener()
asyncore.loop()  # refused: IOM931
