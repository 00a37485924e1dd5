#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static void fail(const char *what) {
    fprintf(stderr, "ERROR: %s\n", what);
    exit(1);
}

static void receive(int fd, void *into, size_t count) {
    char *place = into;
    while (count > 0) {
        ssize_t n = recv(fd, place, count, 0);
        if (n < 0)
            fail("the response does not come within a second");
        if (n == 0)
            fail("the server closed within the response");
        place += n;
        count -= n;
    }
}

static void send_all(int fd, const uint8_t *from, size_t count) {
    while (count > 0) {
        ssize_t n = send(fd, from, count, MSG_NOSIGNAL);
        if (n < 0)
            fail("cannot send");
        from += n;
        count -= n;
    }
}

/* A line of 1 to limit - 1 bytes, asked for until it is one. */
static size_t ask(const char *what, char *into, size_t limit) {
    for (;;) {
        printf("%s: ", what);
        size_t length = 0;
        int c;
        while ((c = getchar()) != '\n') {
            if (c == EOF)
                fail("nothing more is entered");
            if (length < limit)
                into[length] = c;
            length++;
        }
        if (length >= 1 && length < limit)
            return length;
        printf("It must have 1 to %zu bytes.\n", limit - 1);
    }
}

int main(int argc, char **argv) {
    static char receiver[255], text[65536];
    static uint8_t record[7 + 255 + 255 + 65536];
    if (argc != 5)
        fail("usage: client HOST PORT NAME read|create");
    char *end;
    long port = strtol(argv[2], &end, 10);
    size_t name_len = strlen(argv[3]), receiver_len = 0, text_len = 0;
    int reads = strcmp(argv[4], "read") == 0;
    if (*end != 0 || port < 1024 || port > 64000)
        fail("the port is not between 1,024 and 64,000");
    if (name_len < 1 || name_len > 255)
        fail("the name must have 1 to 255 bytes");
    if (!reads && strcmp(argv[4], "create") != 0)
        fail("say read or create");
    struct addrinfo hints = {0}, *address;
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(argv[1], argv[2], &hints, &address) != 0)
        fail("unknown host");
    if (!reads) {
        receiver_len = ask("Receiver", receiver, 255);
        text_len = ask("Message", text, 65535);
    }
    record[0] = 0xAE;
    record[1] = 0x73;
    record[2] = reads ? 1 : 2;
    record[3] = name_len;
    record[4] = receiver_len;
    record[5] = text_len >> 8;
    record[6] = text_len & 255;
    memcpy(record + 7, argv[3], name_len);
    memcpy(record + 7 + name_len, receiver, receiver_len);
    memcpy(record + 7 + name_len + receiver_len, text, text_len);

    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval second = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    if (connect(fd, address->ai_addr, address->ai_addrlen) < 0)
        fail("cannot connect");
    send_all(fd, record, 7 + name_len + receiver_len + text_len);
    printf("The request is sent.\n");
    if (!reads)
        return 0;

    uint8_t header[5];
    receive(fd, header, 5);
    if (header[0] != 0xAE || header[1] != 0x73 || header[2] != 3 || header[4] > 1)
        fail("the response is not valid");
    if (header[3] == 0)
        printf("There are no messages.\n");
    for (int i = 0; i < header[3]; i++) {
        uint8_t lengths[3];
        receive(fd, lengths, 3);
        size_t sender_len = lengths[0], length = lengths[1] << 8 | lengths[2];
        if (sender_len == 0 || length == 0)
            fail("a message is not valid");
        receive(fd, receiver, sender_len);
        receive(fd, text, length);
        printf("From %.*s:\n%.*s\n", (int)sender_len, receiver, (int)length, text);
    }
    if (header[4] == 1)
        printf("There are more messages.\n");
    close(fd);
    return 0;
}
