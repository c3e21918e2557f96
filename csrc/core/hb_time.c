#include "hb_time.h"

#include "hb_here.h"

_Thread_local hb_here *hb__here HB_STATIC_TLS;

hb_time hb_now(void)
{
    return hb__here ? (hb_time)hb_load_relaxed(hb__here->now) : hb_platform_now();
}

hb_time hb_time_add(hb_time instant, hb_time duration)
{
    return instant > HB_FOREVER - duration ? HB_FOREVER : instant + duration;
}
