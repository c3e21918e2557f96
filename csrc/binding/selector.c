#include "binding.h"
int hbpy_init_selector(PyObject *module, hbpy_state *state)
{
    (void)module; (void)state;
    return 0;
}
