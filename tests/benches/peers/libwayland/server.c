/* The server's side. */
#define _GNU_SOURCE
#include <wayland-server.h>

#include "bench-server.h"
#include "peer.h"

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

static int listen_at(const char *path)
{
	struct sockaddr_un address = address_of(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 128) == 0, "listen");
	return fd;
}

void serve(const char *path)
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
