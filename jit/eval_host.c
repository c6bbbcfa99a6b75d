/* Finished blocks behind each other in one piece of memory; a block's "code" is its copy there. */
#include "jit/eval_host.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct eval_host {
	struct eval *eval;
	uint8_t *store;
	size_t size, used;
};

struct eval_host *eval_host_new(const struct jit_guest *guest, size_t bytes)
{
	struct eval_host *h = calloc(1, sizeof *h);
	if (!h)
		return NULL;
	h->eval = eval_new(guest);
	h->store = malloc(bytes);
	h->size = bytes;
	if (h->eval && h->store)
		return h;
	eval_host_free(h);
	return NULL;
}

void eval_host_free(struct eval_host *h)
{
	if (!h)
		return;
	eval_free(h->eval);
	free(h->store);
	free(h);
}

void *eval_host_keep(struct eval_host *h, const struct ir_block *b)
{
	size_t align = _Alignof(struct ir_block);
	size_t size = (ir_block_size(b) + align - 1) / align * align;
	if (size > h->size - h->used)
		return NULL;
	void *code = h->store + h->used;
	memcpy(code, b, ir_block_size(b));
	h->used += size;
	return code;
}

void eval_host_flush(struct eval_host *h)
{
	h->used = 0;
}

void eval_host_enter(struct eval_host *h, void *guest, const void *code)
{
	bool ended = eval_run(h->eval, code, guest);
	assert(ended);
	(void)ended;
}

size_t eval_host_used(const struct eval_host *h)
{
	return h->used;
}
