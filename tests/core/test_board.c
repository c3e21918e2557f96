/* hb_board: slots that keep their numbers and their places, found one after the other. */
#include "hb_board.h"
#include "hb_pulses.h"
#include "hb_unit.h"
#include "support.h"

static void the_header_tells_another_process_its_way(void)
{
    CHECK(hb_board() == NULL);
    hb_beat *beat = hb_beat_open(NULL);
    const hb_board_header *board = hb_board();
    CHECK_EQ(memcmp(board->magic, "hbboard", 8), 0);
    CHECK_EQ(board->version, HB_BOARD_VERSION);
    CHECK_EQ(board->slot_size, sizeof(hb_beat));
    CHECK_EQ(board->first, HB_BOARD_FIRST);
    CHECK_EQ(hb_load_relaxed(&board->used), HB_BOARD_FIRST + 1);
    CHECK_EQ(hb_load_relaxed(&board->open), 1);
    CHECK(sizeof *board <= HB_BOARD_FIRST * sizeof(hb_beat));
    CHECK_EQ((const char *)beat - (const char *)board, beat->number * sizeof(hb_beat));
    CHECK(hb__board_at(beat->number) == beat);
    CHECK_EQ((uintptr_t)beat % 128, 0); /* two lines of the cache, shared with nobody */
    hb_beat_unref(beat);
    CHECK_EQ(hb_load_relaxed(&board->open), 0);
}

static void a_slot_is_used_again_and_nothing_is_left_in_it(void)
{
    hb_beat *beat = hb_beat_open("old");
    uint32_t number = beat->number;
    hb_beat_pulses(beat, true);
    hb_beat_pulse(beat);
    hb_beat_pause(beat, MS);
    hb_beat_end(beat, HB_END_REVOKED);
    *hb_beat_owner(beat) = &number;
    hb_beat_unref(beat);
    hb_beat *again = hb_beat_open(NULL);
    hb_beat_view view;
    CHECK(again == beat);
    CHECK_EQ(again->number, number);
    CHECK(hb_beat_owner(again) == NULL && again->watched.monitor == NULL);
    CHECK_EQ(hb_load_relaxed(&again->flags), 0);
    hb_beat_look(again, &view);
    CHECK_EQ(view.pulses, 0);
    CHECK_EQ(view.end, HB_END_NONE);
    CHECK_EQ(view.name[0], 0);
    CHECK_EQ(view.paused_until, 0);
    CHECK(view.last == view.opened && view.opened > 0);
    hb_beat_unref(again);
}

static void a_slot_is_given_back_with_the_last_reference(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    const hb_board_header *board = hb_board();
    CHECK(hb_beat_ref(beat) == beat);
    hb_beat_unref(beat);
    CHECK_EQ(hb_load_relaxed(&board->open), 1);
    hb_beat_unref(beat);
    CHECK_EQ(hb_load_relaxed(&board->open), 0);
    hb_beat_unref(NULL);
}

static void open_beats_are_found_in_the_order_of_their_numbers(void)
{
    enum { N = 10 };
    hb_beat *beats[N], *found;
    uint32_t last = 0;
    int n = 0;
    for (int i = 0; i < N; i++)
        beats[i] = hb_beat_open(NULL);
    hb_beat_unref(beats[3]);
    hb_beat_unref(beats[7]);
    for (; (found = hb_beat_after(last)); n++) {
        CHECK(found->number > last);
        CHECK(found != beats[3] && found != beats[7]);
        last = found->number;
        hb_beat_unref(found);
    }
    CHECK_EQ(n, N - 2);
    for (int i = 0; i < N; i++)
        if (i != 3 && i != 7)
            hb_beat_unref(beats[i]);
    CHECK(hb_beat_after(0) == NULL);
}

static void a_hundred_thousand_beats_have_places_of_their_own(void)
{
    enum { N = 100000 };
    hb_beat **beats = malloc(N * sizeof(hb_beat *));
    for (int i = 0; i < N; i++) {
        beats[i] = hb_beat_open(NULL);
        CHECK_EQ(hb_beat_pulse(beats[i]), HB_OK);
    }
    for (int i = 0; i < N; i++) {
        CHECK_EQ(hb_load_relaxed(&beats[i]->pulses), 1);
        CHECK(hb__board_at(beats[i]->number) == beats[i]);
        hb_beat_unref(beats[i]);
    }
    free(beats);
    CHECK_EQ(hb_load_relaxed(&hb_board()->open), 0);
}

/* ---- many threads ---- */

enum { THREADS = 3, ROUNDS = 3000 };
static atomic_bool over;

static void *open_and_drop(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        hb_beat *beat = hb_beat_open(i % 2 ? "beat" : NULL);
        CHECK_EQ(hb_load_relaxed(&beat->pulses), 0);
        hb_beat_pulses(beat, true);
        CHECK_EQ(hb_beat_pulse(beat), HB_OK);
        if (i % 3 == 0)
            hb_beat_end(beat, HB_END_CLOSED);
        hb_beat_unref(beat);
    }
    return NULL;
}

static void look_at_all(void)
{
    hb_beat *beat = NULL, *next;
    hb_beat_view view;
    while ((next = hb_beat_after(beat ? beat->number : 0))) {
        hb_beat_unref(beat);
        beat = next;
        hb_beat_look(beat, &view);
        CHECK(view.name[0] == 0 || strcmp(view.name, "beat") == 0);
        CHECK(view.opened <= view.now && view.last <= view.now);
    }
    hb_beat_unref(beat);
}

static void *look_until_over(void *unused)
{
    (void)unused;
    while (!atomic_load(&over))
        look_at_all();
    return NULL;
}

static void looks_meet_beats_that_come_and_go(void)
{
    pthread_t threads[THREADS], looking = check_spawn(look_until_over, NULL);
    for (int i = 0; i < THREADS; i++)
        threads[i] = check_spawn(open_and_drop, NULL);
    for (int i = 0; i < THREADS; i++)
        check_join(threads[i]);
    atomic_store(&over, true);
    check_join(looking);
    CHECK_EQ(hb_load_relaxed(&hb_board()->open), 0);
    CHECK(hb_beat_after(0) == NULL);
}

int main(void)
{
    RUN(the_header_tells_another_process_its_way);
    RUN(a_slot_is_used_again_and_nothing_is_left_in_it);
    RUN(a_slot_is_given_back_with_the_last_reference);
    RUN(open_beats_are_found_in_the_order_of_their_numbers);
    RUN(a_hundred_thousand_beats_have_places_of_their_own);
    RUN(looks_meet_beats_that_come_and_go);
    return check_exit_code();
}
