/* One client after another; prints with printf and never flushes. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static volatile sig_atomic_t stopped = 0;
static int verbose = 0;

static void stop(int signal) {
    (void)signal;
    stopped = 1;
}

static int receive(int fd, char *buffer, size_t length) {
    size_t got = 0;
    while (got < length) {
        ssize_t n = recv(fd, buffer + got, length - got, 0);
        if (n < 0 && errno == EINTR && !stopped)
            continue;
        if (n <= 0)
            return -1;
        got += n;
    }
    return 0;
}

static int send_all(int fd, const char *buffer, size_t length) {
    while (length > 0) {
        ssize_t n = send(fd, buffer, length, MSG_NOSIGNAL);
        if (n < 0)
            return -1;
        buffer += n;
        length -= n;
    }
    return 0;
}

static int respond(int fd, const char *data, uint32_t length) {
    char *response = malloc(length + 4);
    uint32_t header = htonl(length);
    memcpy(response, &header, 4);
    memcpy(response + 4, data, length);
    int sent = send_all(fd, response, length + 4);
    free(response);
    return sent;
}

static int pareto(void) {
    double copies = 1.0 / ((rand() + 1.0) / (RAND_MAX + 1.0));
    return copies > 100 ? 100 : (int)copies;
}

static void random_copy(const char *data, uint32_t length, char **result, uint32_t *result_length) {
    char *out = malloc((size_t)length * 100 + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < length; i++) {
        if (rand() % 6 == 0)
            continue;
        int copies = rand() % 6 == 0 ? pareto() : 1;
        while (copies-- > 0)
            out[n++] = data[i];
    }
    if (n == 0 && length > 0)
        out[n++] = data[0];
    *result = out;
    *result_length = n;
}

static void swap(char *a, char *b) {
    char c = *a;
    *a = *b;
    *b = c;
}

static void serve(int fd) {
    for (;;) {
        uint32_t header;
        if (receive(fd, (char *)&header, 4) < 0)
            return;
        header = ntohl(header);
        uint32_t action = header >> 27, length = header & 0x07ffffff;
        char *data = malloc(length + 1);
        if (receive(fd, data, length) < 0) {
            free(data);
            return;
        }
        if (verbose)
            fprintf(stderr, "action %u, %u bytes\n", action, length);
        int sent;
        switch (action) {
        case 0x01:
            for (uint32_t i = 0; i < length; i++)
                data[i] = toupper((unsigned char)data[i]);
            sent = respond(fd, data, length);
            break;
        case 0x02:
            for (uint32_t i = 0; i < length; i++)
                data[i] = tolower((unsigned char)data[i]);
            sent = respond(fd, data, length);
            break;
        case 0x04:
            for (uint32_t i = 0; i < length / 2; i++)
                swap(&data[i], &data[length - 1 - i]);
            sent = respond(fd, data, length);
            break;
        case 0x08:
            for (uint32_t i = length; i > 1; i--)
                swap(&data[i - 1], &data[rand() % i]);
            sent = respond(fd, data, length);
            break;
        case 0x10: {
            char *result;
            uint32_t result_length;
            random_copy(data, length, &result, &result_length);
            sent = respond(fd, result, result_length);
            free(result);
            break;
        }
        default:
            sent = respond(fd, "error", 5);
        }
        free(data);
        if (sent < 0)
            return;
    }
}

int main(int argc, char **argv) {
    static struct option options[] = {{"help", no_argument, 0, 'H'},
                                      {"verbose", no_argument, 0, 'v'},
                                      {"port", required_argument, 0, 'p'},
                                      {0, 0, 0, 0}};
    int port = 8083, option;
    while ((option = getopt_long(argc, argv, "vp:", options, 0)) != -1) {
        switch (option) {
        case 'H':
            printf("Usage: tcp_server [--help] [-v] [-p PORT]\n\n");
            printf("Options:\n  --help\n  -v, --verbose\n  --port PORT, -p PORT\n");
            return 0;
        case 'v':
            verbose = 1;
            break;
        case 'p':
            port = atoi(optarg);
            break;
        default:
            return 2;
        }
    }
    struct sigaction action = {0};
    action.sa_handler = stop;
    sigaction(SIGINT, &action, 0);

    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = INADDR_ANY;
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("bind");
        return 1;
    }
    listen(listener, 5);
    while (!stopped) {
        int client = accept(listener, 0, 0);
        if (client < 0)
            continue;
        serve(client);
        close(client);
    }
    close(listener);
    return 0;
}
