#!/usr/bin/env bash
# Gets imgplan for this runner: the given binary, or a release whose SHA-256 is known beforehand. Nothing of an archive
# with another sum is unpacked, let alone run.
#
# By environment: INPUT_VERSION, INPUT_CHECKSUM, INPUT_BINARY (the action's inputs), RUNNER_SYSTEM, RUNNER_MACHINE,
# RUNNER_TEMP, GITHUB_OUTPUT, GITHUB_PATH; IMGPLAN_RELEASES names another place that has the releases.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=action/lib.sh
. "$here/lib.sh"

# A path as this bash writes it: on Windows, others write C:\ and backslashes.
posix() {
  if command -v cygpath >/dev/null; then cygpath -u "$1"; else printf '%s' "$1"; fi
}

native() {
  if command -v cygpath >/dev/null; then cygpath -w "$1"; else printf '%s' "$1"; fi
}

if [ -n "${INPUT_BINARY-}" ]; then
  binary=$(posix "$INPUT_BINARY")
  [ -f "$binary" ] || fail "binary: there is no file $INPUT_BINARY"
  [ -x "$binary" ] || fail "binary: $INPUT_BINARY is not executable" "chmod +x, before this step"
  binary=$(cd "$(dirname "$binary")" && pwd)/$(basename "$binary")
  output binary "$binary"
  exit 0
fi

version=${INPUT_VERSION-}
version=${version#v}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || fail "version: '$version' is no version" "write it as 1.2.3"

case ${RUNNER_SYSTEM-}/${RUNNER_MACHINE-} in
  Linux/X64) target=x86_64-unknown-linux-musl ;;
  Linux/ARM64) target=aarch64-unknown-linux-musl ;;
  macOS/X64) target=x86_64-apple-darwin ;;
  macOS/ARM64) target=aarch64-apple-darwin ;;
  Windows/X64) target=x86_64-pc-windows-msvc ;;
  *) fail "there is no release for ${RUNNER_SYSTEM-} on ${RUNNER_MACHINE-}" "build imgplan, and name it with binary:" ;;
esac
case $target in
  *windows*) archive=imgplan-v$version-$target.zip program=imgplan.exe ;;
  *) archive=imgplan-v$version-$target.tar.gz program=imgplan ;;
esac

# The pinned sum, or the caller's; a release without either is not taken.
wanted=${INPUT_CHECKSUM-}
if [ -z "$wanted" ]; then
  while read -r sum name; do
    # Some programs write a star for "binary" there.
    [ "${name#\*}" != "$archive" ] || wanted=$sum
  done < <(grep -v '^#' "$here/checksums.txt" || true)
fi
[ -n "$wanted" ] || fail "no checksum is pinned for $archive in this version of the action" \
  "take the version that this action was released with, or name the archive's SHA-256 with checksum:, or a binary with binary:"
wanted=$(printf '%s' "$wanted" | tr '[:upper:]' '[:lower:]')
[[ $wanted =~ ^[0-9a-f]{64}$ ]] || fail "checksum: '$wanted' is no SHA-256" "64 hex digits"

releases=${IMGPLAN_RELEASES:-https://github.com/imgplan/imgplan/releases/download}
# Without TLS from this machine alone.
case $releases in
  http://127.0.0.1:* | http://localhost:*) protocols='=http' ;;
  *) protocols='=https' ;;
esac
folder=$(posix "$RUNNER_TEMP")/imgplan-$version-$target
mkdir -p "$folder"
url=$releases/v$version/$archive
echo "downloading $url"
curl --fail --silent --show-error --location --proto "$protocols" --retry 3 --max-time 300 \
  --output "$folder/$archive" "$url" || {
  rm -f "$folder/$archive"
  fail "$url cannot be downloaded" "is version $version released for $target?"
}

if command -v sha256sum >/dev/null; then
  found=$(sha256sum <"$folder/$archive")
else
  found=$(shasum -a 256 <"$folder/$archive")
fi
found=${found%% *}
if [ "$found" != "$wanted" ]; then
  rm -f "$folder/$archive"
  fail "$archive has another checksum than it must: $found, not $wanted" "nothing of it was run; who changed it?"
fi

case $archive in
  *.zip) unzip -q -o "$folder/$archive" "$program" -d "$folder" ;;
  *) tar -xzf "$folder/$archive" -C "$folder" "$program" ;;
esac
rm -f "$folder/$archive"
chmod +x "$folder/$program"
output binary "$folder/$program"
# Later steps have it, too.
native "$folder" >>"$GITHUB_PATH"
echo >>"$GITHUB_PATH"
"$folder/$program" --version
