/* hb_wheel against a naive model: the same entries come out at the same time. */
#include "hb_board.h"
#include "hb_rand.h"
#include "hb_wheel.h"
#include "support.h"

#define BEATS 300
#define NOT_FILED (-1)

static hb_wheel wheel;
static hb_beat *beats[BEATS];
static hb_time due[BEATS]; /* the model */

static void begin(void)
{
    hb_wheel_init(&wheel);
    for (int i = 0; i < BEATS; i++) {
        beats[i] = hb_beat_open(NULL);
        due[i] = NOT_FILED;
    }
}

static void finish(void)
{
    for (int i = 0; i < BEATS; i++) {
        hb_wheel_take(&wheel, beats[i]);
        hb_beat_unref(beats[i]);
    }
    CHECK_EQ(hb_wheel_next(&wheel), HB_FOREVER);
}

static int index_of(const hb_beat *beat)
{
    int i = 0;
    while (beats[i] != beat)
        i++;
    return i;
}

static void file(int i, hb_time at)
{
    hb_wheel_file(&wheel, beats[i], at);
    due[i] = at;
}

static void take(int i)
{
    hb_wheel_take(&wheel, beats[i]);
    due[i] = NOT_FILED;
}

static hb_time earliest(void)
{
    hb_time least = HB_FOREVER;
    for (int i = 0; i < BEATS; i++)
        if (due[i] != NOT_FILED && due[i] < least)
            least = due[i];
    return least;
}

/* Reads all that can be read; what is not due is filed again. How many were due. */
static int read_due(hb_time now)
{
    hb_beat *batch[7];
    int n = 0;
    while (hb_wheel_open(&wheel, now)) {
        size_t read = hb_wheel_read(&wheel, batch, 7);
        for (size_t j = 0; j < read; j++) {
            int i = index_of(batch[j]);
            CHECK(due[i] != NOT_FILED);
            n += due[i] <= now;
            if (due[i] <= now)
                due[i] = NOT_FILED;
            else
                file(i, due[i]);
        }
    }
    return n;
}

static int count_due(hb_time now)
{
    int n = 0;
    for (int i = 0; i < BEATS; i++)
        n += due[i] != NOT_FILED && due[i] <= now;
    return n;
}

/* Of any size of difference, from nanoseconds to centuries. */
static hb_time some_delay(void)
{
    uint32_t bits = hb_rand_below(62);
    uint64_t delay = (uint64_t)hb_rand_below(UINT32_MAX) << 32 | hb_rand_below(UINT32_MAX);
    return (hb_time)(delay >> (63 - bits));
}

/* ---- tests ---- */

static void change_some(hb_time now)
{
    for (int n = 0; n < 20; n++) {
        int i = (int)hb_rand_below(BEATS);
        if (due[i] != NOT_FILED)
            take(i);
        if (hb_rand_below(3))
            file(i, hb_time_add(now, some_delay()));
    }
}

/* Exact to the nanosecond, wherever the clock steps to. */
static void what_is_due_comes_out_and_nothing_else(void)
{
    begin();
    hb_time now = 1;
    for (int round = 0; round < 4000 && now < HB_FOREVER / 2; round++) {
        change_some(now);
        hb_time next = earliest();
        CHECK(hb_wheel_next(&wheel) <= next);
        if (next != HB_FOREVER && hb_rand_below(4) && next < HB_FOREVER / 2)
            now = next > now ? next : now;
        else
            now += some_delay() >> 20;
        int expected = count_due(now);
        CHECK_EQ(read_due(now), expected);
        CHECK(hb_wheel_next(&wheel) > now);
    }
    finish();
}

/* Whoever sleeps until hb_wheel_next gets there in a few steps, and exactly. */
static void one_entry_is_found_at_its_very_instant(void)
{
    begin();
    for (int round = 0; round < 1000; round++) {
        hb_time now = wheel.present + some_delay() % HB_SECOND;
        hb_time at = now + some_delay() % (1000 * HB_SECOND);
        int steps = 0;
        file(round % BEATS, at);
        do {
            now = hb_wheel_next(&wheel) > now ? hb_wheel_next(&wheel) : now;
            steps++;
        } while (read_due(now) == 0);
        CHECK_EQ(now, at);
        CHECK_EQ(steps, 1);
    }
    finish();
}

static void what_is_overdue_comes_at_once(void)
{
    begin();
    wheel.present = 1000;
    file(0, 10);
    file(1, 1000);
    file(2, 1001);
    CHECK(hb_wheel_next(&wheel) <= 10);
    CHECK_EQ(read_due(1000), 2);
    CHECK_EQ(hb_wheel_next(&wheel), 1001);
    finish();
}

static void what_is_called_comes_first(void)
{
    hb_beat *read[2];
    begin();
    file(0, 5);
    file(1, HB_SECOND);
    hb_wheel_call(&wheel, beats[1]);
    CHECK(hb_wheel_open(&wheel, 0));
    CHECK_EQ(hb_wheel_read(&wheel, read, 2), 1);
    CHECK(read[0] == beats[1]);
    CHECK(!hb_wheel_open(&wheel, 0));
    CHECK_EQ(hb_wheel_next(&wheel), 5);
    finish();
}

/* Those that were read and have not been filed again. */
static int count_due_of_read(hb_beat **read, int n)
{
    int still_due = 0;
    for (int i = 0; i < n; i++)
        still_due += due[index_of(read[i])] != NOT_FILED;
    return still_due;
}

/* While a bucket is being read its entries, and what gets there, can be taken out. */
static void an_opened_bucket_can_lose_and_gain_entries(void)
{
    hb_beat *read[BEATS];
    begin();
    for (int i = 0; i < 100; i++)
        file(i, 64);
    CHECK(hb_wheel_open(&wheel, 64));
    CHECK_EQ(hb_wheel_read(&wheel, read, 3), 3);
    for (int i = 0; i < 100; i += 2)
        take(i); /* of those that were read too: nothing then */
    file(200, 64);
    file(201, 3);
    file(202, 65);
    int expected = count_due(64) - count_due_of_read(read, 3);
    CHECK_EQ(read_due(64), expected);
    CHECK_EQ(due[202], 65);
    finish();
}

int main(void)
{
    hb_rand_seed(7);
    RUN(what_is_due_comes_out_and_nothing_else);
    RUN(one_entry_is_found_at_its_very_instant);
    RUN(what_is_overdue_comes_at_once);
    RUN(what_is_called_comes_first);
    RUN(an_opened_bucket_can_lose_and_gain_entries);
    return check_exit_code();
}
