"""Comments stay, wherever they stand."""

import socket
import sys
import threading

# the module's


def handle(conn):
    # before
    data = conn.recv(  # how many
        100
    )
    if conn.send(  # the reply
        data.upper()  # in capitals
    ):
        pass
    conn.sendall(b"!")  # and a mark
    # after


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))

# for ever
while True:  # really
    conn, _ = listener.accept()  # who, we do not ask
    thread = threading.Thread(  # a thread
        target=handle,  # that serves
        args=(conn,),
    )
    # it need not be waited for
    thread.daemon = True
    thread.start()  # go
