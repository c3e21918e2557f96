/* deadlock_graph: who refers to what, and what only some threads can reach.
 *
 * Vertices are threads and objects. An object is owned if every reference that CPython counts for
 * it is one of the graph's, from a thread or from an object that is owned. Of that the greatest set is
 * found: at first all are owned, and whoever has a reference that is not accounted for is dropped,
 * and takes with it what was owned through it.
 *
 * It errs on one side only. A reference that is not seen (from a C variable, from a type that
 * hides it, from what is not looked into) makes an object appear to have one more
 * holder, never one less. A weak reference is a holder, too.
 *
 * Nothing here makes an object or runs Python, so all is of one moment as long as the caller
 * keeps the interpreter lock. */
#include "deadlock.h"

#define MOST_VERTICES 200000u

/* ---- making ---- */

bool hbpy_graph_init(hbpy_graph *graph, uint32_t threads, PyTypeObject *opaque)
{
    size_t size = MOST_VERTICES + threads + 1;
    *graph = (hbpy_graph){ .opaque = opaque, .size = size, .n = threads, .edges_size = 4096 };
    graph->vertices = PyMem_RawCalloc(size, sizeof *graph->vertices);
    graph->edges = PyMem_RawMalloc(graph->edges_size * sizeof *graph->edges);
    graph->table = PyMem_RawCalloc(2 * size, sizeof *graph->table);
    graph->todo = PyMem_RawMalloc(size * sizeof *graph->todo);
    for (uint32_t i = 0; graph->vertices && i < threads; i++)
        graph->vertices[i].owned = true;
    return graph->vertices && graph->edges && graph->table && graph->todo;
}

void hbpy_graph_fini(hbpy_graph *graph)
{
    PyMem_RawFree(graph->vertices);
    PyMem_RawFree(graph->edges);
    PyMem_RawFree(graph->table);
    PyMem_RawFree(graph->todo);
}

static bool has_weak_references(PyObject *object)
{
    Py_ssize_t offset = Py_TYPE(object)->tp_weaklistoffset;
    return offset && *(PyObject **)((char *)object + offset);
}

/* The place of an object in the table: its own, or a free one. */
static uint32_t *place_of(hbpy_graph *graph, PyObject *object)
{
    size_t slots = 2 * graph->size;
    size_t slot = (size_t)(((uint64_t)(uintptr_t)object * 0x9e3779b97f4a7c15u) >> 20) % slots;
    while (graph->table[slot] && graph->vertices[graph->table[slot]].object != object)
        slot = (slot + 1) % slots;
    return &graph->table[slot];
}

/* Vertex 0 is a thread, so 0 stands for a free place; and for a failure. */
static uint32_t vertex_of(hbpy_graph *graph, PyObject *object)
{
    uint32_t *place = place_of(graph, object);
    if (*place)
        return *place;
    if (graph->n == graph->size) {
        graph->failed = true;
        return 0;
    }
    *place = (uint32_t)graph->n++;
    graph->vertices[*place] = (hbpy_vertex){
        .object = object, .count = Py_REFCNT(object), .owned = true, .closed = has_weak_references(object),
    };
    return *place;
}

static bool has_room(hbpy_graph *graph)
{
    if (graph->n_edges < graph->edges_size)
        return true;
    uint32_t *edges = PyMem_RawRealloc(graph->edges, 2 * graph->edges_size * sizeof *edges);
    if (!edges)
        return false;
    graph->edges = edges;
    graph->edges_size *= 2;
    return true;
}

void hbpy_graph_begin(hbpy_graph *graph, uint32_t vertex)
{
    graph->vertices[vertex].first = graph->n_edges;
}

void hbpy_graph_refer(hbpy_graph *graph, uint32_t vertex, PyObject *object)
{
    uint32_t to = object && !graph->failed ? vertex_of(graph, object) : 0;
    if (to && !has_room(graph))
        graph->failed = true;
    if (!to || graph->failed)
        return;
    graph->edges[graph->n_edges++] = to;
    graph->vertices[vertex].n++;
    graph->vertices[to].known++;
}

/* ---- growing ---- */

typedef struct visit_arg {
    hbpy_graph *graph;
    uint32_t from;
} visit_arg;

static int visit(PyObject *object, void *opaque)
{
    visit_arg *arg = opaque;
    hbpy_graph_refer(arg->graph, arg->from, object);
    return arg->graph->failed;
}

static void close_vertex(hbpy_graph *graph, PyObject *object)
{
    uint32_t vertex = object ? vertex_of(graph, object) : 0;
    if (vertex)
        graph->vertices[vertex].closed = true;
}

/* These lead to the whole program, or tell what they do not hold. */
static bool is_closed(hbpy_graph *graph, PyObject *object)
{
    return PyType_Check(object) || PyModule_Check(object) || PyFrame_Check(object) ||
           PyObject_TypeCheck(object, graph->opaque);
}

static void follow(hbpy_graph *graph, uint32_t from)
{
    PyObject *object = graph->vertices[from].object;
    visit_arg arg = { graph, from };
    hbpy_graph_begin(graph, from);
    if (is_closed(graph, object))
        graph->vertices[from].closed = true;
    if (PyFunction_Check(object)) {
        close_vertex(graph, PyFunction_GET_GLOBALS(object));
        close_vertex(graph, ((PyFunctionObject *)object)->func_builtins);
    }
    if (!graph->vertices[from].closed && PyObject_IS_GC(object))
        Py_TYPE(object)->tp_traverse(object, visit, &arg);
}

static bool is_accounted_for(const hbpy_vertex *vertex)
{
    return vertex->count == vertex->known;
}

void hbpy_graph_grow(hbpy_graph *graph)
{
    for (size_t i = 0; i < graph->n && !graph->failed; i++)
        if (graph->vertices[i].object)
            follow(graph, (uint32_t)i);
    for (size_t i = 0; i < graph->n; i++) {
        hbpy_vertex *vertex = &graph->vertices[i];
        if (vertex->object && vertex->owned && (vertex->closed || !is_accounted_for(vertex)))
            hbpy_graph_drop(graph, (uint32_t)i);
    }
}

void hbpy_graph_drop(hbpy_graph *graph, uint32_t vertex)
{
    size_t n = 0;
    graph->vertices[vertex].owned = false;
    graph->todo[n++] = vertex;
    while (n > 0) {
        const hbpy_vertex *from = &graph->vertices[graph->todo[--n]];
        for (size_t i = from->first; i < from->first + from->n; i++) {
            hbpy_vertex *to = &graph->vertices[graph->edges[i]];
            to->known--;
            if (to->owned) {
                to->owned = false;
                graph->todo[n++] = graph->edges[i];
            }
        }
    }
}

/* ---- groups ---- */

uint32_t hbpy_graph_group(hbpy_graph *graph, uint32_t vertex)
{
    while (graph->vertices[vertex].group != vertex) {
        uint32_t above = graph->vertices[vertex].group;
        graph->vertices[vertex].group = graph->vertices[above].group;
        vertex = above;
    }
    return vertex;
}

void hbpy_graph_join(hbpy_graph *graph)
{
    for (size_t i = 0; i < graph->n; i++)
        graph->vertices[i].group = (uint32_t)i;
    for (size_t i = 0; i < graph->n; i++) {
        const hbpy_vertex *from = &graph->vertices[i];
        for (size_t k = from->first; from->owned && k < from->first + from->n; k++)
            if (graph->vertices[graph->edges[k]].owned)
                graph->vertices[hbpy_graph_group(graph, graph->edges[k])].group = hbpy_graph_group(graph, (uint32_t)i);
    }
}
