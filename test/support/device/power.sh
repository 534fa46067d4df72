#!/bin/sh
# power.sh DIR ROOT NAME MACHINE_ID INIT TARGET: the power supply of a namespace device. The line "on" switches it on,
# any other off; the end of stdin (its test stops it, or is gone) ends it with all that runs in it. Says
# "on PID CGROUP" (PID of unshare) and "off".
# What the device prints comes to DIR/console.
# DIR is removed at the end. The device's disk is a tmpfs in a mount namespace of this process: it outlives a
# boot of the device and vanishes with this process. Bind mounts are in DIR/binds, see boot.sh.
# Nobody may be there any more to hear what we say.
trap : PIPE
dir=$1
here=${0%/*}
# cgroup v2 as the only one, or beside v1.
tree=/sys/fs/cgroup
[ -e $tree/cgroup.procs ] || tree=$tree/unified
cgroup=$tree/${dir##*/}

# rmdir is refused for a moment after the last process has gone.
remove_cgroup() {
	for round in $(seq 100); do
		find "$cgroup" -depth -type d -exec rmdir {} \; 2>/dev/null
		[ -e "$cgroup" ] || return
		sleep 0.02
	done
}

off() {
	[ -z "$device" ] && return
	# PID 1 of the device, so that unshare reaps it and ends; unshare itself where it has not come to that.
	init=$(cat "/proc/$device/task/$device/children" 2>/dev/null)
	kill -KILL ${init:-$device} 2>/dev/null
	wait "$device" 2>/dev/null
	device=
	remove_cgroup
	echo off 2>/dev/null
}

mount -t tmpfs -o mode=755 tmpfs "$dir/disk" || exit 1
mkdir "$dir/disk/upper" "$dir/disk/work" "$dir/disk/root"
device=
while read -r line; do
	off
	[ "$line" = on ] || continue
	mkdir -p "$cgroup" || break
	cat /proc/sys/kernel/random/uuid >"$dir/boot_id"
	# The device is in its cgroup before that becomes the root of its cgroup namespace.
	# Without --kill-child its processes would outlive the SIGKILL of unshare.
	sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroup" setpriv --pdeathsig KILL \
		unshare --pid --fork --kill-child --mount --net --uts --ipc --cgroup --propagation private \
		sh "$here/boot.sh" "$@" </dev/null >>"$dir/console" 2>&1 &
	device=$!
	echo "on $device $cgroup"
done
off
cd /
umount -l "$dir/disk"
rm -rf "$dir"
