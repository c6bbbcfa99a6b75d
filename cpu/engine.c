/* Names of the engines. */
#include "cpu/engine.h"

#include <string.h>

bool engine_named(const char *name, enum engine_kind *kind)
{
	static const char *const names[] = {
	    [ENGINE_INTERP] = "interp", [ENGINE_EVAL] = "eval", [ENGINE_JIT] = "jit"};
	for (*kind = ENGINE_INTERP; *kind <= ENGINE_JIT; ++*kind)
		if (!strcmp(name, names[*kind]))
			return true;
	return false;
}
