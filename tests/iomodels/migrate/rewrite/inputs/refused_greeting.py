import asynchat
import asyncore


class Session(asynchat.async_chat):
    def __init__(self, sock):  # refused: IOM906
        asynchat.async_chat.__init__(self, sock)
        self.set_terminator(b"\n")
        self.push(b"hello\n")

    def collect_incoming_data(self, data):
        print(data)

    def found_terminator(self):
        self.push(b"yes\n")


class Server(asyncore.dispatcher):  # refused: IOM906
    def __init__(self):
        super().__init__()
        self.create_socket()
        self.bind(("", 9999))
        self.listen(1)

    def handle_accepted(self, sock, address):
        Session(sock)


Server()
asyncore.loop()  # refused: IOM906
