/* One check for several accesses off one base.
 *
 * A front end says PROBE and then LOAD_HOST or STORE_HOST.  Here a PROBE is widened to the accesses
 * that follow at constant distances from the same value, whose own checks vanish; one that remains
 * alone with a single access becomes LOAD or STORE.  A check for writing covers reads; one for
 * reading becomes one for writing if a write is sure to follow.  CALL may change translations and
 * ends all groups; so does nothing else. */
#include <string.h>

#include "jit/ir.h"

#define SPAN_LOG2 7 /* a group covers 128 bytes at most: it fails if they are not on one page */
#define GROUPS    255

struct group {
	ir_ref root; /* accesses are at constant distances from it */
	ir_ref leader;
	int64_t low, high; /* bytes, from root */
	bool write, open;
	unsigned members;
};

struct coalesce {
	struct ir_block *b;
	struct group group[GROUPS]; /* number 0 is unused */
	unsigned groups;
	ir_ref last_exit;
	ir_ref list[IR_MAX_OPS]; /* accesses, exits and calls from the first PROBE on, in order */
	unsigned listed;
	bool probe[IR_MAX_OPS]; /* is it one? */
	/* Of those in the list: */
	int64_t distance[IR_MAX_OPS]; /* of PROBE, LOAD, STORE: from the group's root */
	uint8_t of[IR_MAX_OPS];       /* their group, or 0 */
	uint8_t accesses[IR_MAX_OPS]; /* of PROBE: LOAD_HOST and STORE_HOST through it */
	ir_ref access[IR_MAX_OPS];    /* ... the last */
	bool odd[IR_MAX_OPS];         /* ... used in other ways */
};

static bool is_host_access(const struct ir_insn *i)
{
	return i->op == IR_LOAD_HOST || i->op == IR_STORE_HOST;
}

static const bool is_listed[IR_OP_COUNT] = {
    [IR_PROBE] = true,
    [IR_LOAD] = true,
    [IR_STORE] = true,
    [IR_LOAD_HOST] = true,
    [IR_STORE_HOST] = true,
    [IR_EXIT_COND] = true,
    [IR_EXIT_ZERO] = true,
    [IR_EXIT_NONZERO] = true,
    [IR_EXIT_BIT] = true,
    [IR_CALL] = true,
};

static bool is_write(const struct ir_insn *i)
{
	return i->op == IR_STORE || (i->op == IR_PROBE && i->info & IR_MEM_WRITE);
}

static void note_use(struct coalesce *c, ir_ref n, ir_ref probe, bool odd)
{
	if (!c->probe[probe])
		return;
	c->odd[probe] |= odd;
	c->accesses[probe]++;
	c->access[probe] = n;
}

/* Make the list, and note how each PROBE is used. */
static void look_through(struct coalesce *c)
{
	const struct ir_insn *insn = c->b->insn;
	const unsigned count = c->b->count;
	unsigned n = 1, k = 0;
	while (n < count && insn[n].op != IR_PROBE)
		n++;
	if (n < count)
		memset(c->probe, 0, count);
	for (; n < count; n++) {
		const struct ir_insn *i = &insn[n];
		if (i->op == IR_CONST)
			continue;
		if (is_listed[i->op]) {
			c->list[k++] = (ir_ref)n;
			c->of[n] = c->accesses[n] = c->odd[n] = 0;
			c->probe[n] = i->op == IR_PROBE;
		}
		/* What an operation lacks is IR_NONE, which is none. */
		if (c->probe[i->a] | c->probe[i->b] | c->probe[i->c]) {
			note_use(c, (ir_ref)n, i->a, !is_host_access(i));
			note_use(c, (ir_ref)n, i->b, true);
			note_use(c, (ir_ref)n, i->c, true);
		}
	}
	c->listed = k;
}

/* Take constants off an address; all constant addresses have one root. */
static ir_ref root_of(const struct ir_block *b, ir_ref v, int64_t *distance)
{
	uint64_t by;
	while (b->insn[v].op == IR_ADD && b->insn[v].type == IR_I64 && !b->insn[v].imm &&
	       ir_is_const(b, b->insn[v].b, &by) && (int64_t)by == (int32_t)by) {
		*distance += (int64_t)by;
		v = b->insn[v].a;
	}
	if (!ir_is_const(b, v, &by))
		return v;
	*distance += (int64_t)by;
	return IR_NONE;
}

