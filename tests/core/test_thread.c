/* hb_thread: who has a record, what others see in it, and what becomes of it. */
#include "hb_thread.h"
#include "hb_worker.h"
#include "support.h"

static hb_chan *chan;

static hb_thread_view look_at(uint32_t id)
{
    hb_thread_view view;
    hb_thread_look(id, &view);
    return view;
}

static size_t threads_known(void)
{
    return hb_threads_look(NULL, 0);
}

static void await_state(uint32_t id, hb_thread_state state)
{
    while (look_at(id).state != state)
        sched_yield();
}

/* ---- records ---- */

static void a_thread_has_no_record_until_it_is_asked_for(void)
{
    CHECK(hb_thread_here() == NULL);
    size_t before = threads_known();
    uint32_t id = hb_thread_id();
    CHECK(id != 0);
    CHECK_EQ(hb_thread_id(), id);
    CHECK_EQ(hb_thread_here()->id, id);
    CHECK_EQ(hb__this_thread_id, id);
    CHECK_EQ(threads_known(), before + 1);
}

static void others_see_who_a_thread_is(void)
{
    hb_thread_view view = look_at(hb_thread_id());
    CHECK_EQ(view.id, hb_thread_id());
    CHECK_EQ(view.system_id, hb_platform_thread_number());
    CHECK_EQ(view.state, HB_THREAD_RUNS);
    CHECK(!view.engine);
    CHECK(strlen(view.name) > 0);
    CHECK_EQ(view.cpu_clock, hb_platform_cpu_clock());
}

static void a_thread_can_be_named(void)
{
    hb_thread_id();
    hb_thread_name("renamed");
    CHECK_EQ(strcmp(look_at(hb_thread_id()).name, "renamed"), 0);
    hb_thread_name("a name that is longer than what a record has room for in it");
    CHECK_EQ(strlen(look_at(hb_thread_id()).name), HB_NAME_SIZE - 1);
}

static void *tell_id(void *unused)
{
    (void)unused;
    return (void *)(uintptr_t)hb_thread_id();
}

static void a_record_goes_with_its_thread(void)
{
    size_t before = threads_known();
    uint32_t id = (uint32_t)(uintptr_t)check_join(check_spawn(tell_id, NULL));
    hb_thread_view view;
    CHECK(id != 0);
    while (threads_known() != before) /* a thread may be joined before it has cleared up */
        sched_yield();
    CHECK(!hb_thread_look(id, &view));
    CHECK_EQ(view.state, HB_THREAD_GONE);
    CHECK(!hb_thread_look(0, &view));
}

static void no_id_is_given_twice(void)
{
    enum { N = 200 };
    uint32_t last = 0;
    for (int i = 0; i < N; i++) {
        uint32_t id = (uint32_t)(uintptr_t)check_join(check_spawn(tell_id, NULL));
        CHECK(id > last);
        last = id;
    }
    hb_thread *first = hb_thread_new("first");
    hb_thread_leave(first);
    hb_thread *second = hb_thread_new("second");
    CHECK(first == second); /* R1: the memory is used again */
    CHECK_EQ(strcmp(look_at(second->id).name, "second"), 0);
    hb_thread_leave(second);
}

static void what_never_started_can_be_given_back(void)
{
    size_t before = threads_known();
    hb_thread *thread = hb_thread_new("never");
    hb_thread_view view = look_at(thread->id);
    CHECK_EQ(view.system_id, 0);
    CHECK(view.engine);
    CHECK_EQ(hb_platform_cpu_time(view.cpu_clock), -1);
    hb_thread_leave(thread);
    CHECK_EQ(threads_known(), before);
}

