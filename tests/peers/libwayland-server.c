/* A server over libwayland: wl_compositor and wl_shm as they come, and the kit's probe.
 *
 * Usage: libwayland-server [NAME]; without a name it takes the first free wayland-N. --activated takes
 * listening sockets from LISTEN_FDS instead, --guarded NAME refuses clients of other users.
 * Everything that the cases judge is libwayland's doing; the handlers below do what conformance.xml
 * says and nothing to help or to hinder.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <wayland-server.h>

#include "conformance-server.h"

struct probe {
	struct wl_resource *resource;
	bool error_at_teardown;
	struct wl_list link;
};

struct beacon {
	struct wl_global *global;
	uint32_t name;
	struct wl_client *hidden_from;
	struct wl_list link;
};

static struct wl_display *display;
static struct wl_list probes;
static struct wl_list beacons;
static struct wl_resource *held;
static uint32_t last_name;

static void destroy_resource(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

/* wl_compositor: objects that accept everything and show nothing. */

static void region_rectangle(struct wl_client *c, struct wl_resource *r, int32_t x, int32_t y, int32_t w, int32_t h) {}

static const struct wl_region_interface region_implementation = {
	.destroy = destroy_resource,
	.add = region_rectangle,
	.subtract = region_rectangle,
};

static void surface_attach(struct wl_client *c, struct wl_resource *r, struct wl_resource *b, int32_t x, int32_t y) {}
static void surface_rectangle(struct wl_client *c, struct wl_resource *r, int32_t x, int32_t y, int32_t w, int32_t h) {}
static void surface_region(struct wl_client *c, struct wl_resource *r, struct wl_resource *region) {}
static void surface_commit(struct wl_client *c, struct wl_resource *r) {}
static void surface_number(struct wl_client *c, struct wl_resource *r, int32_t number) {}
static void surface_offset(struct wl_client *c, struct wl_resource *r, int32_t x, int32_t y) {}

static void surface_frame(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	wl_resource_create(client, &wl_callback_interface, 1, id);
}

static const struct wl_surface_interface surface_implementation = {
	.destroy = destroy_resource,
	.attach = surface_attach,
	.damage = surface_rectangle,
	.frame = surface_frame,
	.set_opaque_region = surface_region,
	.set_input_region = surface_region,
	.commit = surface_commit,
	.set_buffer_transform = surface_number,
	.set_buffer_scale = surface_number,
	.damage_buffer = surface_rectangle,
	.offset = surface_offset,
};

static void create_surface(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct wl_resource *surface =
		wl_resource_create(client, &wl_surface_interface, wl_resource_get_version(resource), id);
	wl_resource_set_implementation(surface, &surface_implementation, NULL, NULL);
}

static void create_region(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct wl_resource *region =
		wl_resource_create(client, &wl_region_interface, wl_resource_get_version(resource), id);
	wl_resource_set_implementation(region, &region_implementation, NULL, NULL);
}

static const struct wl_compositor_interface compositor_implementation = {
	.create_surface = create_surface,
	.create_region = create_region,
};

static void bind_compositor(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource = wl_resource_create(client, &wl_compositor_interface, version, id);
	wl_resource_set_implementation(resource, &compositor_implementation, NULL, NULL);
}

/* wlcf_beacon */

static const struct wlcf_beacon_interface beacon_implementation = { .destroy = destroy_resource };

static void bind_beacon(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource = wl_resource_create(client, &wlcf_beacon_interface, version, id);
	wl_resource_set_implementation(resource, &beacon_implementation, NULL, NULL);
}

static bool add_beacon(int version, struct wl_client *hidden_from)
{
	struct beacon *beacon = calloc(1, sizeof *beacon);
	beacon->hidden_from = hidden_from;
	/* The filter runs inside wl_global_create, so the list has to know it first. */
	wl_list_insert(&beacons, &beacon->link);
	beacon->global = wl_global_create(display, &wlcf_beacon_interface, version, beacon, bind_beacon);
	if (beacon->global) {
		/* libwayland counts names up; it did not always tell them. */
		beacon->name = ++last_name;
		return true;
	}
	wl_list_remove(&beacon->link);
	free(beacon);
	return false;
}

static void end_beacon(struct beacon *beacon)
{
	wl_global_destroy(beacon->global);
	wl_list_remove(&beacon->link);
	free(beacon);
}

static struct beacon *find_beacon(uint32_t name)
{
	struct beacon *beacon;
	wl_list_for_each(beacon, &beacons, link)
		if (beacon->name == name)
			return beacon;
	return NULL;
}

static bool visible(const struct wl_client *client, const struct wl_global *global, void *data)
{
	if (wl_global_get_interface(global) != &wlcf_beacon_interface)
		return true;
	struct beacon *beacon = wl_global_get_user_data(global);
	return beacon->hidden_from != client;
}

/* wlcf_child */

static void child_since_three(struct wl_client *client, struct wl_resource *resource) {}

static const struct wlcf_child_interface child_implementation = {
	.destroy = destroy_resource,
	.since_three = child_since_three,
};

