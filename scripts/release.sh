#!/usr/bin/env bash
# Static binaries for any Linux of this machine's architecture, as one archive: what a machine
# without Rust needs, above all the machines of grading platforms (scripts/recipes).
#
# Use:   scripts/release.sh               conform and the ten programs
#        scripts/release.sh PROGRAM...    these only
#
# Leaves in target/release-files, whatever was there before:
#
#   NAME/                    the binaries, stripped; README.md; SHA256SUMS of them
#   NAME.tar.gz              the same as an archive
#   SHA256SUMS               of the archive
#
# NAME is PROGRAM-VERSION-TARGET if one program is asked for, else
# network-assignments-VERSION-TARGET. The same sources and the same Rust make the same bytes, in
# whatever folder. The status is 77 if the target is not installed, 2 if the arguments are wrong.
#
# Needs: bash, coreutils, tar, gzip, and the Rust toolchain with the target
# (rustup target add x86_64-unknown-linux-musl).

set -e
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/common.sh"

programs+=(conform)
platform=$(uname -m)-unknown-linux-musl

build() {
  local flags=(
    # Folders of this machine would stand in the messages of panics.
    "--remap-path-prefix=$root=." "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"
  )
  CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && printf '%s' "${flags[*]}") \
    CARGO_PROFILE_RELEASE_STRIP=symbols \
    supervise in_root cargo build --release --locked --target "$platform" "${@/#/--package=}"
}

version() {
  local id
  id=$(in_root cargo pkgid --offline --package conform)
  printf '%s\n' "${id##*[#@]}"
}

main() {
  local program name files
  if [[ ${1:-} == --help ]]; then
    usage
    return 0
  fi
  for program in "$@"; do
    if ! is_one_of "$program" "${programs[@]}"; then
      printf 'unknown program %q; they are: %s\n' "$program" "${programs[*]}" >&2
      return 2
    fi
  done
  (($# == 0)) || programs=("$@")
  if [[ ! -d $(in_root rustc --print target-libdir --target "$platform") ]]; then
    printf 'the target is missing: rustup target add %s\n' "$platform" >&2
    return 77
  fi

  find_target
  build "${programs[@]}"
  name=network-assignments
  ((${#programs[@]} > 1)) || name=${programs[0]}
  name+=-$(version)-$platform
  files=$target/release-files
  rm -rf "$files"
  mkdir -p "$files/$name"
  cd -- "$files"
  install -m 755 -t "$name" "${programs[@]/#/$target/$platform/release/}"
  install -m 644 -t "$name" "$root/README.md"
  (cd -- "$name" && sha256sum -- "${programs[@]}" >SHA256SUMS)
  tar --create --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rwX \
    "$name" | gzip -9n >"$name.tar.gz"
  sha256sum -- "$name.tar.gz" >SHA256SUMS
  printf '%s\n' "$files/$name.tar.gz"
}

main "$@"
