# corpus
#   what: asynchat whose terminator changes in mid-stream: a header that ends in an empty line, then so many bytes
#   service: own
#   run: {file} {port}
#   python: -3.11
#   unit: Shelf server asyncore
#   unit: Visitor server asyncore
#   finds: IOM115 IOM116 IOM211
# /corpus
"""A shelf for blobs.

A request is a head of `Name: value` lines, an empty line, and as many bytes as its `Length` says (none without):

    Do: put        Do: get        Do: list
    Key: x         Key: x
    Length: 5

and its reply is of the same form: `Status: ok`, `missing` or `bad`, then `Length` and the bytes. Lines end in LF.
"""

import asynchat
import asyncore
import sys

END_OF_HEAD = b"\n\n"


class Visitor(asynchat.async_chat):
    def __init__(self, shelf, sock):
        asynchat.async_chat.__init__(self, sock=sock)
        self.shelf = shelf
        self.parts = []
        self.head = None
        self.set_terminator(END_OF_HEAD)

    def collect_incoming_data(self, data):
        self.parts.append(data)

    def found_terminator(self):
        taken = b"".join(self.parts)
        self.parts = []
        if self.head is None:
            self.head = self.parse(taken)
            length = int(self.head.get("length", "0"))
            if length > 0:
                self.set_terminator(length)
                return
            taken = b""
        head, self.head = self.head, None
        self.set_terminator(END_OF_HEAD)
        self.perform(head, taken)

    def parse(self, raw):
        fields = {}
        for line in raw.decode("ascii").splitlines():
            name, _, value = line.partition(":")
            fields[name.strip().lower()] = value.strip()
        return fields

    def perform(self, head, body):
        do = head.get("do")
        key = head.get("key")
        if do == "put" and key:
            self.shelf.blobs[key] = body
            self.reply("ok")
        elif do == "get":
            if key in self.shelf.blobs:
                self.reply("ok", self.shelf.blobs[key])
            else:
                self.reply("missing")
        elif do == "list":
            self.reply("ok", "\n".join(sorted(self.shelf.blobs)).encode())
        else:
            self.reply("bad")

    def reply(self, status, body=b""):
        self.push(b"Status: %s\nLength: %d\n\n" % (status.encode(), len(body)))
        if body:
            self.push_with_producer(asynchat.simple_producer(body, 4096))

    def handle_error(self):
        self.close()


class Shelf(asyncore.dispatcher):
    def __init__(self, port):
        asyncore.dispatcher.__init__(self)
        self.blobs = {}
        self.create_socket()
        self.set_reuse_addr()
        self.bind(("127.0.0.1", port))
        self.listen(5)

    def handle_accepted(self, sock, addr):
        Visitor(self, sock)


if __name__ == "__main__":
    Shelf(int(sys.argv[1]))
    asyncore.loop()
