#!/usr/bin/env bash
# The release has static, stripped binaries that run where nothing else is, and the same bytes when
# it is made again.
# shellcheck source-path=SCRIPTDIR source=lib.sh
set -e
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"

[[ ${RELEASE:-} == all ]] || skip 'it builds for minutes: RELEASE=all runs it'

# What is tested here is not how fast the binary is.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
  CARGO_PROFILE_RELEASE_OPT_LEVEL=1

# Others build at the same time.
deadline=500

release() {
  status=0
  made=$("$root/scripts/release.sh" "$@" 2>"$work/release.err") || status=$?
}

release nothing
assert_equal "$status" 2 'the status for an unknown program'
release conform
((status != 77)) || skip "$(<"$work/release.err")"
assert_equal "$status" 0 "the status, with: $(<"$work/release.err")"
[[ $made == */conform-*.*.*-$(uname -m)-unknown-linux-musl.tar.gz ]] || fail "its name: $made"
(cd -- "${made%/*}" && sha256sum --check --quiet SHA256SUMS) || fail 'the checksum of the archive'
first=$(<"${made%/*}/SHA256SUMS")

tar -xzf "$made" -C "$work"
name=${made##*/}
folder=$work/${name%.tar.gz}
(cd -- "$folder" && sha256sum --check --quiet SHA256SUMS) || fail 'the checksum of the binary'
[[ -f $folder/README.md ]] || fail 'no README.md'

if command -v readelf >/dev/null; then
  elf=$(readelf --wide --program-headers --sections "$folder/conform")
  [[ $elf != *INTERP* ]] || fail 'the binary needs a loader'
  [[ $elf != *.symtab* && $elf != *.debug_* ]] || fail 'the binary is not stripped'
fi
! grep -qaF "$root/" "$folder/conform" || fail "the binary tells about $root"

# Nothing but the binary, where that can be had.
if chroot "$folder" /conform --version >"$work/alone" 2>/dev/null; then
  assert_contains "$(<"$work/alone")" 'conform ' 'the binary alone'
fi
assert_contains "$("$folder/conform" --list lab3)" 'lab3' 'the list'

touch "$root/scripts/release.sh"
release conform
assert_equal "$(<"${made%/*}/SHA256SUMS")" "$first" 'the archive when it is made again'
