/* PL011: FIFO, interrupts, loopback. */
#include "tests/device/bench.h"

#include "devices/pl011.h"
#include "devices/primecell.h"

#define BASE 0x9000000

enum {
	DR = BASE,
	RSR = BASE + 4,
	FR = BASE + 0x18,
	LCR_H = BASE + 0x2c,
	CR = BASE + 0x30,
	IFLS = BASE + 0x34,
	IMSC = BASE + 0x38,
	RIS = BASE + 0x3c,
	MIS = BASE + 0x40,
	ICR = BASE + 0x44
};

enum { FEN = 0x10, RXFE = 0x10, TXFF = 0x20, RXFF = 0x40, TXFE = 0x80 };
enum { INT_RX = 0x10, INT_TX = 0x20, INT_RT = 0x40, INT_OE = 0x400 };
enum { LBE = 0x80, RXE = 0x200, ENABLED = 0x301 };

static struct bus *bus;
static struct pl011 uart;
static struct serial_port port;
static struct probe irq;
static char sent[64];
static size_t sent_count;

static void sink(void *owner, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n && sent_count < sizeof sent; i++)
		sent[sent_count++] = (char)bytes[i];
}

static void setup(void)
{
	bus = bus_new(32);
	pl011_init(&uart, "uart0");
	serial_init(&port, "serial0");
	port.sink = sink;
	pl011_connect(&uart, &port);
	uart.irq = probe_wire(&irq);
	cr_assert(bus_map_mmio(bus, "uart0", BASE, PRIMECELL_SIZE, &pl011_ops, &uart));
	device_reset(&port.dev);
	device_reset(&uart.dev);
}

static void teardown(void)
{
	bus_free(bus);
}

TestSuite(pl011, .init = setup, .fini = teardown);

static void type(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint8_t byte = (uint8_t)('A' + i);
		cr_assert_eq(serial_input(&port, &byte, 1), 1);
	}
}

Test(pl011, says_what_it_is)
{
	cr_expect_eq(rd_id(bus, BASE + 0xfe0), 0x00341011);
	cr_expect_eq(rd_id(bus, BASE + 0xff0), 0xb105f00d);
	cr_expect_eq(rd(bus, CR), 0x300);
	cr_expect_eq(rd(bus, IFLS), 0x12);
	cr_expect_eq(rd(bus, FR), TXFE | RXFE);
}

Test(pl011, output_leaves_at_once)
{
	bench_write(bus, DR, 1, 'o');
	bench_write(bus, DR, 2, 'k');
	wr(bus, DR, '!');
	cr_expect_eq(sent_count, 3);
	cr_expect_arr_eq(sent, "ok!", 3);
	cr_expect_eq(rd(bus, FR) & (TXFE | TXFF), TXFE);
}

Test(pl011, registers_keep_only_their_bits)
{
	static const struct plain_register rows[] = {
	    {BASE + 0x20, 0xff},
	    {BASE + 0x24, 0xffff},
	    {BASE + 0x28, 0x3f},
	    {LCR_H, 0xff},
	    {CR, 0xff87},
	    {IFLS, 0x3f},
	    {IMSC, 0x7ff},
	    {BASE + 0x48, 7},
	    {BASE + 0x100, 0},
	};
	expect_plain(bus, rows, sizeof rows / sizeof rows[0]);
}

Test(pl011, switching_the_fifo_empties_it)
{
	wr(bus, LCR_H, FEN);
	type(PL011_FIFO);
	wr(bus, LCR_H, FEN | 0x60);
	cr_expect_eq(uart.s.level, PL011_FIFO, "the word length has nothing to do with it");
	cr_expect_eq(rd(bus, RIS), INT_RX | INT_RT);
	wr(bus, LCR_H, 0);
	cr_expect_eq(rd(bus, RIS), 0);
	cr_expect_eq(rd(bus, FR) & RXFE, RXFE);
}

Test(pl011, transmit_interrupt_needs_its_mask)
{
	wr(bus, DR, 'x');
	cr_expect_eq(rd(bus, RIS), INT_TX);
	cr_expect_eq(rd(bus, MIS), 0);
	cr_expect_eq(irq.level, 0);
	wr(bus, IMSC, INT_TX);
	cr_expect_eq(rd(bus, MIS), INT_TX);
	cr_expect_eq(irq.level, 1);
	wr(bus, ICR, INT_TX);
	cr_expect_eq(irq.level, 0);
	wr(bus, DR, 'y');
	cr_expect_eq(irq.level, 1);
	wr(bus, IMSC, 0);
	cr_expect_eq(irq.level, 0);
}

