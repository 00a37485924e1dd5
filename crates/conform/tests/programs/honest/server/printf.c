/* Prints with printf, and never flushes. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct message {
    struct message *next;
    unsigned char sender_len, receiver_len;
    int text_len;
    unsigned char *sender, *receiver, *text;
};

static struct message *first;

static int receive(int client, unsigned char *data, int count)
{
    return count == 0 || recv(client, data, count, MSG_WAITALL) == count;
}

static int send_all(int client, const unsigned char *data, size_t count)
{
    while (count > 0) {
        ssize_t sent = send(client, data, count, 0);
        if (sent <= 0)
            return 0;
        data += sent;
        count -= sent;
    }
    return 1;
}

static int is_for(const struct message *m, const unsigned char *name, int len)
{
    return m->receiver_len == len && memcmp(m->receiver, name, len) == 0;
}

static void create(struct message *m)
{
    struct message **end = &first;
    while (*end)
        end = &(*end)->next;
    *end = m;
    printf("Message from %.*s to %.*s\n", m->sender_len, m->sender, m->receiver_len, m->receiver);
}

static int read_messages(int client, const unsigned char *name, int len)
{
    int count = 0, more = 0;
    struct message *m, **place;
    for (m = first; m; m = m->next)
        count += is_for(m, name, len);
    if (count > 255) {
        more = 1;
        count = 255;
    }
    unsigned char header[5] = {0xae, 0x73, 3, count, more};
    if (!send_all(client, header, 5))
        return 0;
    int left = count;
    for (place = &first; left > 0;) {
        m = *place;
        if (!is_for(m, name, len)) {
            place = &m->next;
            continue;
        }
        unsigned char sizes[3] = {m->sender_len, m->text_len >> 8, m->text_len & 255};
        if (!send_all(client, sizes, 3) || !send_all(client, m->sender, m->sender_len) ||
            !send_all(client, m->text, m->text_len))
            return 0;
        *place = m->next;
        free(m->sender);
        free(m->receiver);
        free(m->text);
        free(m);
        left--;
    }
    printf("%d messages sent\n", count);
    return 1;
}

static const char *serve(int client)
{
    unsigned char header[7];
    if (!receive(client, header, 7))
        return "the header did not come";
    int id = header[2], name = header[3], receiver = header[4];
    int text = header[5] << 8 | header[6];
    if (header[0] != 0xae || header[1] != 0x73)
        return "bad magic number";
    if (id != 1 && id != 2)
        return "bad id";
    if (name < 1)
        return "bad name length";
    if ((id == 2) != (receiver > 0))
        return "bad receiver length";
    if ((id == 2) != (text > 0))
        return "bad message length";
    struct message *m = calloc(1, sizeof *m);
    m->sender_len = name;
    m->receiver_len = receiver;
    m->text_len = text;
    m->sender = malloc(name);
    m->receiver = malloc(receiver + 1);
    m->text = malloc(text + 1);
    if (!receive(client, m->sender, name) || !receive(client, m->receiver, receiver) ||
        !receive(client, m->text, text))
        return "the message did not come";
    if (id == 2) {
        create(m);
        return NULL;
    }
    return read_messages(client, m->sender, name) ? NULL : "could not send";
}

int main(int argc, char **argv)
{
    int port = argc == 2 ? atoi(argv[1]) : 0;
    if (port < 1024 || port > 64000) {
        fprintf(stderr, "ERROR: give a port of 1024 to 64000\n");
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("bind");
        return 1;
    }
    if (listen(listener, 5) < 0) {
        perror("listen");
        close(listener);
        return 1;
    }
    for (;;) {
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;
        int client = accept(listener, (struct sockaddr *)&peer, &size);
        if (client < 0)
            continue;
        printf("Connection from %s:%d\n", inet_ntoa(peer.sin_addr), ntohs(peer.sin_port));
        struct timeval second = {.tv_sec = 1};
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
        setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
        const char *error = serve(client);
        if (error)
            printf("ERROR: %s\n", error);
        close(client);
    }
}
