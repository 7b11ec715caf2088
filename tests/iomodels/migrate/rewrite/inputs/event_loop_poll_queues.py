"""poll with masks by name, a table of descriptors, and a queue of replies for each connection, which asks for output then."""

import queue
import select
import socket
import sys

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.setblocking(False)
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen(5)

message_queues = {}
TIMEOUT = 1000  # milliseconds

READ_ONLY = select.POLLIN | select.POLLPRI | select.POLLHUP | select.POLLERR
READ_WRITE = READ_ONLY | select.POLLOUT

poller = select.poll()
poller.register(server, READ_ONLY)
fd_to_socket = {server.fileno(): server}

while True:
    events = poller.poll(TIMEOUT)

    for fd, flag in events:
        s = fd_to_socket[fd]

        # Handle inputs
        if flag & (select.POLLIN | select.POLLPRI):
            if s is server:
                connection, client_address = s.accept()
                print("  connection", client_address[0], file=sys.stderr)
                connection.setblocking(False)
                fd_to_socket[connection.fileno()] = connection
                poller.register(connection, READ_ONLY)
                message_queues[connection] = queue.Queue()
            else:
                data = s.recv(1024)
                if data:
                    print("  received {!r} from {}".format(data, s.getpeername()[0]), file=sys.stderr)
                    message_queues[s].put(data.upper())
                    poller.modify(s, READ_WRITE)
                else:
                    print("  closing", s.getpeername()[0], file=sys.stderr)
                    poller.unregister(s)
                    s.close()
                    fd_to_socket.pop(fd)
                    del message_queues[s]

        elif flag & select.POLLHUP:
            print("  closing", client_address, "(HUP)", file=sys.stderr)
            poller.unregister(s)
            s.close()

        elif flag & select.POLLOUT:
            try:
                next_msg = message_queues[s].get_nowait()
            except queue.Empty:
                print("  queue empty", file=sys.stderr)
                poller.modify(s, READ_ONLY)
            else:
                print("  sending {!r} to {}".format(next_msg, s.getpeername()[0]), file=sys.stderr)
                s.send(next_msg)

        elif flag & select.POLLERR:
            print("  exception on", s.getpeername(), file=sys.stderr)
            poller.unregister(s)
            s.close()
            del message_queues[s]
