#!/usr/bin/env bash
# A real Ollama for the tests, for CPUs only, built from package registries: its Go module, whose hash is pinned here
# and whose go.sum pins all others, and three headers that the module's archive lacks, because Go leaves every folder
# named `vendor` out. The first time takes 3 to 5 minutes of two cores; then it is in the lab's cache.
set -euo pipefail
cd "$(dirname "$0")/.."
module=github.com/ollama/ollama version=0.17.4 sum=h1:X3KNm9x4BlHqk/AXMGtC7pBAFd46nmJmy8yDaBZLo9s=
cache=${XDG_CACHE_HOME:-$HOME/.cache}/llm-gateway-lab/ollama
binary=$cache/$version/ollama

fail() { echo "test-ollama: $1" >&2; echo "  next: $2" >&2; exit 1; }

if [ -n "${OLLAMA_URL:-}" ]; then echo "tests use OLLAMA_URL"; exit 0; fi
if command -v ollama >/dev/null; then echo "tests use $(command -v ollama), which is on PATH"; exit 0; fi
if [ -x "$binary" ]; then echo "tests use $binary"; exit 0; fi

command -v go >/dev/null || fail "Go is not on PATH" "install Go 1.24 or newer, or Ollama itself"
minor=$(go env GOVERSION | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
[ "${minor:-0}" -ge 24 ] || fail "$(go env GOVERSION) is too old" "install Go 1.24 or newer, or Ollama itself"
command -v g++ >/dev/null || fail "there is no C++ compiler" "apt-get install g++"
if [ ! -f /usr/include/nlohmann/json.hpp ] || [ ! -f /usr/include/stb/stb_image.h ]; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
    fail "two headers are missing" "as root: apt-get install nlohmann-json3-dev libstb-dev"
  apt-get install -y -qq nlohmann-json3-dev libstb-dev >/dev/null 2>&1 ||
    { apt-get update -qq && apt-get install -y -qq nlohmann-json3-dev libstb-dev >/dev/null; }
fi

mkdir -p "$cache/$version"
exec 9>"$cache/lock"
flock 9  # two builds at once would take twice as long
include=$cache/include  # a fixed place: flags are part of the key of Go's cache
rm -rf "$include" && mkdir -p "$include/miniaudio"
PYTHON=.venv/bin/python; [ -x "$PYTHON" ] || PYTHON=python3
"$PYTHON" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --require-hashes \
  -r requirements/ollama.txt -d "$include"
tar xzf "$include"/miniaudio-*.tar.gz -C "$include/miniaudio" --strip-components 2 --wildcards '*/miniaudio/miniaudio.h'

echo "building Ollama $version from its Go module; the first time takes some minutes"
found=$(go mod download -json "$module@v$version")
grep -qF "\"Sum\": \"$sum\"" <<<"$found" ||
  fail "the Go module of Ollama $version has another hash than $sum" "ask where it comes from: GOPROXY=$(go env GOPROXY)"
source=$(sed -n 's/.*"Dir": "\(.*\)".*/\1/p' <<<"$found")
# Without these flags Go's build has plain SSE kernels: seven times slower.
fast="-O3"; grep -qw avx2 /proc/cpuinfo && fast="-O3 -march=x86-64-v3"
(cd "$source" && CGO_ENABLED=1 CGO_CPPFLAGS="-I$include" CGO_CFLAGS="$fast" CGO_CXXFLAGS="$fast" \
  go build -trimpath -buildvcs=false -mod=readonly -ldflags "-X $module/version.Version=$version" -o "$binary.new" .) \
  2>"$cache/build.log" || { tail -n 20 "$cache/build.log" >&2; fail "the build ended with an error" "see $cache/build.log"; }
mv "$binary.new" "$binary"
echo "tests use $binary"
