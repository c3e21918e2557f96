#include "hb_source.h"

/* Hinted at once: whether the source is ready already is not known. */
void hb_source_watch(hb_source *source, hb_watch *watch)
{
    hb_lock_acquire(&source->lock);
    watch->prev = NULL;
    watch->next = source->watches;
    if (watch->next)
        watch->next->prev = watch;
    source->watches = watch;
    hb_lock_release(&source->lock);
    hb_hint(watch);
}

void hb_source_unwatch(hb_source *source, hb_watch *watch)
{
    hb_lock_acquire(&source->lock);
    *(watch->prev ? &watch->prev->next : &source->watches) = watch->next;
    if (watch->next)
        watch->next->prev = watch->prev;
    hb_lock_release(&source->lock);
}

hb_waiter *hb__source_recall_locked(hb_source *source)
{
    const hb_word nothing = { NULL };
    hb_waiter *chain = NULL;
    hb_link *link;
    while ((link = hb__queue_serve_locked(&source->receivers, HB_RETRY, nothing))) {
        link->waiter->next = chain;
        chain = link->waiter;
    }
    return chain;
}

hb_time hb_source_due(hb_source *source)
{
    if (!source->ops->due_locked)
        return HB_FOREVER;
    hb_lock_acquire(&source->lock);
    hb_time due = source->ops->due_locked(source);
    hb_lock_release(&source->lock);
    return due;
}
