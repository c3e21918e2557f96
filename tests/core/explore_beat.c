/* The hard races of hb_beat and hb_pulses: a pulse against who is about to sleep, against
 * the end, against other pulses, and the last reference against a look at the board. */
#include "explore.h"
#include "hb_pulses.h"
#include "hb_select.h"
#include "hb_unit.h"

static hb_beat *beat;
static atomic_int received, closed, timeouts, pulsed;
static hb_time start;

/* Every run finds the same slots free, in the same order. */
static void tidy_board(void)
{
    hb_beat *slots[3], *each = NULL;
    for (int i = 0; i < 3; i++)
        slots[i] = hb_beat_open(NULL);
    for (uint32_t number = UINT32_MAX; number > 0; number = each ? each->number : 0) {
        each = NULL;
        for (int i = 0; i < 3; i++)
            if (slots[i] && slots[i]->number < number && (!each || slots[i]->number > each->number))
                each = slots[i];
        hb_beat_unref(each);
    }
}

static void begin_with(bool keep)
{
    start = hb_now();
    tidy_board();
    beat = hb_beat_open("beat");
    CHECK(hb_beat_pulses(beat, keep) != NULL);
    atomic_store(&received, 0);
    atomic_store(&closed, 0);
    atomic_store(&timeouts, 0);
    atomic_store(&pulsed, 0);
}

static void begin(void)
{
    begin_with(true);
}

static void begin_unbuffered(void)
{
    begin_with(false);
}

/* Nobody has asked for its pulses. */
static void begin_bare(void)
{
    begin_with(true);
    hb_beat_unref(beat);
    beat = hb_beat_open(NULL);
}

static hb_case the_pulses(void)
{
    return (hb_case){ &hb_beat_pulses(beat, true)->source, HB_RECV, { NULL } };
}

static void note(hb_status status)
{
    atomic_fetch_add(&received, status == HB_OK);
    atomic_fetch_add(&closed, status == HB_CLOSED);
    atomic_fetch_add(&timeouts, status == HB_TIMEOUT);
}

/* On the heap, and freed at once: then whoever still touches it is found. */
static hb_status listen_until(hb_time deadline)
{
    hb_select *select = malloc(sizeof *select);
    hb_case one = the_pulses();
    CHECK_EQ(hb_select_init(select, &one, 1, true), HB_OK);
    hb_status status = hb_select_run(select, deadline);
    if (status == HB_OK)
        CHECK(select->word.i64 >= start && select->word.i64 <= hb_now());
    note(status);
    hb_select_fini(select);
    free(select);
    return status;
}

static hb_status poll(void)
{
    hb_word word;
    hb_case one = the_pulses();
    return hb_case_try(&one, &word);
}

static void listen(void)
{
    listen_until(HB_FOREVER);
}

static void listen_briefly(void)
{
    listen_until(start + 3);
}

static void listen_to_the_end(void)
{
    while (listen_until(HB_FOREVER) == HB_OK)
        ;
    CHECK_EQ(poll(), HB_CLOSED); /* the end is the end */
}

static void pulse(void)
{
    atomic_fetch_add(&pulsed, hb_beat_pulse(beat) == HB_OK);
}

static void pulse_thrice(void)
{
    for (int i = 0; i < 3; i++)
        pulse();
}

static void end_it(void)
{
    CHECK_EQ(hb_beat_end(beat, HB_END_CLOSED), HB_OK);
}

static void end_it_too(void)
{
    atomic_fetch_add(&closed, hb_beat_end(beat, HB_END_REVOKED) == HB_OK);
}

static void clear_away(void)
{
    CHECK(!hb__queue_has_links(&hb_beat_pulses(beat, true)->source.waiting, HB_RECV));
    hb_beat_unref(beat);
}

/* ---- a pulse against listeners ---- */

static void end_received(void)
{
    CHECK_EQ(atomic_load(&received), 1);
    CHECK_EQ(poll(), HB_WOULD_BLOCK);
    clear_away();
}

/* One of them, or it is kept. */
static void end_received_or_kept(void)
{
    CHECK_EQ(atomic_load(&received) + (poll() == HB_OK), 1);
    clear_away();
}

/* One of them, or nobody: nothing is kept. */
static void end_received_or_dropped(void)
{
    CHECK(atomic_load(&received) <= 1);
    CHECK_EQ(poll(), HB_WOULD_BLOCK);
    clear_away();
}

/* ---- pulses against pulses ---- */

/* A pulse that begins after another was received is not that one. */
static void pulse_when_received(void)
{
    for (int i = 0; i < 3; i++) {
        pulse();
        listen();
    }
}

static void end_three_received(void)
{
    CHECK_EQ(atomic_load(&received), 3);
    clear_away();
}

/* ---- the end ---- */

static void end_one_pulse(void)
{
    CHECK_EQ(atomic_load(&closed), 1);
    CHECK(atomic_load(&received) >= atomic_load(&pulsed)); /* what went well was kept */
    CHECK(atomic_load(&received) <= 1);
    clear_away();
}

static void end_each_closed(void)
{
    CHECK_EQ(atomic_load(&closed), 2);
    CHECK_EQ(atomic_load(&received), atomic_load(&pulsed));
    clear_away();
}

