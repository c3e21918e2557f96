#include "hb_time.h"

#include "hb_platform.h"

hb_time hb_now(void)
{
    return hb_platform_now();
}

hb_time hb_time_add(hb_time instant, hb_time duration)
{
    return instant > HB_FOREVER - duration ? HB_FOREVER : instant + duration;
}
