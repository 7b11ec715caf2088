# corpus
#   what: select on a read list, all in one flat script with star imports; the sockets stay blocking and send is not checked
#   service: upper
#   run: {file} {port}
#   unit: - server select
#   finds: IOM105 IOM111 IOM201 IOM206 IOM208
# /corpus

# shout.py -- sends back what it gets, louder.      usage: shout.py PORT

import sys
from select import select
from socket import *

if len(sys.argv) != 2:
    print('usage: %s PORT' % sys.argv[0])
    sys.exit(2)

myPort = int(sys.argv[1])

master = socket(AF_INET, SOCK_STREAM)
master.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
master.bind(('127.0.0.1', myPort))
master.listen(128)

watched = [master]
print('shout: port %d' % myPort)
sys.stdout.flush()

while 1:
    canRead, canWrite, broken = select(watched, [], [])
    for sock in canRead:
        if sock == master:
            (newSock, address) = master.accept()
            watched.append(newSock)
            continue
        try:
            data = sock.recv(1024)
            if data:
                sock.send(data.upper())
        except error:
            data = b''
        if not data:
            watched.remove(sock)
            sock.close()
