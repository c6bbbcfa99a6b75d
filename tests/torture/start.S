/* Start of a torture program on each CPU, its exception vectors, calls of EL0, and execute(). */
#include "guest.h"

	.equ	STACK_SIZE, 16384
	.equ	FRAME_SIZE, 288		/* struct frame */
	.equ	FRAME_ELR, 248

	.section .start, "ax"
	.globl	_start
_start:
	b	start			/* the header of an arm64 kernel Image */
	.word	0
	.quad	0			/* at the start of RAM */
	.quad	image_end - _start
	.quad	0xa
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.word	0

start:
	ldr	x0, =stacks + STACK_SIZE
	mov	sp, x0
	bl	tables_build
	bl	mmu_on
	bl	guest_start

/* Where PSCI CPU_ON begins, with the CPU's number in x0. */
	.globl	secondary
secondary:
	ldr	x1, =stacks + STACK_SIZE
	mov	x2, #STACK_SIZE
	madd	x1, x0, x2, x1
	mov	sp, x1
	mov	x19, x0
	bl	mmu_on
	mov	x0, x19
	bl	secondary_main
1:	wfi
	b	1b

/* The same registers on every CPU; guest.h says what they mean. */
mmu_on:
	adr	x0, vectors
	msr	vbar_el1, x0
	mov	x0, #(3 << 20)		/* CPACR_EL1.FPEN: no traps of FP and SIMD */
	msr	cpacr_el1, x0
	mov	x0, #0xff		/* 0: normal write-back memory; 1: Device-nGnRnE */
	msr	mair_el1, x0
	ldr	x0, =TCR
	msr	tcr_el1, x0
	ldr	x0, =kernel_root
	msr	ttbr0_el1, x0
	msr	ttbr1_el1, xzr
	isb
	ldr	x0, =SCTLR
	msr	sctlr_el1, x0
	isb
	ret
	.ltorg

/* x2 to x29, each at its place in an array of registers. */
	.macro	GENERAL op, base
	\op	x2, x3, [\base, #16]
	\op	x4, x5, [\base, #32]
	\op	x6, x7, [\base, #48]
	\op	x8, x9, [\base, #64]
	\op	x10, x11, [\base, #80]
	\op	x12, x13, [\base, #96]
	\op	x14, x15, [\base, #112]
	\op	x16, x17, [\base, #128]
	\op	x18, x19, [\base, #144]
	\op	x20, x21, [\base, #160]
	\op	x22, x23, [\base, #176]
	\op	x24, x25, [\base, #192]
	\op	x26, x27, [\base, #208]
	\op	x28, x29, [\base, #224]
	.endm

/* --- Exceptions: struct frame on the stack, then trap() --- */

	.macro	VECTOR number
	.balign	0x80
	sub	sp, sp, #FRAME_SIZE
	stp	x0, x1, [sp]
	mov	x0, #\number
	b	save
	.endm

	.balign	0x800
vectors:
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	VECTOR	\n
	.endr

/* Whoever was interrupted must not miss what a handler is free to change: flags, and all that
   trap() overwrites. */
save:
	GENERAL	stp, sp
	str	x30, [sp, #240]
	mrs	x1, elr_el1
	mrs	x2, spsr_el1
	stp	x1, x2, [sp, #FRAME_ELR]
	mrs	x1, esr_el1
	mrs	x2, far_el1
	stp	x1, x2, [sp, #FRAME_ELR + 16]
	str	x0, [sp, #FRAME_ELR + 32]
	mov	x0, sp
	bl	trap
	ldp	x1, x2, [sp, #FRAME_ELR]
	msr	elr_el1, x1
	msr	spsr_el1, x2
	GENERAL	ldp, sp
	ldr	x30, [sp, #240]
	ldp	x0, x1, [sp]
	add	sp, sp, #FRAME_SIZE
	eret

/* --- u64 call_el0(pc, a, b): what the code at pc leaves in x0 at its `svc #0` --- */

	.macro	PUSH_CALLEE_SAVED
	stp	x29, x30, [sp, #-96]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	.endm

	.macro	POP_CALLEE_SAVED
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #96
	.endm

	.text
	.globl	call_el0
call_el0:
	PUSH_CALLEE_SAVED
	msr	elr_el1, x0
	msr	spsr_el1, xzr
	mov	x0, x1
	mov	x1, x2
	eret

	.globl	el0_returns		/* trap() lets the handled svc return here, at EL1 */
el0_returns:
	POP_CALLEE_SAVED
	ret

/* --- void execute(struct registers *): the word at `slot` with these registers --- */

	.macro	VECTORS op
	\op	q0, q1, [x0, #256]
	\op	q2, q3, [x0, #288]
	\op	q4, q5, [x0, #320]
	\op	q6, q7, [x0, #352]
	\op	q8, q9, [x0, #384]
	\op	q10, q11, [x0, #416]
	\op	q12, q13, [x0, #448]
	\op	q14, q15, [x0, #480]
	\op	q16, q17, [x0, #512]
	\op	q18, q19, [x0, #544]
	\op	q20, q21, [x0, #576]
	\op	q22, q23, [x0, #608]
	\op	q24, q25, [x0, #640]
	\op	q26, q27, [x0, #672]
	\op	q28, q29, [x0, #704]
	\op	q30, q31, [x0, #736]
	.endm

	.globl	execute, slot
	.balign	4096
execute:
	PUSH_CALLEE_SAVED
	msr	tpidr_el1, x0
	ldr	x1, [x0, #248]
	msr	nzcv, x1
	VECTORS	ldp
	GENERAL	ldp, x0
	ldr	x30, [x0, #240]
	ldp	x0, x1, [x0]
slot:	nop				/* overwritten */
	msr	tpidrro_el0, x0
	mrs	x0, tpidr_el1
	GENERAL	stp, x0
	str	x30, [x0, #240]
	str	x1, [x0, #8]
	mrs	x1, tpidrro_el0
	str	x1, [x0]
	mrs	x1, nzcv
	str	x1, [x0, #248]
	VECTORS	stp
	POP_CALLEE_SAVED
	ret
	.balign	4096

	.bss
	.balign	16
stacks:	.skip	STACK_SIZE * 2
