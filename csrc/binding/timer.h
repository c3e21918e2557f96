/* timer: the layout that Timer and its subtype for after_func() share. */
#ifndef HBPY_TIMER_H
#define HBPY_TIMER_H

#include "binding.h"

#include "hb_timer.h"

typedef struct hbpy_timer {
    hbpy_source base;
    hb_timer timer;
} hbpy_timer;

#endif
