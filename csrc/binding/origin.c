/* origin: where things were made: "file:line" of the nearest frame of the program's own.
 *
 * It is looked up where a thing is made in a bubble, or while tracking is on, and kept beside
 * the things, by address: a thing itself has no room for it, and costs nothing when nobody asks.
 * What a wait is for is known to the core as a source, so a thing is found by that, too.
 *
 * Locking: one lock for the table, a leaf; no Python runs under it. */
#include "binding.h"

#include <stdlib.h>

#include "hb_lock.h"

#define FEWEST_BUCKETS 256u

hb_atomic_u32 hbpy_tracking;
hb_atomic_u64 hbpy_origins_kept;

typedef struct note note;

struct note {
    note *next;
    const void *key;
    char text[];
};

static struct {
    hb_lock lock;
    note **buckets; /* lock */
    size_t n;       /* lock: how many, a power of two */
} table;

/* ---- the table ---- */

static size_t bucket_of(const void *key, size_t n)
{
    uint64_t mixed = (uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15u;
    return (size_t)(mixed >> 32) & (n - 1);
}

static note **place_locked(const void *key)
{
    note **place = &table.buckets[bucket_of(key, table.n)];
    while (*place && (*place)->key != key)
        place = &(*place)->next;
    return place;
}

/* Without memory it stays as small as it is. */
static void grow_locked(void)
{
    size_t n = table.n ? table.n * 2 : FEWEST_BUCKETS;
    note **buckets = calloc(n, sizeof *buckets);
    for (size_t i = 0; buckets && i < table.n; i++)
        for (note *each = table.buckets[i], *next; each; each = next) {
            note **place = &buckets[bucket_of(each->key, n)];
            next = each->next;
            each->next = *place;
            *place = each;
        }
    if (!buckets)
        return;
    free(table.buckets);
    table.buckets = buckets;
    table.n = n;
}

static void remove_locked(const void *key)
{
    note **place = table.n ? place_locked(key) : NULL;
    note *removed = place ? *place : NULL;
    if (!removed)
        return;
    *place = removed->next;
    free(removed);
    hb_fetch_sub(&hbpy_origins_kept, 1);
}

static void keep_locked(const void *key, const char *text)
{
    size_t size = strlen(text) + 1;
    note *kept = malloc(sizeof *kept + size);
    remove_locked(key);
    if (hb_load_relaxed(&hbpy_origins_kept) >= table.n)
        grow_locked();
    if (!kept || !table.n) {
        free(kept);
        return;
    }
    memcpy(kept->text, text, size);
    kept->key = key;
    note **place = place_locked(key);
    kept->next = *place;
    *place = kept;
    hb_fetch_add(&hbpy_origins_kept, 1);
}

void hbpy_origin_put(const void *key, const char *text)
{
    hb_lock_acquire(&table.lock);
    keep_locked(key, text);
    hb_lock_release(&table.lock);
}

void hbpy_origin_remove(const void *key)
{
    hb_lock_acquire(&table.lock);
    remove_locked(key);
    hb_lock_release(&table.lock);
}

bool hbpy_origin_find(const void *key, char *text, size_t size)
{
    if (hb_load_relaxed(&hbpy_origins_kept) == 0)
        return false;
    hb_lock_acquire(&table.lock);
    note **place = table.n ? place_locked(key) : NULL;
    bool found = place && *place;
    if (found)
        hb_text_copy_end(text, size, (*place)->text);
    hb_lock_release(&table.lock);
    return found;
}

/* ---- the frame ---- */

/* The package itself, and the modules that start threads or make locks on behalf of others. */
static bool is_machinery(PyObject *py_globals)
{
    PyObject *py_name = PyDict_GetItemString(py_globals, "__name__");
    const char *name = py_name && PyUnicode_Check(py_name) ? PyUnicode_AsUTF8(py_name) : NULL;
    if (!name)
        PyErr_Clear();
    return name && (strcmp(name, "heartbeat") == 0 || strncmp(name, "heartbeat.", 10) == 0 ||
                    strcmp(name, "threading") == 0 || strcmp(name, "contextlib") == 0 ||
                    strcmp(name, "queue") == 0 || strncmp(name, "concurrent.futures.", 19) == 0);
}

/* A new reference to the nearest frame that is none of theirs, or NULL. */
static PyFrameObject *frame_of_program(void)
{
    PyFrameObject *frame = PyEval_GetFrame();
    Py_XINCREF(frame);
    while (frame) {
        PyObject *py_globals = PyFrame_GetGlobals(frame);
        bool skipped = is_machinery(py_globals);
        Py_DECREF(py_globals);
        if (!skipped)
            return frame;
        PyFrameObject *caller = PyFrame_GetBack(frame);
        Py_DECREF(frame);
        frame = caller;
    }
    return NULL;
}

static void describe(PyFrameObject *frame, char *text, size_t size)
{
    char line[16];
    PyCodeObject *code = PyFrame_GetCode(frame);
    const char *file = PyUnicode_AsUTF8(code->co_filename);
    if (!file)
        PyErr_Clear(); /* a name that is no text in UTF-8 */
    int length = snprintf(line, sizeof line, ":%d", PyFrame_GetLineNumber(frame));
    hb_text_copy_end(text, size - (size_t)length, file ? file : "?");
    strcat(text, line);
    Py_DECREF(code);
}

const char *hbpy_origin_here(char *text, size_t size)
{
    if (!hbpy_origins_on())
        return NULL;
    PyObject *py_type, *py_value, *py_traceback;
    PyErr_Fetch(&py_type, &py_value, &py_traceback);
    PyFrameObject *frame = frame_of_program();
    if (frame)
        describe(frame, text, size);
    PyErr_Restore(py_type, py_value, py_traceback);
    Py_XDECREF(frame);
    return frame ? text : NULL;
}

void hbpy_origin_note(const void *thing, const void *source)
{
    char text[HB_ORIGIN_SIZE];
    if (!hbpy_origin_here(text, sizeof text))
        return;
    hbpy_origin_put(thing, text);
    if (source)
        hbpy_origin_put(source, text);
}

PyObject *hbpy_origin_text(const void *key)
{
    char text[HB_ORIGIN_SIZE];
    if (!hbpy_origin_find(key, text, sizeof text))
        Py_RETURN_NONE;
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
}

/* ---- for tests, the plugin and reports ---- */

PyDoc_STRVAR(track_doc,
"_track_origins($module, on, /)\n--\n\n"
"From now on remember (or not) where things are made; return whether it was so before.");

static PyObject *track_origins(PyObject *module, PyObject *py_on)
{
    bool on;
    (void)module;
    if (hbpy_parse_flag(py_on, &on) < 0)
        return NULL;
    return PyBool_FromLong(hb_exchange(&hbpy_tracking, on));
}

PyDoc_STRVAR(origin_of_doc,
"_origin_of($module, thing, /)\n--\n\n"
"Where a thing of the engine was made, 'file:line'; None if that was not tracked.");

static PyObject *origin_of(PyObject *module, PyObject *py_thing)
{
    (void)module;
    return hbpy_origin_text(py_thing);
}

static PyMethodDef functions[] = {
    { "_track_origins", track_origins, METH_O, track_doc },
    { "_origin_of", origin_of, METH_O, origin_of_doc },
    { NULL, NULL, 0, NULL },
};

int hbpy_init_origin(PyObject *module, hbpy_state *state)
{
    (void)state;
    return PyModule_AddFunctions(module, functions);
}
