/* Prints without end on both outputs, until nobody reads. */
#include <string.h>
#include <unistd.h>

int main(void) {
    static char text[1 << 16];
    memset(text, 'x', sizeof text);
    alarm(120);
    if (fork() == 0) {
        while (write(2, text, sizeof text) > 0) {}
        return 0;
    }
    while (write(1, text, sizeof text) > 0) {}
}
