/* Console: a serial port on two queues. */
#include "tests/device/virtio_driver.h"

#include "devices/virtio_console.h"

#define RX 0
#define TX 1

static struct driver d;
static struct virtio_console console;
static struct serial_port port;
static char sent[8192];
static size_t sent_count;

static void sink(void *owner, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n && sent_count < sizeof sent; i++)
		sent[sent_count++] = (char)bytes[i];
}

static void setup(void)
{
	sent_count = 0;
	driver_machine(&d);
	serial_init(&port, "serial0");
	port.sink = sink;
	virtio_console_init(&console, "console0");
	virtio_console_connect(&console, &port);
	driver_attach(&d, &console.function, &console.dev);
	machine_add_port(&d.m, &port);
	bring_up(&d, RING_FEATURES, 8);
}

static void teardown(void)
{
	driver_free(&d);
}

TestSuite(virtio_console, .init = setup, .fini = teardown);

static void send(const char *text)
{
	size_t n = strlen(text);
	memcpy(at(&d, DATA), text, n);
	put_desc(&d, desc_at(TX), 0, DATA, (uint32_t)n, 0, 0);
	offer(&d, TX, 0);
	notify(&d, TX);
	machine_run(&d.m, 1000 * US);
}

Test(virtio_console, sends_what_the_guest_writes)
{
	uint32_t head, len;
	send("hello, ");
	send("world");
	cr_expect_eq(sent_count, 12);
	cr_expect_eq(memcmp(sent, "hello, world", 12), 0);
	cr_assert(take_used(&d, TX, &head, &len));
	cr_expect_eq(len, 0);
}

Test(virtio_console, receives_what_is_typed)
{
	uint32_t head, len;
	put_desc(&d, desc_at(RX), 0, DATA, 4, WRITE, 0);
	put_desc(&d, desc_at(RX), 1, DATA + 64, 4, WRITE, 0);
	offer(&d, RX, 0);
	offer(&d, RX, 1);
	notify(&d, RX);
	machine_run(&d.m, 1000 * US);
	cr_expect_not(take_used(&d, RX, &head, &len), "an empty buffer came back");
	cr_expect_eq(serial_input(&port, (const uint8_t *)"abcdef", 6), 6);
	machine_run(&d.m, 1000 * US);
	cr_assert(take_used(&d, RX, &head, &len));
	cr_expect_eq(len, 4);
	cr_assert(take_used(&d, RX, &head, &len));
	cr_expect_eq(len, 2);
	cr_expect_eq(memcmp(at(&d, DATA), "abcd", 4), 0);
	cr_expect_eq(memcmp(at(&d, DATA + 64), "ef", 2), 0);
	cr_expect_eq(d.irq.level, 1);
}

Test(virtio_console, typing_waits_for_a_buffer)
{
	uint32_t head, len;
	serial_input(&port, (const uint8_t *)"early", 5);
	machine_run(&d.m, 1000 * US);
	put_desc(&d, desc_at(RX), 0, DATA, 64, WRITE, 0);
	offer(&d, RX, 0);
	notify(&d, RX);
	machine_run(&d.m, 1000 * US);
	cr_assert(take_used(&d, RX, &head, &len));
	cr_expect_eq(len, 5);
}

Test(virtio_console, input_before_the_driver_is_kept)
{
	set_reg(&d, STATUS, 0);
	serial_input(&port, (const uint8_t *)"x", 1);
	machine_run(&d.m, 1000 * US);
	cr_expect_eq(port.s.count, 1);
}

Test(virtio_console, time_passes_with_the_length)
{
	uint32_t head, len;
	put_desc(&d, desc_at(TX), 0, DATA, 4000, 0, 0);
	offer(&d, TX, 0);
	notify(&d, TX);
	machine_run(&d.m, 400 * US);
	cr_expect_not(take_used(&d, TX, &head, &len));
	machine_run(&d.m, 20 * US);
	cr_expect(take_used(&d, TX, &head, &len));
	cr_expect_eq(sent_count, 4000);
}

Test(virtio_console, an_absurd_message_breaks_the_device)
{
	/* The same 512 KiB three times over. */
	for (unsigned i = 0; i < 3; i++)
		put_desc(&d, desc_at(TX), i, DATA, 0x80000, i < 2 ? NEXT : 0, i + 1);
	offer(&d, TX, 0);
	notify(&d, TX);
	machine_run(&d.m, 1000000 * US);
	cr_expect(reg(&d, STATUS) & NEEDS_RESET);
	cr_expect_eq(sent_count, 0);
}
