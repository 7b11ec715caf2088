/* The ceiling: upper-cases what it is sent, with level-triggered epoll and nothing else.
 *
 * It keeps no contract (no unsent bytes, no half-close, no stop), so no server that keeps it can be expected to cost less.
 * The ratios of `iomodels bench` are ratios to this one. Build and run: cc -O2 -o ceiling ceiling.c && ./ceiling 8080
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static char buffer[64 * 1024];
static struct epoll_event events[1024];

int main(int argc, char **argv) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(argc > 1 ? atoi(argv[1]) : 0),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), poller = epoll_create1(0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (void *)&address, size) || listen(listener, 1024) || getsockname(listener, (void *)&address, &size))
        return perror("ceiling"), 1;
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN, .data.fd = listener});
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        int ready = epoll_wait(poller, events, 1024, -1);
        for (int i = 0; i < ready; i++) {
            int peer = events[i].data.fd;
            if (peer == listener) {
                peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
                epoll_ctl(poller, EPOLL_CTL_ADD, peer, &(struct epoll_event){.events = EPOLLIN, .data.fd = peer});
                continue;
            }
            ssize_t count = recv(peer, buffer, sizeof buffer, 0);
            for (ssize_t at = 0; at < count; at++)
                buffer[at] = toupper((unsigned char)buffer[at]);
            if (count <= 0 || send(peer, buffer, count, MSG_NOSIGNAL) < 0)
                close(peer);
        }
    }
}
