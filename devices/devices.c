#include "devices/devices.h"

#include <stddef.h>

#include "devices/cfi_flash.h"
#include "devices/fw_cfg.h"
#include "devices/gba_apu.h"
#include "devices/gba_cart.h"
#include "devices/gba_dma.h"
#include "devices/gba_irq.h"
#include "devices/gba_keypad.h"
#include "devices/gba_ppu.h"
#include "devices/gba_sio.h"
#include "devices/gba_timer.h"
#include "devices/gba_waits.h"
#include "devices/gicv2.h"
#include "devices/gicv3.h"
#include "devices/pl011.h"
#include "devices/pl031.h"
#include "devices/pl061.h"
#include "devices/virtio_blk.h"
#include "devices/virtio_console.h"
#include "devices/virtio_input.h"
#include "devices/virtio_mmio.h"
#include "devices/virtio_rng.h"

const struct device_type *const device_types[] = {
    &cfi_flash_type,
    &fw_cfg_type,
    &gba_apu_type,
    &gba_cart_type,
    &gba_dma_type,
    &gba_irq_type,
    &gba_keypad_type,
    &gba_ppu_type,
    &gba_sio_type,
    &gba_timer_type,
    &gba_waits_type,
    &gicv2_type,
    &gicv3_type,
    &pl011_type,
    &pl031_type,
    &pl061_type,
    &virtio_blk_type,
    &virtio_console_type,
    &virtio_input_type,
    &virtio_mmio_type,
    &virtio_rng_type,
    NULL,
};
