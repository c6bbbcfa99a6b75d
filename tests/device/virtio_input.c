/* Input: what the configuration says, and events in buffers. */
#include "tests/device/virtio_driver.h"

#include "devices/virtio_input.h"

static struct driver d;
static struct virtio_input input;
static struct input_queue queue;

static void setup(enum virtio_input_kind kind)
{
	driver_machine(&d);
	memset(&input, 0, sizeof input);
	input_init(&queue, "queue", virtio_input_kinds(kind));
	virtio_input_init(&input, "input", kind);
	virtio_input_connect(&input, &queue);
	driver_attach(&d, &input.function, &input.dev);
	machine_add_input(&d.m, &queue);
}

/* What the configuration shows for a selection; its size. */
static unsigned config(unsigned select, unsigned subsel, uint8_t *data)
{
	uint64_t at = SLOT_BASE + CONFIG;

	bench_write(d.m.bus, at, 1, select);
	bench_write(d.m.bus, at + 1, 1, subsel);
	for (unsigned i = 0; i < 128; i++)
		data[i] = (uint8_t)bench_read(d.m.bus, at + 8 + i, 1);
	return (unsigned)bench_read(d.m.bus, at + 2, 1);
}

static bool has(const uint8_t *map, unsigned bit)
{
	return map[bit / 8] >> bit % 8 & 1;
}

Test(virtio_input, a_keyboard_says_what_it_has)
{
	uint8_t data[128];

	setup(VIRTIO_INPUT_KEYBOARD);
	cr_expect_eq(reg(&d, DEVICE_ID), 18);
	cr_expect_eq(config(1, 0, data), strlen("myna keyboard"));
	cr_expect_eq(memcmp(data, "myna keyboard", 13), 0);
	cr_expect_eq(config(3, 0, data), 8);
	cr_expect_eq(data[0], 6, "BUS_VIRTUAL");
	cr_expect_eq(config(0x11, 1, data), 32);
	cr_expect(has(data, 30) && has(data, 255) && !has(data, 0));
	cr_expect_eq(config(0x11, 0x14, data), 1, "wants auto-repeat");
	cr_expect_eq(config(0x11, 3, data), 0, "no axes");
	cr_expect_eq(config(0x12, 0, data), 0);
	cr_expect_eq(config(0x77, 9, data), 0, "unknown selections are empty");
	cr_expect_eq(data[0], 0);
	driver_free(&d);
}

Test(virtio_input, a_tablet_says_what_it_has)
{
	uint8_t data[128];

	setup(VIRTIO_INPUT_TABLET);
	cr_expect_eq(config(0x11, 1, data), 0x112 / 8 + 1);
	cr_expect(has(data, 0x110) && has(data, 0x112) && !has(data, 30));
	cr_expect_eq(config(0x11, 3, data), 1);
	cr_expect_eq(data[0], 3);
	cr_expect_eq(config(0x12, 1, data), 20);
	cr_expect_eq(data[4] | data[5] << 8, INPUT_POINTER_MAX);
	cr_expect_eq(config(0x12, 2, data), 0);
	driver_free(&d);
}

/* Offer `n` buffers of `size` bytes. */
static void offer_buffers(unsigned n, uint32_t size)
{
	for (uint16_t i = 0; i < n; i++) {
		put_desc(&d, desc_at(0), i, DATA + 16 * i, size, WRITE, 0);
		offer(&d, 0, i);
	}
	notify(&d, 0);
	machine_run(&d.m, 1000 * US);
}

static void expect_event(unsigned type, unsigned code, uint32_t value)
{
	uint32_t head, len;

	cr_assert(take_used(&d, 0, &head, &len));
	cr_expect_eq(len, 8);
	cr_expect_eq(get16(&d, DATA + 16 * head), type);
	cr_expect_eq(get16(&d, DATA + 16 * head + 2), code);
	cr_expect_eq(get32(&d, DATA + 16 * head + 4), value);
}

Test(virtio_input, keys_arrive_each_as_a_report)
{
	struct input_event keys[] = {{INPUT_KEY, 30, 1}, {INPUT_KEY, 30, 0}};
	uint32_t head, len;

	setup(VIRTIO_INPUT_KEYBOARD);
	bring_up(&d, RING_FEATURES, 8);
	offer_buffers(6, 8);
	cr_expect_not(take_used(&d, 0, &head, &len), "an empty buffer came back");
	cr_assert(input_put(&queue, keys, 2));
	machine_run(&d.m, 1000 * US);
	expect_event(1, 30, 1);
	expect_event(0, 0, 0);
	expect_event(1, 30, 0);
	expect_event(0, 0, 0);
	cr_expect_not(take_used(&d, 0, &head, &len));
	cr_expect_eq(d.irq.level, 1);
	driver_free(&d);
}

Test(virtio_input, a_place_is_one_report)
{
	struct input_event e[] = {
	    {INPUT_POINTER, 0, 100}, {INPUT_POINTER, 1, 32767}, {INPUT_WHEEL, 0, -1}};

	setup(VIRTIO_INPUT_TABLET);
	bring_up(&d, RING_FEATURES, 8);
	offer_buffers(6, 8);
	cr_assert(input_put(&queue, e, 3));
	machine_run(&d.m, 1000 * US);
	expect_event(3, 0, 100);
	expect_event(3, 1, 32767);
	expect_event(0, 0, 0);
	expect_event(2, 8, UINT32_MAX);
	expect_event(0, 0, 0);
	driver_free(&d);
}

Test(virtio_input, events_without_a_driver_are_lost)
{
	struct input_event key = {INPUT_KEY, 30, 1};
	uint32_t head, len;

	setup(VIRTIO_INPUT_KEYBOARD);
	cr_assert(input_put(&queue, &key, 1));
	cr_expect_eq(queue.s.count, 0);
	bring_up(&d, RING_FEATURES, 8);
	offer_buffers(2, 8);
	cr_expect_not(take_used(&d, 0, &head, &len));
	driver_free(&d);
}

Test(virtio_input, a_buffer_too_small_breaks_the_device)
{
	struct input_event key = {INPUT_KEY, 30, 1};

	setup(VIRTIO_INPUT_KEYBOARD);
	bring_up(&d, RING_FEATURES, 8);
	cr_assert(input_put(&queue, &key, 1));
	offer_buffers(1, 7);
	cr_expect(reg(&d, STATUS) & NEEDS_RESET);
	driver_free(&d);
}

Test(virtio_input, lamps_are_taken_and_ignored)
{
	uint32_t head, len;

	setup(VIRTIO_INPUT_KEYBOARD);
	bring_up(&d, RING_FEATURES, 8);
	put_desc(&d, desc_at(1), 0, DATA, 8, 0, 0);
	offer(&d, 1, 0);
	notify(&d, 1);
	machine_run(&d.m, 1000 * US);
	cr_assert(take_used(&d, 1, &head, &len));
	cr_expect_eq(len, 0);
	driver_free(&d);
}
