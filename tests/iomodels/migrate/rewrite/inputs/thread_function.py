"""Echo in threads."""

import socket
import sys
import threading


def handle(conn, addr):
    print("from", addr)  # who
    with conn:
        try:
            while True:
                data = conn.recv(1024)
                if not data:
                    break
                conn.sendall(data.upper())
        except OSError as e:
            print("lost", e)


def main(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", port))
    s.listen(5)
    try:
        # for ever
        while True:
            conn, addr = s.accept()
            t = threading.Thread(target=handle, args=(conn, addr))
            t.daemon = True
            t.start()
    except KeyboardInterrupt:
        pass
    finally:
        s.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
