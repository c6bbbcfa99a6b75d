/* Wires: one output connected to one input.
 *
 * A wire is three words: function, owner, number.  A zeroed wire is unconnected and setting it is
 * a no-op.  Levels are 0 or 1.  A device computes its outputs in one update() function and may
 * set a wire to the level it already has: receivers compare.
 */
#ifndef MYNA_MACHINE_WIRE_H
#define MYNA_MACHINE_WIRE_H

typedef void wire_fn(void *owner, unsigned number, int level);

struct wire {
	wire_fn *fn;
	void *owner;
	unsigned number;
};

static inline void wire_set(const struct wire *w, int level)
{
	if (w->fn)
		w->fn(w->owner, w->number, level);
}

#endif
