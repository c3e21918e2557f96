/* deadlock: what the files that look for deadlocks share.
 *
 * deadlock.c        which threads wait without end, and what each refers to
 * deadlock_graph.c  who refers to what, and what only some of them can reach */
#ifndef HBPY_DEADLOCK_H
#define HBPY_DEADLOCK_H

#include "binding.h"

typedef struct hbpy_vertex {
    PyObject *object;  /* NULL: a thread */
    Py_ssize_t count;  /* of references to it */
    Py_ssize_t known;  /* those from vertices that are owned */
    size_t first, n;   /* its references to others: a part of `edges` */
    bool owned;        /* nobody but the threads can reach it, as far as is known yet */
    bool closed;       /* it is not looked into, and never owned */
    uint32_t group;    /* another vertex of its group, or itself */
} hbpy_vertex;

typedef struct hbpy_graph {
    PyTypeObject *opaque; /* instances of it are not looked into */
    hbpy_vertex *vertices;
    uint32_t *edges;
    uint32_t *table;   /* by address, 0: free */
    uint32_t *todo;
    size_t n, size;    /* vertices; room for them */
    size_t n_edges, edges_size;
    bool failed;       /* no memory, or too many */
} hbpy_graph;

/* False: no memory. The first `threads` vertices are the threads. */
bool hbpy_graph_init(hbpy_graph *graph, uint32_t threads, PyTypeObject *opaque);
void hbpy_graph_fini(hbpy_graph *graph);

/* What a thread refers to is told of one thread after the other, each in one piece. */
void hbpy_graph_begin(hbpy_graph *graph, uint32_t thread);
void hbpy_graph_refer(hbpy_graph *graph, uint32_t thread, PyObject *object);

/* Follows all references; then finds what is owned by all threads together. */
void hbpy_graph_grow(hbpy_graph *graph);

/* It is owned no longer, nor is what was only by it. */
void hbpy_graph_drop(hbpy_graph *graph, uint32_t vertex);

/* Threads that share something owned get the same number. */
void hbpy_graph_join(hbpy_graph *graph);
uint32_t hbpy_graph_group(hbpy_graph *graph, uint32_t vertex);

#endif
