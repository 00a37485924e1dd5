/* Prints with printf, and leaves the flushing to the library. */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static volatile sig_atomic_t stopped = 0;

static void stop(int number) { stopped = 1; }

static int wait_for(int client, const char *wanted) {
    char byte;
    for (size_t i = 0; i < strlen(wanted); i++) {
        if (recv(client, &byte, 1, 0) != 1 || byte != wanted[i])
            return -1;
    }
    return 0;
}

static long long receive_file(int client) {
    char buffer[8192];
    long long count = 0;
    ssize_t length;
    send(client, "accio\r\n", 7, MSG_NOSIGNAL);
    if (wait_for(client, "confirm-accio\r\n") < 0)
        return -1;
    send(client, "accio\r\n", 7, MSG_NOSIGNAL);
    if (wait_for(client, "confirm-accio-again\r\n\r\n") < 0)
        return -1;
    while ((length = recv(client, buffer, sizeof buffer, 0)) > 0)
        count += length;
    return length < 0 ? -1 : count;
}

int main(int argc, char **argv) {
    struct sigaction action;
    struct sockaddr_in address;
    struct timeval limit = {10, 0};
    char *end;
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (argc != 2 || *end || port < 1 || port > 65535) {
        fprintf(stderr, "ERROR: incorrect port\n");
        return 1;
    }
    memset(&action, 0, sizeof action);
    action.sa_handler = stop;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGQUIT, &action, NULL);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    address.sin_port = htons(port);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 10) < 0) {
        fprintf(stderr, "ERROR: incorrect port: %s\n", strerror(errno));
        return 1;
    }
    while (!stopped) {
        int client = accept(listener, NULL, NULL);
        if (client < 0)
            continue;
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        long long count = receive_file(client);
        close(client);
        if (count < 0)
            printf("ERROR\n");
        else
            printf("%lld\n", count);
    }
    return 0;
}
