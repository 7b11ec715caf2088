"""epoll, and tables by descriptor: of the connections, of what is owed to each, of those that have said all."""

import select
import socket

listener = socket.create_server(("127.0.0.1", 8080))
listener.setblocking(False)
poller = select.epoll()
poller.register(listener, select.EPOLLIN)
connections = {listener.fileno(): listener}
owed = {}
finished = {}

while True:
    for fd, events in poller.poll():
        if fd == listener.fileno():
            connection, _ = listener.accept()
            connection.setblocking(False)
            poller.register(connection.fileno(), select.EPOLLIN)
            connections[connection.fileno()] = connection
            owed[connection.fileno()] = b""
            finished[connection.fileno()] = False
            continue
        if events & select.EPOLLIN:
            data = connections[fd].recv(4096)
            owed[fd] += data.upper()
            finished[fd] = not data
            poller.modify(fd, select.EPOLLOUT)
        elif events & select.EPOLLOUT:
            if owed[fd]:
                count = connections[fd].send(owed[fd])
                owed[fd] = owed[fd][count:]
            if not owed[fd] and not finished[fd]:
                poller.modify(fd, select.EPOLLIN)
        if finished[fd] and not owed[fd]:
            poller.unregister(fd)
            connections[fd].close()
            del connections[fd], owed[fd], finished[fd]
