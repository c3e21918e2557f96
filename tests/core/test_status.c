/* hb_status: every code has a text of its own. */
#include "check.h"
#include "hb_status.h"

static const hb_status codes[] = {
#define CODE(name, text) HB_##name,
    HB_STATUS_MAP(CODE)
#undef CODE
};

enum { CODES = sizeof codes / sizeof *codes };

static void codes_count_from_zero_and_ok_is_the_first(void)
{
    CHECK_EQ(HB_OK, 0);
    for (int i = 0; i < CODES; i++)
        CHECK_EQ(codes[i], i);
}

static void every_code_has_a_text_of_its_own(void)
{
    for (int i = 0; i < CODES; i++) {
        CHECK(strlen(hb_status_text(codes[i])) > 0);
        for (int j = 0; j < i; j++)
            CHECK(strcmp(hb_status_text(codes[i]), hb_status_text(codes[j])) != 0);
    }
}

static void a_number_that_is_no_code_has_a_text_too(void)
{
    const char *text = hb_status_text((hb_status)CODES);
    CHECK(text != NULL);
    for (int i = 0; i < CODES; i++)
        CHECK(strcmp(text, hb_status_text(codes[i])) != 0);
}

int main(void)
{
    RUN(codes_count_from_zero_and_ok_is_the_first);
    RUN(every_code_has_a_text_of_its_own);
    RUN(a_number_that_is_no_code_has_a_text_too);
    return check_exit_code();
}
