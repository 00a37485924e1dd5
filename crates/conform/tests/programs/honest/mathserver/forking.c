#include <arpa/inet.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void examine(int client) {
    srandom(getpid());
    for (long left = 1 + random() % 20; left > 0; left--) {
        char question[9] = "Q";
        uint32_t a = random() / 2, b = random() / 2, answer;
        uint32_t first = htonl(a), second = htonl(b);
        memcpy(question + 1, &first, 4);
        memcpy(question + 5, &second, 4);
        send(client, question, 9, MSG_NOSIGNAL);
        if (recv(client, &answer, 4, MSG_WAITALL) != 4 || ntohl(answer) != a + b) {
            printf("client failed\n");
            return;
        }
    }
    char secret[9] = "S";
    for (int i = 1; i < 9; i++)
        secret[i] = 'a' + random() % 26;
    send(client, secret, 9, MSG_NOSIGNAL);
    printf("client passed\n");
}

int main(int argc, char **argv) {
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons(argc > 1 ? atoi(argv[1]) : 8000);
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("bind");
        return 1;
    }
    listen(listener, 20);
    signal(SIGCHLD, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0)
            continue;
        if (fork() == 0) {
            close(listener);
            examine(client);
            return 0;
        }
        close(client);
    }
}
