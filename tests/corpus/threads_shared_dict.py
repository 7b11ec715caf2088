# corpus
#   what: thread for each connection, a dictionary that all share under a lock, messages with a length in front
#   service: own
#   run: {file} {port}
#   unit: - server threads
#   finds: IOM102 IOM104 IOM105
# /corpus
"""Store: names and numbers, shared by all clients.

A message is four bytes of length, big-endian, and so many bytes of JSON. Requests: ["set", name, number], ["add", name, number],
["get", name], ["names"]. The reply is the number, the sorted names, or {"error": text}, framed the same way. A client that sends
something that is not JSON is disconnected.
"""
import json
import socket
import struct
import sys
import threading

HEADER = struct.Struct("!I")
BIGGEST = 1 << 20

store = {}
store_lock = threading.Lock()


class Gone(Exception):
    """The peer ended the conversation."""


def recv_exactly(sock, count):
    parts = []
    while count:
        part = sock.recv(min(count, 65536))
        if not part:
            raise Gone
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def read_message(sock):
    (length,) = HEADER.unpack(recv_exactly(sock, HEADER.size))
    if length > BIGGEST:
        raise ValueError("%d bytes is too long" % length)
    return json.loads(recv_exactly(sock, length).decode("utf-8"))


def write_message(sock, value):
    body = json.dumps(value).encode("utf-8")
    sock.sendall(HEADER.pack(len(body)) + body)


def execute(request):
    op, args = request[0], request[1:]
    with store_lock:
        if op == "set":
            store[args[0]] = args[1]
            return args[1]
        if op == "add":
            store[args[0]] = store.get(args[0], 0) + args[1]
            return store[args[0]]
        if op == "get":
            return store.get(args[0])
        if op == "names":
            return sorted(store)
    return {"error": "unknown operation %s" % op}


def client_loop(sock):
    try:
        while True:
            try:
                answer = execute(read_message(sock))
            except (IndexError, KeyError, TypeError) as error:
                answer = {"error": str(error)}
            write_message(sock, answer)
    except Gone:
        pass
    except (ValueError, OSError) as error:
        print("dropped:", error, file=sys.stderr)
    finally:
        sock.close()


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    while True:
        sock, _address = listener.accept()
        threading.Thread(target=client_loop, args=[sock], daemon=True).start()


if __name__ == "__main__":
    main()
