#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <errno.h>
#include <unistd.h>

static void fail(const char *message) {
    fprintf(stderr, "ERROR: %s\n", message);
    exit(1);
}

static void wait_for_accio(int server) {
    const char *wanted = "accio\r\n";
    char byte;
    for (int i = 0; i < 7; i++) {
        if (recv(server, &byte, 1, 0) != 1 || byte != wanted[i])
            fail("no accio command");
    }
}

static void send_all(int server, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t sent = send(server, bytes, length, MSG_NOSIGNAL);
        if (sent < 0)
            fail(strerror(errno));
        bytes += sent;
        length -= sent;
    }
}

int main(int argc, char **argv) {
    struct addrinfo hints, *found;
    struct timeval limit = {10, 0};
    char buffer[8192], *end;
    size_t length;
    if (argc != 4)
        fail("usage: accio HOST PORT FILE");
    long port = strtol(argv[2], &end, 10);
    if (*end || port < 1 || port > 65535)
        fail("incorrect port");
    FILE *file = fopen(argv[3], "rb");
    if (!file)
        fail("cannot open the file");
    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(argv[1], argv[2], &hints, &found) != 0)
        fail("unknown host");
    int server = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(server, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(server, found->ai_addr, found->ai_addrlen) < 0)
        fail("cannot connect");
    wait_for_accio(server);
    send_all(server, "confirm-accio\r\n", 15);
    wait_for_accio(server);
    send_all(server, "confirm-accio-again\r\n\r\n", 23);
    while ((length = fread(buffer, 1, sizeof buffer, file)) > 0)
        send_all(server, buffer, length);
    printf("The file was sent.\n");
    close(server);
    return 0;
}
