/* The table of boards. */
#include "machine/boards/boards.h"

#include <string.h>

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

const struct board boards[] = {
    {"virt", "arm64 machine with the memory map of QEMU's virt board", "arm64", virt_interrupts,
	virt_arm64_new},
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