/* An open group that the access fits into, or 0. */
static unsigned find_group(struct coalesce *c, ir_ref root, int64_t low, int64_t high, bool write)
{
	for (unsigned k = c->groups; k > 0; k--) {
		struct group *g = &c->group[k];
		if (!g->open || g->root != root || (write && !g->write && g->leader < c->last_exit))
			continue;
		low = low < g->low ? low : g->low;
		high = high > g->high ? high : g->high;
		if (high - low > 1 << SPAN_LOG2)
			return 0;
		g->low = low;
		g->high = high;
		g->write |= write;
		g->members++;
		return k;
	}
	return 0;
}

static void place(struct coalesce *c, ir_ref n)
{
	const struct ir_insn *i = &c->b->insn[n];
	int64_t at = (int64_t)i->imm;
	ir_ref root = root_of(c->b, i->a, &at);
	int64_t end = at + IR_MEM_SIZE(i->info);
	if (i->op == IR_PROBE && c->odd[n])
		return;
	c->distance[n] = at;
	c->of[n] = (uint8_t)find_group(c, root, at, end, is_write(i));
	if (c->of[n] || i->op != IR_PROBE || c->groups + 1 == GROUPS)
		return;
	c->group[++c->groups] = (struct group){.root = root,
	    .leader = n,
	    .low = at,
	    .high = end,
	    .write = is_write(i),
	    .open = true,
	    .members = 1};
	c->of[n] = (uint8_t)c->groups;
}

static void form_groups(struct coalesce *c)
{
	for (unsigned k = 0; k < c->listed; k++) {
		ir_ref n = c->list[k];
		enum ir_op op = (enum ir_op)c->b->insn[n].op;
		if (op == IR_PROBE || op == IR_LOAD || op == IR_STORE)
			place(c, n);
		else if (ir_is_exit(op))
			c->last_exit = n;
		for (unsigned g = 1; op == IR_CALL && g <= c->groups; g++)
			c->group[g].open = false;
	}
}

/* The leader checks all of its group. */
static void widen(struct coalesce *c, const struct group *g)
{
	struct ir_insn *i = &c->b->insn[g->leader];
	unsigned log2 = 0;
	while (1 << log2 < g->high - g->low)
		log2++;
	i->info = (uint8_t)((g->write ? IR_MEM_WRITE : 0) | log2);
	i->imm += (uint64_t)(g->low - c->distance[g->leader]);
}

/* An access through a PROBE goes through the leader of its group. */
static void redirect(struct coalesce *c, struct ir_insn *i)
{
	if (!c->probe[i->a])
		return;
	const struct group *g = &c->group[c->of[i->a]];
	if (g->members < 2)
		return;
	i->imm += (uint64_t)(c->distance[i->a] - g->low);
	i->a = g->leader;
}

/* PROBE and a single access of its size. */
static void join(struct coalesce *c, ir_ref n)
{
	struct ir_insn *p = &c->b->insn[n], *i = &c->b->insn[c->access[n]];
	if (c->odd[n] || c->accesses[n] != 1 || (i->info & 7) != (p->info & 7) || i->imm ||
	    i->at != p->at)
		return;
	i->op = i->op == IR_LOAD_HOST ? IR_LOAD : IR_STORE;
	i->a = p->a;
	i->imm = p->imm;
	p->op = IR_CONST;
}

static void rewrite(struct coalesce *c)
{
	struct ir_block *b = c->b;
	for (unsigned k = 0; k < c->listed; k++) {
		ir_ref n = c->list[k];
		struct ir_insn *i = &b->insn[n];
		const struct group *g = &c->group[c->of[n]];
		bool shared = g->members > 1;
		if (is_host_access(i)) {
			redirect(c, i);
		} else if (i->op == IR_PROBE && shared) {
			if (g->leader == n)
				widen(c, g);
			else
				i->op = IR_CONST;
		} else if ((i->op == IR_LOAD || i->op == IR_STORE) && shared) {
			i->op = i->op == IR_LOAD ? IR_LOAD_HOST : IR_STORE_HOST;
			i->a = g->leader;
			i->imm = (uint64_t)(c->distance[n] - g->low);
		} else if (i->op == IR_PROBE) {
			join(c, n);
		}
	}
}

void ir_coalesce(struct ir_block *b, bool share)
{
	struct coalesce c;
	c.b = b;
	b->shared = share;
	c.groups = 0;
	c.group[0].members = 0;
	c.last_exit = IR_NONE;
	look_through(&c);
	if (share)
		form_groups(&c);
	rewrite(&c);
}
