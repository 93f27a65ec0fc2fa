/* A client over libwayland that obeys the kit, as the documentation of the kit's module `client` asks.
 *
 * Everything that the cases judge is libwayland's doing; what an application would have to do for
 * itself (destroying a proxy, closing an fd) is done as an application does it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <wayland-client.h>

#include "conformance-client.h"

#define CHILDREN 4096

static struct wl_display *display;
static struct wlcf_driver *driver;
static struct wlcf_child *children[CHILDREN];
static int child_count;
static struct wl_event_queue *other_queue;
static char last_log[512];

static void say(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
}

/* libwayland gives the text of an error event to its log only. */
static void keep_log(const char *format, va_list arguments)
{
	vsnprintf(last_log, sizeof last_log, format, arguments);
	last_log[strcspn(last_log, "\n")] = '\0';
	fprintf(stderr, "%s\n", last_log);
}

static void say_error(const char *prefix, int error)
{
	const struct wl_interface *interface = NULL;
	uint32_t id = 0;
	uint32_t code = wl_display_get_protocol_error(display, &interface, &id);
	const char *kind = error == EINVAL || error == EPROTO ? "malformed"
			   : error == EPIPE		      ? "closed"
			   : error == ECONNRESET	      ? "reset"
							      : "other";
	if (error == EPROTO || interface)
		say("%serror %u %s %u %s", prefix, id, interface ? interface->name : "unknown", code, last_log);
	else
		say("%sfatal %s %s: %s", prefix, kind, strerrorname_np(error), last_log);
}

/* Children */

static int index_of(struct wlcf_child *child)
{
	for (int index = 0; index < child_count; index++)
		if (children[index] == child)
			return index;
	return -1;
}

static const char *content(int file, char text[32])
{
	ssize_t length = pread(file, text, 31, 0);
	text[length > 0 ? length : 0] = '\0';
	close(file);
	return text;
}

static void child_poked(void *data, struct wlcf_child *child) {}

static void child_note(void *data, struct wlcf_child *child, uint32_t serial)
{
	say("note %d %u", index_of(child), serial);
}

static void child_file(void *data, struct wlcf_child *child, int32_t file)
{
	char text[32];
	say("file %d %s", index_of(child), content(file, text));
}

static void child_two_files(void *data, struct wlcf_child *child, int32_t first, int32_t second)
{
	char one[32], two[32];
	say("files %d %s %s", index_of(child), content(first, one), content(second, two));
}

static void child_object(void *data, struct wlcf_child *child, struct wlcf_child *other)
{
	if (other)
		say("object %d %d", index_of(child), index_of(other));
	else
		say("object %d none", index_of(child));
}

static void add_child(struct wlcf_child *child);

static void child_born(void *data, struct wlcf_child *child, struct wlcf_child *born)
{
	add_child(born);
}

static const struct wlcf_child_listener child_listener = {
	.poked = child_poked,
	.note = child_note,
	.file = child_file,
	.two_files = child_two_files,
	.object = child_object,
	.born = child_born,
};

static void add_child(struct wlcf_child *child)
{
	wlcf_child_add_listener(child, &child_listener, NULL);
	children[child_count++] = child;
	say("child %d %u", child_count - 1, wl_proxy_get_id((struct wl_proxy *)child));
}

/* Orders */

static void make_child(void *data, struct wlcf_driver *driver)
{
	struct wlcf_child *child = wlcf_driver_create_child(driver);
	if (child)
		add_child(child);
}

static void destroy_child(void *data, struct wlcf_driver *driver, uint32_t index)
{
	wlcf_child_destroy(children[index]);
	children[index] = NULL;
}

static void pause_for_a_line(void *data, struct wlcf_driver *driver)
{
	char line[16];
	wlcf_driver_ready(driver, 0);
	wl_display_flush(display);
	say("paused");
	if (!fgets(line, sizeof line, stdin))
		exit(EXIT_FAILURE);
	wlcf_driver_ready(driver, 1);
	wl_display_flush(display);
}

static void roundtrip(void *data, struct wlcf_driver *driver)
{
	if (wl_display_roundtrip(display) >= 0)
		say("roundtrip ok");
}

static void files(void *data, struct wlcf_driver *driver, uint32_t count)
{
	for (uint32_t index = 0; index < count; index++) {
		int file = memfd_create("index", MFD_CLOEXEC);
		dprintf(file, "%u", index);
		wlcf_driver_file(driver, index, file);
		close(file);
	}
	wl_display_flush(display);
	say("sent-files %u", count);
}

