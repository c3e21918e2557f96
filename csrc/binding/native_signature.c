/* native_signature: the text of a C function type, read. White space, the names of the function and of
 * its parameters, `const` and the like say nothing; what is left has to be one of the types of native.h. */
#include "native.h"

#include <string.h>

/* A parameter or result: its words but for those that say nothing, and its stars. */
typedef struct c_type {
    char words[64]; /* each with a space before it */
    int stars;
} c_type;

static const char *skip_space(const char *at)
{
    return at + strspn(at, " \t\n\r");
}

static size_t identifier_length(const char *at)
{
    return strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

static bool is_any_of(const char *at, size_t length, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == length && strncmp(at, *words, length) == 0)
            return true;
    return false;
}

static bool says_nothing(const char *at, size_t length)
{
    static const char *const words[] = { "const", "volatile", "restrict", "__restrict", "struct",
                                         "signed", "extern", "static", NULL };
    return is_any_of(at, length, words);
}

static void add_word(c_type *type, const char *at, size_t length)
{
    size_t used = strlen(type->words);
    if (used + length + 2 <= sizeof type->words)
        snprintf(type->words + used, length + 2, " %s", at);
    else
        strcpy(type->words, "?"); /* too long to be one of ours */
}

/* Past the end of the type. What comes after its stars is a name. */
static const char *read_type(const char *at, c_type *type)
{
    *type = (c_type){ .stars = 0 };
    for (;;) {
        at = skip_space(at);
        size_t length = identifier_length(at);
        if (length > 0 && type->stars == 0 && !says_nothing(at, length))
            add_word(type, at, length);
        else if (length == 0 && *at != '*')
            return at;
        type->stars += *at == '*';
        at += length ? length : 1;
    }
}

/* ---- what a type is ---- */

static bool is_pointer_to(const c_type *type, const char *words)
{
    return type->stars == 1 && strcmp(type->words, words) == 0;
}

static bool is_pointer_to_int64(const c_type *type)
{
    bool is_long = is_pointer_to(type, " long") || is_pointer_to(type, " long int");
    return is_pointer_to(type, " int64_t") || is_pointer_to(type, " long long") ||
           is_pointer_to(type, " long long int") || (is_long && sizeof(long) == sizeof(int64_t));
}

/* The name of the function may stand behind it. */
static bool is_int(const c_type *type)
{
    static const char *const ints[] = { "int", "int32_t", NULL };
    const char *first = type->words + (type->words[0] == ' ');
    return type->stars == 0 && is_any_of(first, identifier_length(first), ints);
}

static hb_native_kind kind_of(const c_type *first, const c_type *second, bool loose)
{
    bool anonymous = is_pointer_to(first, " void");
    if (is_pointer_to(second, " void"))
        return is_pointer_to(first, " heartbeat_worker") || (anonymous && loose) ? HB_NATIVE_WHOLE
                                                                               : HB_NATIVE_NONE;
    if (!anonymous)
        return HB_NATIVE_NONE;
    if (is_pointer_to_int64(second))
        return HB_NATIVE_INT64;
    return is_pointer_to(second, " double") ? HB_NATIVE_DOUBLE : HB_NATIVE_NONE;
}

/* ---- the whole ---- */

/* "(*)" or "(*name)" between the result and the parameters; as it was, if there is none. */
static const char *skip_pointer(const char *at)
{
    const char *inside = *at == '(' ? skip_space(at + 1) : at;
    if (*inside != '*')
        return at;
    inside = skip_space(inside + 1);
    inside = skip_space(inside + identifier_length(inside));
    return *inside == ')' ? skip_space(inside + 1) : at;
}

hb_native_kind hbpy_native_signature(const char *text, bool loose)
{
    c_type result, first, second;
    const char *at = skip_pointer(read_type(text, &result));
    if (*at != '(')
        return HB_NATIVE_NONE;
    at = read_type(at + 1, &first);
    if (*at != ',')
        return HB_NATIVE_NONE;
    at = read_type(at + 1, &second);
    if (*at != ')' || *skip_space(at + 1) || !is_int(&result))
        return HB_NATIVE_NONE;
    return kind_of(&first, &second, loose);
}