static void a_record_tells_where_its_thread_was_started_from(void)
{
    hb_thread *thread = hb_thread_new("started");
    CHECK_EQ(strcmp(look_at(thread->id).origin, ""), 0);
    hb_thread_set_origin(thread, "here.py:1");
    CHECK_EQ(strcmp(look_at(thread->id).origin, "here.py:1"), 0);
    hb_thread_set_origin(thread, NULL);
    CHECK_EQ(strcmp(look_at(thread->id).origin, ""), 0);
    hb_thread_set_origin(thread, "there.py:2");
    hb_thread_leave(thread);
    hb_thread *next = hb_thread_new("next");
    CHECK(next == thread);
    CHECK_EQ(strcmp(look_at(next->id).origin, ""), 0);
    hb_thread_leave(next);
}

/* The end of a path tells more than its beginning. */
static void of_a_long_origin_the_end_is_shown(void)
{
    char text[8];
    hb_text_copy_end(text, sizeof text, "abcdefghij:12");
    CHECK_EQ(strcmp(text, "ghij:12"), 0);
    hb_text_copy_end(text, sizeof text, "x\xc3\xa9hij:12"); /* cut between characters */
    CHECK_EQ(strcmp(text, "hij:12"), 0);
    hb_text_copy_end(text, sizeof text, "a:1");
    CHECK_EQ(strcmp(text, "a:1"), 0);
}

static void many_are_seen_in_the_order_of_their_ids(void)
{
    enum { N = 100 };
    hb_thread *made[N];
    hb_thread_view views[N + 8];
    for (int i = 0; i < N; i++)
        made[i] = hb_thread_new("many");
    size_t n = hb_threads_look(views, N + 8);
    CHECK_EQ(n, threads_known());
    for (size_t i = 1; i < n && i < N + 8; i++)
        CHECK(views[i].id > views[i - 1].id);
    CHECK_EQ(hb_threads_look(views, 1), n);
    for (int i = 0; i < N; i++)
        hb_thread_leave(made[i]);
}

/* ---- what a wait looks like ---- */

static _Atomic uint32_t waiter;

static void *receive(void *unused)
{
    hb_word word;
    (void)unused;
    atomic_store(&waiter, hb_thread_id());
    return (void *)(intptr_t)hb_chan_recv(chan, &word, HB_FOREVER);
}

static uint32_t started(void)
{
    while (!atomic_load(&waiter))
        sched_yield();
    return atomic_load(&waiter);
}

static pthread_t spawn_waiter(void *(*entry)(void *))
{
    atomic_store(&waiter, 0);
    return check_spawn(entry, NULL);
}

static void a_wait_tells_what_for_and_since_when(void)
{
    char text[200];
    chan = hb_chan_new(0, NULL);
    hb_source_set_name(hb_chan_source(chan), "jobs");
    hb_time before = hb_now();
    pthread_t thread = spawn_waiter(receive);
    uint32_t id = started();
    await_state(id, HB_THREAD_WAITS);
    hb_thread_view view = look_at(id);
    CHECK(view.since >= before && view.since <= hb_now());
    CHECK_EQ(view.cases, 1);
    CHECK_EQ(view.shown[0].direction, HB_RECV);
    CHECK_EQ(strcmp(view.shown[0].kind, "channel"), 0);
    CHECK_EQ(strcmp(view.shown[0].name, "jobs"), 0);
    CHECK(view.shown[0].address == (void *)hb_chan_source(chan));
    CHECK_EQ(view.shown[0].waiting_receivers, 1);
    CHECK_EQ(view.shown[0].waiting_senders, 0);
    size_t length = hb_thread_describe(&view, view.since + 1500 * MS, text, sizeof text);
    CHECK_EQ(length, strlen(text));
    CHECK(strstr(text, "receive from channel 'jobs'") && strstr(text, "for 1.500 s"));
    CHECK_EQ(hb_chan_send(chan, num(1), HB_FOREVER), HB_OK);
    CHECK_EQ((intptr_t)check_join(thread), HB_OK);
    hb_chan_unref(chan);
}

static hb_chan *others[6];

static void *select_many(void *unused)
{
    hb_case cases[6];
    (void)unused;
    atomic_store(&waiter, hb_thread_id());
    for (int i = 0; i < 6; i++)
        cases[i] = i % 2 ? send_case(others[i], 1) : recv_case(others[i]);
    return (void *)(intptr_t)select_until(cases, 6, HB_FOREVER).index;
}

