/* bubble: what the files that make up the Bubble type share.
 *
 * bubble.c         entering, leaving, waiting, the type
 * bubble_report.c  who takes part, and the texts of reports
 * bubble_schedule.c  who goes next, where they take turns
 * bubble_stall.c   noticing in real time that nothing goes on
 *
 * What a report says is put into words by a Python object, the explainer: a module of the
 * package gives itself to the extension, which imports none. */
#ifndef HBPY_BUBBLE_H
#define HBPY_BUBBLE_H

#include "binding.h"

#include "hb_bubble.h"
#include "hb_schedule.h"

typedef struct hbpy_stall hbpy_stall;

typedef struct hbpy_bubble {
    PyObject_HEAD
    hb_bubble *bubble;
    hb_time limit;     /* constant: of a standstill, in real time; HB_FOREVER: none */
    hbpy_stall *stall; /* the host's; NULL: nobody watches */
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

/* An exception with that text and report, which is a str or None. */
PyObject *hbpy_error_with_report(PyObject *py_class, const char *text, PyObject *py_report);

/* Watches the bubble on behalf of the calling thread, which is about to be its host; NULL with an
 * exception. Ends it, from the host once it has left: nothing of it goes on afterwards. */
hbpy_stall *hbpy_stall_begin(hbpy_state *state, hb_bubble *bubble, hb_time limit);
void hbpy_stall_end(hbpy_stall *stall);

extern PyMethodDef hbpy_bubble_participants_method, hbpy_bubble_report_method;

#endif
