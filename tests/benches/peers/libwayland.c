/*
 * libwayland in the roles of the benchmark: `serve [path]` and `drive work step`.
 * Compiled when the benchmark runs, with what wayland-scanner makes of bench.xml.
 * The workloads are those of work.rs, message by message; see there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>

#include <wayland-client.h>
#include <wayland-server.h>

#include "bench-client.h"
#include "bench-server.h"

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "libwayland peer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void check(bool good, const char *what)
{
	if (!good)
		fail(what);
}

static uint64_t nanoseconds(clockid_t clock)
{
	struct timespec time;
	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* ---- server ---- */

static uint64_t seen;
static bool single;
static int memory = -1;
static struct wl_display *display;
static struct wl_list peers;

static void destroy_resource(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct wlbench_item_interface item_requests = { destroy_resource };
static const struct wlbench_buffer_interface buffer_requests = { destroy_resource };

static struct wl_resource *make(struct wl_client *client, const struct wl_interface *interface, const void *requests,
				uint32_t id)
{
	struct wl_resource *resource = wl_resource_create(client, interface, 1, id);
	check(resource, "wl_resource_create");
	wl_resource_set_implementation(resource, requests, NULL, NULL);
	return resource;
}

static void peer_mark(struct wl_client *client, struct wl_resource *peer)
{
	uint64_t cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
	wlbench_peer_send_marked(peer, cpu >> 32, (uint32_t)cpu);
}

static void peer_ping(struct wl_client *client, struct wl_resource *peer, uint32_t serial)
{
	wlbench_peer_send_pong(peer, serial);
}

static void peer_calc(struct wl_client *client, struct wl_resource *peer, int32_t x, int32_t y, int32_t width,
		      int32_t height)
{
	seen += (uint64_t)(x ^ y ^ width ^ height);
}

static void peer_text(struct wl_client *client, struct wl_resource *peer, const char *text)
{
	seen += strlen(text);
}

static void peer_bytes(struct wl_client *client, struct wl_resource *peer, struct wl_array *bytes)
{
	seen += bytes->size;
}

static void peer_create(struct wl_client *client, struct wl_resource *peer, uint32_t id)
{
	make(client, &wlbench_item_interface, &item_requests, id);
}

static void peer_open(struct wl_client *client, struct wl_resource *peer, uint32_t id, int32_t file)
{
	make(client, &wlbench_item_interface, &item_requests, id);
	close(file);
}

static void peer_burst(struct wl_client *client, struct wl_resource *peer, uint32_t count)
{
	for (uint32_t time = 0; time < count; time++)
		wlbench_peer_send_motion(peer, time, 2, 3);
}

static void peer_fan_out(struct wl_client *client, struct wl_resource *peer)
{
	struct wl_resource *other;
	wl_resource_for_each(other, &peers)
		wlbench_peer_send_motion(other, 1, 2, 3);
}

static void peer_import(struct wl_client *client, struct wl_resource *peer, uint32_t id, int32_t fd, uint32_t stride,
			uint32_t height)
{
	make(client, &wlbench_buffer_interface, &buffer_requests, id);
	memory = fd;
}

static void peer_commit(struct wl_client *client, struct wl_resource *peer, struct wl_resource *buffer, uint32_t bytes,
			int32_t acquire, int32_t release)
{
	static char *picture;
	static uint32_t size;
	uint64_t count;
	uint32_t pixel;
	if (size < bytes) {
		picture = realloc(picture, bytes);
		check(picture, "realloc");
		size = bytes;
	}
	check(read(acquire, &count, 8) == 8, "acquire fence");
	check(pread(memory, picture, bytes, 0) == (ssize_t)bytes, "picture");
	memcpy(&pixel, picture, sizeof pixel);
	count = 1;
	check(write(release, &count, 8) == 8, "release fence");
	close(acquire);
	close(release);
	wlbench_peer_send_presented(peer, pixel);
}

static const struct wlbench_peer_interface peer_requests = {
	.destroy = destroy_resource,
	.mark = peer_mark,
	.ping = peer_ping,
	.calc = peer_calc,
	.text = peer_text,
	.bytes = peer_bytes,
	.create = peer_create,
	.open = peer_open,
	.burst = peer_burst,
	.fan_out = peer_fan_out,
	.import = peer_import,
	.commit = peer_commit,
};

static void peer_gone(struct wl_resource *peer)
{
	wl_list_remove(wl_resource_get_link(peer));
}

static void bind_peer(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *peer = make(client, &wlbench_peer_interface, &peer_requests, id);
	wl_resource_set_implementation(peer, &peer_requests, NULL, peer_gone);
	wl_list_insert(&peers, wl_resource_get_link(peer));
}

struct leaving {
	struct wl_listener listener;
};

static void client_gone(struct wl_listener *listener, void *data)
{
	free(wl_container_of(listener, (struct leaving *)NULL, listener));
	if (single)
		wl_display_terminate(display);
}

static void client_came(struct wl_listener *listener, void *data)
{
	struct leaving *leaving = calloc(1, sizeof *leaving);
	check(leaving, "calloc");
	leaving->listener.notify = client_gone;
	wl_client_add_destroy_listener(data, &leaving->listener);
}

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	check(strlen(path) < sizeof address.sun_path, path);
	strcpy(address.sun_path, path);
	return address;
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = address_of(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 128) == 0, "listen");
	return fd;
}

