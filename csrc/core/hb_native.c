#include "hb_native.h"

/* What a unit returned, or passed through. */
static hb_status ended(int returned, int *code)
{
    *code = returned;
    switch (returned) {
    case 0:
        return HB_OK;
    case HB_NATIVE_STOPPED:
        return HB_STOPPED;
    case HB_NATIVE_REVOKED:
        return HB_REVOKED;
    default:
        return HB_FAILED;
    }
}

static int make_result(const hb_native *unit, hb_word *word)
{
    return unit->kind == HB_NATIVE_INT64 ? unit->fn.int64(unit->data, &word->i64)
                                         : unit->fn.real(unit->data, &word->f64);
}

/* One unit of work. HB_OK: its result has been sent. HB_FAILED: it made none, see *returned. */
static hb_status generate_one(const hb_native *unit, hb_duty *duty, hb_chan *results, hb_stamp *now,
                              int *returned)
{
    hb_word word = { NULL };
    hb_work_begin(&duty->work, duty->interval == 0, *now);
    *returned = make_result(unit, &word);
    *now = hb_stamp_now();
    hb_work_finish(&duty->work, *now);
    return *returned ? HB_FAILED : hb_duty_hand_over(duty, results, word, now);
}

static hb_status generate(const hb_native *unit, hb_duty *duty, hb_chan *results, int *code)
{
    int returned = 0;
    hb_stamp now = hb_stamp_now();
    hb_status status = hb_duty_check(duty);
    while (status == HB_OK)
        status = generate_one(unit, duty, results, &now, &returned);
    if (status == HB_FAILED)
        return ended(returned == HB_NATIVE_END ? 0 : returned, code);
    return status == HB_CLOSED ? ended(HB_NATIVE_CLOSED, code) : status;
}

static hb_status call_whole(const hb_native *unit, hb_handle *handle, int *code)
{
    return ended(unit->fn.whole(handle, unit->data), code);
}

hb_status hb_native_run(const hb_native *unit, const void *api, hb_duty *duty, hb_chan *results,
                        int *code)
{
    hb_handle handle = { api, duty, results };
    *code = 0;
    return unit->kind == HB_NATIVE_WHOLE ? call_whole(unit, &handle, code)
                                         : generate(unit, duty, results, code);
}
