/* Loads and stores over 256 KiB: pairs, single words, bytes, pre- and post-indexed. */
	.include "kernel.inc"
	BEGIN
	adr	x10, end
	add	x10, x10, #1, lsl #12
	ldr	w1, =400
1:	mov	x2, x10
	mov	w3, #(256 * 1024 / 32)
0:	ldp	x4, x5, [x2]
	add	x4, x4, x5
	str	x4, [x2, #16]
	ldrb	w6, [x2, #9]
	strb	w6, [x2, #24]
	ldr	w7, [x2, #28]!
	str	w7, [x2], #4
	subs	w3, w3, #1
	b.ne	0b
	subs	w1, w1, #1
	b.ne	1b
	FINISH
