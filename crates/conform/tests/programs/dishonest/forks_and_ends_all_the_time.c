/* Is another process each moment, for 30 s and 100,000 processes at most. */
#include <time.h>
#include <unistd.h>

int main(void) {
    time_t end = time(0) + 30;
    setsid();
    for (int left = 100000; left > 0 && time(0) < end; left--) {
        if (fork() > 0) _exit(0);
        if (left % 2) setsid();
    }
}