static int connect_to(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check(fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0, "connect");
	return fd;
}

static void serve(const char *path)
{
	struct wl_listener came = { .notify = client_came };
	single = !path;
	display = wl_display_create();
	check(display, "wl_display_create");
	wl_list_init(&peers);
	wl_display_add_client_created_listener(display, &came);
	check(wl_global_create(display, &wlbench_peer_interface, 1, NULL, bind_peer), "wl_global_create");
	if (path)
		check(wl_display_add_socket_fd(display, listen_at(path)) == 0, "wl_display_add_socket_fd");
	else
		check(wl_client_create(display, dup(0)), "wl_client_create");
	wl_display_run(display);
	wl_display_destroy(display);
}

/* ---- client ---- */

static struct wl_display *connection;
static struct wlbench_peer *peer;
static struct wlbench_buffer *buffer;
static uint32_t name, marks, pong, frames;
static uint64_t server_cpu, motions, sum;

static void heard_marked(void *data, struct wlbench_peer *object, uint32_t high, uint32_t low)
{
	marks++;
	server_cpu = (uint64_t)high << 32 | low;
}

static void heard_pong(void *data, struct wlbench_peer *object, uint32_t serial)
{
	pong = serial;
}

static void heard_motion(void *data, struct wlbench_peer *object, uint32_t time, int32_t x, int32_t y)
{
	motions++;
	sum += time ^ (uint64_t)x ^ (uint64_t)y;
}

static void heard_presented(void *data, struct wlbench_peer *object, uint32_t pixel)
{
	frames++;
}

static const struct wlbench_peer_listener peer_events = {
	heard_marked,
	heard_pong,
	heard_motion,
	heard_presented,
};

static void heard_global(void *data, struct wl_registry *registry, uint32_t global, const char *interface,
			 uint32_t version)
{
	if (strcmp(interface, wlbench_peer_interface.name) == 0)
		name = global;
}

static void heard_removal(void *data, struct wl_registry *registry, uint32_t global)
{
}

static const struct wl_registry_listener registry_events = { heard_global, heard_removal };

static void dispatch(void)
{
	check(wl_display_dispatch(connection) >= 0, "wl_display_dispatch");
}

/* Waits until the socket has room for a turn; without it the queue of the library overflows. */
static void pace(void)
{
	struct pollfd fd = { .fd = wl_display_get_fd(connection), .events = POLLOUT };
	check(poll(&fd, 1, -1) == 1, "poll");
}

static void flush(void)
{
	while (wl_display_flush(connection) < 0) {
		check(errno == EAGAIN && wl_display_get_error(connection) == 0, "wl_display_flush");
		pace();
	}
}

static void bind_global(void)
{
	struct wl_registry *registry = wl_display_get_registry(connection);
	wl_registry_add_listener(registry, &registry_events, NULL);
	check(wl_display_roundtrip(connection) >= 0 && name, "registry");
	peer = wl_registry_bind(registry, name, &wlbench_peer_interface, 1);
	wlbench_peer_add_listener(peer, &peer_events, NULL);
}

static uint64_t mark_server(void)
{
	uint32_t before = marks;
	wlbench_peer_mark(peer);
	while (marks == before)
		dispatch();
	return server_cpu;
}

static void trip(void)
{
	uint32_t serial = pong + 1;
	wlbench_peer_ping(peer, serial);
	while (pong != serial)
		dispatch();
}

static void frame(uint32_t bytes)
{
	uint64_t count = 1;
	uint32_t before = frames;
	int acquire = eventfd(0, EFD_CLOEXEC), release = eventfd(0, EFD_CLOEXEC);
	check(acquire >= 0 && release >= 0 && write(acquire, &count, 8) == 8, "eventfd");
	wlbench_peer_commit(peer, buffer, bytes, acquire, release);
	close(acquire);
	while (frames == before)
		dispatch();
	check(read(release, &count, 8) == 8, "release fence");
	close(release);
}

static const char *TEXT = "A window title of the usual kind, with a path: ~/src/wayline/src";

enum work { CALC, MOTION, TRIP, TEXTS, BYTES, BULK, OPEN, CHURN, BATCH, FRAME };

#define BULK_SIZE 4080

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void batches(uint32_t count, uint32_t turn)
{
	for (uint32_t first = 0; first < count; first += turn) {
		uint32_t end = smaller(count, first + turn);
		if (24 * turn > 4096)
			pace();
		for (uint32_t n = first; n < end; n++)
			wlbench_peer_calc(peer, (int32_t)n, -1, 640, 480);
		flush();
	}
}

static void turns(enum work work, uint32_t count, uint32_t turn, bool lock)
{
	char letters[BULK_SIZE];
	struct wl_array bytes = { .size = work == BULK ? BULK_SIZE : 64, .data = letters };
	memset(letters, 7, sizeof letters);
	for (uint32_t first = 0; first < count; first += turn) {
		uint32_t end = smaller(count, first + turn);
		pace();
		for (uint32_t n = first; n < end; n++) {
			if (work == CALC)
				wlbench_peer_calc(peer, (int32_t)n, -1, 640, 480);
			else if (work == TEXTS)
				wlbench_peer_text(peer, TEXT);
			else
				wlbench_peer_bytes(peer, &bytes);
		}
		if (lock)
			trip();
		else
			flush();
	}
}

static void windowed(uint32_t count, uint32_t turn, bool lock, int *files)
{
	uint32_t window = lock ? 1 : 2, start = pong, index = 0;
	for (uint32_t first = 0; first < count; first += turn, index++) {
		uint32_t end = smaller(count, first + turn);
		while (pong - start + window <= index)
			dispatch();
		pace();
		for (uint32_t n = first; n < end; n++) {
			if (files) {
				wlbench_item_destroy(wlbench_peer_open(peer, files[n]));
				close(files[n]);
			} else {
				wlbench_item_destroy(wlbench_peer_create(peer));
			}
		}
		wlbench_peer_ping(peer, start + index + 1);
		flush();
	}
}

static void bursts(uint32_t count, uint32_t turn, bool lock)
{
	uint32_t window = lock ? turn : 2 * turn, asked = 0, arrived;
	uint64_t start = motions;
	while ((arrived = (uint32_t)(motions - start)) < count) {
		while (asked < count && asked - arrived + turn <= window) {
			uint32_t burst = smaller(turn, count - asked);
			wlbench_peer_burst(peer, burst);
			asked += burst;
		}
		dispatch();
	}
}

static void send_all(enum work work, uint32_t count, uint32_t turn, bool lock, uint32_t bytes, int *files)
{
	switch (work) {
	case CALC:
	case TEXTS:
	case BYTES:
	case BULK:
		turns(work, count, turn, lock);
		break;
	case MOTION:
		bursts(count, turn, lock);
		break;
	case OPEN:
	case CHURN:
		windowed(count, turn, lock, files);
		break;
	case BATCH:
		batches(count, turn);
		break;
	case TRIP:
		for (uint32_t n = 0; n < count; n++)
			trip();
		break;
	case FRAME:
		for (uint32_t n = 0; n < count; n++)
			frame(bytes);
		break;
	}
}

static void report(FILE *line, uint64_t client_cpu, uint64_t server_time, uint64_t wall)
{
	fprintf(line, "%llu %llu %llu\n", (unsigned long long)client_cpu, (unsigned long long)server_time,
		(unsigned long long)wall);
	fflush(line);
}

static void work_round(FILE *line, enum work work, uint32_t count, uint32_t turn, bool lock, uint32_t bytes)
{
	int *files = NULL;
	if (work == OPEN) {
		int file = eventfd(0, EFD_CLOEXEC);
		files = calloc(count, sizeof *files);
		check(files && file >= 0, "files");
		for (uint32_t n = 0; n < count; n++) {
			files[n] = fcntl(file, F_DUPFD_CLOEXEC, 0);
			check(files[n] >= 0, "dup");
		}
		close(file);
	}
	uint64_t server = mark_server();
	uint64_t cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID), start = nanoseconds(CLOCK_MONOTONIC);
	send_all(work, count, turn, lock, bytes, files);
	server = mark_server() - server;
	cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	report(line, cpu, server, nanoseconds(CLOCK_MONOTONIC) - start);
	free(files);
}

static void drive(const char *text, const char *step)
{
	static const struct {
		const char *name;
		enum work work;
		uint32_t turn;
	} works[] = {
		{ "calc", CALC, 65536 / 24 }, { "motion", MOTION, 65536 / 20 }, { "trip", TRIP, 1 },
		{ "text", TEXTS, 65536 / 80 }, { "bytes", BYTES, 65536 / 76 },	{ "open", OPEN, 4 * 28 },
		{ "churn", CHURN, 1024 }, { "bulk", BULK, 65536 / (12 + BULK_SIZE) },
	};
	bool lock = strcmp(step, "lock") == 0;
	enum work work = CALC;
	uint32_t turn = 0, width = 0, height = 0, bytes = 4;
	for (size_t n = 0; n < sizeof works / sizeof *works; n++) {
		if (strcmp(text, works[n].name) == 0) {
			work = works[n].work;
			turn = lock ? smaller(works[n].turn, 256) : works[n].turn;
		}
	}
	if (sscanf(text, "batch-%u", &turn) == 1)
		work = BATCH;
	if (sscanf(text, "frame-%ux%u", &width, &height) == 2)
		turn = 1;
	if (sscanf(text, "pixels-%ux%u", &width, &height) == 2) {
		turn = 1;
		bytes = width * 4 * height;
	}
	if (width)
		work = FRAME;
	errno = EINVAL;
	check(turn, text);

	connection = wl_display_connect_to_fd(dup(0));
	check(connection, "wl_display_connect_to_fd");
	bind_global();
	if (work == FRAME) {
		int fd = memfd_create("wlbench", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		check(fd >= 0 && ftruncate(fd, (off_t)width * 4 * height) == 0, "memfd");
		check(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0, "seal");
		buffer = wlbench_peer_import(peer, fd, width * 4, height);
		close(fd);
	}
	FILE *commands = fdopen(dup(1), "r"), *line = fdopen(1, "w");
	unsigned count;
	check(commands && line, "fdopen");
	while (fscanf(commands, "%u", &count) == 1)
		work_round(line, work, count, turn, lock, bytes);
	wl_display_disconnect(connection);
}

/* W7: connections that come, look at the registry and go, beside one that asks for the time. */
static void visit(const char *path)
{
	struct sockaddr_un address = address_of(path);
	FILE *commands = fdopen(dup(1), "r"), *line = fdopen(1, "w");
	unsigned count;
	check(commands && line, "fdopen");
	int fd = connect_to(&address);
	struct wl_display *standing = connection = wl_display_connect_to_fd(fd);
	check(standing, "wl_display_connect_to_fd");
	bind_global();
	struct wlbench_peer *standing_peer = peer;
	while (fscanf(commands, "%u", &count) == 1) {
		uint64_t server = mark_server();
		uint64_t cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID), start = nanoseconds(CLOCK_MONOTONIC);
		for (unsigned n = 0; n < count; n++) {
			connection = wl_display_connect_to_fd(connect_to(&address));
			check(connection, "wl_display_connect_to_fd");
			bind_global();
			wl_display_disconnect(connection);
		}
		connection = standing;
		peer = standing_peer;
		server = mark_server() - server;
		cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
		report(line, cpu, server, nanoseconds(CLOCK_MONOTONIC) - start);
	}
}

int main(int argc, char **argv)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (argc >= 2 && strcmp(argv[1], "serve") == 0)
		serve(argc > 2 ? argv[2] : NULL);
	else if (argc >= 4 && strcmp(argv[1], "drive") == 0)
		drive(argv[2], argv[3]);
	else if (argc >= 3 && strcmp(argv[1], "visit") == 0)
		visit(argv[2]);
	else
		return 2;
	return 0;
}