static void a_select_shows_its_first_cases_and_how_many_there_are(void)
{
    char text[1000];
    for (int i = 0; i < 6; i++)
        others[i] = hb_chan_new(0, NULL);
    pthread_t thread = spawn_waiter(select_many);
    uint32_t id = started();
    await_state(id, HB_THREAD_WAITS);
    hb_thread_view view = look_at(id);
    CHECK_EQ(view.cases, 6);
    for (int i = 0; i < HB_VIEW_CASES; i++)
        CHECK(view.shown[i].address == (void *)hb_chan_source(others[i]));
    CHECK_EQ(view.shown[1].direction, HB_SEND);
    hb_thread_describe(&view, hb_now(), text, sizeof text);
    CHECK(strstr(text, " or send to channel") && strstr(text, "or 2 more"));
    for (size_t size = 1; size < sizeof text; size *= 3) { /* cut to any size */
        memset(text, 'x', sizeof text);
        size_t length = hb_thread_describe(&view, hb_now(), text, size);
        CHECK_EQ(length, strlen(text));
        CHECK(strlen(text) < size);
    }
    hb_chan_close(others[4], num(0));
    CHECK_EQ((intptr_t)check_join(thread), 4);
    for (int i = 0; i < 6; i++)
        hb_chan_unref(others[i]);
}

static void *sleep_long(void *unused)
{
    (void)unused;
    atomic_store(&waiter, hb_thread_id());
    return (void *)(intptr_t)hb_wait_sleep(in_ms(100000));
}

/* It ends by a signal: a sleep has nobody to be served by. */
static void a_sleep_has_no_cases(void)
{
    char text[100];
    catch_sigusr1();
    pthread_t thread = spawn_waiter(sleep_long);
    uint32_t id = started();
    await_state(id, HB_THREAD_WAITS);
    hb_thread_view view = look_at(id);
    CHECK_EQ(view.cases, 0);
    hb_thread_describe(&view, hb_now(), text, sizeof text);
    CHECK_EQ(strncmp(text, "sleep", 5), 0);
    CHECK_EQ(pthread_kill(thread, SIGUSR1), 0);
    CHECK_EQ((intptr_t)check_join(thread), HB_INTERRUPTED);
}

static void asking_for_the_interpreter_is_told(void)
{
    char text[100];
    hb_thread *thread = hb_thread_new("asker");
    hb_time before = hb_now();
    hb_thread_attaching(thread, true);
    hb_thread_view view = look_at(thread->id);
    CHECK_EQ(view.state, HB_THREAD_ATTACHES);
    CHECK(view.since >= before && view.since <= hb_now());
    hb_thread_describe(&view, view.since, text, sizeof text);
    CHECK(strstr(text, "interpreter lock"));
    hb_thread_attaching(thread, false);
    view = look_at(thread->id);
    CHECK_EQ(view.state, HB_THREAD_RUNS);
    CHECK_EQ(view.since, 0);
    hb_thread_leave(thread);
}

static void what_cannot_be_waited_for_is_described_in_words(void)
{
    char text[100];
    hb_thread_view view = look_at(hb_thread_id());
    hb_thread_describe(&view, hb_now(), text, sizeof text);
    CHECK_EQ(strcmp(text, "runs"), 0);
    view = look_at(0);
    hb_thread_describe(&view, hb_now(), text, sizeof text);
    CHECK_EQ(strcmp(text, "has ended"), 0);
}

/* ---- threads of the engine ---- */

static void tell_record(void *id)
{
    hb_word word;
    *(uint32_t *)id = hb_thread_here()->id;
    hb_chan_recv(chan, &word, HB_FOREVER);
}

