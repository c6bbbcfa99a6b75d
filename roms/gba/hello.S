@ A cartridge that uses a little of everything: it draws a line of the picture in every frame, hums,
@ watches the buttons, keeps the number of frames in its SRAM and counts on from there.

	.syntax unified
	.arm
	.text

	.equ	IO, 0x04000000
	.equ	VRAM, 0x06000000
	.equ	SRAM, 0x0e000000
	.equ	IRQ_HANDLER, 0x03007ffc
	.equ	SEEN, 0x03007ff8

	.global	_start
_start:
	b	start
	.space	0x9c			@ where a logo would be
	.ascii	"HELLO\0"
	.space	6
	.ascii	"MYNA00"		@ code and maker
	.byte	0x96, 0, 0		@ as in every cartridge; unit, device
	.space	7
	.byte	0, 0x48			@ version; complement of the sum from the title on
	.space	2
	.ascii	"SRAM_V113\0\0\0"

@ Tell the boot ROM and the controller that the interrupt has been seen.
handler:
	mov	r0, #IO
	add	r0, r0, #0x200
	ldrh	r1, [r0, #2]
	strh	r1, [r0, #2]
	ldr	r2, =SEEN
	ldrh	r3, [r2]
	orr	r3, r3, r1
	strh	r3, [r2]
	bx	lr

start:
	ldr	r0, =IRQ_HANDLER
	adr	r1, handler
	str	r1, [r0]
	mov	r11, #IO
	ldr	r0, =0x4317		@ WAITCNT: prefetch and 3/1 wait states
	add	r1, r11, #0x200
	strh	r0, [r1, #4]
	mov	r0, #0x80
	strh	r0, [r11, #0x84]	@ sound on, both sides, square 1
	ldr	r0, =0x1177
	strh	r0, [r11, #0x80]
	mov	r0, #2
	strh	r0, [r11, #0x82]
	ldr	r0, =0xf080
	strh	r0, [r11, #0x62]
	ldr	r0, =0x8700
	strh	r0, [r11, #0x64]
	ldr	r0, =0x403		@ mode 3
	strh	r0, [r11]
	mov	r0, #8			@ interrupts at V-blank
	strh	r0, [r11, #4]
	mov	r0, #1
	str	r0, [r1]
	str	r0, [r1, #8]

	mov	r10, #SRAM		@ how far we have got: four bytes and their complement
	ldrb	r9, [r10]
	ldrb	r0, [r10, #1]
	orr	r9, r9, r0, lsl #8
	ldrb	r0, [r10, #2]
	eor	r1, r9, r0
	and	r1, r1, #0xff
	cmp	r1, #0xff
	movne	r9, #0

frame:
	swi	0x50000			@ VBlankIntrWait
	add	r9, r9, #1
	strb	r9, [r10]
	mov	r0, r9, lsr #8
	strb	r0, [r10, #1]
	mvn	r0, r9
	strb	r0, [r10, #2]
	mov	r0, r9			@ line: frames modulo 160
	mov	r1, #160
	swi	0x60000
	mov	r0, #480
	mul	r2, r1, r0
	add	r2, r2, #VRAM
	add	r0, r11, #0x100
	ldrh	r0, [r0, #0x30]		@ buttons change the colour
	eor	r3, r9, r0, lsl #5
	orr	r3, r3, r3, lsl #16
	str	r3, [sp, #-4]!
	str	sp, [r11, #0xd4]	@ DMA 3 draws it
	str	r2, [r11, #0xd8]
	ldr	r0, =0x85000078
	str	r0, [r11, #0xdc]
	add	sp, sp, #4
	b	frame
	.ltorg
