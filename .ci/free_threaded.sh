#!/usr/bin/env bash
# Prints the path of a free-threaded CPython 3.13, building it first if this machine has none.
#
#   free_threaded.sh [--tsan]
#
# Debian ships no free-threaded interpreter, but its archive has the sources: they are fetched by
# apt, which checks their signatures, and built without the GIL (about two minutes on two cores).
# The installed tree stays in the cache folder, so the next run only prints the path. --tsan makes
# a second tree, whose interpreter and extension modules are instrumented by ThreadSanitizer. It is
# a copy of the first in all else: what runs Python during an installation would take long in it.
set -euo pipefail

RELEASE=trixie
PACKAGE=python3.13
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/heartbeat-ci
CONFIGURE=(--disable-gil --disable-test-modules)

say() { echo "free_threaded: $*" >&2; }

# Prints the interpreter of the kind given ("" or "-tsan"), if there is one. The stamp inside the
# tree is written last, so a half-installed tree is never taken for a whole one.
cached_interpreter() {
    local stamp
    for stamp in "$CACHE/${PACKAGE}t$1"-[0-9]*/complete; do
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

# Fetches and unpacks the sources into $WORK/source, once; sets VERSION.
unpack_source() {
    cd "$WORK"
    [[ -d source ]] || fetch_source
    local tarball
    tarball=$(echo "${PACKAGE}"_*.orig.tar.*)
    VERSION=${tarball#"${PACKAGE}_"}
    VERSION=${VERSION%.orig.tar.*}
    rm -rf source
    mkdir source
    tar -xf "$tarball" -C source --strip-components=1
    cd source
}

# Runs a step of the build; its output is shown only if it fails.
quietly() {
    "$@" >"$WORK/log" 2>&1 || { tail -n 40 "$WORK/log" >&2; say "failed: $*"; exit 1; }
}

build_plain() {
    unpack_source
    local prefix=$CACHE/${PACKAGE}t-$VERSION
    say "building CPython $VERSION without the GIL in $prefix"
    rm -rf "$prefix"
    quietly ./configure --prefix="$prefix" "${CONFIGURE[@]}" --with-ensurepip=install
    quietly make -j2
    quietly make install
    touch "$prefix/complete"
}

build_tsan() {
    unpack_source
    local plain prefix=$CACHE/${PACKAGE}t-tsan-$VERSION
    plain=$(dirname "$(dirname "$(cached_interpreter "")")")
    say "building CPython $VERSION under ThreadSanitizer in $prefix"
    rm -rf "$prefix"
    cp -a "$plain" "$prefix"
    rm "$prefix/complete"
    quietly ./configure --prefix="$prefix" "${CONFIGURE[@]}" --with-thread-sanitizer OPT="-DNDEBUG -g1 -O1"
    quietly make -j2
    quietly make altbininstall sharedinstall
    cp "$(cat pybuilddir.txt)"/_sysconfigdata_*.py "$prefix"/lib/python*/  # how it was built
    touch "$prefix/complete"
}

prepare() {
    "$(dirname "$0")/apt_need.sh" gcc make xz-utils ca-certificates pkg-config \
        libc6-dev zlib1g-dev libffi-dev libssl-dev >&2
    WORK=$(mktemp -d)
    trap 'rm -rf "$WORK"' EXIT
}

main() {
    local kind=
    [[ ${1:-} != --tsan ]] || kind=-tsan
    cached_interpreter "$kind" && return
    prepare
    cached_interpreter "" >/dev/null || build_plain
    [[ -z $kind ]] || build_tsan
    cached_interpreter "$kind"
}

main "$@"