static void child_gone(struct wl_resource *resource)
{
	if (held == resource)
		held = NULL;
}

static struct wl_resource *make_child(struct wl_resource *probe, uint32_t id)
{
	struct wl_resource *child = wl_resource_create(wl_resource_get_client(probe), &wlcf_child_interface,
						       wl_resource_get_version(probe), id);
	wl_resource_set_implementation(child, &child_implementation, NULL, child_gone);
	return child;
}

/* wlcf_probe */

static void post_error(struct wl_client *client, struct wl_resource *resource, uint32_t code, uint32_t length)
{
	char *text = malloc(length + 1);
	uint32_t at = length % 2;
	text[0] = 'x';
	for (; at < length; at += 2)
		memcpy(text + at, "\xc3\xa9", 2);
	text[length] = '\0';
	wl_resource_post_error(resource, code, "%s", text);
	free(text);
}

static void post_two_errors(struct wl_client *client, struct wl_resource *resource, uint32_t first, uint32_t second)
{
	wl_resource_post_error(resource, first, "the first");
	wl_resource_post_error(resource, second, "the second");
}

static void post_error_at_teardown(struct wl_client *client, struct wl_resource *resource)
{
	struct probe *probe = wl_resource_get_user_data(resource);
	probe->error_at_teardown = true;
}

static void create_child(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	make_child(resource, id);
}

static void spawn_children(struct wl_client *client, struct wl_resource *resource, uint32_t count)
{
	while (count-- > 0)
		wlcf_probe_send_child(resource, make_child(resource, 0));
}

static void hold(struct wl_client *client, struct wl_resource *resource, struct wl_resource *child)
{
	held = child;
}

static void poke_held(struct wl_client *client, struct wl_resource *resource)
{
	if (held)
		wlcf_child_send_poked(held);
	wlcf_probe_send_held(resource, held != NULL);
}

static void send_foreign(struct wl_client *client, struct wl_resource *resource, struct wl_resource *child)
{
	struct probe *other;
	wl_list_for_each(other, &probes, link)
		if (wl_resource_get_client(other->resource) != client)
			wlcf_probe_send_foreign(other->resource, child);
}

static void send_newer(struct wl_client *client, struct wl_resource *resource)
{
	wlcf_probe_send_newer(resource);
}

static void add_global(struct wl_client *client, struct wl_resource *resource)
{
	add_beacon(3, NULL);
}

static void add_hidden_global(struct wl_client *client, struct wl_resource *resource)
{
	add_beacon(3, client);
}

static void remove_global(struct wl_client *client, struct wl_resource *resource, uint32_t name)
{
	struct beacon *beacon = find_beacon(name);
	if (beacon)
		wl_global_remove(beacon->global);
}

static void destroy_global(struct wl_client *client, struct wl_resource *resource, uint32_t name)
{
	struct beacon *beacon = find_beacon(name);
	if (beacon)
		end_beacon(beacon);
}

static void cycle_globals(struct wl_client *client, struct wl_resource *resource, uint32_t count)
{
	while (count-- > 0) {
		add_beacon(3, NULL);
		end_beacon(wl_container_of(beacons.next, (struct beacon *)NULL, link));
	}
}

static void add_bad_globals(struct wl_client *client, struct wl_resource *resource)
{
	wlcf_probe_send_bad_globals(resource, add_beacon(0, NULL) + add_beacon(4, NULL));
}

static void echo(struct wl_client *client, struct wl_resource *resource, int32_t number, uint32_t positive,
		 wl_fixed_t fraction, const char *text, const char *no_text, struct wl_array *bytes, int32_t file,
		 struct wl_resource *child, struct wl_resource *no_child)
{
	wlcf_probe_send_echoed(resource, number, positive, fraction, text, no_text, bytes, file, child, no_child);
	close(file);
}

static void inspect_fd(struct wl_client *client, struct wl_resource *resource, int32_t file)
{
	struct stat status = { 0 };
	fstat(file, &status);
	close(file);
	wlcf_probe_send_inspected(resource, (uint64_t)status.st_ino >> 32, status.st_ino);
}

static void take_three(struct wl_client *client, struct wl_resource *resource, int32_t first, int32_t second,
		       const char *text)
{
	close(first);
	close(second);
}

static void send_fds(struct wl_client *client, struct wl_resource *resource, uint32_t count)
{
	for (uint32_t index = 0; index < count; index++) {
		int file = memfd_create("index", MFD_CLOEXEC);
		dprintf(file, "%u", index);
		lseek(file, 0, SEEK_SET);
		wlcf_probe_send_fd(resource, index, file);
		close(file);
	}
}

static void burst(struct wl_client *client, struct wl_resource *resource, uint32_t count)
{
	for (uint32_t index = 0; index < count; index++)
		wlcf_probe_send_tick(resource, index, 0, index);
}

