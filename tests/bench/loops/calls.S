/* Calls, returns and computed branches: naive Fibonacci through a function pointer. */
	.include "kernel.inc"
	BEGIN
	adr	x0, end
	add	x0, x0, #16, lsl #12
	and	sp, x0, #~15
	adr	x19, fib
	mov	w0, #31
	blr	x19
	b	done
fib:	cmp	w0, #2
	b.lo	2f
	stp	x29, x30, [sp, #-32]!
	str	w0, [sp, #16]
	sub	w0, w0, #1
	blr	x19
	ldr	w1, [sp, #16]
	str	w0, [sp, #20]
	sub	w0, w1, #2
	blr	x19
	ldr	w1, [sp, #20]
	add	w0, w0, w1
	ldp	x29, x30, [sp], #32
2:	ret
done:
	FINISH
