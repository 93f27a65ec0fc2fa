/* A client of protocol.xml on libwayland: opens a window, shares a memfd and two
 * eventfds, waits for its frame callback and for the release of its first buffer.
 * Prints one line a step; exits 0 if all of them happened. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client.h>

#include "wayline-client.h"

enum { WIDTH = 64, HEIGHT = 48, STRIDE = WIDTH * 4, SIZE = STRIDE * HEIGHT };

static struct way_compositor *compositor;
static struct way_shm *shm;
static int formats, configured, framed;

static void fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static void on_format(void *data, struct way_shm *object, uint32_t format) {
    (void)data, (void)object, (void)format;
    formats++;
}
static const struct way_shm_listener shm_listener = {on_format};

static void on_global(void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
    (void)data, (void)version;
    if (!strcmp(interface, way_compositor_interface.name))
        compositor = wl_registry_bind(registry, name, &way_compositor_interface, 1);
    if (!strcmp(interface, way_shm_interface.name)) {
        shm = wl_registry_bind(registry, name, &way_shm_interface, 1);
        way_shm_add_listener(shm, &shm_listener, NULL);
    }
}
static void on_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
    (void)data, (void)registry, (void)name;
}
static const struct wl_registry_listener registry_listener = {on_global, on_global_remove};

static void on_configure(void *data, struct way_window *window, uint32_t serial, int32_t width, int32_t height,
                         struct wl_array *states) {
    (void)data, (void)width, (void)height, (void)states;
    way_window_ack_configure(window, serial);
    configured = 1;
}
static void on_close(void *data, struct way_window *window) { (void)data, (void)window; }
static const struct way_window_listener window_listener = {on_configure, on_close};

static void on_done(void *data, struct wl_callback *callback, uint32_t time) {
    (void)data, (void)time;
    wl_callback_destroy(callback);
    framed++;
}
static const struct wl_callback_listener frame_listener = {on_done};

static void wait_for(struct wl_display *display, int *flag) {
    while (!*flag)
        if (wl_display_dispatch(display) < 0)
            fail("dispatch");
}

int main(void) {
    struct wl_display *display = wl_display_connect(NULL);
    if (!display)
        fail("connect");
    struct wl_registry *registry = wl_display_get_registry(display);
    wl_registry_add_listener(registry, &registry_listener, NULL);
    wl_display_roundtrip(display);
    if (!compositor || !shm)
        fail("the globals are missing");
    wl_display_roundtrip(display);
    printf("formats %d\n", formats);

    int memory = memfd_create("pixels", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0 || ftruncate(memory, 2 * SIZE) || fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK))
        fail("memfd");
    uint32_t *pixels = mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    if (pixels == MAP_FAILED)
        fail("mmap");
    for (int i = 0; i < 2 * WIDTH * HEIGHT; i++)
        pixels[i] = i < WIDTH * HEIGHT ? 0xff3366cc : 0xffcc6633;

    struct way_pool *pool = way_shm_create_pool(shm, memory, 2 * SIZE);
    struct way_buffer *buffers[2];
    for (int i = 0; i < 2; i++)
        buffers[i] = way_pool_create_buffer(pool, i * SIZE, WIDTH, HEIGHT, STRIDE, WAY_SHM_FORMAT_XRGB8888);
    struct way_surface *surface = way_compositor_create_surface(compositor);
    struct way_window *window = way_compositor_create_window(compositor, surface);
    way_window_add_listener(window, &window_listener, NULL);
    way_window_set_title(window, "from C");
    wait_for(display, &configured);
    printf("configured\n");

    int acquire[2], release[2];
    for (int i = 0; i < 2; i++) {
        acquire[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        release[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        wl_callback_add_listener(way_surface_frame(surface), &frame_listener, NULL);
        way_surface_attach(surface, buffers[i]);
        way_surface_damage(surface, 0, 0, WIDTH, HEIGHT);
        way_surface_commit_fenced(surface, acquire[i], release[i]);
        /* Nothing is shown before the pixels are ready. */
        wl_display_roundtrip(display);
        if (framed != i)
            fail("shown before its acquire fence");
        uint64_t one = 1;
        if (write(acquire[i], &one, sizeof one) != sizeof one)
            fail("signal");
        int before = framed;
        while (framed == before)
            if (wl_display_dispatch(display) < 0)
                fail("dispatch");
        printf("frame %d\n", framed);
    }
    /* The first buffer is free: the second has taken its place. */
    struct pollfd wait = {.fd = release[0], .events = POLLIN};
    if (poll(&wait, 1, 5000) != 1)
        fail("the first buffer was not released");
    struct pollfd shown = {.fd = release[1], .events = POLLIN};
    if (poll(&shown, 1, 0) != 0)
        fail("the buffer on display was released");
    printf("released\n");
    way_window_destroy(window);
    way_surface_destroy(surface);
    wl_display_roundtrip(display);
    if (poll(&shown, 1, 5000) != 1)
        fail("the last buffer was not released");
    printf("done\n");
    wl_display_disconnect(display);
    return 0;
}
