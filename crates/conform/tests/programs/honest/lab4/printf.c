#include <arpa/inet.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "Usage: %s HOST PORT\n", argv[0]);
        return 2;
    }
    struct addrinfo hints = {0}, *address;
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(argv[1], argv[2], &hints, &address) != 0) {
        fprintf(stderr, "unknown host\n");
        return 1;
    }
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, address->ai_addr, address->ai_addrlen) < 0) {
        perror("connect");
        return 1;
    }
    char message[9];
    for (;;) {
        size_t got = 0;
        while (got < sizeof message) {
            ssize_t n = recv(fd, message + got, sizeof message - got, 0);
            if (n <= 0) {
                fprintf(stderr, "no secret\n");
                return 1;
            }
            got += n;
        }
        if (message[0] != 'Q')
            break;
        uint32_t a, b;
        memcpy(&a, message + 1, 4);
        memcpy(&b, message + 5, 4);
        uint32_t sum = htonl(ntohl(a) + ntohl(b));
        send(fd, &sum, 4, 0);
    }
    printf("%.8s\n", message + 1);
    close(fd);
    return 0;
}
