/* adopt: threads the engine did not start take part in a bubble.
 *
 * An Adoption stands for a thread that took part from the call of Bubble.adopt() on; with `with`
 * it ends with the block, else with the thread. A _Place is taken by whoever is about to start a
 * thread, and counts as running until that thread enters and leaves; heartbeat.testing gives
 * one to every threading.Thread that a participant of a patched bubble starts.
 *
 * Joining and leaving may wait for a turn, and run what is due: with no interpreter lock. */
#include "binding.h"

#include "hb_bubble.h"

/* ---- names ---- */

/* The record of a thread that Python did not start with us has the system's name for it. */
static void name_record(PyObject *py_name)
{
    const char *name = py_name && PyUnicode_Check(py_name) ? PyUnicode_AsUTF8(py_name) : NULL;
    if (name)
        hb_thread_name(name);
    PyErr_Clear();
}

/* A thread of the engine has a name already. */
static void name_after_thread(hbpy_state *state)
{
    if (hb_thread_id() == 0 || hb_thread_here()->engine)
        return;
    PyObject *py_thread = PyObject_CallMethod(state->threading, "current_thread", NULL);
    PyObject *py_name = py_thread ? PyObject_GetAttrString(py_thread, "name") : NULL;
    name_record(py_name);
    Py_XDECREF(py_name);
    Py_XDECREF(py_thread);
}

static void leave_detached(void)
{
    PyThreadState *py_thread = PyEval_SaveThread();
    hb_bubble_leave();
    hbpy_attach(py_thread);
}

/* ---- adoptions ---- */

typedef struct hbpy_adoption {
    PyObject_HEAD
    PyObject *py_bubble;         /* constant */
    const hb_bubble *bubble;     /* constant; its core */
    unsigned long ident;         /* constant; of the thread */
} hbpy_adoption;

static hbpy_adoption *adoption_of(void *self)
{
    return self;
}

static PyObject *raise_refused(hbpy_state *state, hb_bubble *bubble)
{
    hb_bubble *here = hb_bubble_here();
    const char *why = !here            ? "the bubble has not begun, or is over"
                      : here == bubble ? "this thread takes part in the bubble already"
                                       : "this thread takes part in another bubble";
    PyErr_SetString(state->Error, why);
    return NULL;
}

static hb_status adopt_detached(hb_bubble *bubble)
{
    bool looks_up = hbpy_is_main_thread();
    PyThreadState *py_thread = PyEval_SaveThread();
    hb_status status = hb_bubble_adopt(bubble, looks_up);
    hbpy_attach(py_thread);
    return status;
}

PyObject *hbpy_adopt(hbpy_state *state, PyObject *py_bubble, hb_bubble *bubble)
{
    hbpy_adoption *self = adoption_of(state->Adoption->tp_alloc(state->Adoption, 0));
    if (!self)
        return NULL;
    self->py_bubble = Py_NewRef(py_bubble);
    self->bubble = bubble;
    self->ident = PyThread_get_thread_ident();
    name_after_thread(state); /* before it joins: what threading makes for it is real */
    hb_status status = adopt_detached(bubble);
    if (status == HB_OK)
        return (PyObject *)self;
    Py_DECREF(self);
    return status == HB_MISUSED ? raise_refused(state, bubble) : hbpy_raise(state, status);
}

static PyObject *Adoption_enter(PyObject *self, PyObject *unused)
{
    (void)unused;
    return Py_NewRef(adoption_of(self)->py_bubble);
}

static PyObject *Adoption_exit(PyObject *py_self, PyObject *const *args, Py_ssize_t nargs)
{
    const hbpy_adoption *self = adoption_of(py_self);
    (void)args;
    (void)nargs;
    if (self->ident != PyThread_get_thread_ident() || hb_bubble_here() != self->bubble)
        return hbpy_raise(hbpy_state_of(py_self), HB_FOREIGN);
    leave_detached();
    Py_RETURN_FALSE;
}

