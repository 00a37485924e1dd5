# What a shell has to get away. The mark stays in each command line.
mark=$1
away() { "$@" sh -c 'sleep 1000; :' "$mark" > /dev/null 2>&1 < /dev/null & }
away setsid
away env -i setsid -f
away nohup setsid
away unshare --user --map-root-user --pid --fork --kill-child=0
away unshare --user --map-root-user --net --ipc --mount
away chroot /
away nsenter --target 1 --all
away nsenter --target $PPID --mount --pid
(exec -a '[kworker/0:0]' setsid sh -c 'sleep 1000; :' "$mark" &)
trap '' TERM INT HUP
sleep 1000
