/* u64 mixed(u64 rounds, struct mixed *): integers with a carry chain, flags that live over other
   instructions, branches on them, loads and stores of all widths, pairs, floating point that
   accumulates exceptions, vectors. Position-independent, and touches no stack. */
	.text
	.globl	mixed, mixed_loop, mixed_loop_end, mixed_end
	.balign	4
mixed:
	msr	fpsr, xzr
	mov	x6, #0
	mov	x7, #0
	ldr	x2, [x1]
	ldp	d0, d1, [x1, #16]
	ldr	q2, [x1, #32]
mixed_loop:
	ldr	x3, [x1, #48]
	mul	x2, x2, x3
	add	x2, x2, #11
	str	x2, [x1]
	cmp	w2, w3
	csel	x4, x2, x3, lo
	eor	x4, x4, x7
	cinc	x4, x4, mi
	ands	x5, x4, #0xf
	b.eq	1f
	adds	x6, x6, x4
	adcs	x7, x7, xzr
1:	tbz	x2, #17, 2f
	ldrb	w8, [x1, #5]
	eor	x7, x7, x8
2:	scvtf	d3, w2
	fmul	d0, d0, d1
	fadd	d0, d0, d3
	fdiv	d4, d1, d3
	fcmp	d0, d4
	b.gt	3f
	fneg	d0, d0
3:	fcsel	d5, d0, d4, mi
	dup	v6.4s, w2
	add	v2.4s, v2.4s, v6.4s
	mul	v7.8h, v2.8h, v6.8h
	eor	v2.16b, v2.16b, v7.16b
	stp	d0, d5, [x1, #64]
	ldp	x9, x10, [x1, #64]
	eor	x7, x7, x9
	str	q2, [x1, #32]
	ldr	x11, [x1, #80]
	ccmp	x11, x10, #4, ne
	cinv	x6, x6, eq
	add	x11, x11, #1
	str	x11, [x1, #80]
	subs	x0, x0, #1
	b.ne	mixed_loop
mixed_loop_end:
	mrs	x12, fpsr
	str	x12, [x1, #88]
	stp	x6, x7, [x1, #96]
	str	d0, [x1, #16]
	mov	x0, x11
	ret
mixed_end:
