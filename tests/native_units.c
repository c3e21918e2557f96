/* Native units for test_native_units.py, and what it needs to make and watch them. A CDLL shows the
 * units, a PyDLL the functions with a py_ before their names. */
#include "heartbeat.h"

/* ---- one result a call ---- */

typedef struct range {
    int64_t next, end;
} range;

/* The numbers of a range. */
int count(void *data, int64_t *result)
{
    range *numbers = data;
    if (numbers->next == numbers->end)
        return HEARTBEAT_END;
    *result = numbers->next++;
    return 0;
}

/* The same, halved. */
int halve(void *data, double *result)
{
    int64_t number;
    int code = count(data, &number);
    *result = (double)number / 2;
    return code;
}

/* Returns the code that data begins with, after one result. */
int give_up(void *data, int64_t *result)
{
    int64_t *code = data, given = *code;
    *result = given;
    *code = 0;
    code[1] = given;
    return given ? 0 : (int)code[2];
}

/* Whether there is data at all. */
int has_data(void *data, int64_t *result)
{
    static int64_t told;
    *result = data != NULL;
    told = !told;
    return told ? 0 : HEARTBEAT_END;
}

/* ---- whole workers ---- */

/* Sends on, doubled, what it receives from the channel. */
int twice(heartbeat_worker *worker, void *data)
{
    heartbeat_channel *source = data;
    int64_t value;
    int status;
    while ((status = heartbeat_worker_recv_int64(worker, source, &value, HEARTBEAT_FOREVER)) == 0)
        if ((status = heartbeat_worker_send_int64(worker, 2 * value, HEARTBEAT_FOREVER)) != 0)
            return status;
    return status == HEARTBEAT_CLOSED ? 0 : status;
}

int doze(heartbeat_worker *worker, void *data)
{
    (void)data;
    return heartbeat_worker_sleep(worker, HEARTBEAT_FOREVER);
}

/* Computes, and looks now and then. */
int compute(heartbeat_worker *worker, void *data)
{
    (void)data;
    while (!heartbeat_worker_stopping(worker))
        if (heartbeat_worker_pulse(worker) != 0)
            return -1;
    return 0;
}

/* Everything that is not of the type of the results, and deadlines that pass: the statuses as results. */
int try_all(heartbeat_worker *worker, void *data)
{
    heartbeat_channel *source = data;
    double real;
    int64_t value;
    int statuses[] = {
        heartbeat_worker_send_double(worker, 0.5, 0),
        heartbeat_worker_recv_double(worker, source, &real, 0),
        heartbeat_worker_recv_int64(worker, source, &value, 0),
        heartbeat_worker_recv_int64(worker, source, &value, 1000000),
        heartbeat_worker_sleep(worker, 1000000),
        heartbeat_beat_pulse(heartbeat_worker_beat(worker)),
        heartbeat_channel_type(heartbeat_worker_results(worker)),
    };
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (heartbeat_worker_send_int64(worker, statuses[i], HEARTBEAT_FOREVER) != 0)
            return -1;
    return 0;
}

int send_real(heartbeat_worker *worker, void *data)
{
    (void)data;
    return heartbeat_worker_send_double(worker, 0.5, HEARTBEAT_FOREVER);
}

/* ---- with Python ---- */

/* Finds the interface, for the units too: their calls without a worker need it. */
int py_import(void)
{
    return heartbeat_import();
}

/* A reference to a channel, as an address. */
void *py_channel(PyObject *py_channel)
{
    return heartbeat_channel_of(py_channel);
}

void py_release(void *channel)
{
    heartbeat_channel_release(channel);
}

/* Holds the interpreter lock until a word of that many was sent, or too long. */
int py_hold_until_len(void *channel, uint64_t len, int64_t timeout)
{
    int64_t until = heartbeat_now() + timeout;
    while (heartbeat_channel_len(channel) < len && heartbeat_now() < until)
        heartbeat_sleep(100000);
    return heartbeat_channel_len(channel) >= len;
}
