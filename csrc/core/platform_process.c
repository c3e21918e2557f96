/* platform_process: what all POSIX systems do alike to a process and its descriptors. */
#define _GNU_SOURCE
#include "hb_platform.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* A pipe that is writable takes this much whole and at once. */
#ifndef PIPE_BUF
#define PIPE_BUF 512
#endif

size_t hb_platform_write_now(int descriptor, const void *bytes, size_t size)
{
    struct pollfd asked = { .fd = descriptor, .events = POLLOUT };
    if (poll(&asked, 1, 0) != 1 || !(asked.revents & POLLOUT))
        return 0;
    ssize_t written = write(descriptor, bytes, size < PIPE_BUF ? size : PIPE_BUF);
    return written > 0 ? (size_t)written : 0;
}

void hb_platform_signal_process(int signal)
{
    kill(getpid(), signal);
}

_Noreturn void hb_platform_exit(int code)
{
    _exit(code);
}

_Noreturn void hb_platform_abort(void)
{
    abort();
}