Test(pl011, receive_interrupt_follows_the_level)
{
	static const uint8_t levels[5] = {4, 8, 16, 24, 28};
	for (unsigned i = 0; i < 5; i++) {
		device_reset(&uart.dev);
		wr(bus, LCR_H, FEN);
		wr(bus, IFLS, i << 3);
		wr(bus, IMSC, INT_RX);
		type(levels[i] - 1u);
		cr_expect_eq(irq.level, 0, "level %u", levels[i]);
		type(1);
		cr_expect_eq(irq.level, 1, "level %u", levels[i]);
		rd(bus, DR);
		cr_expect_eq(irq.level, 0, "level %u", levels[i]);
	}
}

Test(pl011, holding_register_without_fifo)
{
	wr(bus, IMSC, INT_RX);
	type(2);
	cr_expect_eq(rd(bus, FR) & (RXFF | RXFE), RXFF);
	cr_expect_eq(irq.level, 1);
	cr_expect_eq(rd(bus, DR), 'A');
	cr_expect_eq(irq.level, 1, "the second byte has moved up");
	cr_expect_eq(rd(bus, DR), 'B');
	cr_expect_eq(irq.level, 0);
	cr_expect_eq(rd(bus, FR) & RXFE, RXFE);
	cr_expect_eq(rd(bus, RIS) & INT_RT, 0, "no time-out without FIFO");
}

Test(pl011, a_full_fifo_leaves_the_rest_outside)
{
	wr(bus, LCR_H, FEN);
	type(PL011_FIFO + 8);
	cr_expect_eq(port.s.count, 8);
	cr_expect_eq(rd(bus, FR) & RXFF, RXFF);
	for (unsigned i = 0; i < PL011_FIFO + 8; i++)
		cr_expect_eq(rd(bus, DR), (uint8_t)('A' + i));
	cr_expect_eq(rd(bus, FR) & (RXFF | RXFE), RXFE);
	cr_expect_eq(rd(bus, RIS) & INT_OE, 0);
}

Test(pl011, a_lone_byte_times_out)
{
	wr(bus, LCR_H, FEN);
	wr(bus, IMSC, INT_RT);
	type(2);
	cr_expect_eq(irq.level, 1);
	wr(bus, ICR, INT_RT);
	cr_expect_eq(irq.level, 0);
	type(1);
	cr_expect_eq(irq.level, 1);
	rd(bus, DR);
	rd(bus, DR);
	cr_expect_eq(irq.level, 1);
	rd(bus, DR);
	cr_expect_eq(irq.level, 0, "reading the last byte ends the time-out");
}

/* The last bytes of a burst that just filled the FIFO: below the trigger level, and nothing more to
 * come that would raise an interrupt for them. */
Test(pl011, the_end_of_a_burst_times_out)
{
	wr(bus, LCR_H, FEN);
	wr(bus, IFLS, 2 << 3); /* half full */
	wr(bus, IMSC, INT_RX | INT_RT);
	uint8_t burst[PL011_FIFO + 1] = {0};
	cr_assert_eq(serial_input(&port, burst, sizeof burst), sizeof burst);
	for (unsigned left = PL011_FIFO; left; left--) {
		rd(bus, DR);
		cr_expect_eq(irq.level, 1, "%u bytes wait unnoticed", left);
	}
	rd(bus, DR);
	cr_expect_eq(irq.level, 0);
}

Test(pl011, input_waits_while_the_receiver_is_off)
{
	wr(bus, CR, ENABLED & ~RXE);
	type(3);
	cr_expect_eq(rd(bus, FR) & RXFE, RXFE);
	cr_expect_eq(port.s.count, 3);
	wr(bus, LCR_H, FEN);
	wr(bus, CR, ENABLED);
	cr_expect_eq(rd(bus, DR), 'A');
	cr_expect_eq(port.s.count, 0);
}

Test(pl011, peek_takes_nothing)
{
	uint64_t value;
	type(1);
	for (unsigned i = 0; i < 2; i++) {
		cr_assert(bus_peek(bus, DR, 4, &value));
		cr_expect_eq(value, 'A');
	}
	cr_expect_eq(rd(bus, DR), 'A');
	cr_assert(bus_peek(bus, FR, 4, &value));
	cr_expect_eq(value & RXFE, RXFE);
}

