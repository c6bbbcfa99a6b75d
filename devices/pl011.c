/* PL011 UART (DDI 0183G).  Section numbers below are the manual's.
 *
 * Deviations, all on purpose:
 * - Transmission works whether or not CR.UARTEN and CR.TXE are set.  A kernel that is started
 *   without firmware prints through earlycon to a UART nobody has enabled and relies on finding
 *   one that a boot loader left running.  Reception needs RXE (set after reset) only; input waits
 *   in the port's queue meanwhile.
 * - The receive time-out (UARTRTINTR: 32 bit periods without a new byte) is raised at once when the
 *   last byte queued outside has entered the FIFO, because bytes do not take time here.
 * - Hardware flow control (RTSEn, CTSEn) has no effect: nobody is ever too slow.
 */
#include "devices/pl011.h"

#include <stdio.h>

#include "devices/primecell.h"

#define PL011_PERIPH_ID 0x00341011

enum {
	DR = 0x00,
	RSR = 0x04,
	FR = 0x18,
	ILPR = 0x20,
	IBRD = 0x24,
	FBRD = 0x28,
	LCR_H = 0x2c,
	CR = 0x30,
	IFLS = 0x34,
	IMSC = 0x38,
	RIS = 0x3c,
	MIS = 0x40,
	ICR = 0x44,
	DMACR = 0x48
};

enum { /* UARTFR */
	FR_CTS = 1 << 0,
	FR_DSR = 1 << 1,
	FR_DCD = 1 << 2,
	FR_RXFE = 1 << 4,
	FR_RXFF = 1 << 6,
	FR_TXFE = 1 << 7,
	FR_RI = 1 << 8
};

enum { LCR_BRK = 1 << 0, LCR_FEN = 1 << 4 };

enum { CR_LBE = 1 << 7, CR_RXE = 1 << 9, CR_MODEM_SHIFT = 10, CR_MASK = 0xff87 };

enum { /* UARTRIS, UARTIMSC, UARTICR */
	INT_RI = 1 << 0,
	INT_CTS = 1 << 1,
	INT_DCD = 1 << 2,
	INT_DSR = 1 << 3,
	INT_RX = 1 << 4,
	INT_TX = 1 << 5,
	INT_RT = 1 << 6,
	INT_FE = 1 << 7,
	INT_BE = 1 << 9,
	INT_OE = 1 << 10,
	INT_MASK = 0x7ff
};

enum { /* error bits of a FIFO entry; the same shifted down by 8 in UARTRSR */
	RX_FE = 1 << 8,
	RX_BE = 1 << 10,
	RX_OE = 1 << 11,
	RX_ERRORS = 0xf00
};

static void update(struct pl011 *u)
{
	wire_set(&u->irq, (u->s.ris & u->s.imsc) != 0);
}

static uint32_t depth(const struct pl011_state *s)
{
	return s->lcr_h & LCR_FEN ? PL011_FIFO : 1;
}

/* Entries at which the receive interrupt is raised (3.3.9, RXIFLSEL). */
static uint32_t receive_trigger(const struct pl011_state *s)
{
	static const uint8_t levels[8] = {4, 8, 16, 24, 28, 28, 28, 28};
	return s->lcr_h & LCR_FEN ? levels[s->ifls >> 3 & 7] : 1;
}

/* One character arrives; `entry` carries its errors. */
static void receive(struct pl011_state *s, uint16_t entry)
{
	if (s->level >= depth(s)) {
		/* 3.3.2: the newest character is lost, what the FIFO holds stays. */
		s->rsr |= RX_OE >> 8;
		s->ris |= INT_OE;
		return;
	}
	s->fifo[(s->head + s->level++) % PL011_FIFO] = entry;
	if (s->level >= receive_trigger(s))
		s->ris |= INT_RX;
	if (entry & RX_FE)
		s->ris |= INT_FE;
	if (entry & RX_BE)
		s->ris |= INT_BE;
}

/* Move queued input into the FIFO while there is room. */
static void pull(struct pl011 *u)
{
	struct pl011_state *s = &u->s;
	uint8_t bytes[PL011_FIFO];

	while (u->port && s->cr & CR_RXE && !(s->cr & CR_LBE) && s->level < depth(s)) {
		size_t n = serial_take(u->port, bytes, depth(s) - s->level);
		if (n == 0) {
			/* The line has gone quiet behind what is still unread, whenever that came.
			 */
			if (s->level && s->lcr_h & LCR_FEN)
				s->ris |= INT_RT;
			break;
		}
		for (size_t i = 0; i < n; i++)
			receive(s, bytes[i]);
	}
	update(u);
}

static void ready(void *owner)
{
	pull(owner);
}

static uint32_t read_data(struct pl011 *u)
{
	struct pl011_state *s = &u->s;
	if (s->level == 0)
		return s->fifo[s->head] & 0xff;
	uint32_t entry = s->fifo[s->head];
	s->head = (s->head + 1) % PL011_FIFO;
	s->level--;
	s->rsr = (s->rsr & RX_OE >> 8) | entry >> 8;
	if (s->level < receive_trigger(s))
		s->ris &= ~(uint32_t)INT_RX;
	if (s->level == 0)
		s->ris &= ~(uint32_t)INT_RT;
	pull(u);
	return entry;
}

static void write_data(struct pl011 *u, uint8_t byte)
{
	struct pl011_state *s = &u->s;
	if (s->cr & CR_LBE) {
		receive(s, byte);
		if (s->lcr_h & LCR_FEN && s->level)
			s->ris |= INT_RT;
	} else if (u->port) {
		serial_output(u->port, &byte, 1);
	}
	s->ris |= INT_TX; /* the FIFO has drained through its trigger level */
	update(u);
}

