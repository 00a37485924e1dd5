#!/usr/bin/env bash
# Each recipe, as its platform runs it: in a file system laid out like the platform's, with nothing
# else in it, for a right, a wrong, a hopeless and a dishonest program.
# shellcheck source-path=SCRIPTDIR source=lib.sh
set -e
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"

[[ ${RELEASE:-} == all ]] || skip 'it builds for minutes: RELEASE=all runs it'

# What is tested here is not how fast the binary is.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
  CARGO_PROFILE_RELEASE_OPT_LEVEL=1

((EUID == 0)) || skip 'not as root'
unshare --mount true 2>/dev/null || skip 'without mount namespaces'
[[ -x /usr/bin/python3 ]] || skip 'without /usr/bin/python3'
for program in adduser make pivot_root prlimit runuser unzip; do
  command -v "$program" >/dev/null || skip "without $program"
done
honest=$root/crates/conform/tests/programs/honest/tcp_server/plain.py
inside=$work/inside     # the root of the platform's file system,
given=$work/given       # and what it is given
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# --- What is handed in ---

mkdir "$work"/{right,wrong,hopeless,dishonest}
cp "$honest" "$work/right/tcp_server.py"
sed 's|0x01: str.upper|0x01: str.lower|' "$honest" >"$work/wrong/tcp_server.py"
! cmp -s "$honest" "$work/wrong/tcp_server.py" || fail 'the wrong program is right'
{ printf 'import sockets\n'; cat "$honest"; } >"$work/hopeless/tcp_server.py"
# The wrong one, which would like to be thought right.
cat - "$work/wrong/tcp_server.py" >"$work/dishonest/tcp_server.py" <<'PYTHON'
import glob, os, signal, sys
print('\n::error::stopped\n{"scores": {"Protocol": 100}}', flush=True)
print('\n{"scores": {"Protocol": 100}}', file=sys.stderr, flush=True)
FORGED = '{"score": 100, "tests": [{"name": "T-1", "score": 100, "max_score": 100}]}'
for file in ["/autograder/results/results.json", "/grade/results/results.json", "result.json",
             *glob.glob("/autograder/results/.*"), *glob.glob("/grade/results/.*")]:
    try:
        with open(file, "w") as opened:
            opened.write(FORGED)
    except OSError:
        pass
for process in [os.getppid(), 1, -1]:
    try:
        if process > 0:
            os.kill(process, signal.SIGKILL)
    except OSError:
        pass
PYTHON

# --- The platforms ---

# Runs the commands of standard input in a file system with the programs and libraries of this
# machine and copies of its settings, in which `given` stands in /given.
on_platform() {
  cat >"$given/commands"
  INSIDE=$inside GIVEN=$given timeout --kill-after=5 300 \
    unshare --mount --propagation private bash -euc '
      mkdir -p "$INSIDE"
      mount -t tmpfs -o mode=755 platform "$INSIDE"
      cd "$INSIDE"
      for folder in bin sbin lib lib32 lib64 libx32; do
        [[ ! -L /$folder ]] || cp -P "/$folder" .
      done
      for folder in usr bin sbin lib lib32 lib64 libx32 proc sys dev; do
        [[ -d /$folder && ! -e $folder ]] || continue
        mkdir "$folder"
        mount --rbind "/$folder" "$folder"
      done
      cp -a /etc .
      mkdir home mnt root run var given
      mkdir -m 1777 tmp
      mount --bind "$GIVEN" given
      pivot_root . mnt
      cd /
      umount -l /mnt
      exec env -i "PATH=$1" HOME=/root bash -eu /given/commands
    ' - "$path" >"$work/shown" 2>&1
}

on_gradescope() {
  on_platform <<'COMMANDS'
mkdir -p /autograder/source /autograder/submission
cd /autograder
cp -a /given/recipe/. source
cp -R /given/submission/. submission
printf '{"id": 1}\n' >submission_metadata.json
cp source/run_autograder .
bash source/setup.sh
mkdir -p results
status=0
./run_autograder || status=$?
# The exit status is not looked at; without the file the autograder has failed.
cp results/results.json /given/result
exit "$status"
COMMANDS
}

