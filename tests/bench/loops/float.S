/* Scalar double precision: multiply-add, divide, conversion, compare. */
	.include "kernel.inc"
	BEGIN
	ldr	w1, =8000000
	fmov	d0, #1.0
	fmov	d1, #0.5
	fmov	d2, #1.5
0:	fmadd	d3, d0, d1, d2
	fmul	d4, d3, d1
	fsub	d0, d3, d4
	fdiv	d5, d0, d2
	scvtf	d6, w1
	fadd	d6, d6, d5
	fcmp	d6, d0
	fcsel	d0, d5, d0, gt
	fcvtzs	w4, d6
	subs	w1, w1, #1
	b.ne	0b
	FINISH
