/* The yardstick of the load generator: the same closed loop on `upper` in C, with level-triggered epoll and nothing else.
 *
 * It does what iomodels.load does for a request: a reply is compared byte by byte with the one that its request was owed, requests
 * differ by connection and by turn, and each latency is counted. It leaves out all the rest: replies that come in pieces, what is
 * wrong and where, a warm-up, a line a second, a patience, a percentile. A reply that is not the whole right one ends it.
 *
 * Build and run: cc -O2 -o generator generator.c && ./generator PORT CONNECTIONS SIZE SECONDS
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TURNS = 7, STEP = 512, STEPS = 1 << 17 };

struct peer {
    int socket, turn;
    long sent;
    char *requests[TURNS], *replies[TURNS];
};

static long counts[STEPS], beyond, in_flight;
static char buffer[64 * 1024];
static struct epoll_event events[1024];
static int size;

static long read_clock(clockid_t which) {
    struct timespec time;
    clock_gettime(which, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

static void wrong(const char *what) {
    fprintf(stderr, "generator: %s\n", what);
    exit(1);
}

static void ask(struct peer *peer, long now) {
    peer->turn = (peer->turn + 1) % TURNS;
    peer->sent = now;
    if (send(peer->socket, peer->requests[peer->turn], size, MSG_NOSIGNAL) != size)
        wrong("a request was not taken whole");
}

static void take(struct peer *peer) {
    if (recv(peer->socket, buffer, size, 0) != size || memcmp(buffer, peer->replies[peer->turn], size))
        wrong("a wrong reply, or a part of one");
}

static void prepare(struct peer *peer, int number, struct sockaddr_in *address, int poller) {
    int on = 1;
    peer->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(peer->socket, (void *)address, sizeof *address))
        wrong("cannot connect");
    setsockopt(peer->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (int turn = 0; turn < TURNS; turn++) {
        char *request = peer->requests[turn] = malloc(size), *reply = peer->replies[turn] = malloc(size), tag[16];
        memset(request, 'x', size);
        memcpy(request, tag, snprintf(tag, sizeof tag, "c%06dt%d", number, turn));
        for (int at = 0; at < size; at++)
            reply[at] = toupper((unsigned char)request[at]);
    }
    ask(peer, 0);
    take(peer);
    epoll_ctl(poller, EPOLL_CTL_ADD, peer->socket, &(struct epoll_event){.events = EPOLLIN, .data.ptr = peer});
}

int main(int argc, char **argv) {
    if (argc != 5 || (size = atoi(argv[3])) < 9 || size > (int)sizeof buffer)
        return fputs("usage: generator PORT CONNECTIONS SIZE SECONDS; SIZE is 9 to 65536\n", stderr), 2;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int connections = atoi(argv[2]), poller = epoll_create1(0);
    struct peer *peers = calloc(connections, sizeof *peers);
    for (int number = 0; number < connections; number++)
        prepare(&peers[number], number, &address, poller);

    long requests = 0, cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID), start = read_clock(CLOCK_MONOTONIC);
    long deadline = start + (long)(atof(argv[4]) * 1e9);
    for (in_flight = 0; in_flight < connections; in_flight++)
        ask(&peers[in_flight], read_clock(CLOCK_MONOTONIC));
    while (in_flight) {
        int ready = epoll_wait(poller, events, 1024, -1), again = read_clock(CLOCK_MONOTONIC) < deadline;
        for (int i = 0; i < ready; i++) {
            struct peer *peer = events[i].data.ptr;
            take(peer);
            long now = read_clock(CLOCK_MONOTONIC), step = (now - peer->sent) / STEP;
            step < STEPS ? counts[step]++ : beyond++;
            requests++;
            if (again)
                ask(peer, now);
            else
                in_flight--;
        }
    }
    double seconds = (read_clock(CLOCK_MONOTONIC) - start) / 1e9;
    cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("{\"requests\": %ld, \"seconds\": %.6f, \"cpu\": %.6f}\n", requests, seconds, cpu / 1e9);
}
