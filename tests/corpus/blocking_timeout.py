# corpus
#   what: sequential server with timeouts on listener and connection, stopped by a flag
#   service: upper
#   run: {file} {port}
#   unit: - server blocking
#   finds: IOM101 IOM104 IOM105 IOM108
# /corpus
import signal
import socket
import sys
import time

IDLE_TIMEOUT = 60.0
running = True
served = 0


def stop(signum, frame):
    global running
    running = False


def handle_client(client, address):
    global served
    client.settimeout(IDLE_TIMEOUT)
    started = time.time()
    try:
        while running:
            try:
                data = client.recv(8192)
            except socket.timeout:
                sys.stderr.write("%s: idle for %d s, dropped\n" % (address[0], IDLE_TIMEOUT))
                break
            if not data:
                break
            client.sendall(data.upper())
    except socket.error as e:
        sys.stderr.write("%s: %s after %.1f s\n" % (address[0], e, time.time() - started))
    client.close()
    served += 1


def main():
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    srv = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    srv.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    srv.bind(("127.0.0.1", int(sys.argv[1])))
    srv.listen(128)
    srv.settimeout(0.5)     # so that the flag is looked at now and then
    while running:
        try:
            client, address = srv.accept()
        except socket.timeout:
            continue
        handle_client(client, address)
    srv.close()
    sys.stderr.write("served %d clients\n" % served)


if __name__ == "__main__":
    main()
