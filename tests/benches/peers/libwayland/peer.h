/*
 * libwayland in the roles of the benchmark: `serve [path]`, `drive work step` and
 * `visit path`. Compiled when the benchmark runs, with what wayland-scanner makes of
 * bench.xml. The workloads are those of rounds.rs, message by message; see there.
 */
#ifndef PEER_H
#define PEER_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static inline _Noreturn void fail(const char *what)
{
	fprintf(stderr, "libwayland peer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static inline void check(bool good, const char *what)
{
	if (!good)
		fail(what);
}

static inline uint64_t nanoseconds(clockid_t clock)
{
	struct timespec time;
	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static inline struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	check(strlen(path) < sizeof address.sun_path, path);
	strcpy(address.sun_path, path);
	return address;
}

void serve(const char *path);
void drive(const char *work, const char *step);
void visit(const char *path);

#endif