static void read_buffer(struct wl_client *client, struct wl_resource *resource, struct wl_resource *buffer_resource,
			uint32_t offset, uint32_t length)
{
	struct wl_shm_buffer *buffer = wl_shm_buffer_get(buffer_resource);
	uint64_t size = (uint64_t)wl_shm_buffer_get_stride(buffer) * wl_shm_buffer_get_height(buffer);
	struct wl_array bytes;
	wl_array_init(&bytes);
	if (length > 1024 || (uint64_t)offset + length > size) {
		wlcf_probe_send_pixels(resource, 1, &bytes);
		return;
	}
	void *copy = wl_array_add(&bytes, length);
	wl_shm_buffer_begin_access(buffer);
	memcpy(copy, (char *)wl_shm_buffer_get_data(buffer) + offset, length);
	wl_shm_buffer_end_access(buffer);
	wlcf_probe_send_pixels(resource, 0, &bytes);
	wl_array_release(&bytes);
}

static void tell_version(struct wl_client *client, struct wl_resource *resource)
{
	wlcf_probe_send_version(resource, wl_resource_get_version(resource));
}

static void tell_credentials(struct wl_client *client, struct wl_resource *resource)
{
	pid_t pid;
	uid_t uid;
	gid_t gid;
	wl_client_get_credentials(client, &pid, &uid, &gid);
	wlcf_probe_send_credentials(resource, pid, uid, gid);
}

static void since_two(struct wl_client *client, struct wl_resource *resource) {}

static const struct wlcf_probe_interface probe_implementation = {
	.destroy = destroy_resource,
	.post_error = post_error,
	.post_two_errors = post_two_errors,
	.post_error_at_teardown = post_error_at_teardown,
	.create_child = create_child,
	.spawn_children = spawn_children,
	.hold = hold,
	.poke_held = poke_held,
	.send_foreign = send_foreign,
	.send_newer = send_newer,
	.add_global = add_global,
	.add_hidden_global = add_hidden_global,
	.remove_global = remove_global,
	.destroy_global = destroy_global,
	.cycle_globals = cycle_globals,
	.add_bad_globals = add_bad_globals,
	.echo = echo,
	.inspect_fd = inspect_fd,
	.take_three = take_three,
	.send_fds = send_fds,
	.burst = burst,
	.read_buffer = read_buffer,
	.tell_version = tell_version,
	.tell_credentials = tell_credentials,
	.since_two = since_two,
};

static void probe_gone(struct wl_resource *resource)
{
	struct probe *probe = wl_resource_get_user_data(resource);
	if (probe->error_at_teardown)
		wl_resource_post_error(resource, 0, "posted too late");
	wl_list_remove(&probe->link);
	free(probe);
}

static void bind_probe(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct probe *probe = calloc(1, sizeof *probe);
	probe->resource = wl_resource_create(client, &wlcf_probe_interface, version, id);
	wl_list_insert(&probes, &probe->link);
	wl_resource_set_implementation(probe->resource, &probe_implementation, probe, probe_gone);
}

static int leave(int number, void *data)
{
	wl_display_terminate(display);
	return 0;
}

static void refuse_other_users(struct wl_listener *listener, void *data)
{
	uid_t uid;
	wl_client_get_credentials(data, NULL, &uid, NULL);
	if (uid != geteuid())
		wl_client_destroy(data);
}

/* libwayland takes listening sockets, but does not look for them: that is the application's. */
static bool take_listening_sockets(void)
{
	const char *pid = getenv("LISTEN_PID");
	const char *count = getenv("LISTEN_FDS");
	if (!pid || !count || atoi(pid) != getpid())
		return false;
	for (int fd = 3; fd < 3 + atoi(count); fd++) {
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		if (wl_display_add_socket_fd(display, fd) != 0)
			return false;
	}
	return true;
}

static bool listen_as_told(const char *option, const char *name)
{
	static struct wl_listener guard = { .notify = refuse_other_users };
	if (option && strcmp(option, "--activated") == 0)
		return take_listening_sockets();
	if (option && strcmp(option, "--guarded") == 0)
		wl_display_add_client_created_listener(display, &guard);
	else
		name = option;
	return name ? wl_display_add_socket(display, name) == 0 : wl_display_add_socket_auto(display) != NULL;
}

int main(int argc, char **argv)
{
	display = wl_display_create();
	wl_list_init(&probes);
	wl_list_init(&beacons);
	wl_event_loop_add_signal(wl_display_get_event_loop(display), SIGTERM, leave, NULL);
	wl_display_set_global_filter(display, visible, NULL);
	wl_display_init_shm(display);
	wl_global_create(display, &wl_compositor_interface, 4, NULL, bind_compositor);
	wl_global_create(display, &wlcf_probe_interface, 3, NULL, bind_probe);
	last_name = 3;
	if (!listen_as_told(argc > 1 ? argv[1] : NULL, argc > 2 ? argv[2] : NULL)) {
		fprintf(stderr, "cannot listen\n");
		return EXIT_FAILURE;
	}
	wl_display_run(display);
	wl_display_destroy_clients(display);
	wl_display_destroy(display);
	return EXIT_SUCCESS;
}
