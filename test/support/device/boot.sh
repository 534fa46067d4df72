#!/bin/sh
# boot.sh DIR ROOT NAME MACHINE_ID INIT TARGET: makes a device's own world out of fresh namespaces, and becomes its PID 1.
# INIT: plain or systemd. DIR/binds has lines "read-only|writable SOURCE<tab>TARGET"
set -e
dir=$1 root=$2 name=$3 id=$4 init=$5 target=$6
m=$dir/disk/root
# With nfs_export the kernel finds files again by their handles, as on a plain disk: criu needs that for inotify.
mount -t overlay -o "index=on,nfs_export=on,lowerdir=$root,upperdir=$dir/disk/upper,workdir=$dir/disk/work" overlay "$m"
echo "$name" >"$m/etc/hostname"
echo "$id" >"$m/etc/machine-id"
hostname "$name"
ip link set lo up
mount -t proc -o nosuid,nodev,noexec proc "$m/proc"
# Most of /proc/sys and /sys is the whole machine's, so that a device must not write there.
mount --bind "$m/proc/sys" "$m/proc/sys"
mount -o remount,bind,ro "$m/proc/sys"
# These are the namespaces' own, and CRIU writes to them.
for own in kernel/ns_last_pid kernel/sem_next_id kernel/msg_next_id kernel/shm_next_id net; do
	mount --bind "$m/proc/sys/$own" "$m/proc/sys/$own"
	mount -o remount,bind,rw "$m/proc/sys/$own"
done
mount --bind "$dir/boot_id" "$m/proc/sys/kernel/random/boot_id"
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$m/sys"
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$m/sys/fs/cgroup"
mount -t tmpfs -o mode=755,nosuid tmpfs "$m/dev"
mkdir "$m/dev/net"
for node in null zero full random urandom tty net/tun; do
	[ -e "/dev/$node" ] || continue
	: >"$m/dev/$node"
	mount --bind "/dev/$node" "$m/dev/$node"
done
mkdir "$m/dev/pts" "$m/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$m/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$m/dev/shm"
ln -s pts/ptmx "$m/dev/ptmx"
ln -s /proc/self/fd "$m/dev/fd"
mount -t tmpfs -o mode=755 tmpfs "$m/run"
mount -t tmpfs -o mode=1777 tmpfs "$m/tmp"
while IFS='	' read -r access source place; do
	if [ -d "$source" ]; then mkdir -p "$m$place"; else mkdir -p "$m${place%/*}" && : >>"$m$place"; fi
	mount --rbind "$source" "$m$place"
	[ "$access" = writable ] || mount -o remount,bind,ro "$m$place"
done <"$dir/binds"
cd "$m"
mkdir -p .old
pivot_root . .old
cd /
umount -l /.old
rmdir /.old
# As a container's manager does; what is not a namespace's own cannot be changed in there.
confine="setpriv --bounding-set=-sys_time,-sys_module,-sys_boot --inh-caps=-sys_time,-sys_module,-sys_boot"
environment="env -i container=dbusfreeze PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
if [ "$init" = systemd ]; then
	mount --make-rshared /
	exec $confine $environment /lib/systemd/systemd --unit="$target" --show-status=0
fi
# dash reaps every child while it waits, also those that it has inherited.
exec $confine $environment sh -c 'cp /proc/sys/kernel/random/boot_id /run/booted; while :; do sleep 1000000 & wait; done'
