#include "hb_action.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hb_action {
    hb_atomic_ptr next; /* hb_action */
    hb_action_kind kind;
    int number;
    size_t size;
    char bytes[];
};

/* ---- the list ---- */

hb_action *hb_action_new(hb_action_kind kind, int number, const void *bytes, size_t size)
{
    hb_action *action = malloc(sizeof *action + size);
    if (!action)
        return NULL;
    hb_store_relaxed(&action->next, NULL);
    action->kind = kind;
    action->number = number;
    action->size = size;
    if (size)
        memcpy(action->bytes, bytes, size);
    return action;
}

void hb_action_free(hb_action *action)
{
    free(action);
}

void hb_actions_add(hb_actions *actions, hb_action *action)
{
    hb_store_release(actions->last ? &actions->last->next : &actions->first, action);
    actions->last = action;
}

void hb_actions_fini(hb_actions *actions)
{
    hb_action *action = hb_load_acquire(&actions->first);
    while (action) {
        hb_action *next = hb_load_acquire(&action->next);
        hb_action_free(action);
        action = next;
    }
}

bool hb_actions_is_empty(hb_actions *actions)
{
    return hb_load_acquire(&actions->first) == NULL;
}

/* ---- carrying out ---- */

size_t hb_write_now(int descriptor, const char *bytes, size_t size)
{
    while (size > 0) {
        size_t written = hb_platform_write_now(descriptor, bytes, size);
        if (written == 0)
            break;
        bytes += written;
        size -= written;
    }
    return size;
}

static size_t dump(int descriptor, const hb_health *health)
{
    size_t lost = hb_dump(descriptor);
    if (!health->stack)
        return lost;
    char line[2 * HB_NAME_SIZE];
    int n = snprintf(line, sizeof line, "stack of the thread of beat '%s':\n",
                     health->beat ? hb_beat_name(health->beat) : "");
    lost += hb_write_now(descriptor, line, (size_t)n);
    lost += hb_write_now(descriptor, health->stack, strlen(health->stack));
    return lost;
}

static size_t run(const hb_action *action, const hb_health *health)
{
    switch (action->kind) {
    case HB_ACT_DUMP:
        return dump(action->number, health);
    case HB_ACT_SIGNAL:
        hb_platform_signal_process(action->number);
        break;
    case HB_ACT_EXIT:
        hb_platform_exit(action->number);
    case HB_ACT_ABORT:
        hb_platform_abort();
    case HB_ACT_NOTIFY:
        return hb_write_now(action->number, action->bytes, action->size);
    }
    return 0;
}

size_t hb_actions_run(hb_actions *actions, const hb_health *health)
{
    size_t lost = 0;
    for (hb_action *action = hb_load_acquire(&actions->first); action; action = hb_load_acquire(&action->next))
        lost += run(action, health);
    return lost;
}
