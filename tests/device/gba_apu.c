/* The Game Boy Advance's sound: registers, the four generators, FIFOs, the mixer. */
#include "tests/device/bench.h"

#include "devices/gba_apu.h"

#define BASE 0x4000060

static struct bus *bus;
static struct scheduler sched;
static struct gba_apu apu;
static struct probe fifo[2];
static struct audio audio;
static uint64_t position;

static void set(unsigned reg, unsigned value)
{
	bench_write(bus, BASE - 0x60 + reg, 2, value);
}

static unsigned get(unsigned reg)
{
	return (unsigned)bench_read(bus, BASE - 0x60 + reg, 2);
}

static void setup(void)
{
	bus = bus_new(32);
	scheduler_init(&sched);
	gba_apu_init(&apu, "apu", &sched);
	apu.fifo[0] = probe_wire(&fifo[0]);
	apu.fifo[1] = probe_wire(&fifo[1]);
	apu.audio = &audio;
	cr_assert(bus_map_mmio(bus, "apu", BASE, GBA_APU_REGISTERS, &gba_apu_ops, &apu));
	device_reset(&apu.dev);
	set(0x84, 0x80);
	set(0x80, 0xff77);
	set(0x82, 0x0002);
}

static void teardown(void)
{
	bus_free(bus);
}

TestSuite(gba_apu, .init = setup, .fini = teardown);

static void pass(uint64_t samples)
{
	scheduler_advance(&sched, sched.now + samples * GBA_SAMPLE_CYCLES);
	get(0x84);
}

/* The next sample's left side. */
static int left(void)
{
	int16_t out[1][2];

	pass(1);
	position = audio.written - 1;
	cr_assert_eq(audio_read(&audio, &position, out, 1), 1);
	return out[0][0];
}

static int right(void)
{
	left();
	return audio.ring[(audio.written - 1) % AUDIO_RING][1];
}

Test(gba_apu, registers_show_their_readable_bits)
{
	static const unsigned masks[][2] = {{0x60, 0x7f}, {0x62, 0xffc0}, {0x64, 0x4000}, {0x66, 0},
	    {0x68, 0xffc0}, {0x6a, 0}, {0x6c, 0x4000}, {0x70, 0xe0}, {0x72, 0xe000}, {0x74, 0x4000},
	    {0x76, 0}, {0x78, 0xff00}, {0x7c, 0x40ff}, {0x80, 0xff77}, {0x82, 0x770f},
	    {0x88, 0xc3fe}, {0x8a, 0}};
	for (unsigned i = 0; i < sizeof masks / sizeof masks[0]; i++) {
		set(masks[i][0], 0xffff);
		cr_expect_eq(get(masks[i][0]), masks[i][1], "%#x", masks[i][0]);
	}
	cr_expect(gba_apu_ops.read(&apu, 0x40, 2) & GBA_OPEN_BUS);
	cr_expect(gba_apu_ops.read(&apu, 0x2c, 2) & GBA_OPEN_BUS);
}

Test(gba_apu, without_power_there_is_no_register)
{
	set(0x62, 0xf080);
	set(0x64, 0x8400);
	cr_expect_eq(get(0x84), 0x81);
	set(0x84, 0);
	cr_expect_eq(get(0x84), 0);
	cr_expect_eq(get(0x62), 0);
	set(0x62, 0xf080);
	cr_expect_eq(get(0x62), 0);
	set(0x82, 0x0102);
	cr_expect_eq(get(0x82), 0x102, "this one is not the generators'");
	cr_expect_eq(left(), 0);
}

Test(gba_apu, a_square_wave_has_its_frequency_and_duty)
{
	unsigned high = 0, edges = 0;
	int last = 0;
	set(0x62, 0xf080);
	set(0x64, 0x8000 | (2048 - 128));
	/* 131072 / 128 = 1024 Hz: 32 samples a wave. */
	for (unsigned i = 0; i < 320; i++) {
		int now = left();
		cr_assert(now == 15 * 8 * 64 || now == -15 * 8 * 64, "%d", now);
		high += now > 0;
		edges += now > 0 && last < 0;
		last = now;
	}
	cr_expect_eq(high, 160);
	cr_expect(edges == 10 || edges == 9);
	set(0x62, 0xf000);
	for (unsigned i = high = 0; i < 320; i++)
		high += left() > 0;
	cr_expect_eq(high, 40, "an eighth");
	set(0x62, 0xf0c0);
	for (unsigned i = high = 0; i < 320; i++)
		high += left() > 0;
	cr_expect_eq(high, 240);
}

