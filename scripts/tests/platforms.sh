#!/usr/bin/env bash
# What conform writes for the grading platforms is what they document: validate.py knows it, takes
# their golden files as they are, and refuses those that were damaged.
# shellcheck source-path=SCRIPTDIR source=lib.sh
set -e
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"

command -v python3 >/dev/null || skip 'without python3'
deadline=60
tests=$root/scripts/tests
tcp_server=$(_program tcp_server)
mathserver=$(_program mathserver)

# Sets status, stdout and stderr: validate PLATFORM FILE
validate() {
  status=0
  stdout=$(python3 "$tests/validate.py" "$1" "$2" 2>"$work/faults") || status=$?
  stderr=$(<"$work/faults")
}

# --- The golden files ---

for file in "$tests"/golden/*; do
  name=${file##*/}
  platform=${name%.*}
  validate "${platform%-*}" "$file"
  assert_equal "$status $stderr" '0 ' "the golden $name"
done

# refuses FILE SED: the validator refuses a golden file after this change.
refuses() {
  local platform=${1%.*}
  sed "$2" "$tests/golden/$1" >"$work/damaged"
  ! cmp -s "$tests/golden/$1" "$work/damaged" || fail "$1 is not changed by $2"
  validate "${platform%-*}" "$work/damaged"
  assert_equal "$status" 1 "the status for $1 after $2"
}

refuses gradescope.json 's/"score":1,/"score":2,/'
refuses gradescope.json 's/"score":[01],"max_score":1,//'
refuses gradescope.json 's/"max_score":1,//'
refuses gradescope.json 's/"passed"/"ok"/'
refuses gradescope.json 's/"passed"/"failed"/'
refuses gradescope.json 's/"visible"/"hidden"/'
refuses gradescope.json 's/\["should"\]/"should"/'
refuses gradescope.json 's/"T-1"/1/'
refuses gradescope.json 's/"output"/"text"/'
refuses gradescope.json 's/$/,/'
refuses classroom50.json 's/"score":1,"max-score":2/"score":1,"max-score":3/'
refuses classroom50.json 's/"max-score":1/"max-score":1.0/'
refuses classroom50.json 's/submit/v/'
refuses classroom50.json 's/00Z/00+00:00/'
refuses classroom50.json 's/"owner"/"owners"/'
refuses classroom50.json 's/true/1/'
refuses classroom50.json 's/expected/::error::/'
refuses classroom50.json "s/a request/$(printf 'a%.0s' {1..100})/"
refuses autolab.txt 's/expected nothing/at 12:30/'
refuses autolab.txt 's/"Protocol"/"Protocol: 1"/'
refuses autolab.txt '$s/1}}/"1"}}/'
refuses autolab.txt '$s/.*/make: *** Error 1/'
refuses autolab.txt 's/"passed": true/"passed": 1/'
refuses prairielearn.json 's/"points":0,"max_points":0/"points":0/'
refuses prairielearn.json 's/"score":0.5/"score":50/'
refuses prairielearn.json 's/"score":0.5/"score":0.9/'
refuses prairielearn-unusable.json 's/format_errors/errors/'
refuses prairielearn-unusable.json 's/false/true/'

# --- What conform writes ---

export CLASSROOM=networks ASSIGNMENT=server ASSIGNMENT_TYPE=individual OWNER=ada \
  SUBMISSION_TAG=submit/1 COMMIT_URL=https://c RELEASE_URL=https://r REVIEW_URL=https://p

# writes PLATFORM STATUS POINTS COMMAND...: conform has this status, and its file these points.
writes() {
  rm -f "$work/result"
  run conform --seed 7 --only T-1,T-12,T-14,T-17 --format "$1" --output "$work/result" tcp_server \
    -- "${@:4}"
  assert_equal "$status $stdout" "$2 " "$1: the status of conform for $4, which printed: $stderr"
  validate "$1" "$work/result"
  assert_equal "$status $stderr" '0 ' "the $1 file for $4"
  assert_equal "$stdout" "$3" "the points on $1 of $4"
}

start_server tcp_server -p PORT
for platform in gradescope classroom50 autolab prairielearn; do
  writes "$platform" 0 '3 3' "$tcp_server"
  writes "$platform" 0 '1 3' "$mathserver" '{port}'
  possible=3
  [[ $platform != prairielearn ]] || possible=0
  writes "$platform" 0 "0 $possible" bash -c 'echo "scores:1 ::error::" >&2; exit 5'
  assert_contains "$(<"$work/result")" 'ended with status 5' "$platform: the reason"

  # Nothing was judged, by no fault of the program: no results, and the platform sees that.
  rm -f "$work/result"
  run conform --connect "127.0.0.1:$port" --only T-19 --format "$platform" \
    --output "$work/result" tcp_server
  assert_equal "$status" 4 "$platform: the status if nothing was judged"
  assert_contains "$stderr" 'no results: ' "$platform: the reason"
  [[ ! -e $work/result ]] || fail "$platform: results of nothing: $(<"$work/result")"
done
