/* AdvSIMD: a mix of integer and single-precision vector instructions over memory. */
	.include "kernel.inc"
	BEGIN
	adr	x10, end
	add	x10, x10, #1, lsl #12
	ldr	w1, =1500
	fmov	v20.4s, #0.5
1:	mov	x2, x10
	mov	w3, #2048
0:	ldp	q0, q1, [x2]
	add	v2.4s, v0.4s, v1.4s
	umax	v3.16b, v0.16b, v2.16b
	fmla	v2.4s, v20.4s, v20.4s
	zip1	v4.8h, v2.8h, v3.8h
	ushr	v4.4s, v4.4s, #3
	stp	q2, q4, [x2], #32
	subs	w3, w3, #1
	b.ne	0b
	subs	w1, w1, #1
	b.ne	1b
	FINISH