static void end_closed(void)
{
    CHECK_EQ(atomic_load(&closed), 1);
    CHECK_EQ(poll(), HB_CLOSED);
    clear_away();
}

/* One ended it, and that is how it ended. */
static void race_to_end(void)
{
    atomic_fetch_add(&received, hb_beat_end(beat, HB_END_CLOSED) == HB_OK);
}

static void end_once(void)
{
    CHECK_EQ(atomic_load(&received) + atomic_load(&closed), 1);
    CHECK_EQ(hb_beat_ending(beat), atomic_load(&closed) ? HB_REVOKED : HB_CLOSED);
    CHECK_EQ(hb_beat_pulse(beat), hb_beat_ending(beat));
    clear_away();
}

/* ---- references ---- */

static void drop(void)
{
    hb_beat_unref(beat);
}

static void look_around(void)
{
    hb_beat *found = hb_beat_after(0);
    if (found) {
        hb_beat_view view;
        hb_beat_look(found, &view);
        CHECK(view.number == found->number);
        hb_beat_unref(found);
    }
}

static void open_another(void)
{
    hb_beat *another = hb_beat_open("another");
    CHECK(another != NULL && strcmp(hb_beat_name(another), "another") == 0);
    CHECK_EQ(hb_load_relaxed(&another->pulses), 0);
    hb_beat_unref(another);
}

static void end_empty(void)
{
    CHECK(hb_beat_after(0) == NULL);
}

/* ---- units ---- */

static void work(void)
{
    hb_unit unit;
    CHECK_EQ(hb_unit_begin(beat, &unit, "unit", HB_FOREVER, true), HB_OK);
    hb_unit_finish(beat, &unit);
}

/* The unit is open when its pulse comes, and it is counted when it ends. */
static void listen_and_look(void)
{
    hb_beat_view view;
    listen();
    hb_beat_look(beat, &view);
    CHECK_EQ(view.open_units + view.tally.units, 1);
}

static void end_worked_once(void)
{
    CHECK_EQ(atomic_load(&received), 1);
    clear_away();
}

/* It was counted, or it had not begun. */
static void work_if_it_has_not_ended(void)
{
    hb_unit unit;
    if (hb_unit_begin(beat, &unit, "unit", 5, true) == HB_OK) {
        atomic_fetch_add(&pulsed, 1);
        hb_unit_finish(beat, &unit);
    }
}

static void end_worked_or_not(void)
{
    hb_beat_view view;
    hb_beat_look(beat, &view);
    CHECK_EQ(view.tally.units, atomic_load(&pulsed));
    CHECK_EQ(view.open_units, 0);
    CHECK_EQ(hb_load_relaxed(&beat->flags) & HB_BEAT_TIMED, 0);
    clear_away();
}

static void end_worked(void)
{
    hb_beat_view view;
    hb_beat_look(beat, &view);
    CHECK_EQ(view.tally.units, 2);
    CHECK_EQ(view.open_units, 0);
    CHECK(view.tally.busy <= view.tally.sum && view.tally.busy >= view.tally.most);
    CHECK(hb_load_relaxed(&beat->flags) == 0);
    hb_beat_unref(beat);
}

static const explore_scenario scenarios[] = {
    { .name = "a_pulse_against_falling_asleep", .begin = begin, .end = end_received,
      .threads = { listen, pulse } },
    { .name = "one_pulse_for_two", .begin = begin, .end = end_received_or_kept,
      .threads = { listen_briefly, listen_briefly, pulse } },
    { .name = "one_unbuffered_pulse_for_two", .begin = begin_unbuffered, .end = end_received_or_dropped,
      .threads = { listen_briefly, listen_briefly, pulse } },
    { .name = "no_pulse_is_taken_for_an_older_one", .begin = begin, .end = end_three_received,
      .threads = { pulse_when_received, pulse } },
    { .name = "a_listener_and_two_who_pulse", .begin = begin, .end = end_three_received,
      .threads = { pulse_when_received, pulse_thrice, pulse } },
    { .name = "a_pulse_against_the_end", .begin = begin, .end = end_one_pulse,
      .threads = { listen_to_the_end, pulse, end_it } },
    { .name = "the_end_against_two_listeners", .begin = begin, .end = end_each_closed,
      .threads = { listen_to_the_end, listen_to_the_end, end_it } },
    { .name = "the_end_against_the_first_listener", .begin = begin_bare, .end = end_closed,
      .threads = { listen_to_the_end, end_it } },
    { .name = "two_ends", .begin = begin, .end = end_once,
      .threads = { race_to_end, end_it_too } },
    { .name = "the_last_reference_against_a_look", .begin = begin, .end = end_empty,
      .threads = { drop, look_around, open_another } },
    { .name = "a_unit_is_seen_with_its_pulse", .begin = begin, .end = end_worked_once,
      .threads = { listen_and_look, work } },
    { .name = "a_unit_against_the_end", .begin = begin, .end = end_worked_or_not,
      .threads = { work_if_it_has_not_ended, end_it } },
    { .name = "two_work_at_once", .begin = begin_bare, .end = end_worked,
      .threads = { work, work } },
};

int main(int argc, char **argv)
{
    return explore_main(argc, argv, scenarios, sizeof scenarios / sizeof *scenarios);
}
