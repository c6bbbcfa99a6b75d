@ Boot ROM of the Game Boy Advance: vectors, the way in and out of its services, and those that have
@ to be written in assembly.  Written from GBATEK, "BIOS Functions".
@
@ The services run in System mode on the caller's stack, with the caller's interrupt mask.  The table
@ below leads to C functions (bios*.c) that take r0-r3 and return r0.

	.syntax unified
	.arm
	.section .vectors, "ax"

	.equ	IO, 0x04000000
	.equ	STACK_SVC, 0x03007fe0
	.equ	STACK_IRQ, 0x03007fa0
	.equ	STACK_USR, 0x03007f00
	.equ	MODE_IRQ, 0xd2		@ with I and F set, as below
	.equ	MODE_SVC, 0xd3
	.equ	MODE_SYS, 0x1f
	.equ	MASK_IRQ, 0x80

	b	boot
	b	halt_for_ever		@ undefined instruction
	b	service
	b	halt_for_ever		@ prefetch abort
	b	halt_for_ever		@ data abort
	b	halt_for_ever
	b	interrupt
	b	halt_for_ever		@ FIQ

halt_for_ever:
	b	halt_for_ever

@ Programs see the opcode that was fetched last from here, two behind the one that left, and some of
@ them depend on what that is (GBATEK, "GBA Unpredictable Things").  So in four places the opcode
@ there is that of the original: after the start, in an interrupt handler, after it, and after a
@ service.

