# corpus
#   what: thread for each connection, a Thread subclass that holds its connection
#   service: upper
#   run: {file} {port}
#   unit: ClientHandler server threads
#   unit: - server threads
#   finds: IOM102 IOM104 IOM105 IOM205
# /corpus
from threading import Thread
import socket
import sys

# Multithreaded server: each client is a ClientHandler


class ClientHandler(Thread):

    def __init__(self, ip, port, conn):
        Thread.__init__(self)
        self.ip = ip
        self.port = port
        self.conn = conn
        self.received = 0
        self.setDaemon(True)

    def run(self):
        while True:
            try:
                data = self.conn.recv(2048)
            except:
                break
            if not data:
                break
            self.received += len(data)
            try:
                self.conn.sendall(data.upper())
            except:
                break
        self.conn.close()


TCP_IP = '127.0.0.1'
TCP_PORT = int(sys.argv[1])

tcpServer = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
tcpServer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
tcpServer.bind((TCP_IP, TCP_PORT))
tcpServer.listen(40)

while True:
    (conn, (ip, port)) = tcpServer.accept()
    newthread = ClientHandler(ip, port, conn)
    newthread.start()
