/* A guest to talk to: greets, then sends back what it is sent, letters in capitals, and greets
 * anew after each line. Three characters are commands: `!` switches the machine off, `@` resets
 * it, `#` waits for an interrupt that nobody sends.
 *
 * It carries the header of an arm64 kernel Image and needs a PL011 at 0x09000000 and PSCI 0.2
 * through HVC. It polls, so every byte it answers is answered at once.
 */
	.equ	UART, 0x09000000	/* PL011, DDI 0183 */
	.equ	UART_DR, 0x000
	.equ	UART_FR, 0x018
	.equ	UART_FR_RXFE, 4		/* bit: receive FIFO empty */
	.equ	UART_FR_TXFF, 5		/* bit: transmit FIFO full */
	.equ	UART_LCR_H, 0x02c
	.equ	UART_LCR_H_FIFO, 0x70	/* FEN, 8 bits */
	.equ	UART_CR, 0x030
	.equ	UART_CR_ON, 0x301	/* UARTEN, TXE, RXE */
	.equ	PSCI_SYSTEM_OFF, 0x84000008
	.equ	PSCI_SYSTEM_RESET, 0x84000009

	.text
	.globl	_start
_start:
	b	start			/* Linux Documentation/arm64/booting.rst */
	.word	0
	.quad	0			/* text_offset */
	.quad	end - _start		/* image_size */
	.quad	0xa			/* little-endian, 4 KiB pages, anywhere in memory */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.word	0

start:
	ldr	w19, =UART
	mov	w0, #UART_LCR_H_FIFO
	str	w0, [x19, #UART_LCR_H]
	mov	w0, #UART_CR_ON
	str	w0, [x19, #UART_CR]

greet:
	adr	x20, greeting
1:	ldrb	w0, [x20], #1
	cbz	w0, next
	bl	put
	b	1b

next:
	ldr	w0, [x19, #UART_FR]
	tbnz	w0, #UART_FR_RXFE, next
	ldr	w0, [x19, #UART_DR]
	and	w0, w0, #0x7f
	cmp	w0, #'!'
	b.eq	off
	cmp	w0, #'@'
	b.eq	reset
	cmp	w0, #'#'
	b.eq	wait
	cmp	w0, #'\r'
	b.eq	line
	cmp	w0, #'\n'
	b.eq	line
	sub	w1, w0, #'a'
	cmp	w1, #26
	b.hs	2f
	sub	w0, w0, #0x20
2:	bl	put
	b	next

line:
	mov	w0, #'\r'
	bl	put
	mov	w0, #'\n'
	bl	put
	b	greet

off:
	ldr	w0, =PSCI_SYSTEM_OFF
	hvc	#0
reset:
	ldr	w0, =PSCI_SYSTEM_RESET
	hvc	#0
wait:
	wfi
	b	wait

/* Sends the character in w0. */
put:
	ldr	w1, [x19, #UART_FR]
	tbnz	w1, #UART_FR_TXFF, put
	str	w0, [x19, #UART_DR]
	ret

greeting:
	.asciz	"ready> "
	.balign	8
	.ltorg
end:
