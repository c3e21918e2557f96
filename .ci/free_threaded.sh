#!/usr/bin/env bash
# Prints the path of a free-threaded CPython 3.13, building it first if this machine has none.
#
#   free_threaded.sh [--tsan]
#
# Debian ships no free-threaded interpreter, but its archive has the sources: they are fetched by
# apt, which checks their signatures, and built without the GIL (about two minutes on two cores).
# The installed tree stays in the cache folder, so the next run only prints the path. --tsan makes
# a second tree, whose interpreter is itself instrumented by ThreadSanitizer.
set -euo pipefail

RELEASE=trixie
PACKAGE=python3.13
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/heartbeat-ci
CONFIGURE=(--disable-gil --with-ensurepip=install --disable-test-modules)
SUFFIX=
if [[ ${1:-} == --tsan ]]; then
    SUFFIX=-tsan
    CONFIGURE+=(--with-thread-sanitizer)
fi

say() { echo "free_threaded: $*" >&2; }

# The stamp inside the tree is written last, so a half-installed tree is never taken for a whole one.
cached_interpreter() {
    local stamp
    for stamp in "$CACHE/${PACKAGE}t$SUFFIX"-*/complete; do
        [[ -e $stamp ]] || continue
        echo "$(dirname "$stamp")/bin/${PACKAGE}t"
        return 0
    done
    return 1
}

# The mirror this machine already uses for its own release serves the newer release as well.
mirror_uri() {
    local codename
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' 'Label: Debian' |
        awk -v codename="$codename" '$1 == codename { print $2; exit }'
}

# apt with its own source list, index and cache below $WORK: the machine's apt stays as it is.
private_apt() {
    apt-get -qq -o Dir::Etc::sourcelist="$WORK/sources.list" -o Dir::Etc::sourceparts=- \
        -o Dir::State::lists="$WORK/lists" -o Dir::Cache="$WORK/cache" \
        -o APT::Sandbox::User=root "$@" >&2
}

fetch_source() {
    local uri
    uri=$(mirror_uri)
    if [[ -z $uri ]]; then
        apt-get -qq update >&2
        uri=$(mirror_uri)
    fi
    [[ -n $uri ]] || { say "apt names no mirror for this release"; exit 1; }
    mkdir -p "$WORK/lists/partial" "$WORK/cache/archives/partial"
    echo "deb-src $uri $RELEASE main" >"$WORK/sources.list"
    private_apt update
    private_apt source --download-only --tar-only "$PACKAGE"
}

build() {
    local log=$WORK/build.log prefix=$1
    if ! { ./configure --prefix="$prefix" "${CONFIGURE[@]}" && make -j2 && make install; } >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        say "the build failed"
        exit 1
    fi
}

main() {
    cached_interpreter && return
    "$(dirname "$0")/apt_need.sh" gcc make xz-utils ca-certificates pkg-config \
        libc6-dev zlib1g-dev libffi-dev libssl-dev >&2
    WORK=$(mktemp -d)
    trap 'rm -rf "$WORK"' EXIT
    cd "$WORK"
    fetch_source
    local tarball version prefix
    tarball=$(echo "${PACKAGE}"_*.orig.tar.*)
    version=${tarball#"${PACKAGE}_"}
    version=${version%.orig.tar.*}
    prefix=$CACHE/${PACKAGE}t$SUFFIX-$version
    say "building CPython $version without the GIL in $prefix"
    mkdir source
    tar -xf "$tarball" -C source --strip-components=1
    rm -rf "$prefix"
    cd source
    build "$prefix"
    touch "$prefix/complete"
    cached_interpreter
}

main
