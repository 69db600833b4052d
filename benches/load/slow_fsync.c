/* A disk whose fsync takes one millisecond longer, for LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>

typedef int (*sync_call)(int);

static int slowly(const char *name, int fd) {
    sync_call real = (sync_call)dlsym(RTLD_NEXT, name);
    usleep(1000);
    return real(fd);
}

int fsync(int fd) { return slowly("fsync", fd); }
int fdatasync(int fd) { return slowly("fdatasync", fd); }