Test(gba_apu, volumes_and_sides)
{
	set(0x68, 0x8080);
	set(0x6c, 0x8000);
	cr_expect_eq(abs(left()), 8 * 8 * 64);
	set(0x80, 0x2230);
	cr_expect_eq(abs(left()), 4 * 8 * 64);
	set(0x80, 0x2203);
	cr_expect_eq(abs(left()), 8 * 64);
	cr_expect_eq(abs(right()), 4 * 8 * 64);
	set(0x80, 0x2077);
	cr_expect_eq(right(), 0);
	set(0x82, 1);
	cr_expect_eq(abs(left()), 4 * 8 * 64);
	set(0x82, 0);
	cr_expect_eq(abs(left()), 2 * 8 * 64);
}

Test(gba_apu, length_ends_a_tone)
{
	set(0x62, 0xf080 | 62);
	set(0x64, 0xc400);
	/* Two clocks of 256 Hz. */
	pass(127);
	cr_expect_eq(get(0x84) & 1, 1);
	pass(129);
	cr_expect_eq(get(0x84) & 1, 0);
	set(0x64, 0x8400);
	pass(10000);
	cr_expect_eq(get(0x84) & 1, 1, "not without its enable");
}

Test(gba_apu, envelopes_fade)
{
	set(0x62, 0x2180);
	set(0x64, 0x8000);
	cr_expect_eq(abs(left()), 2 * 8 * 64);
	pass(512);
	cr_expect_eq(abs(left()), 1 * 8 * 64);
	pass(5120);
	cr_expect_eq(left(), 0);
	cr_expect_eq(get(0x84) & 1, 1, "silent, but on");
	set(0x62, 0x0980);
	set(0x64, 0x8000);
	pass(512 * 20);
	cr_expect_eq(abs(left()), 15 * 8 * 64);
	set(0x62, 0x0080);
	cr_expect_eq(get(0x84) & 1, 0, "no volume, no converter");
}

Test(gba_apu, sweeping_up_ends_at_the_top)
{
	set(0x60, 0x11);
	set(0x62, 0xf080);
	set(0x64, 0x8000 | 1024);
	cr_expect_eq(apu.s.frequency[0] & 0x7ff, 1024);
	pass(256 * 2);
	cr_expect_eq(apu.s.frequency[0] & 0x7ff, 1536);
	cr_expect_eq(get(0x84) & 1, 0, "1536 + 768 is too much");
	set(0x60, 0x19);
	set(0x64, 0x8000 | 1024);
	pass(256 * 2);
	cr_expect_eq(get(0x84) & 1, 1);
	cr_expect_lt(apu.s.frequency[0] & 0x7ff, 1024);
}

Test(gba_apu, the_wave_plays_from_a_bank_or_both)
{
	/* The CPU sees bank 1 while bank 0 is chosen. */
	for (unsigned i = 0; i < 16; i += 2)
		set(0x90 + i, 0xffff);
	set(0x70, 0x40);
	for (unsigned i = 0; i < 16; i += 2)
		set(0x90 + i, 0);
	cr_expect_eq(get(0x90), 0);
	set(0x70, 0xc0);
	set(0x72, 0x2000);
	set(0x74, 0x8000);
	cr_expect_eq(left(), 15 * 8 * 64, "bank 1");
	set(0x70, 0x80);
	cr_expect_eq(left(), -15 * 8 * 64, "bank 0");
	cr_expect_eq(get(0x90), 0xffff);
	set(0x72, 0x4000);
	cr_expect_eq(left(), -15 * 4 * 64);
	set(0x72, 0x8000);
	cr_expect_eq(left(), -15 * 6 * 64);
	set(0x72, 0x2000);
	set(0x70, 0xa0);
	set(0x74, 0x8000 | (2048 - 64));
	/* A digit a sample: 32 low, 32 high. */
	int sum = 0, high = 0;
	for (unsigned i = 0; i < 64; i++) {
		int now = left();
		sum += now;
		high += now > 0;
	}
	cr_expect_eq(sum, 0);
	cr_expect_eq(high, 32);
}

