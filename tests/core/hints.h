/* What tests ask of hints beyond what the engine does. */
#ifndef HINTS_H
#define HINTS_H

#include "hb_watch.h"

/* Takes one hint off, any or the one with the least key; *key is its watch's. False
 * if there is none. */
static inline bool take_hint(hb_hints *hints, bool least, uint64_t *key)
{
    hb_watch *found = hb_hints_look(hints, least);
    *key = found ? found->key : UINT64_MAX;
    if (found)
        hb_unhint(found);
    return found != NULL;
}

#endif
