/* Knows just enough of pickles: sends the id as one, and prints what comes. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void handle(int client, int id) {
    char pickle[] = "\x80\x02}U\x08" "clientidM??s.";
    unsigned char data[4096];
    ssize_t length;
    char *number = strchr(pickle, '?');
    number[0] = id & 255;
    number[1] = id >> 8;
    if (send(client, pickle, sizeof pickle - 1, MSG_NOSIGNAL) < 0) {
        printf("Client %d: error: it has left\n", id);
        return;
    }
    while ((length = recv(client, data, sizeof data, 0)) > 0) {
        if (data[0] > 0x80 || data[length - 1] != '.' || length < 2) {
            printf("Client %d: error: this is no pickle\n", id);
            return;
        }
        printf("Client %d: an object of %zd bytes\n", id, length);
        send(client, "\x80\x02K\x01.", 5, MSG_NOSIGNAL);
    }
    if (length < 0)
        perror("recv");
}

int main(int argc, char **argv) {
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    int one = 1, server = socket(AF_INET, SOCK_STREAM, 0);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = inet_addr(argc > 1 ? argv[1] : "127.0.0.1");
    address.sin_port = htons(argc > 2 ? atoi(argv[2]) : 12000);
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(server, (struct sockaddr *)&address, sizeof address) < 0 || listen(server, 10) < 0) {
        perror("bind");
        return 1;
    }
    printf("Server listening at %s/%d\n", inet_ntoa(address.sin_addr), ntohs(address.sin_port));
    for (;;) {
        int client = accept(server, (struct sockaddr *)&address, &size);
        if (client >= 0) {
            handle(client, ntohs(address.sin_port));
            close(client);
        }
    }
}
