/* Integer work as compilers emit it: dependent adds, shifts, a multiply, compare and branch. */
	.include "kernel.inc"
	BEGIN
	ldr	w1, =20000000
	mov	x2, #1
	mov	x3, #0
0:	add	x3, x3, x2, lsl #3
	eor	x2, x2, x3, lsr #7
	madd	x4, x2, x1, x3
	and	x5, x4, #0xff00ff00ff00ff00
	cmp	x5, x2
	cinc	x3, x3, hi
	orr	x2, x2, #1
	subs	w1, w1, #1
	b.ne	0b
	FINISH
