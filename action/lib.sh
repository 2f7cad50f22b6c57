# shellcheck shell=bash
# What the action's scripts share: messages that the runner shows, and outputs.

# Text for a workflow command: nothing in it ends the command.
escape() {
  local text=$1
  text=${text//'%'/%25}
  text=${text//$'\r'/%0D}
  text=${text//$'\n'/%0A}
  printf '%s' "$text"
}

# fail MESSAGE [HINT]: an annotation, and the end.
fail() {
  printf '::error title=imgplan::%s%s\n' "$(escape "$1")" "${2:+%0Ahint: $(escape "$2")}"
  exit 2
}

# output NAME VALUE, a value of one line.
output() {
  case $2 in
    *$'\n'* | *$'\r'*) fail "the value of $1 has a line break" ;;
  esac
  printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}
