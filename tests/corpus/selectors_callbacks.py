# corpus
#   what: selectors with the callback as data, in the style of the manual: functions, globals, a send that is not checked
#   service: upper
#   run: {file} {port}
#   unit: - server selectors
#   finds: IOM105 IOM112 IOM201 IOM208
# /corpus

import selectors
import socket
import sys

chooser = selectors.DefaultSelector()


def greet(door, mask):
    guest, address = door.accept()
    print("hello", address)
    guest.setblocking(False)
    chooser.register(guest, selectors.EVENT_READ, converse)


def converse(guest, mask):
    try:
        words = guest.recv(1000)
    except ConnectionError:
        words = b""
    if words:
        guest.send(words.upper())  # there will be room for it
    else:
        print("bye", guest.fileno())
        chooser.unregister(guest)
        guest.close()


front = socket.socket()
front.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
front.bind(("127.0.0.1", int(sys.argv[1])))
front.listen(100)
front.setblocking(False)
chooser.register(front, selectors.EVENT_READ, greet)

while True:
    for key, mask in chooser.select():
        action = key.data
        action(key.fileobj, mask)
