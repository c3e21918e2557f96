/* capi: the public C interface, csrc/include/heartbeat.h, which says what each function does.
 *
 * capi_calls.c   the functions that need no Python
 * capi.c         those that do, the table of all, the capsule it is found by
 *
 * A heartbeat_beat is an hb_beat, a heartbeat_channel an hb_chan and a heartbeat_worker an
 * hb_handle. The table only ever grows, at its end, and HEARTBEAT_ABI with it. */
#ifndef HBPY_CAPI_H
#define HBPY_CAPI_H

#include "heartbeat_abi.h"

/* The table; filled when the module is loaded. */
extern heartbeat_api hbpy_capi;

/* What of it needs no Python; the rest is NULL. */
extern const heartbeat_api hbpy_capi_calls;

#endif