/* Modem inputs as in UARTFR.  Outside loopback nothing is connected; inside, 3.3.8 joins
 * DTR to DSR, RTS to CTS, Out1 to DCD and Out2 to RI. */
static uint32_t modem_lines(uint32_t cr)
{
	static const uint16_t input_of[4] = {FR_DSR, FR_CTS, FR_DCD, FR_RI};
	uint32_t lines = 0;
	for (unsigned i = 0; i < 4 && cr & CR_LBE; i++)
		if (cr >> (CR_MODEM_SHIFT + i) & 1)
			lines |= input_of[i];
	return lines;
}

static void write_control(struct pl011 *u, uint32_t value)
{
	struct pl011_state *s = &u->s;
	uint32_t changed = modem_lines(s->cr) ^ modem_lines(value);
	s->cr = value & CR_MASK;
	s->ris |= (changed & FR_RI ? INT_RI : 0) | (changed & FR_CTS ? INT_CTS : 0) |
		  (changed & FR_DCD ? INT_DCD : 0) | (changed & FR_DSR ? INT_DSR : 0);
	pull(u);
}

static void write_line_control(struct pl011 *u, uint32_t value)
{
	struct pl011_state *s = &u->s;
	uint32_t changed = s->lcr_h ^ value;
	s->lcr_h = value & 0xff;
	if (changed & LCR_FEN) {
		/* Switching between FIFO and holding register empties both. */
		s->head = s->level = 0;
		s->ris &= ~(uint32_t)(INT_RX | INT_RT);
	}
	if (changed & value & LCR_BRK && s->cr & CR_LBE)
		receive(s, RX_BE | RX_FE);
	pull(u);
}

static uint32_t flags(const struct pl011_state *s)
{
	return FR_TXFE | (s->level == 0 ? FR_RXFE : 0) | (s->level >= depth(s) ? FR_RXFF : 0) |
	       modem_lines(s->cr);
}

static uint64_t pl011_peek(void *owner, uint64_t offset, unsigned size)
{
	const struct pl011_state *s = &((struct pl011 *)owner)->s;
	if (primecell_is_id(offset))
		return primecell_id(PL011_PERIPH_ID, offset);
	switch (offset) {
	case DR: return s->level ? s->fifo[s->head] : 0;
	case RSR: return s->rsr;
	case FR: return flags(s);
	case ILPR: return s->ilpr;
	case IBRD: return s->ibrd;
	case FBRD: return s->fbrd;
	case LCR_H: return s->lcr_h;
	case CR: return s->cr;
	case IFLS: return s->ifls;
	case IMSC: return s->imsc;
	case RIS: return s->ris;
	case MIS: return s->ris & s->imsc;
	case DMACR: return s->dmacr;
	default: return 0;
	}
}

static uint64_t pl011_read(void *owner, uint64_t offset, unsigned size)
{
	return offset == DR ? read_data(owner) : pl011_peek(owner, offset, size);
}

static void pl011_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	struct pl011 *u = owner;
	struct pl011_state *s = &u->s;
	switch (offset) {
	case DR: write_data(u, (uint8_t)value); break;
	case RSR: s->rsr = 0; break; /* UARTECR: any value clears */
	case ILPR: s->ilpr = value & 0xff; break;
	case IBRD: s->ibrd = value & 0xffff; break;
	case FBRD: s->fbrd = value & 0x3f; break;
	case LCR_H: write_line_control(u, (uint32_t)value); break;
	case CR: write_control(u, (uint32_t)value); break;
	case IFLS: s->ifls = value & 0x3f; break;
	case IMSC: s->imsc = value & INT_MASK; break;
	case ICR: s->ris &= ~(uint32_t)value; break;
	case DMACR: s->dmacr = value & 7; break;
	default: break;
	}
	update(u);
}

const struct bus_ops pl011_ops = {pl011_read, pl011_write, pl011_peek, 4, 4};

static const struct field fields[] = {
    FIELD(struct pl011_state, rsr, 0),
    FIELD(struct pl011_state, ilpr, 0),
    FIELD(struct pl011_state, ibrd, 0),
    FIELD(struct pl011_state, fbrd, 0),
    FIELD(struct pl011_state, lcr_h, 0),
    FIELD(struct pl011_state, cr, 0x300),
    FIELD(struct pl011_state, ifls, 0x12),
    FIELD(struct pl011_state, imsc, 0),
    FIELD(struct pl011_state, ris, 0),
    FIELD(struct pl011_state, dmacr, 0),
    FIELD(struct pl011_state, head, 0),
    FIELD(struct pl011_state, level, 0),
    FIELD_ARRAY(struct pl011_state, fifo, 0),
};

static void pl011_reset(struct device *d)
{
	update((struct pl011 *)d);
}

static bool pl011_loaded(struct device *d, char *why, size_t size)
{
	struct pl011 *u = (struct pl011 *)d;
	if (u->s.head >= PL011_FIFO || u->s.level > depth(&u->s)) {
		snprintf(why, size, "%s: receive FIFO out of range (head %u, level %u)", d->tag,
		    (unsigned)u->s.head, (unsigned)u->s.level);
		return false;
	}
	update(u);
	return true;
}

const struct device_type pl011_type = {
    .name = "pl011",
    .description = "UART, Arm PrimeCell PL011 r1p5 (DDI 0183G)",
    .table = STATE_TABLE(struct pl011_state, fields),
    .reset = pl011_reset,
    .loaded = pl011_loaded,
};

void pl011_init(struct pl011 *u, const char *tag)
{
	device_init(&u->dev, &pl011_type, tag, &u->s);
}

void pl011_connect(struct pl011 *u, struct serial_port *port)
{
	u->port = port;
	port->ready = ready;
	port->ready_owner = u;
}
