#!/usr/bin/env bash
# Puts imgplan's command line together from the action's inputs, and runs it.
#
# By environment: INPUT_… (the action's inputs), IMGPLAN_BINARY, EVENT_NAME, HEAD_REPOSITORY, THIS_REPOSITORY, RUNNER_TEMP,
# and what GitHub sets for every step. Inputs are words of a command line here, never shell.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=action/lib.sh
. "$here/lib.sh"

imgplan=$IMGPLAN_BINARY
# It was for this script: imgplan's own variables begin alike.
unset IMGPLAN_BINARY

command=${INPUT_COMMAND:-apply}
case $command in
  apply | plan) ;;
  *) fail "command: '$command' is neither apply nor plan" ;;
esac

forked=
# The token of a fork's pull request only reads, and its files are a stranger's.
case ${EVENT_NAME-}/${HEAD_REPOSITORY-} in
  # A pull request whose repository was deleted has none.
  */"${THIS_REPOSITORY-}") ;;
  pull_request*/* | */?*)
    if [ "$command" = apply ]; then
      command=plan forked=1
      printf '::notice title=imgplan::%s\n' "$(escape "This pull request is from a fork, so its token only reads: \
imgplan plans, and the retag is left out. It happens when the commit is in this repository.")"
    fi
    ;;
esac

words=("$command" --format github)
# option NAME VALUE: left out where there is no value. In one word, so that a value is never taken for an option.
option() {
  [ -z "$2" ] || words+=("$1=$2")
}
# each WHAT TEXT: calls WHAT with every line that is not empty, without blanks around it.
each() {
  local line
  while IFS= read -r line || [ -n "$line" ]; do
    line=${line%$'\r'}
    line=${line#"${line%%[![:blank:]]*}"}
    line=${line%"${line##*[![:blank:]]}"}
    [ -z "$line" ] || "$1" "$line"
  done <<<"$2"
}
# shellcheck disable=SC2329 # each calls it
image() { option --image "$1"; }
# A plan builds nothing, so where a fork made it one, options of builds are left out.
skip=
# shellcheck disable=SC2329 # each calls it
word() {
  if [ -n "$skip" ]; then
    skip=
  elif [ -n "$forked" ] && [[ $1 == --build-command ]]; then
    skip=1
  elif [ -z "$forked" ] || [[ $1 != --build && $1 != --build=* && $1 != --build-command=* ]]; then
    words+=("$1")
  fi
}

[ -z "${INPUT_WORKING_DIRECTORY-}" ] || words+=(-C "$INPUT_WORKING_DIRECTORY")
option --config "${INPUT_CONFIG-}"
option --repository "${INPUT_REPOSITORY-}"
option --scope "${INPUT_SCOPE-}"
each image "${INPUT_IMAGE-}"
case ${INPUT_ADOPT:-false} in
  true) words+=(--adopt) ;;
  false) ;;
  *) fail "adopt: '$INPUT_ADOPT' is neither true nor false" ;;
esac
# A plan builds nothing.
[ "$command" = plan ] || option --build "${INPUT_BUILD-}"
each word "${INPUT_ARGS-}"

# A given binary may be older than this format.
bake=
case ${INPUT_BAKE:-true} in
  true | false) ;;
  *) fail "bake: '$INPUT_BAKE' is neither true nor false" ;;
esac
if [ "${INPUT_BAKE:-true}" = true ] && [[ $("$imgplan" plan --help) == *'- bake:'* ]]; then
  # A folder of its own: another step of this job may use the action, too. Bake reads files of some names by itself; this is
  # none of them.
  bake=$(mktemp -d "$RUNNER_TEMP/imgplan-XXXXXX")/imgplan-bake.json
  words+=(--output "bake=$bake")
fi
words+=(--)
[ -z "${INPUT_COMMIT-}" ] || words+=("$INPUT_COMMIT")

status=0
"$imgplan" "${words[@]}" || status=$?
if [ -n "$bake" ] && [ -f "$bake" ]; then
  output bake-file "$bake"
fi
exit "$status"