@ The program's handler is called with its address at 0x03fffffc (a mirror of the end of IWRAM).
interrupt:
	stmfd	sp!, {r0-r3, r12, lr}
	mov	r0, #IO
	add	lr, pc, #0		@ the instruction after the next
	ldr	pc, [r0, #-4]
	ldmfd	sp!, {r0-r3, r12, lr}
	subs	pc, lr, #4

@ The number is in the byte that the link register points behind, in ARM and in Thumb state.
service:
	stmfd	sp!, {r11, r12, lr}
	ldrb	r12, [lr, #-2]
	adr	r11, services
	ldr	r12, [r11, r12, lsl #2]
	mrs	r11, spsr
	stmfd	sp!, {r11}
	and	r11, r11, #MASK_IRQ
	orr	r11, r11, #MODE_SYS
	msr	cpsr_c, r11
	stmfd	sp!, {r2, lr}
	adr	lr, service_done
	bx	r12
service_done:
	ldmfd	sp!, {r2, lr}
	mov	r12, #MODE_SVC
	msr	cpsr_c, r12
	ldmfd	sp!, {r11}
	msr	spsr_cf, r11
	ldmfd	sp!, {r11, r12, lr}
	movs	pc, lr
	.word	0
	mov	r2, #4			@ what reads of the boot ROM show from now on
@ By number.
services:
	.word	bios_soft_reset, bios_register_ram_reset, bios_halt, bios_stop
	.word	bios_intr_wait, bios_vblank_intr_wait, bios_div, bios_div_arm
	.word	bios_sqrt, bios_arctan, bios_arctan2, bios_cpu_set
	.word	bios_cpu_fast_set, bios_checksum, bios_bg_affine_set, bios_obj_affine_set
	.word	bios_bit_unpack, bios_lz77_wram, bios_lz77_vram, bios_huff
	.word	bios_rl_wram, bios_rl_vram, bios_diff8_wram, bios_diff8_vram
	.word	bios_diff16, bios_sound_bias, bios_nothing, bios_nothing
	.word	bios_nothing, bios_nothing, bios_nothing, bios_midi_key_to_freq
	.word	bios_nothing, bios_nothing, bios_nothing, bios_nothing
	.word	bios_nothing, bios_multi_boot, bios_hard_reset, bios_custom_halt
	.rept	256 - 40
	.word	bios_nothing
	.endr

	.text

@ After power-on: memory as RegisterRamReset leaves it, then the cartridge.
boot:
	mov	r0, #IO
	mov	r1, #1
	strb	r1, [r0, #0x300]	@ POSTFLG
	mov	r1, #MODE_SVC
	msr	cpsr_c, r1
	ldr	sp, =STACK_SVC
	mov	r1, #MODE_SYS
	msr	cpsr_c, r1
	ldr	sp, =STACK_USR
	mov	r0, #0xff
	bl	bios_register_ram_reset
	mov	r0, #IO
	mov	r1, #0
	strh	r1, [r0, #4]		@ DISPSTAT

@ SoftReset: the flag at 0x03007ffa says whether to go on in EWRAM.
	.global	bios_soft_reset
bios_soft_reset:
	mov	r0, #IO
	str	r0, [r0, #0x208]	@ IME, bit 0 of a number that has none
	ldr	r1, =0x03007ffa
	ldrb	r12, [r1]
	ldr	r1, =0x03007e00
	add	r2, r1, #0x200
	mov	r3, #0
1:	str	r3, [r1], #4
	cmp	r1, r2
	blo	1b
	mov	r1, #MODE_IRQ
	msr	cpsr_c, r1
	ldr	sp, =STACK_IRQ
	mov	lr, #0
	msr	spsr_cxsf, lr
	mov	r1, #MODE_SVC
	msr	cpsr_c, r1
	ldr	sp, =STACK_SVC
	mov	lr, #0
	msr	spsr_cxsf, lr
	mov	r1, #MODE_SYS
	msr	cpsr_c, r1
	ldr	sp, =STACK_USR
	cmp	r12, #0
	moveq	lr, #0x08000000
	movne	lr, #0x02000000
	mov	r0, #0
	mov	r1, #0
	mov	r2, #0
	mov	r4, #0
	mov	r5, #0
	mov	r6, #0
	mov	r7, #0
	mov	r8, #0
	mov	r9, #0
	mov	r10, #0
	mov	r11, #0
	mov	r12, #0
	bx	lr
	.word	0
	msr	cpsr_cf, r0		@ what reads of the boot ROM show from now on

@ r0 / r1: quotient in r0, remainder in r1, quotient's magnitude in r3.  Nothing can be divided by
@ 0; the answer is then 1 or -1 and the dividend.
	.global	bios_div, bios_div_arm
bios_div_arm:
	mov	r3, r0
	mov	r0, r1
	mov	r1, r3
bios_div:
	stmfd	sp!, {r4, r5}
	mov	r4, r0			@ sign of the remainder
	eor	r5, r0, r1		@ sign of the quotient
	cmp	r1, #0
	beq	4f
	rsbmi	r1, r1, #0
	cmp	r0, #0
	rsbmi	r0, r0, #0
	mov	r2, #1
1:	cmp	r1, r0, lsr #1		@ the largest multiple that fits
	movls	r1, r1, lsl #1
	movls	r2, r2, lsl #1
	bls	1b
	mov	r3, #0
2:	cmp	r0, r1
	subhs	r0, r0, r1
	orrhs	r3, r3, r2
	mov	r1, r1, lsr #1
	movs	r2, r2, lsr #1
	bne	2b
	cmp	r4, #0
	rsbmi	r1, r0, #0
	movpl	r1, r0
	cmp	r5, #0
	mov	r0, r3
	rsbmi	r0, r0, #0
3:	ldmfd	sp!, {r4, r5}
	bx	lr
4:	mov	r1, r4
	mov	r3, #1
	movs	r0, r4
	movmi	r0, #-1
	movpl	r0, #1
	b	3b

@ The angle whose tangent is r0, 1.14 fixed point; a turn is 0x10000.  Programs know the results to the
@ last bit, beyond +-1 too, and what is left in r1 and r3: minus the square, and the sum of the
@ series.  Its coefficients follow from the results, which the mGBA test suite lists.
	.global	bios_arctan
bios_arctan:
	mul	r1, r0, r0
	mov	r1, r1, asr #14
	rsb	r1, r1, #0
	mov	r3, #0xa9
	mul	r3, r1, r3
	mov	r3, r3, asr #14
	add	r3, r3, #0x390
	mul	r3, r1, r3
	mov	r3, r3, asr #14
	add	r3, r3, #0x900
	add	r3, r3, #0x1c
	mul	r3, r1, r3
	mov	r3, r3, asr #14
	add	r3, r3, #0xf00
	add	r3, r3, #0xb6
	mul	r3, r1, r3
	mov	r3, r3, asr #14
	add	r3, r3, #0x1600
	add	r3, r3, #0xaa
	mul	r3, r1, r3
	mov	r3, r3, asr #14
	add	r3, r3, #0x2000
	add	r3, r3, #0x81
	mul	r3, r1, r3
	mov	r3, r3, asr #14
	add	r3, r3, #0x3600
	add	r3, r3, #0x51
	mul	r3, r1, r3
	mov	r3, r3, asr #14
	add	r3, r3, #0xa200
	add	r3, r3, #0xf9
	mul	r0, r3, r0
	mov	r0, r0, asr #16
	bx	lr

@ The angle of the point r0, r1: by the larger of the two, so that the tangent is at most 1.
	.global	bios_arctan2
bios_arctan2:
	stmfd	sp!, {r4-r6, lr}
	mov	r6, #0			@ the angle that it is counted from
	cmp	r1, #0
	beq	4f
	cmp	r0, #0
	beq	5f
	movs	r4, r0
	rsbmi	r4, r4, #0		@ |x|
	movs	r5, r1
	rsbmi	r5, r5, #0		@ |y|
	cmp	r4, r5
	blt	2f
	cmp	r0, #0			@ y / x, from 0 or half a turn
	movmi	r6, #0x8000
	mov	r4, r0
	mov	r0, r1, lsl #14
	mov	r1, r4
	bl	bios_div
	bl	bios_arctan
	add	r0, r6, r0
	b	3f
2:	cmp	r1, #0			@ x / y, back from a quarter or three
	movpl	r6, #0x4000
	movmi	r6, #0xc000
	mov	r0, r0, lsl #14
	bl	bios_div
	bl	bios_arctan
	sub	r0, r6, r0
3:	mov	r0, r0, lsl #16
	mov	r0, r0, lsr #16
	b	6f
4:	cmp	r0, #0
	movpl	r0, #0
	movmi	r0, #0x8000
	b	6f
5:	cmp	r1, #0
	movpl	r0, #0x4000
	movmi	r0, #0xc000
6:	mov	r3, #0x170
	ldmfd	sp!, {r4-r6, lr}
	bx	lr

	.global	bios_halt, bios_stop, bios_custom_halt
bios_halt:
	mov	r2, #0
	b	bios_custom_halt
bios_stop:
	mov	r2, #0x80
bios_custom_halt:
	mov	r12, #IO
	strb	r2, [r12, #0x301]
	bx	lr

@ Wait until an interrupt handler of the program has noted one of those in r1 at 0x03fffff8 (a mirror);
@ with r0, those noted before do not count.
	.global	bios_intr_wait, bios_vblank_intr_wait
bios_vblank_intr_wait:
	mov	r0, #1
	mov	r1, #1
bios_intr_wait:
	stmfd	sp!, {r4, lr}
	mov	r3, #0
	mov	r4, #1
	mov	r12, #IO
	cmp	r0, #0
	bne	1f
	bl	take_noted
	bne	3f
	b	2f
1:	bl	take_noted
2:	strb	r3, [r12, #0x301]
	bl	take_noted
	beq	2b
3:	ldmfd	sp!, {r4, lr}
	bx	lr

@ Those of r1 that are noted in r0, which are not any more, and Z.
take_noted:
	mov	r12, #IO
	strb	r3, [r12, #0x208]
	ldrh	r2, [r12, #-8]
	ands	r0, r1, r2
	eorne	r2, r2, r0
	strhne	r2, [r12, #-8]
	strb	r4, [r12, #0x208]
	bx	lr

@ Block transfers do not rotate what lies at odd addresses.  A word at a time: source r0, target r1,
@ words r2, step of the source r3 (0: the first word again and again).
	.global	bios_copy_words
bios_copy_words:
	cmp	r3, #0
	beq	2f
1:	subs	r2, r2, #1
	ldmiahs	r0!, {r3}
	stmiahs	r1!, {r3}
	bhi	1b
	bx	lr
2:	ldmia	r0, {r3}
3:	subs	r2, r2, #1
	stmiahs	r1!, {r3}
	bhi	3b
	bx	lr

@ Eight words at a time: source r0, target r1, words r2 (a multiple of 8), step of the source r3
@ (0: the first word again and again).
	.global	bios_copy_blocks
bios_copy_blocks:
	stmfd	sp!, {r4-r10, lr}
	cmp	r3, #0
	beq	2f
1:	subs	r2, r2, #8
	ldmiahs	r0!, {r3-r10}
	stmiahs	r1!, {r3-r10}
	bhi	1b
	b	4f
2:	ldmia	r0, {r3}
	mov	r4, r3
	mov	r5, r3
	mov	r6, r3
	mov	r7, r3
	mov	r8, r3
	mov	r9, r3
	mov	r10, r3
3:	subs	r2, r2, #8
	stmiahs	r1!, {r3-r10}
	bhi	3b
4:	ldmfd	sp!, {r4-r10, lr}
	bx	lr
	.ltorg

	.text
	.global	bios_nothing, bios_hard_reset
bios_nothing:
	bx	lr
bios_hard_reset:
	b	boot