static void flood(void *data, struct wlcf_driver *driver, uint32_t count)
{
	static char zeros[4000];
	struct wl_array bytes = { .size = sizeof zeros, .alloc = sizeof zeros, .data = zeros };
	while (count-- > 0)
		wlcf_driver_data(driver, &bytes);
	if (wl_display_flush(display) >= 0)
		say("flood sent");
	else if (errno == EAGAIN)
		say("flood blocked");
}

static void idle_read(void *data, struct wlcf_driver *driver)
{
	struct wl_event_queue *empty = wl_display_create_queue(display);
	while (wl_display_prepare_read_queue(display, empty) != 0)
		wl_display_dispatch_queue_pending(display, empty);
	if (wl_display_read_events(display) == 0)
		say("idle-read ok");
	wl_event_queue_destroy(empty);
}

static pthread_barrier_t all_prepared;

static void *wait_for_events(void *data)
{
	struct wl_event_queue *own = data;
	struct pollfd readable = { .fd = wl_display_get_fd(display), .events = POLLIN };
	while (wl_display_prepare_read_queue(display, own) != 0)
		wl_display_dispatch_queue_pending(display, own);
	pthread_barrier_wait(&all_prepared);
	poll(&readable, 1, -1);
	wl_display_read_events(display);
	while (wl_display_dispatch_queue(display, own) >= 0)
		;
	say_error("thread-", errno);
	return NULL;
}

static void wait_threads(void *data, struct wlcf_driver *driver, uint32_t count)
{
	pthread_t threads[16];
	wl_display_flush(display);
	pthread_barrier_init(&all_prepared, NULL, count + 1);
	for (uint32_t index = 0; index < count; index++)
		pthread_create(&threads[index], NULL, wait_for_events, wl_display_create_queue(display));
	pthread_barrier_wait(&all_prepared);
	say("waiting %u", count);
	for (uint32_t index = 0; index < count; index++)
		pthread_join(threads[index], NULL);
}

static void make_on_other_queue(void *data, struct wlcf_driver *driver)
{
	other_queue = wl_display_create_queue(display);
	struct wlcf_driver *wrapper = wl_proxy_create_wrapper(driver);
	wl_proxy_set_queue((struct wl_proxy *)wrapper, other_queue);
	add_child(wlcf_driver_create_child(wrapper));
	wl_proxy_wrapper_destroy(wrapper);
}

static void drain_queue(void *data, struct wlcf_driver *driver)
{
	wl_display_dispatch_queue_pending(display, other_queue);
	say("drained");
}

static void finish(void *data, struct wlcf_driver *driver)
{
	wl_display_flush(display);
	exit(EXIT_SUCCESS);
}

static void newest(void *data, struct wlcf_driver *driver)
{
	say("newest");
}

static const struct wlcf_driver_listener driver_listener = {
	.make_child = make_child,
	.destroy_child = destroy_child,
	.pause = pause_for_a_line,
	.roundtrip = roundtrip,
	.files = files,
	.flood = flood,
	.idle_read = idle_read,
	.wait_threads = wait_threads,
	.other_queue = make_on_other_queue,
	.drain_queue = drain_queue,
	.finish = finish,
	.newest = newest,
};

/* Registry */

static void global(void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version)
{
	uint32_t known = wlcf_driver_interface.version;
	say("global %u %s %u", name, interface, version);
	if (driver || strcmp(interface, wlcf_driver_interface.name) != 0)
		return;
	version = version < known ? version : known;
	driver = wl_registry_bind(registry, name, &wlcf_driver_interface, version);
	wlcf_driver_add_listener(driver, &driver_listener, NULL);
	say("bound %u", version);
}

static void global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
	say("global_remove %u", name);
}

static const struct wl_registry_listener registry_listener = {
	.global = global,
	.global_remove = global_remove,
};

int main(void)
{
	wl_log_set_handler_client(keep_log);
	display = wl_display_connect(NULL);
	if (!display) {
		say("connect-failed %s", strerrorname_np(errno));
		return 3;
	}
	const char *inherited = getenv("WAYLAND_SOCKET");
	say("env WAYLAND_SOCKET %s", inherited ? inherited : "unset");
	struct wl_registry *registry = wl_display_get_registry(display);
	wl_registry_add_listener(registry, &registry_listener, NULL);
	while (wl_display_dispatch(display) >= 0)
		;
	say_error("", wl_display_get_error(display));
	if (driver)
		wlcf_driver_ready(driver, 2);
	wl_display_flush(display);
	say_error("again ", errno);
	return 2;
}
