"""A chat room: a thread for each guest, a list of them all, and a lock that is held while somebody is heard."""

import socket
import sys
import threading

guests = []
guests_lock = threading.Lock()


def tell(text, but):
    with guests_lock:
        for guest in guests:
            if guest != but:
                try:
                    guest.sendall(text)
                except ConnectionError:
                    print("lost one", flush=True)
                except OSError:
                    print("one has left", flush=True)


def listen_to(conn, addr):
    conn.send(b"welcome\n")
    while True:
        data = conn.recv(1024)
        if not data:
            break
        if data.startswith(b"/number "):
            int(data[8:])  # where that is none, nobody is heard any more, and still hears
        tell(data, conn)
    with guests_lock:
        if conn in guests:
            guests.remove(conn)
    conn.close()


def main(port):
    server = socket.create_server(("127.0.0.1", port))
    while True:
        conn, addr = server.accept()
        with guests_lock:
            guests.append(conn)
        threading.Thread(target=listen_to, args=(conn, addr)).start()


if __name__ == "__main__":
    main(int(sys.argv[1]))
