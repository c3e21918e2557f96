#include "hb_duty.h"

#include "hb_bubble.h"

/* ---- life ---- */

void hb_duty_init(hb_duty *duty, hb_beat *beat, hb_chan *done, hb_time interval)
{
    duty->beat = beat;
    duty->done = done;
    duty->party = hb_party_here();
    duty->interval = interval;
    duty->next = interval ? hb_time_add(hb_now(), interval) : HB_FOREVER;
    duty->looked = duty->quiet = 0;
    hb_work_init(&duty->work, beat);
}

void hb_duty_fini(hb_duty *duty)
{
    hb_work_fini(&duty->work);
}

/* ---- units ---- */

void hb_duty_begin_unit(hb_duty *duty)
{
    if (!hb_work_is_open(&duty->work))
        hb_work_begin(&duty->work, duty->interval == 0, hb_stamp_now());
}

void hb_duty_end_unit(hb_duty *duty)
{
    if (hb_work_is_open(&duty->work))
        hb_work_finish(&duty->work, hb_stamp_now());
}

/* ---- pulses on the interval ---- */

/* D3: the first instant of the interval's phase that is still to come. */
static void set_next(hb_duty *duty, hb_time now)
{
    hb_time passed = (now - duty->next) / duty->interval + 1;
    duty->next += passed * duty->interval;
}

static void look_at_clock(hb_duty *duty)
{
    hb_time now = hb_now();
    if (now >= duty->next) {
        hb_beat_pulse(duty->beat);
        set_next(duty, now);
    }
    duty->looked = hb_stamp_now();
    duty->quiet = hb_rate_counts(&duty->work.rate, duty->looked, duty->next - now);
}

/* A stamp is cheaper than the clock, and mostly enough. */
static bool may_be_due(hb_duty *duty, hb_stamp now)
{
    return duty->interval && now - duty->looked >= duty->quiet;
}

bool hb_duty_stopped(hb_duty *duty)
{
    return hb_chan_is_closed(duty->done) ||
           (duty->party && hb_load_relaxed(&duty->party->stopping));
}

/* Who was replaced is told to stop as well; that it was replaced says more. */
static hb_status why_stopped(hb_duty *duty)
{
    return hb_beat_ending(duty->beat) == HB_REVOKED ? HB_REVOKED : HB_STOPPED;
}

static hb_status check_at(hb_duty *duty, hb_stamp now)
{
    if (hb_duty_stopped(duty) || (hb_beat_has_ended(duty->beat) && why_stopped(duty) == HB_REVOKED))
        return why_stopped(duty);
    if (may_be_due(duty, now))
        look_at_clock(duty);
    return HB_OK;
}

hb_status hb_duty_check(hb_duty *duty)
{
    return check_at(duty, duty->interval ? hb_stamp_now() : 0);
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
        if (duty->interval)
            look_at_clock(duty);
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

hb_status hb_duty_hand_over(hb_duty *duty, hb_chan *chan, hb_word word, hb_stamp *now)
{
    hb_bubble_yield();
    hb_status status = check_at(duty, *now);
    if (status == HB_OK)
        status = hb_chan_try_send(chan, word);
    if (status != HB_WOULD_BLOCK)
        return status;
    hb_case c = case_of(chan, HB_SEND, word);
    status = wait_for(duty, &c, &word, HB_FOREVER);
    *now = hb_stamp_now();
    return status;
}

hb_status hb_duty_send(hb_duty *duty, hb_chan *chan, hb_word word, hb_time deadline)
{
    hb_bubble_yield();
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
    hb_bubble_yield();
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
    hb_bubble_yield();
    hb_word none;
    hb_case never = case_of(NULL, HB_RECV, (hb_word){ NULL });
    hb_status status = hb_duty_check(duty);
    if (status == HB_OK)
        status = wait_for(duty, &never, &none, deadline);
    return status == HB_TIMEOUT ? HB_OK : status;
}
