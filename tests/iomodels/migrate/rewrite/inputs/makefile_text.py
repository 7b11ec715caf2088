import socket, sys, threading

def on_client(c, a):
    f = c.makefile("rw", encoding="utf-8")
    f.write("hello\n")
    f.flush()
    for line in f:
        if line.strip() == "quit":
            break
        f.write(line.upper())
        f.flush()
    f.close()
    c.close()

def serve(s):
    while 1:
        c, a = s.accept()
        threading.Thread(target=on_client, args=(c, a)).start()

if __name__ == "__main__":
    s = socket.socket()
    s.bind(("", int(sys.argv[1])))
    s.listen(5)
    serve(s)
