# Kills its parent, and its parent's group.
kill -9 $PPID && echo REACHED $PPID
kill -STOP $PPID && echo REACHED $PPID
group=$(cut -d' ' -f5 /proc/$PPID/stat)
[ "$group" -gt 1 ] && kill -9 -- "-$group" && echo REACHED group
exit 0
