/* native: units of a Worker that are machine code and run without the interpreter.
 *
 * native.c            what Worker does with one: read, run, release
 * native_pointer.c    pointers of ctypes, cffi and numba: where the code is, what its type is
 * native_signature.c  the text of a C function type, read
 *
 * A unit is told by its C type:
 *
 *   int (heartbeat_worker *, void *)   the whole worker: called once
 *   int (void *, int64_t *)            one result a call, for dtype 'q'
 *   int (void *, double *)             one result a call, for dtype 'd'
 *
 *   N1 What hbpy_native_read took hold of (the code, the data, its buffer) is held until
 *      hbpy_native_release, which comes after hbpy_native_run has returned.
 *   N2 Between the two no thread needs the interpreter to run the unit. */
#ifndef HBPY_NATIVE_H
#define HBPY_NATIVE_H

#include "binding.h"

#include "hb_native.h"

typedef struct hbpy_native {
    hb_native unit;
    PyObject *py_work, *py_data; /* N1; NULL: not read, or released */
    Py_buffer buffer;            /* N1; obj is NULL if there is none */
} hbpy_native;

/* Reads Worker's `work` and `data`. 1: a native unit, in *native. 0: something else, and *native
 * is empty. -1 with an exception: a native unit that cannot be run, or data without one. */
int hbpy_native_read(PyObject *py_work, PyObject *py_data, hbpy_native *native);

/* The dtype of the results for a Worker that asked for `dtype` (0: for none): 'q' or 'd';
 * or 0 with TypeError, if the unit has another. */
char hbpy_native_dtype(const hbpy_native *native, char dtype);

/* On the worker's thread, detached or without a thread state. `results` is a typed channel;
 * duty->done ends it. HB_OK: it has done its work. HB_STOPPED, HB_REVOKED. Else HB_FAILED
 * with what it returned in *code. */
hb_status hbpy_native_run(const hbpy_native *native, hb_duty *duty, hb_chan *results, int *code);

/* Attached: sets Error for the code, which is also its attribute `code`. Returns NULL. */
PyObject *hbpy_native_raise(hbpy_state *state, const hbpy_native *native, int code);

/* Attached. Nothing if it is empty. */
void hbpy_native_release(hbpy_native *native);
int hbpy_native_traverse(const hbpy_native *native, visitproc visit, void *arg);

/* ---- between these files ---- */

/* The kind of unit that a C function type describes; HB_NATIVE_NONE: none. `loose`: where the
 * handle cannot be named, a void * stands for it. */
hb_native_kind hbpy_native_signature(const char *text, bool loose);

/* Where the code of py_work is, if it is a function pointer of ctypes, cffi or numba: 1 with *code and
 * its C type as a str in *py_type; 0: it is none; -1 with an exception. */
int hbpy_native_pointer(PyObject *py_work, void **code, PyObject **py_type);

/* The address that a pointer of ctypes or cffi holds. 1, 0, -1 likewise. */
int hbpy_native_address(PyObject *py_data, void **address);

#endif
