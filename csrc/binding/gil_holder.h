/* gil_holder: which thread holds the interpreter lock, asked without it. */
#ifndef HBPY_GIL_HOLDER_H
#define HBPY_GIL_HOLDER_H

#include "binding.h"

#define HBPY_HOLDER_NONE 0
#define HBPY_HOLDER_UNKNOWN (-1)

/* The system's number of the thread that holds the lock at this moment, or one of the above. Any
 * thread may ask, attached or not, until the interpreter is finalized. */
int32_t hbpy_gil_holder(void);

#endif