static void dealloc_adoption(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(adoption_of(self)->py_bubble);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef adoption_methods[] = {
    { "__enter__", Adoption_enter, METH_NOARGS, "Return the bubble; the thread takes part already." },
    { "__exit__", (PyCFunction)(void (*)(void))Adoption_exit, METH_FASTCALL,
      "The thread takes part no longer." },
    { NULL, NULL, 0, NULL },
};

static PyType_Slot adoption_slots[] = {
    { Py_tp_doc, "A thread that takes part, made by Bubble.adopt()." },
    { Py_tp_dealloc, dealloc_adoption },
    { Py_tp_methods, adoption_methods },
    { 0, NULL },
};

static PyType_Spec adoption_spec = {
    .name = "heartbeat.testing._Adoption",
    .basicsize = sizeof(hbpy_adoption),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = adoption_slots,
};

/* ---- places ---- */

/* `participant` is taken by whoever enters or drops, once. */
typedef struct hbpy_place {
    PyObject_HEAD
    hb_atomic_u64 participant;
    char origin[HB_ORIGIN_SIZE]; /* constant: where the thread was started */
} hbpy_place;

static hbpy_place *place_of(void *self)
{
    return self;
}

static hb_participant *take(PyObject *self)
{
    return (hb_participant *)(uintptr_t)hb_exchange(&place_of(self)->participant, 0);
}

static void drop_detached(hb_participant *participant)
{
    PyThreadState *py_thread = PyEval_SaveThread();
    hb_participant_drop(participant);
    hbpy_attach(py_thread);
}

static PyObject *Place_enter(PyObject *self, PyObject *py_name)
{
    hb_participant *participant = take(self);
    if (!participant)
        Py_RETURN_NONE;
    hb_thread_id();
    name_record(py_name);
    hb_thread_set_origin(hb_thread_here(), place_of(self)->origin);
    hb_platform_at_thread_end(hb_bubble_leave);
    PyThreadState *py_thread = PyEval_SaveThread();
    hb_participant_enter(participant);
    hbpy_attach(py_thread);
    Py_RETURN_NONE;
}

/* Who waits for the end needs no turn of this thread afterwards. */
static PyObject *Place_leave(PyObject *self, PyObject *py_ended)
{
    hb_chan *ended = hbpy_channel_chan(hbpy_state_of(self), py_ended);
    if (!ended)
        return NULL;
    PyThreadState *py_thread = PyEval_SaveThread();
    hb_chan_shut(ended, (hb_word){ NULL });
    hb_bubble_leave();
    hbpy_attach(py_thread);
    Py_RETURN_NONE;
}

static PyObject *Place_drop(PyObject *self, PyObject *unused)
{
    hb_participant *participant = take(self);
    (void)unused;
    if (participant)
        drop_detached(participant);
    Py_RETURN_NONE;
}

static void dealloc_place(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    hb_participant *participant = take(self);
    if (participant)
        drop_detached(participant);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef place_methods[] = {
    { "enter", Place_enter, METH_O,
      "enter($self, name, /)\n--\n\nThe calling thread takes the place, and its name." },
    { "leave", Place_leave, METH_O,
      "leave($self, ended, /)\n--\n\nClose the channel `ended`; the calling thread takes part no longer." },
    { "drop", Place_drop, METH_NOARGS, "drop($self, /)\n--\n\nGive the place up, if nobody has entered." },
    { NULL, NULL, 0, NULL },
};

static PyType_Slot place_slots[] = {
    { Py_tp_doc, "A place in a bubble for a thread that is about to start." },
    { Py_tp_dealloc, dealloc_place },
    { Py_tp_methods, place_methods },
    { 0, NULL },
};

static PyType_Spec place_spec = {
    .name = "heartbeat.testing._Place",
    .basicsize = sizeof(hbpy_place),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = place_slots,
};

PyDoc_STRVAR(place_doc,
"_place($module, /)\n--\n\n"
"Take a place in the calling thread's bubble for a thread about to start; Error outside of bubbles.");

static PyObject *module_place(PyObject *module, PyObject *unused)
{
    hbpy_state *state = PyModule_GetState(module);
    hb_participant *participant;
    (void)unused;
    if (hb_participant_new(&participant, 0) != HB_OK)
        return PyErr_NoMemory();
    if (!participant)
        return hbpy_raise(state, HB_MISUSED);
    hbpy_place *self = place_of(state->Place->tp_alloc(state->Place, 0));
    if (!self) {
        drop_detached(participant);
        return NULL;
    }
    hb_store_relaxed(&self->participant, (uint64_t)(uintptr_t)participant);
    hbpy_origin_here(self->origin, sizeof self->origin);
    return (PyObject *)self;
}

static PyMethodDef functions[] = {
    { "_place", module_place, METH_NOARGS, place_doc },
    { NULL, NULL, 0, NULL },
};

int hbpy_init_adopt(PyObject *module, hbpy_state *state)
{
    state->Adoption = (PyTypeObject *)PyType_FromModuleAndSpec(module, &adoption_spec, NULL);
    state->Place = (PyTypeObject *)PyType_FromModuleAndSpec(module, &place_spec, NULL);
    return state->Adoption && state->Place ? PyModule_AddFunctions(module, functions) : -1;
}
