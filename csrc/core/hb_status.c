#include "hb_status.h"

const char *hb_status_text(hb_status status)
{
    switch (status) {
#define HB_STATUS_TEXT(name, text) case HB_##name: return text;
        HB_STATUS_MAP(HB_STATUS_TEXT)
#undef HB_STATUS_TEXT
    }
    return "unknown status";
}
