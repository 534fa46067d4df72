#!/bin/sh
# PID 1 of a guest. The kernel's command line says `part=NAME machine=32HEX`; see guest.ts for what each part does.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
exec </dev/null >/dev/ttyS0 2>&1
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /tmp
mkdir -p /dev/pts /dev/shm /run/dbus /carry
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
for word in $(cat /proc/cmdline); do
	case $word in
	part=*) part=${word#part=} ;;
	machine=*) machine=${word#machine=} ;;
	esac
done
echo "$machine" >/etc/machine-id
hostname "$(cat /etc/hostname)"
ip link set lo up
# What CRIU asks about sockets.
for module in unix_diag inet_diag tcp_diag udp_diag raw_diag netlink_diag af_packet_diag tun; do modprobe -q $module; done
mount -t ext4 /dev/vdb /carry
dbus-daemon --system --fork --nopidfile
node --disable-warning=ExperimentalWarning /opt/dbusfreeze-tui/reboot/guest.ts "$part"
umount /carry
mount -o remount,ro /
sync
echo o >/proc/sysrq-trigger
sleep 60
