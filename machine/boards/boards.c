/* The table of boards. */
#include "machine/boards/boards.h"

#include <string.h>

#include "devices/gba_irq.h"
#include "machine/boards/virt_parts.h"

#define PPI(number) (16 + (number))
#define SPI(number) (32 + (number))

static const struct board_interrupt virt_interrupts[] = {
    {PPI(VIRT_PPI_PMU), "performance monitors of each CPU"},
    {PPI(VIRT_PPI_TIMER_V), "virtual timer of each CPU"},
    {PPI(VIRT_PPI_TIMER_P), "physical timer of each CPU"},
    {SPI(VIRT_SPI_UART), "uart0"},
    {SPI(VIRT_SPI_RTC), "rtc"},
    {SPI(VIRT_SPI_GPIO), "gpio"},
    {SPI(VIRT_SPI_VIRTIO), "virtio0; virtioN has this + N"},
    {0, NULL},
};

static const struct board_interrupt gba_interrupts[] = {
    {GBA_IRQ_VBLANK, "ppu, V-blank"},
    {GBA_IRQ_HBLANK, "ppu, H-blank"},
    {GBA_IRQ_VCOUNT, "ppu, line of DISPSTAT"},
    {GBA_IRQ_TIMER0, "timer 0; timer N has this + N"},
    {GBA_IRQ_SIO, "sio"},
    {GBA_IRQ_DMA0, "dma 0; channel N has this + N"},
    {GBA_IRQ_KEYPAD, "keypad"},
    {0, NULL},
};

const struct board boards[] = {
    {"gba", "Game Boy Advance", "arm7tdmi", gba_interrupts, "gba agb", gba_new},
    {"virt", "arm64 machine with the memory map of QEMU's virt board", "arm64", virt_interrupts,
	NULL, virt_arm64_new},
    {NULL},
};

const struct board *board_find(const char *name)
{
	for (const struct board *b = boards; b->name; b++) {
		if (!strcmp(b->name, name))
			return b;
	}
	return NULL;
}
