"""A chat on select as a well-known tutorial has it: headers with lengths, and no socket is ever closed by name."""

import select
import socket
import sys

HEADER_LENGTH = 10

server_socket = socket.create_server(("127.0.0.1", int(sys.argv[1])))
sockets_list = [server_socket]
clients = {}


def receive_message(client_socket):
    try:
        message_header = client_socket.recv(HEADER_LENGTH)
        if not len(message_header):
            return False
        message_length = int(message_header.decode("utf-8").strip())
        return {"header": message_header, "data": client_socket.recv(message_length)}
    except:
        return False


while True:
    read_sockets, _, exception_sockets = select.select(sockets_list, [], sockets_list)
    for notified_socket in read_sockets:
        if notified_socket == server_socket:
            client_socket, client_address = server_socket.accept()
            user = receive_message(client_socket)
            if user is False:
                continue
            sockets_list.append(client_socket)
            clients[client_socket] = user
            print("accepted", client_address, user["data"].decode("utf-8"))
        else:
            message = receive_message(notified_socket)
            if message is False:
                print("closed by", clients[notified_socket]["data"].decode("utf-8"))
                sockets_list.remove(notified_socket)
                del clients[notified_socket]
                continue
            user = clients[notified_socket]
            print("received from", user["data"].decode("utf-8"))
            for client_socket in clients:
                if client_socket != notified_socket:
                    client_socket.send(user["header"] + user["data"] + message["header"] + message["data"])
    for notified_socket in exception_sockets:
        sockets_list.remove(notified_socket)
        del clients[notified_socket]