Test(pl011, loopback_turns_output_round)
{
	wr(bus, LCR_H, FEN);
	wr(bus, CR, ENABLED | LBE);
	type(1);
	cr_expect_eq(port.s.count, 1, "the outside is cut off");
	for (unsigned i = 0; i < PL011_FIFO; i++)
		wr(bus, DR, i);
	cr_expect_eq(sent_count, 0);
	cr_expect_eq(rd(bus, RIS) & INT_OE, 0);
	wr(bus, DR, 0xee);
	cr_expect_eq(rd(bus, RIS) & INT_OE, INT_OE);
	cr_expect_eq(rd(bus, RSR), 8);
	for (unsigned i = 0; i < PL011_FIFO; i++)
		cr_expect_eq(rd(bus, DR) & 0xff, i);
	cr_expect_eq(rd(bus, FR) & RXFE, RXFE, "the byte that did not fit is lost");
	wr(bus, RSR, 0);
	cr_expect_eq(rd(bus, RSR), 0);
}

Test(pl011, loopback_break)
{
	wr(bus, LCR_H, 1); /* BRK */
	cr_expect_eq(rd(bus, FR) & RXFE, RXFE, "a break goes out");
	wr(bus, LCR_H, 0);
	wr(bus, CR, ENABLED | LBE);
	wr(bus, LCR_H, 1);
	cr_expect_eq(rd(bus, RIS), INT_RX | 0x280, "framing and break error");
	cr_expect_eq(rd(bus, DR), 0x500);
	cr_expect_eq(rd(bus, RSR), 5);
	wr(bus, LCR_H, 0x61);
	cr_expect_eq(rd(bus, FR) & RXFE, RXFE, "the same break goes on");
}

Test(pl011, loopback_modem_lines)
{
	/* DTR, RTS, Out1, Out2 in CR; what they become in FR and RIS. */
	static const struct {
		uint32_t out, flag, interrupt;
	} rows[] = {{1 << 10, 1 << 1, 1 << 3}, {1 << 11, 1 << 0, 1 << 1}, {1 << 12, 1 << 2, 1 << 2},
	    {1 << 13, 1 << 8, 1 << 0}};
	wr(bus, CR, ENABLED | 0xf << 10);
	cr_expect_eq(rd(bus, FR) & 0x107, 0, "nothing is connected outside");
	for (unsigned i = 0; i < 4; i++) {
		wr(bus, CR, ENABLED | LBE);
		wr(bus, ICR, 0x7ff);
		wr(bus, CR, ENABLED | LBE | rows[i].out);
		cr_expect_eq(rd(bus, FR) & 0x107, rows[i].flag);
		cr_expect_eq(rd(bus, RIS), rows[i].interrupt);
		wr(bus, ICR, 0x7ff);
		wr(bus, CR, ENABLED | LBE);
		cr_expect_eq(rd(bus, RIS), rows[i].interrupt, "falling counts as well");
	}
}

Test(pl011, loopback_without_fifo_has_no_time_out)
{
	wr(bus, CR, ENABLED | LBE);
	wr(bus, DR, 'x');
	cr_expect_eq(rd(bus, RIS), INT_RX | INT_TX);
	wr(bus, LCR_H, FEN);
	wr(bus, ICR, 0x7ff);
	wr(bus, DR, 'x');
	cr_expect_eq(rd(bus, RIS), INT_RT | INT_TX);
}

Test(pl011, state_carries_over)
{
	struct pl011 other = {0};
	struct probe other_irq = {0};
	char why[128];
	wr(bus, LCR_H, FEN);
	wr(bus, IMSC, INT_RT);
	type(5);
	rd(bus, DR);
	pl011_init(&other, "uart0");
	other.irq = probe_wire(&other_irq);
	device_reset(&other.dev);
	cr_expect_eq(other_irq.level, 0);
	other.s = uart.s;
	cr_assert(device_loaded(&other.dev, why, sizeof why));
	cr_expect_eq(other_irq.level, 1);
	for (unsigned i = 1; i < 5; i++)
		cr_expect_eq(pl011_ops.read(&other, 0, 4), 'A' + i);
	cr_expect_eq(other_irq.level, 0);
}

Test(pl011, foreign_state_is_refused)
{
	char why[128] = "";
	uart.s.head = PL011_FIFO;
	cr_expect_not(device_loaded(&uart.dev, why, sizeof why));
	cr_expect(strstr(why, "uart0"));
	uart.s.head = 0;
	uart.s.level = 2;
	cr_expect_not(device_loaded(&uart.dev, why, sizeof why), "two bytes without a FIFO");
	uart.s.lcr_h = FEN;
	cr_expect(device_loaded(&uart.dev, why, sizeof why));
	uart.s.level = PL011_FIFO + 1;
	cr_expect_not(device_loaded(&uart.dev, why, sizeof why));
}
