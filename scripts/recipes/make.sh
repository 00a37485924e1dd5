#!/usr/bin/env bash
# Packs a recipe together with a static conform, as its platform takes it.
#
# Use:   scripts/recipes/make.sh PLATFORM             conform is built by scripts/release.sh
#        scripts/recipes/make.sh PLATFORM CONFORM     with this binary of a release
#
# PLATFORM is one of the folders beside this file. What is to be graded stands at the top of the
# file in it that runs conform: edit that first. Leaves in target/recipes, and prints where:
#
#   gradescope     gradescope.zip: upload it as the autograder
#   classroom50    classroom50/: the bundle; copy it to autograders/ASSIGNMENT of the classroom
#   autolab        autolab/: autograde-Makefile and autograde.tar, to upload both
#   prairielearn   prairielearn/: a question; give it a uuid of its own in info.json
#
# Needs: bash, coreutils, python3 for gradescope, tar for autolab; and what release.sh needs.

set -e
# shellcheck source-path=SCRIPTDIR source=../common.sh
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../common.sh"

main() {
  local recipe=$root/scripts/recipes/${1:-} conform=${2:-} made
  if [[ ${1:-} == --help ]]; then
    usage
    return 0
  fi
  if [[ -z ${1:-} || $1 == */* || ! -d $recipe ]]; then
    printf 'which platform? gradescope, classroom50, autolab or prairielearn\n' >&2
    return 2
  fi
  [[ -z $conform || $conform == /* ]] || conform=$PWD/$conform
  find_target
  if [[ -z $conform ]]; then
    conform=$("$root/scripts/release.sh" conform)
    conform=${conform%.tar.gz}/conform
  fi
  made=$target/recipes/$1
  rm -rf "$made" "$made.zip"
  mkdir -p "${made%/*}"
  cp -R -- "$recipe" "$made"
  case $1 in
    gradescope)
      install -m 755 -- "$conform" "$made/conform"
      (cd -- "$made" && python3 -m zipfile -c "$made.zip" *)
      made+=.zip ;;
    classroom50) install -m 755 -- "$conform" "$made/conform" ;;
    autolab)
      install -m 755 -- "$conform" "$made/conform"
      tar --create --file "$made/autograde.tar" --directory "$made" conform
      rm "$made/conform" ;;
    prairielearn) install -m 755 -- "$conform" "$made/tests/conform" ;;
  esac
  printf '%s\n' "$made"
}

main "$@"
