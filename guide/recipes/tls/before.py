"""Upper-case what comes over TLS: a thread for each client, which shakes hands, and tells a goodbye from a cut."""

import socket
import ssl
import sys
import threading

HANDSHAKE = 10.0  # seconds for the client to complete it
CHUNK = 16 * 1024  # bytes: a TLS record carries no more (RFC 8446, 5.1)


def main(port: int, context: ssl.SSLContext) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=attend, args=(connection, context), daemon=True).start()


def attend(connection: socket.socket, context: ssl.SSLContext) -> None:
    with connection:
        try:
            connection.settimeout(HANDSHAKE)
            stream = context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=False)
        except OSError:  # ssl.SSLError is one
            return  # no handshake, no client
        with stream:
            stream.settimeout(None)
            converse(stream)


def converse(stream: ssl.SSLSocket) -> None:
    try:
        while data := stream.recv(CHUNK):  # b"" is its close_notify
            stream.sendall(data.upper())
        stream.unwrap()  # sends ours; closing alone would be a cut
    except OSError:
        print("cut", flush=True)
    else:
        print("goodbye", flush=True)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*(sys.argv[2:] or ("certificate.pem", "key.pem")))
    try:
        main(port, context)
    except KeyboardInterrupt:
        pass