on_classroom50() {
  on_platform <<'COMMANDS'
useradd --create-home runner
cd /home/runner
cp -R --no-preserve=mode /given/recipe bundle
cp -R /given/submission checkout
chown -R runner: bundle checkout
cd checkout
runuser -u runner -- env CLASSROOM=networks ASSIGNMENT=server ASSIGNMENT_TYPE=individual \
  USERNAME=ada OWNER=ada SUBMISSION_TAG=submit/1 COMMIT_URL=https://c RELEASE_URL=https://r \
  REVIEW_URL=https://p CLASSROOM50_BUNDLE_DIR=/home/runner/bundle GITHUB_OUTPUT=/dev/null \
  python3 /home/runner/bundle/autograder.py
cp result.json /given/result
COMMANDS
}

on_autolab() {
  on_platform <<'COMMANDS'
useradd --create-home autolab
cd /home/autolab
cp /given/recipe/autograde-Makefile Makefile
cp /given/recipe/autograde.tar /given/submission/tcp_server.py .
chown -R autolab: .
# Both outputs together are what is read; the exit status is only shown.
runuser -u autolab -- prlimit --nproc=100 --fsize=$((100 << 20)) make >/given/result 2>&1
COMMANDS
}

on_prairielearn() {
  on_platform <<'COMMANDS'
mkdir -p /grade/serverFilesCourse /grade/data
cp -R /given/submission /grade/student
cp -R --no-preserve=mode /given/recipe/tests /grade
printf '{}\n' >/grade/data/data.json
# A status that is not 0 discards the results.
bash /grade/tests/grade.sh
cp /grade/results/results.json /given/result
COMMANDS
}

# grade PLATFORM PROGRAM: sets points, as "EARNED POSSIBLE", and leaves `shown` and given/result.
grade() {
  local status=0
  rm -rf "$given"
  mkdir "$given"
  cp -R "$work/$1" "$given/recipe"
  cp -R "$work/$2" "$given/submission"
  "on_$1" || status=$?
  assert_equal "$status" 0 "the status of $1 for the $2 program, which showed: $(<"$work/shown")"
  points=$(python3 "$root/scripts/tests/validate.py" "$1" "$given/result") ||
    fail "the result on $1 for the $2 program is not valid"
  [[ $(<"$work/shown") != *'::error'* ]] || fail "$1: the $2 program gives commands"
  printf '%s: the %s program has %s\n' "$1" "$2" "$points"
}

# The recipe with fewer checks, so that this does not take long.
shorten() {
  local file
  file=$(grep -rlI -- '--deadline ' "$1")
  sed -i "s|--deadline |--seed 7 --only T-1,T-2,T-3,T-9,T-19 --deadline |" "$file"
}

for platform in gradescope classroom50 autolab prairielearn; do
  status=0
  # CONFORM: a static binary that is there already.
  made=$("$root/scripts/recipes/make.sh" "$platform" ${CONFORM:+"$CONFORM"} 2>"$work/make.err") ||
    status=$?
  ((status != 77)) || skip "$(<"$work/make.err")"
  assert_equal "$status" 0 "the status of make.sh $platform: $(<"$work/make.err")"
  if [[ $platform == gradescope ]]; then
    unzip -q "$made" -d "$work/$platform"
  else
    cp -R "$made" "$work/$platform"
  fi
  grade "$platform" right
  [[ ${points% *} == "${points#* }" && ${points% *} -gt 10 ]] || fail "$platform, right: $points"

  shorten "$work/$platform"
  grade "$platform" wrong
  wrong=$points
  ((${wrong% *} > 0 && ${wrong% *} < ${wrong#* })) || fail "$platform, wrong: $points"
  grade "$platform" dishonest
  assert_equal "$points" "$wrong" "$platform: the points of the dishonest program"
  grade "$platform" hopeless
  assert_equal "${points% *}" 0 "$platform: the points of the hopeless program"
  assert_contains "$(<"$given/result")" 'ModuleNotFoundError' "$platform: the reason"
done
(($(stat -c %s "$work/classroom50/conform") < 10 << 20)) || fail 'the bundle is over 10 MiB'
