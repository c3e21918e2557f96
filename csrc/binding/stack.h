/* stack: the Python stack of another thread, whoever holds the interpreter lock. */
#ifndef HBPY_STACK_H
#define HBPY_STACK_H

#include "binding.h"

/* Makes captures possible, if they are not switched off. Attached. 0, or -1 with an
 * exception; 0 also when the system has no signal to spare: then there are no stacks. */
int hbpy_stack_prepare(void);

/* No capture begins any more; waits, for a short time, for one that is under way. */
void hbpy_stack_end(void);

/* The frames of a thread, innermost first, a line each: the length, 0 if they are not to be had.
 * Called without the interpreter lock; takes at most a tenth of a second (an hb_stack_fn). */
size_t hbpy_stack_capture(int32_t thread_number, char *text, size_t size);

#endif
