/* hb_action_dump: the table of threads and beats, as lines of text.
 *
 * Each line is put together in a buffer of the stack and written by itself, with no
 * lock held. */
#include <stdio.h>
#include <string.h>

#include "hb_action.h"
#include "hb_unit.h"

/* How many beats are told of one by one. */
#define MOST_BEATS 1000u
#define LINE 1024u

static size_t write_line(int descriptor, const char *line, int length)
{
    if (length < 0)
        return 0;
    return hb_write_now(descriptor, line, (size_t)length < LINE ? (size_t)length : LINE - 1);
}

static double seconds(hb_time duration)
{
    return (double)duration / 1e9;
}

/* ---- threads ---- */

static size_t write_thread(int descriptor, const hb_thread_view *view, hb_time now)
{
    char line[LINE], state[LINE / 2];
    hb_thread_describe(view, now, state, sizeof state);
    return write_line(descriptor, line,
                      snprintf(line, sizeof line, "  '%s' (%d%s): %s%s%s\n", view->name, (int)view->system_id,
                               view->engine ? ", of the engine" : "", state,
                               view->origin[0] ? ", made at " : "", view->origin));
}

static size_t write_threads(int descriptor)
{
    enum { AT_ONCE = 4 };
    hb_thread_view views[AT_ONCE];
    uint32_t after = 0;
    size_t lost = write_line(descriptor, "threads:\n", (int)strlen("threads:\n")), n;
    do {
        n = hb_threads_after(after, views, AT_ONCE);
        hb_time now = hb_platform_now();
        for (size_t i = 0; i < n; i++)
            lost += write_thread(descriptor, &views[i], now);
        after = n ? views[n - 1].id : after;
    } while (n == AT_ONCE);
    return lost;
}

/* ---- beats ---- */

static const char *thread_name(const hb_beat_view *view, hb_thread_view *thread)
{
    return hb_thread_look(view->thread, thread) ? thread->name : "a thread that has ended";
}

static size_t write_beat(int descriptor, hb_beat *beat)
{
    char line[LINE], unit[LINE / 2] = "";
    hb_beat_view view;
    hb_thread_view thread;
    hb_beat_look(beat, &view);
    if (view.open_units)
        snprintf(unit, sizeof unit, ", in unit '%s' for %.3f s", view.unit,
                 seconds(view.now - view.unit_since));
    return write_line(descriptor, line,
                      snprintf(line, sizeof line, "  '%s' of %s%s: %llu pulses, silent for %.3f s%s\n",
                               view.name, thread_name(&view, &thread), view.end ? ", ended" : "",
                               (unsigned long long)view.pulses, seconds(view.now - view.last), unit));
}

static size_t write_beats(int descriptor)
{
    size_t lost = write_line(descriptor, "beats:\n", (int)strlen("beats:\n"));
    hb_beat *beat = hb_beat_after(0);
    for (uint32_t told = 0; beat && told < MOST_BEATS;) {
        bool ours = hb_beat_bubble(beat) == hb_here_bubble();
        if (ours)
            lost += write_beat(descriptor, beat);
        told += ours;
        hb_beat *next = hb_beat_after(beat->number);
        hb_beat_unref(beat);
        beat = next;
    }
    if (beat)
        lost += write_line(descriptor, "  and more\n", (int)strlen("  and more\n"));
    hb_beat_unref(beat);
    return lost;
}

size_t hb_dump(int descriptor)
{
    size_t lost = write_threads(descriptor);
    return lost + write_beats(descriptor);
}
