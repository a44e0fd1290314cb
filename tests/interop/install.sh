#!/usr/bin/env bash
# The independent programs that tests/interop/ talks to, into one folder; nothing of the machine is changed.
#
#   tests/interop/install.sh [FOLDER]       default: build/interop beside the Makefile
#
# They are Debian packages of suites that a Debian machine of an older release has not enabled.  So apt is run with
# lists, cache and sources of its own in a folder for temporary files; the mirror is the one that the machine's own apt
# uses, the signatures are checked with Debian's keyring.  The packages are unpacked, not installed: root is not needed.
# FOLDER/versions says what came.  Run again it does nothing; remove FOLDER for a fresh start.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
into=$(realpath -m -- "${1:-$here/../../build/interop}")

# package/suite: what runs, and the sources that reader.go is built from.
programs="litetlog/trixie torchwood/sid sigsum-go/sid sigsum-log-go/sid sigsum-c/sid"
sources="golang-golang-x-mod-dev/sid golang-github-transparency-dev-formats-dev/sid
         golang-github-transparency-dev-merkle-dev/sid golang-filippo-torchwood-dev/sid
         golang-golang-x-crypto-dev/sid golang-golang-x-sync-dev/sid"

stamp=$(cat "$here/install.sh" "$here/reader.go" | sha256sum | cut -d' ' -f1)
if [ -f "$into/stamp" ] && [ "$(cat "$into/stamp")" = "$stamp" ]; then exit 0; fi

for command in apt-get dpkg-deb; do
    command -v "$command" >/dev/null 2>&1 || {
        echo "$command is missing: the independent programs come as Debian packages" >&2
        exit 1
    }
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch"/{lists/partial,cache/archives/partial,parts,debs,root}

# try COMMAND…: again after a pause, twice, for a network that comes and goes.
try() {
    for pause in 5 20 none; do
        "$@" && return
        [ "$pause" = none ] || { echo "again in $pause seconds: $*" >&2; sleep "$pause"; }
    done
    echo "given up: $*" >&2
    return 1
}

codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
mirror=$(apt-get update --print-uris | sed -n "s#^'\(.*/\)dists/$codename/InRelease'.*#\1#p" | head -n 1)
[ -n "$mirror" ] || { echo "apt names no mirror for $codename: is this Debian?" >&2; exit 1; }
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
for suite in trixie sid; do
    echo "deb [signed-by=$keyring] $mirror $suite main"
done > "$scratch/sources.list"

own=(-qq -o "Dir::Etc::sourcelist=$scratch/sources.list" -o "Dir::Etc::sourceparts=$scratch/parts"
    -o "Dir::Etc::preferencesparts=$scratch/parts" -o "Dir::State::lists=$scratch/lists"
    -o "Dir::Cache=$scratch/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3
    -o APT::Get::AllowUnauthenticated=false)

try apt-get "${own[@]}" update
# Which Go the suite means by `golang-go`: its sources are written for that one.
go=$(apt-cache "${own[@]}" show golang-go/sid | sed -n 's/^Depends:.*\bgolang-\([0-9.]*\)-go\b.*/\1/p' | sort -V | tail -n 1)
[ -n "$go" ] || { echo "the suite has no Go" >&2; exit 1; }
# The libraries of the program in C.  Those that every Debian has stay the machine's own: newer ones need a newer libc.
libraries=$(apt-cache "${own[@]}" depends --recurse --important sigsum-c/sid | grep -E '^lib' |
    grep -vE '^lib(c6|c-|gcc|gmp|crypt)' | sort -u | sed 's#$#/sid#')

cd "$scratch/debs"
# shellcheck disable=SC2086
try apt-get "${own[@]}" download $programs $libraries $sources "golang-$go-go/sid" "golang-$go-src/sid"
rm -rf "$into"
mkdir -p "$into"
for deb in *.deb; do
    package=$(dpkg-deb --field "$deb" Package)
    printf '%s %s\n' "$package" "$(dpkg-deb --field "$deb" Version)" >> "$into/versions"
    case $package in
    golang-*) dpkg-deb --extract "$deb" "$scratch/root" ;;
    lib*) dpkg-deb --extract "$deb" "$into/lib" ;;
    *) dpkg-deb --extract "$deb" "$into/$package" ;; # apart: two of them bring a program of the same name
    esac
done

# One small program around the sources of golang.org/x/mod, transparency-dev and torchwood.
mkdir -p "$scratch/gopath" "$into/reader/bin"
cd "$scratch"
env -u GOFLAGS GOROOT="$scratch/root/usr/lib/go-$go" GOPATH="$scratch/gopath:$scratch/root/usr/share/gocode" \
    GO111MODULE=off GOTOOLCHAIN=local GOPROXY=off CGO_ENABLED=0 GOCACHE="$scratch/gocache" HOME="$scratch" \
    "$scratch/root/usr/lib/go-$go/bin/go" build -trimpath -o "$into/reader/bin/reader" "$here/reader.go"
echo "$stamp" > "$into/stamp"
