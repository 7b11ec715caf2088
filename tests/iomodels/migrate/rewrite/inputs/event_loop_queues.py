"""select with three lists, and a queue of replies for each connection, which is in `outputs` while there is one."""

import queue
import select
import socket
import sys

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.setblocking(False)
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen(5)

inputs = [server]
outputs = []
message_queues = {}

while inputs:
    readable, writable, exceptional = select.select(inputs, outputs, inputs)

    # Handle inputs
    for s in readable:
        if s is server:
            connection, client_address = s.accept()
            print("new connection from", client_address[0])
            connection.setblocking(False)
            inputs.append(connection)
            # what is to be sent to it
            message_queues[connection] = queue.Queue()
        else:
            data = s.recv(1024)
            if data:
                print("received", data)
                message_queues[s].put(data.upper())
                if s not in outputs:
                    outputs.append(s)
            else:
                print("closing", s.getpeername()[0])
                if s in outputs:
                    outputs.remove(s)
                inputs.remove(s)
                s.close()
                del message_queues[s]

    # Handle outputs
    for s in writable:
        try:
            next_msg = message_queues[s].get_nowait()
        except queue.Empty:
            print("queue empty")
            outputs.remove(s)
        else:
            print("sending", next_msg)
            s.send(next_msg)

    # Handle exceptional conditions
    for s in exceptional:
        print("exception condition on", s.getpeername())
        inputs.remove(s)
        if s in outputs:
            outputs.remove(s)
        s.close()
        del message_queues[s]
