/* Sends all, then prints with printf what comes. */
#include <arpa/inet.h>
#include <getopt.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *names[] = {"uppercase", "lowercase", "reverse", "shuffle", "random"};

static int dial(const char *host, const char *port) {
    struct addrinfo hints = {0}, *list;
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(host, port, &hints, &list) != 0)
        return -1;
    int fd = -1;
    for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    return fd;
}

static void send_all(int fd, const void *data, size_t length) {
    const char *bytes = data;
    while (length > 0) {
        ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);
        if (n < 0) {
            perror("send");
            exit(1);
        }
        bytes += n;
        length -= n;
    }
}

static void receive(int fd, void *buffer, size_t length) {
    char *bytes = buffer;
    while (length > 0) {
        ssize_t n = recv(fd, bytes, length, 0);
        if (n <= 0) {
            fprintf(stderr, "the server is gone\n");
            exit(1);
        }
        bytes += n;
        length -= n;
    }
}

int main(int argc, char **argv) {
    static struct option options[] = {{"help", no_argument, 0, 'H'},
                                      {"verbose", no_argument, 0, 'v'},
                                      {"host", required_argument, 0, 'h'},
                                      {"port", required_argument, 0, 'p'},
                                      {0, 0, 0, 0}};
    const char *host = "localhost", *port = "8083";
    int option, count = 0;
    while ((option = getopt_long(argc, argv, "vh:p:", options, 0)) != -1) {
        if (option == 'H') {
            printf("Usage: tcp_client [--help] [-v] [-h HOST] [-p PORT] FILE\n");
            return 0;
        } else if (option == 'h') {
            host = optarg;
        } else if (option == 'p') {
            port = optarg;
        } else if (option == '?') {
            return 2;
        }
    }
    if (optind + 1 != argc) {
        fprintf(stderr, "one file is needed\n");
        return 2;
    }
    FILE *file = strcmp(argv[optind], "-") == 0 ? stdin : fopen(argv[optind], "r");
    if (!file) {
        perror(argv[optind]);
        return 1;
    }
    int fd = dial(host, port);
    if (fd < 0) {
        fprintf(stderr, "cannot connect to %s:%s\n", host, port);
        return 1;
    }
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    while ((length = getline(&line, &size, file)) > 0) {
        line[strcspn(line, "\n")] = 0;
        char *message = strchr(line, ' ');
        if (!message)
            continue;
        *message++ = 0;
        for (uint32_t i = 0; i < 5; i++) {
            if (strcmp(line, names[i]) == 0) {
                uint32_t header = htonl(1u << i << 27 | (uint32_t)strlen(message));
                send_all(fd, &header, 4);
                send_all(fd, message, strlen(message));
                count++;
            }
        }
    }
    while (count-- > 0) {
        uint32_t header;
        receive(fd, &header, 4);
        header = ntohl(header);
        char *data = malloc(header + 1);
        receive(fd, data, header);
        data[header] = 0;
        printf("%s\n", data);
        free(data);
    }
    return 0;
}
