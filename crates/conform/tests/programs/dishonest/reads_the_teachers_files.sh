# Reads what another user keeps for itself, and becomes that user again. needs: root
try() { "$@" 2> /dev/null < /dev/null && echo REACHED "$*" || echo "refused: $*"; }
try cat "$1/private"
try ls "$1/folder"
try cat /etc/shadow
try cat "/proc/$PPID/environ"
try ls "/proc/$PPID/root/"
try setpriv --reuid 0 true
try su root -c true
