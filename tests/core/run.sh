#!/usr/bin/env bash
# run.sh <variant> <program>...: runs the C test programs and counts their tests.
# A program that dies, or that runs no test at all, is one failure of its own.
set -uo pipefail

variant=$1
shift
passed=0
failed=0

# ThreadSanitizer of older compilers cannot map its shadow where addresses are randomised widely.
prefix=()
if [[ $variant == tsan ]] && setarch "$(uname -m)" -R true 2>/dev/null; then
    prefix=(setarch "$(uname -m)" -R)
fi
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1}

for program in "$@"; do
    output=$("${prefix[@]}" "$program" 2>&1)
    code=$?
    ok=$(grep -c '^ok ' <<<"$output")
    bad=$(grep -c '^FAIL ' <<<"$output")
    if [[ $code -ne 0 && $bad -eq 0 ]] || [[ $((ok + bad)) -eq 0 ]]; then
        bad=$((bad + 1))
    fi
    if [[ $bad -gt 0 ]]; then
        echo "--- $variant $(basename "$program") (exit code $code)"
        echo "$output"
    fi
    passed=$((passed + ok))
    failed=$((failed + bad))
done

echo "core tests, $variant: $passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
