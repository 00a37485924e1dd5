# Has a debugger make its parent end with status 0. needs: gdb
timeout 20 gdb --batch --nx -p $PPID -ex 'call (void)_exit(0)' 2>&1 | grep -q '^\[Inferior' && echo REACHED $PPID
exit 0
