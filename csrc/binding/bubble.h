/* bubble: what the files that make up the Bubble type share.
 *
 * bubble.c         entering, leaving, waiting, the type
 * bubble_report.c  who takes part, and the texts of reports
 * bubble_schedule.c  who goes next, where they take turns
 *
 * What a report says is put into words by a Python object, the explainer: a module of the
 * package gives itself to the extension, which imports none. */
#ifndef HBPY_BUBBLE_H
#define HBPY_BUBBLE_H

#include "binding.h"

#include "hb_bubble.h"
#include "hb_schedule.h"

typedef struct hbpy_bubble {
    PyObject_HEAD
    hb_bubble *bubble;
    bool entered;
} hbpy_bubble;

static inline hbpy_bubble *bubble_of(void *self)
{
    return self;
}

/* Calls a function of the explainer with what is known of every participant. `failed`: of the
 * calling one, what it waited for when it was told of a deadlock. None if there is no explainer. */
PyObject *hbpy_bubble_explain(hbpy_state *state, const char *function, hb_bubble *bubble, bool failed);

/* A new schedule from its name; *schedule is NULL if py_name is NULL or None. 0, or -1 with an
 * exception. */
int hbpy_bubble_read_schedule(PyObject *py_name, uint64_t seed, hb_schedule **schedule);

PyObject *hbpy_bubble_steps(PyObject *self, void *unused);
PyObject *hbpy_bubble_trace(PyObject *self, void *unused);

extern PyMethodDef hbpy_bubble_participants_method, hbpy_bubble_report_method;

#endif
