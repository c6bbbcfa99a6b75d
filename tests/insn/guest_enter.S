/* enter(image, code): load the image, run the slot, store the image (offsets: image.h).
 *
 * A slot's exit saves x30 in TPIDR_EL0 and branches to runner_exit. */
#define SP_AT 248
#define V_AT 256
#define NZCV_AT 768
#define FPSR_AT 784

/* All vector registers, two at a time. */
.macro vectors op, base
	.irp	n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
	vector_pair \op, \n, \base
	.endr
.endm
.altmacro
.macro vector_pair op, n, base
	vector_names \op, \n, %(\n + 1), \base
.endm
.macro vector_names op, n, m, base
	\op	q\n, q\m, [\base, V_AT + \n * 16]
.endm

	.text
	.global	runner_exit
runner_exit:
	adrp	x30, runner_image
	ldr	x30, [x30, :lo12:runner_image]
	stp	x0, x1, [x30]
	stp	x2, x3, [x30, 16]
	stp	x4, x5, [x30, 32]
	stp	x6, x7, [x30, 48]
	stp	x8, x9, [x30, 64]
	stp	x10, x11, [x30, 80]
	stp	x12, x13, [x30, 96]
	stp	x14, x15, [x30, 112]
	stp	x16, x17, [x30, 128]
	stp	x18, x19, [x30, 144]
	stp	x20, x21, [x30, 160]
	stp	x22, x23, [x30, 176]
	stp	x24, x25, [x30, 192]
	stp	x26, x27, [x30, 208]
	stp	x28, x29, [x30, 224]
	mrs	x0, tpidr_el0
	mov	x1, sp
	stp	x0, x1, [x30, 240]
	mrs	x0, nzcv
	mrs	x1, fpcr
	str	x0, [x30, NZCV_AT]
	str	x1, [x30, NZCV_AT + 8]
	mrs	x0, fpsr
	str	x0, [x30, FPSR_AT]
	vectors	stp, x30
	.global	leave_faulted
leave_faulted:
	adrp	x0, runner_sp
	ldr	x0, [x0, :lo12:runner_sp]
	mov	sp, x0
	ldp	x19, x20, [sp, 16]
	ldp	x21, x22, [sp, 32]
	ldp	x23, x24, [sp, 48]
	ldp	x25, x26, [sp, 64]
	ldp	x27, x28, [sp, 80]
	ldp	x29, x30, [sp], 96
	ret

	.global	enter
enter:
	stp	x29, x30, [sp, -96]!
	stp	x19, x20, [sp, 16]
	stp	x21, x22, [sp, 32]
	stp	x23, x24, [sp, 48]
	stp	x25, x26, [sp, 64]
	stp	x27, x28, [sp, 80]
	adrp	x2, runner_sp
	mov	x3, sp
	str	x3, [x2, :lo12:runner_sp]
	adrp	x2, runner_image
	str	x0, [x2, :lo12:runner_image]
	add	x30, x1, 8
	vectors	ldp, x0
	ldr	x2, [x0, NZCV_AT]
	ldr	x3, [x0, NZCV_AT + 8]
	msr	nzcv, x2
	msr	fpcr, x3
	ldr	x2, [x0, FPSR_AT]
	msr	fpsr, x2
	ldr	x2, [x0, SP_AT]
	mov	sp, x2
	ldp	x2, x3, [x0, 16]
	ldp	x4, x5, [x0, 32]
	ldp	x6, x7, [x0, 48]
	ldp	x8, x9, [x0, 64]
	ldp	x10, x11, [x0, 80]
	ldp	x12, x13, [x0, 96]
	ldp	x14, x15, [x0, 112]
	ldp	x16, x17, [x0, 128]
	ldp	x18, x19, [x0, 144]
	ldp	x20, x21, [x0, 160]
	ldp	x22, x23, [x0, 176]
	ldp	x24, x25, [x0, 192]
	ldp	x26, x27, [x0, 208]
	ldp	x28, x29, [x0, 224]
	ldp	x0, x1, [x0]
	br	x30
