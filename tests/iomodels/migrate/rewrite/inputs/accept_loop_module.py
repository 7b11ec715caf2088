import socket
import sys

HOST = "127.0.0.1"
count = 0


def talk(conn):
    while data := conn.recv(65536):
        conn.sendall(data.upper())


s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((HOST, int(sys.argv[1])))
s.listen(5)
while 1:
    (c, a) = s.accept()
    count += 1
    print("client", count, a)
    try:
        talk(c)
    except socket.error as e:
        print("lost", e)
    c.close()