static void a_worker_has_a_record_from_the_beginning(void)
{
    hb_worker *worker;
    uint32_t id = 0;
    hb_word word;
    chan = hb_chan_new(0, NULL);
    size_t before = threads_known();
    CHECK_EQ(hb_worker_start(&worker, tell_record, &id, "named worker"), HB_OK);
    CHECK_EQ(threads_known(), before + 1);
    await_waiting(chan, 0, 1);
    hb_thread_view view = look_at(id);
    CHECK(view.engine);
    CHECK_EQ(strcmp(view.name, "named worker"), 0);
    CHECK(view.system_id != 0 && view.system_id != hb_platform_thread_number());
    hb_chan_close(chan, num(0));
    CHECK_EQ(hb_chan_recv(hb_worker_done(worker), &word, HB_FOREVER), HB_CLOSED);
    while (threads_known() != before)
        sched_yield();
    CHECK_EQ(look_at(id).state, HB_THREAD_GONE);
    hb_worker_unref(worker);
    hb_chan_unref(chan);
}

/* ---- fork ---- */

static void child_has_one_thread(void)
{
    hb_thread_view view = look_at(hb_thread_id());
    CHECK_EQ(threads_known(), 1);
    CHECK_EQ(view.system_id, hb_platform_thread_number());
    CHECK_EQ(view.cpu_clock, hb_platform_cpu_clock());
}

static void the_child_of_a_fork_knows_only_the_thread_it_has(void)
{
    chan = hb_chan_new(0, NULL);
    hb_thread_id();
    pthread_t thread = spawn_waiter(receive);
    uint32_t id = started();
    await_state(id, HB_THREAD_WAITS);
    check_in_child(child_has_one_thread);
    CHECK_EQ(look_at(id).state, HB_THREAD_WAITS);
    hb_chan_close(chan, num(0));
    check_join(thread);
    hb_chan_unref(chan);
}

/* ---- many at once ---- */

static void *come_and_go(void *unused)
{
    (void)unused;
    for (int i = 0; i < 500; i++) {
        hb_thread *thread = hb_thread_new("passing");
        hb_thread_attaching(thread, true);
        hb_thread_leave(thread);
        select_until((hb_case[]){ recv_case(chan) }, 1, hb_now() + 1000);
    }
    return NULL;
}

static void *wait_briefly(void *unused)
{
    hb_thread_id();
    return come_and_go(unused);
}

/* R2: what is shown of a wait is alive while it is looked at. */
static void looks_meet_threads_that_come_wait_and_go(void)
{
    enum { N = 3 };
    hb_thread_view views[16];
    char text[300];
    pthread_t passing[N];
    chan = hb_chan_new(0, NULL);
    for (int i = 0; i < N; i++)
        passing[i] = check_spawn(wait_briefly, NULL);
    for (int i = 0; i < 1000; i++) {
        size_t n = hb_threads_look(views, 16);
        for (size_t k = 0; k < n && k < 16; k++)
            CHECK(hb_thread_describe(&views[k], hb_now(), text, sizeof text) > 0);
    }
    for (int i = 0; i < N; i++)
        check_join(passing[i]);
    hb_chan_unref(chan);
}

int main(void)
{
    RUN(a_thread_has_no_record_until_it_is_asked_for);
    RUN(others_see_who_a_thread_is);
    RUN(a_thread_can_be_named);
    RUN(a_record_goes_with_its_thread);
    RUN(no_id_is_given_twice);
    RUN(what_never_started_can_be_given_back);
    RUN(a_record_tells_where_its_thread_was_started_from);
    RUN(of_a_long_origin_the_end_is_shown);
    RUN(many_are_seen_in_the_order_of_their_ids);
    RUN(a_wait_tells_what_for_and_since_when);
    RUN(a_select_shows_its_first_cases_and_how_many_there_are);
    RUN(a_sleep_has_no_cases);
    RUN(asking_for_the_interpreter_is_told);
    RUN(what_cannot_be_waited_for_is_described_in_words);
    RUN(a_worker_has_a_record_from_the_beginning);
    RUN(the_child_of_a_fork_knows_only_the_thread_it_has);
    RUN(looks_meet_threads_that_come_wait_and_go);
    return check_exit_code();
}
