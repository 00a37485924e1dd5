# Makes namespaces, in which it is root, and mounts something over what others use.
try() { what=$1; shift; "$@" > /dev/null 2>&1 && echo REACHED "$what"; }
root() { unshare --user --map-root-user --mount --pid --fork sh -c "$1"; }
try 'the old /proc' root 'umount -l /proc'
try 'the mounts of all' sh -c 'mount -t tmpfs none /mnt'
try 'a bind mount' sh -c "mount --bind $1 /mnt"
try 'a disk' sh -c 'mknod $TMPDIR/disk b 254 0 && head -c 1 $TMPDIR/disk'
try 'a chroot into another process' chroot /proc/$PPID/root true
try 'its namespaces' nsenter --target $PPID --mount true
try 'the name of the machine' hostname forged
try 'a setting of the system' sh -c 'echo 1 > /proc/sys/kernel/panic'
root 'mount -t tmpfs none /tmp; setsid sh -c "sleep 1000; :" '"$1" > /dev/null 2>&1 &
sleep 1000
