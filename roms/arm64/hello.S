/* The smallest guest: says hello on the serial line, names its exception level, and switches the
 * machine off. It is what `./dev demo` runs where nothing else can be had, and the first thing to
 * try on a new arm64 board.
 *
 * It carries the header of an arm64 kernel Image, so it loads like one. It needs a PL011 at
 * 0x09000000 and PSCI 0.2 through HVC, and uses no stack, no MMU and no data outside of its text.
 */
	.equ	UART, 0x09000000	/* PL011, DDI 0183 */
	.equ	UART_DR, 0x000
	.equ	UART_FR, 0x018
	.equ	UART_FR_TXFF, 5		/* bit: transmit FIFO full */
	.equ	UART_CR, 0x030
	.equ	UART_CR_ON, 0x101	/* UARTEN, TXE */
	.equ	PSCI_SYSTEM_OFF, 0x84000008

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
	mov	w0, #UART_CR_ON
	str	w0, [x19, #UART_CR]

	adr	x20, greeting
	bl	print
	mrs	x0, CurrentEL
	ubfx	w0, w0, #2, #2
	add	w0, w0, #'0'
	bl	put
	adr	x20, farewell
	bl	print

	ldr	w0, =PSCI_SYSTEM_OFF
	hvc	#0
0:	wfi				/* not reached where PSCI works */
	b	0b

/* Sends the string at x20, up to its zero. */
print:
	mov	x21, x30
1:	ldrb	w0, [x20], #1
	cbz	w0, 2f
	bl	put
	b	1b
2:	ret	x21

/* Sends the character in w0. */
put:
	ldr	w1, [x19, #UART_FR]
	tbnz	w1, #UART_FR_TXFF, put
	str	w0, [x19, #UART_DR]
	ret

greeting:
	.asciz	"Hello from a bare arm64 machine, at EL"
farewell:
	.asciz	".\r\nSwitching off.\r\n"
	.balign	8
	.ltorg
end:
