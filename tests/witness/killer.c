/*
 * Kills this process at its n-th write to the witness's state.
 *
 * Preloaded into a process, it counts the calls by which a program changes what a disk holds: write, pwrite, ftruncate,
 * fsync, fdatasync, unlink, rename, on files whose path begins with $KILLER_PATH.  killer_arm(n, torn) starts counting:
 * the n-th call is not made and the process gets SIGKILL; with torn, a write is made by half first.  killer_count() is
 * the number of calls since.  With $KILLER_AT a process counts from its beginning.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long at = 0, seen = 0;
static int torn = 0;

__attribute__((constructor)) static void begin(void) {
    const char *n = getenv("KILLER_AT");
    if (n && *n) at = atol(n);
}

void killer_arm(long n, int half) { at = n; torn = half; seen = 0; }
long killer_count(void) { return seen; }

static int ours(const char *path) {
    const char *prefix = getenv("KILLER_PATH");
    return prefix && *prefix && strncmp(path, prefix, strlen(prefix)) == 0;
}

static int ours_open(int fd) {
    char link[64], path[PATH_MAX + 1];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX);
    if (length < 0) return 0;
    path[length] = 0;
    return ours(path);
}

/* Whether this is the call to die at. */
static int here(void) { return ++seen == at; }

static void die(void) { kill(getpid(), SIGKILL); for (;;) pause(); }

#define REAL(name) real = (void *)dlsym(RTLD_NEXT, name)

ssize_t write(int fd, const void *data, size_t size) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) REAL("write");
    if (ours_open(fd) && here()) { if (torn) real(fd, data, size / 2); die(); }
    return real(fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t where) {
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (!real) REAL("pwrite");
    if (ours_open(fd) && here()) { if (torn) real(fd, data, size / 2, where); die(); }
    return real(fd, data, size, where);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t where) {
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (!real) REAL("pwrite64");
    if (ours_open(fd) && here()) { if (torn) real(fd, data, size / 2, where); die(); }
    return real(fd, data, size, where);
}

#define ON_FILE(name, ...) \
    if (!real) REAL(name); \
    if (ours_open(fd) && here()) die(); \
    return real(__VA_ARGS__);

int ftruncate(int fd, off_t size) { static int (*real)(int, off_t); ON_FILE("ftruncate", fd, size) }
int ftruncate64(int fd, off64_t size) { static int (*real)(int, off64_t); ON_FILE("ftruncate64", fd, size) }
int fsync(int fd) { static int (*real)(int); ON_FILE("fsync", fd) }
int fdatasync(int fd) { static int (*real)(int); ON_FILE("fdatasync", fd) }

int unlink(const char *path) {
    static int (*real)(const char *);
    if (!real) REAL("unlink");
    if (ours(path) && here()) die();
    return real(path);
}

int rename(const char *from, const char *to) {
    static int (*real)(const char *, const char *);
    if (!real) REAL("rename");
    if (ours(from) && here()) die();
    return real(from, to);
}
