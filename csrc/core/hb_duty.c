#include "hb_duty.h"

/* ---- life ---- */

void hb_duty_init(hb_duty *duty, hb_beat *beat, hb_chan *done, hb_time interval)
{
    duty->beat = beat;
    duty->done = done;
    duty->interval = interval;
    duty->next = interval ? hb_time_add(hb_now(), interval) : HB_FOREVER;
    duty->working = false;
}

void hb_duty_fini(hb_duty *duty)
{
    hb_duty_end_unit(duty);
}

/* ---- units ---- */

/* Without memory for units the beat still beats. */
void hb_duty_begin_unit(hb_duty *duty)
{
    if (duty->working)
        return;
    bool pulse = duty->interval == 0;
    hb_status begun = hb_unit_begin(duty->beat, &duty->unit, NULL, HB_FOREVER, pulse);
    duty->working = begun == HB_OK;
    if (begun == HB_NO_MEMORY && pulse)
        hb_beat_pulse(duty->beat);
}

void hb_duty_end_unit(hb_duty *duty)
{
    if (duty->working)
        hb_unit_finish(duty->beat, &duty->unit);
    duty->working = false;
}

/* ---- pulses on the interval ---- */

/* D3: the first instant of the interval's phase that is still to come. */
static void set_next(hb_duty *duty, hb_time now)
{
    hb_time passed = (now - duty->next) / duty->interval + 1;
    duty->next += passed * duty->interval;
}

static void pulse_if_due(hb_duty *duty)
{
    if (duty->interval == 0)
        return;
    hb_time now = hb_now();
    if (now < duty->next)
        return;
    hb_beat_pulse(duty->beat);
    set_next(duty, now);
}

bool hb_duty_stopped(hb_duty *duty)
{
    return hb_chan_is_closed(duty->done);
}

/* Who was replaced is told to stop as well; that it was replaced says more. */
static hb_status why_stopped(hb_duty *duty)
{
    return hb_beat_ending(duty->beat) == HB_REVOKED ? HB_REVOKED : HB_STOPPED;
}

hb_status hb_duty_check(hb_duty *duty)
{
    hb_status why = why_stopped(duty);
    if (why == HB_REVOKED || hb_duty_stopped(duty))
        return why;
    pulse_if_due(duty);
    return HB_OK;
}

/* ---- waiting ---- */

/* HB_TIMEOUT may also mean that somebody is about to serve the select: parking once more
 * then sees it served. */
hb_status hb_duty_park(hb_duty *duty, hb_select *select, hb_time deadline)
{
    for (;;) {
        hb_time until = duty->next < deadline ? duty->next : deadline;
        hb_status status = hb_select_park(select, until);
        if (status != HB_TIMEOUT && status != HB_INTERRUPTED)
            return status;
        pulse_if_due(duty);
        if (status == HB_TIMEOUT && until == deadline)
            return HB_TIMEOUT;
    }
}

/* The first case is done: D4. */
static hb_status run(hb_duty *duty, hb_select *select, hb_time deadline)
{
    hb_status status;
    do {
        status = hb_select_begin(select);
        if (status == HB_WOULD_BLOCK)
            status = hb_select_end(select, hb_duty_park(duty, select, deadline));
    } while (status == HB_RETRY);
    bool happened = status == HB_OK || status == HB_CLOSED;
    return happened && select->index == 0 ? why_stopped(duty) : status;
}

static hb_status wait_for(hb_duty *duty, const hb_case *c, hb_word *word, hb_time deadline)
{
    hb_select select;
    if (deadline <= 0)
        return HB_TIMEOUT;
    const hb_case cases[] = { { .source = hb_chan_source(duty->done), .direction = HB_RECV }, *c };
    hb_select_init(&select, cases, 2, true); /* two biased cases need no memory */
    hb_status status = run(duty, &select, deadline);
    if (status == HB_OK)
        *word = select.word;
    hb_select_fini(&select);
    return status;
}

static hb_case case_of(hb_chan *chan, hb_direction direction, hb_word word)
{
    return (hb_case){ chan ? hb_chan_source(chan) : NULL, direction, word };
}

/* ---- what a native unit does ---- */

hb_status hb_duty_send(hb_duty *duty, hb_chan *chan, hb_word word, hb_time deadline)
{
    hb_status status = hb_duty_check(duty);
    if (status != HB_OK)
        return status;
    hb_duty_begin_unit(duty);
    hb_duty_end_unit(duty);
    status = hb_chan_try_send(chan, word);
    if (status != HB_WOULD_BLOCK)
        return status;
    hb_case c = case_of(chan, HB_SEND, word);
    return wait_for(duty, &c, &word, deadline);
}

static hb_status receive(hb_duty *duty, hb_chan *chan, hb_word *word, hb_time deadline)
{
    hb_status status = hb_chan_try_recv(chan, word);
    if (status != HB_WOULD_BLOCK)
        return status;
    hb_case c = case_of(chan, HB_RECV, (hb_word){ NULL });
    return wait_for(duty, &c, word, deadline);
}

hb_status hb_duty_recv(hb_duty *duty, hb_chan *chan, hb_word *word, hb_time deadline)
{
    hb_status status = hb_duty_check(duty);
    if (status != HB_OK)
        return status;
    hb_duty_end_unit(duty);
    status = receive(duty, chan, word, deadline);
    if (status == HB_OK)
        hb_duty_begin_unit(duty);
    return status;
}

hb_status hb_duty_sleep(hb_duty *duty, hb_time deadline)
{
    hb_word none;
    hb_case never = case_of(NULL, HB_RECV, (hb_word){ NULL });
    hb_status status = hb_duty_check(duty);
    if (status == HB_OK)
        status = wait_for(duty, &never, &none, deadline);
    return status == HB_TIMEOUT ? HB_OK : status;
}
