/* A disk that fails on demand, for LD_PRELOAD: writes and syncs of files whose path begins with $FAULTY_DISK fail as the file $FAULT says.
 * full: half of a write is done, then there is no room. error: writes and syncs fail. sync: syncs fail. readonly: as a file system that its
 * kernel made read-only. Anything else: nothing fails. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int is_ours(int fd) {
    const char *begin = getenv("FAULTY_DISK");
    char link[64], path[4096];
    if (!begin) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    return length > 0 && (path[length] = 0, strncmp(path, begin, strlen(begin)) == 0);
}

static const char *fault(int fd, char *said, size_t room) {
    said[0] = 0;
    if (!is_ours(fd)) return said;
    int file = open(getenv("FAULT"), O_RDONLY | O_CLOEXEC);
    if (file < 0) return said;
    ssize_t length = read(file, said, room - 1);
    close(file);
    said[length > 0 ? length : 0] = 0;
    return said;
}

static int refused(int why) { errno = why; return -1; }

static int write_refused(const char *said) {
    if (!strcmp(said, "full")) return ENOSPC;
    if (!strcmp(said, "error")) return EIO;
    return strcmp(said, "readonly") ? 0 : EROFS;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define WRITING(name, rest_parameters, rest_arguments)                                     \
    ssize_t name rest_parameters {                                                         \
        char said[16];                                                                     \
        int why = write_refused(fault(fd, said, sizeof said));                             \
        if (!why) return REAL(name) rest_arguments;                                        \
        if (why == ENOSPC && count > 1) { count /= 2; return REAL(name) rest_arguments; }  \
        return refused(why);                                                               \
    }
#define SYNCING(name)                                                                      \
    int name(int fd) {                                                                     \
        char said[16];                                                                     \
        fault(fd, said, sizeof said);                                                      \
        return !strcmp(said, "sync") || !strcmp(said, "error") ? refused(EIO) : REAL(name)(fd); \
    }

WRITING(write, (int fd, const void *data, size_t count), (fd, data, count))
WRITING(pwrite, (int fd, const void *data, size_t count, off_t at), (fd, data, count, at))
WRITING(pwrite64, (int fd, const void *data, size_t count, off64_t at), (fd, data, count, at))
SYNCING(fsync)
SYNCING(fdatasync)

int ftruncate64(int fd, off64_t length) {
    char said[16];
    int why = write_refused(fault(fd, said, sizeof said));
    return why ? refused(why) : REAL(ftruncate64)(fd, length);
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }
