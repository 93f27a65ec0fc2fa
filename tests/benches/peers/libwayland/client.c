/* The client's side. */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <wayland-client.h>

#include "bench-client.h"
#include "peer.h"

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

enum work { CALC, MOTION, TRIP, TEXTS, BYTES, BULK, OPEN, CHURN, BATCH, FRAME, TRACE };

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

/* W9: the traces, of which trace.rs says what the letters mean. */
static struct {
	char letter;
	uint32_t count;
} actions[8192];
static size_t action_count;
static uint32_t opened;

static void read_trace(const char *trace)
{
	char path[4096], line[256], *word, *rest;
	snprintf(path, sizeof path, "%s/%s", PLACE, trace);
	FILE *file = fopen(path, "r");
	check(file, path);
	while (fgets(line, sizeof line, file)) {
		if (line[0] == '#')
			continue;
		for (word = strtok_r(line, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest)) {
			check(action_count < sizeof actions / sizeof *actions, "trace");
			actions[action_count].letter = word[0];
			actions[action_count].count = word[1] ? (uint32_t)atoi(word + 1) : 1;
			if (word[0] == 'o')
				opened += actions[action_count].count;
			action_count++;
		}
	}
	fclose(file);
}

static void act(char letter, uint32_t count, int **files)
{
	char text[65] = { 0 };
	struct wl_array bytes = { .size = count, .data = text };
	uint64_t wanted = motions + count;
	switch (letter) {
	case 't':
		memcpy(text, TEXT, count);
		wlbench_peer_text(peer, text);
		return;
	case 'b':
		wlbench_peer_bytes(peer, &bytes);
		return;
	case 'w':
		wlbench_peer_burst(peer, count);
		while (motions < wanted)
			dispatch();
		return;
	}
	for (uint32_t n = 0; n < count; n++) {
		if (letter == 'c') {
			wlbench_peer_calc(peer, (int32_t)n, -1, 640, 480);
		} else if (letter == 'n') {
			wlbench_item_destroy(wlbench_peer_create(peer));
		} else {
			wlbench_item_destroy(wlbench_peer_open(peer, **files));
			close(*(*files)++);
		}
	}
}

static void replay(uint32_t count, int *files)
{
	for (uint32_t n = 0; n < count; n++)
		for (size_t k = 0; k < action_count; k++)
			act(actions[k].letter, actions[k].count, &files);
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
	case TRACE:
		replay(count, files);
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
	uint32_t needed = work == OPEN ? count : work == TRACE ? count * opened : 0;
	if (needed) {
		int file = eventfd(0, EFD_CLOEXEC);
		files = calloc(needed, sizeof *files);
		check(files && file >= 0, "files");
		for (uint32_t n = 0; n < needed; n++) {
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

void drive(const char *text, const char *step)
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
	if (strncmp(text, "trace-", 6) == 0) {
		work = TRACE;
		turn = 1;
		read_trace(text);
	}
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

static int connect_to(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check(fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0, "connect");
	return fd;
}

/* W7: connections that come, look at the registry and go, beside one that asks for the time. */
void visit(const char *path)
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
