# corpus
#   what: thread for each connection, target is a function
#   service: upper
#   run: {file} --port {port}
#   unit: - server threads
#   finds: IOM102 IOM104 IOM105
# /corpus
import socket
import sys
import threading
from optparse import OptionParser


def client_thread(clientsock, address):
    # one of these runs for each client
    try:
        while True:
            data = clientsock.recv(2048)
            if not data:
                break
            clientsock.sendall(data.upper())
    except socket.error as msg:
        sys.stderr.write('%s:%d %s\n' % (address[0], address[1], msg))
    finally:
        clientsock.close()


def main():
    parser = OptionParser()
    parser.add_option('--port', type='int', default=8888)
    parser.add_option('--host', default='127.0.0.1')
    options, args = parser.parse_args()

    serversock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    serversock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        serversock.bind((options.host, options.port))
    except socket.error as msg:
        print('Bind failed. Error: ' + str(msg))
        sys.exit(1)
    serversock.listen(10)

    while True:
        clientsock, address = serversock.accept()
        t = threading.Thread(target=client_thread, args=(clientsock, address))
        t.start()


if __name__ == '__main__':
    main()
