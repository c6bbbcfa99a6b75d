@ The demo's header, start and interrupt handler; what stays in the ROM.

	.syntax unified
	.arm
	.section .start, "ax"

	.equ	IO, 0x04000000
	.equ	IRQ_HANDLER, 0x03007ffc

	.global	_start
_start:
	b	start
	.space	0x9c			@ where a logo would be
	.ascii	"STARLING\0"
	.space	3
	.ascii	"MYNA00"		@ code and maker
	.byte	0x96, 0, 0		@ as in every cartridge; unit, device
	.space	7
	.byte	0, 0x58			@ version; complement of the sum from the title on
	.space	2
	.ascii	"SRAM_V113\0\0\0"	@ what the cartridge keeps its scores in

start:
	ldr	r0, =fast_start
	ldr	r1, =fast_end
	ldr	r2, =fast_from
1:	cmp	r0, r1
	ldrlo	r3, [r2], #4
	strlo	r3, [r0], #4
	blo	1b
	ldr	r0, =bss_start
	ldr	r1, =bss_end
	mov	r2, #0
1:	cmp	r0, r1
	strlo	r2, [r0], #4
	blo	1b
	ldr	r0, =IRQ_HANDLER
	adr	r1, handler
	str	r1, [r0]
	ldr	r0, =demo_main
	mov	lr, pc
	bx	r0
2:	b	2b

@ Tell the boot ROM and the controller that the interrupt has been seen.
handler:
	mov	r0, #IO
	add	r0, r0, #0x200
	ldrh	r1, [r0, #2]
	strh	r1, [r0, #2]
	ldr	r2, =0x03007ff8
	ldrh	r3, [r2]
	orr	r3, r3, r1
	strh	r3, [r2]
	bx	lr
	.ltorg
