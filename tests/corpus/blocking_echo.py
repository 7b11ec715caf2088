# corpus
#   what: sequential server, everything in one function
#   service: upper
#   run: {file} {port}
#   unit: main server blocking
#   finds: IOM101 IOM104 IOM105
# /corpus
import socket
import sys

HOST = '127.0.0.1'
BUFSIZ = 1024


def main():
    port = int(sys.argv[1])
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((HOST, port))
    s.listen(5)
    while True:
        conn, addr = s.accept()
        print('Connected by', addr)
        while 1:
            data = conn.recv(BUFSIZ)
            if not data: break
            conn.sendall(data.upper())
        conn.close()


if __name__ == '__main__':
    main()
