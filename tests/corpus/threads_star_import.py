# corpus
#   what: thread for each connection by _thread, everything imported with a star; once Python 2
#   service: upper
#   run: {file} {port}
#   unit: - server threads
#   finds: IOM102 IOM104 IOM105 IOM201
# /corpus
from __future__ import print_function
from socket import *
try:
    import thread
except ImportError:
    import _thread as thread
import sys

BUFF = 1024
HOST = '127.0.0.1'

def response(key):
    return key.upper()

def handler(clientsock,addr):
    while 1:
        data = clientsock.recv(BUFF)
        if not data: break
        clientsock.send(response(data))
        # if "close" == data.rstrip(): break
    clientsock.close()
    # print(addr, "- closed connection")

if __name__=='__main__':
    ADDR = (HOST, int(sys.argv[1]))
    serversock = socket(AF_INET, SOCK_STREAM)
    serversock.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    serversock.bind(ADDR)
    serversock.listen(5)
    while 1:
        clientsock, addr = serversock.accept()
        thread.start_new_thread(handler, (clientsock, addr))