Test(gba_apu, noise_repeats_after_127_or_32767_steps)
{
	static const struct {
		unsigned control, steps;
	} kinds[2] = {{0x8000 | 8 | 3 << 4 | 1, 127}, {0x8000 | 3 << 4 | 1, 32767}};
	for (unsigned k = 0; k < 2; k++) {
		unsigned high = 0;
		set(0x78, 0xf000);
		set(0x7c, kinds[k].control);
		/* 64 << 3 cycles a step: one a sample. */
		uint16_t start = apu.s.noise;
		for (unsigned i = 0; i < kinds[k].steps; i++) {
			high += left() > 0;
			cr_assert(apu.s.noise != start || i == kinds[k].steps - 1, "%u", i);
		}
		cr_expect_eq(apu.s.noise, start);
		cr_expect_eq(high, (kinds[k].steps + 1) / 2);
	}
}

static void push(unsigned n, uint32_t word)
{
	wr(bus, BASE + 0x40 + 4 * n, word);
}

Test(gba_apu, a_fifo_plays_at_its_timer)
{
	set(0x82, 0x0b0e);
	push(0, 0x04030201);
	cr_expect_eq(left(), 0);
	gba_apu_overflow(&apu, 1);
	cr_expect_eq(left(), 0, "not this timer");
	gba_apu_overflow(&apu, 0);
	cr_expect_eq(left(), 1 * 4 * 64);
	gba_apu_overflow(&apu, 0);
	gba_apu_overflow(&apu, 0);
	gba_apu_overflow(&apu, 0);
	cr_expect_eq(right(), 4 * 4 * 64);
	gba_apu_overflow(&apu, 0);
	cr_expect_eq(left(), 4 * 4 * 64, "the last one stays");
	set(0x82, 0x0b0a);
	cr_expect_eq(left(), 0, "emptied");
	set(0x82, 0x010a);
	push(0, 0x80);
	gba_apu_overflow(&apu, 0);
	cr_expect_eq(right(), -128 * 2 * 64);
	cr_expect_eq(left(), 0);
}

Test(gba_apu, a_fifo_asks_for_four_words_at_a_time)
{
	set(0x82, 0x7300);
	for (unsigned i = 0; i < 8; i++)
		push(1, 0x01010101);
	push(1, 0x02020202);
	cr_expect_eq(apu.s.count[1], 32, "and no more");
	for (unsigned i = 0; i < 15; i++)
		gba_apu_overflow(&apu, 0);
	cr_expect_eq(fifo[1].rises, 0);
	gba_apu_overflow(&apu, 0);
	cr_expect_eq(fifo[1].rises, 0, "FIFO B is driven by timer 1");
	for (unsigned i = 0; i < 15; i++)
		gba_apu_overflow(&apu, 1);
	cr_expect_eq(fifo[1].rises, 0);
	gba_apu_overflow(&apu, 1);
	cr_expect_eq(fifo[1].rises, 1);
	cr_expect_eq(apu.s.count[1], 16);
}

Test(gba_apu, the_mixer_clips_around_the_bias)
{
	set(0x82, 0x330c);
	push(0, 0x7f);
	push(1, 0x7f);
	gba_apu_overflow(&apu, 0);
	cr_expect_eq(left(), 0x1ff * 64 - 64, "two full samples do not fit: even steps to 0x3fe");
	set(0x88, 0);
	cr_expect_eq(left(), INT16_MAX);
	set(0x88, 0x200 | 3 << 14);
	set(0x82, 0x030c);
	cr_expect_eq(left(), (127 * 4 & -16) * 64, "six bits");
}

Test(gba_apu, samples_come_at_32768_hz_without_any_access)
{
	uint64_t before = audio.written;
	scheduler_advance(&sched, sched.now + GBA_HZ);
	cr_expect_eq(audio.written - before, GBA_AUDIO_RATE);
}

Test(gba_apu, any_registers_can_be_heard)
{
	uint32_t seed = 7;
	for (unsigned n = 0; n < 20000; n++) {
		unsigned reg = (seed = seed * 1664525 + 1013904223) >> 24;
		set(0x60 + reg % GBA_APU_REGISTERS / 2 * 2,
		    (seed = seed * 1664525 + 1013904223) >> 16);
		if (n % 64 == 0)
			set(0x84, 0x80);
		gba_apu_overflow(&apu, n & 1);
		scheduler_advance(&sched, sched.now + (seed >> 20));
	}
	cr_expect_gt(audio.written, 1000);
}

Test(gba_apu, state_that_no_run_comes_to_is_refused)
{
	char why[128];
	cr_expect(device_loaded(&apu.dev, why, sizeof why));
	apu.s.head[1] = GBA_FIFO_BYTES;
	cr_expect_not(device_loaded(&apu.dev, why, sizeof why));
	apu.s.head[1] = 0;
	apu.s.phase[0] = 8;
	cr_expect_not(device_loaded(&apu.dev, why, sizeof why));
}
