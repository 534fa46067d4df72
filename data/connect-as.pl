#!/usr/bin/perl
# connect-as.pl FD PID UID GID GROUPS ADDRESS
#
# Connects the unix socket that is our descriptor FD to ADDRESS (a path, or "@name" for an abstract one) as
# another process would: the kernel notes pid, user and groups of whoever calls connect(), and a bus daemon
# believes only that. So a child is made that has the number PID (which must be free; 0 for any), becomes UID, GID and
# GROUPS ("4,24,27" or "-" for none), connects and ends. The socket stays ours.
#
# Perl, because every Debian has it, it has one thread, and nobody needs a compiler. The exit code is the errno
# of what failed, with its name on standard error.
use strict;
use warnings;
use POSIX ();

my ($fd, $pid, $uid, $gid, $groups, $address) = @ARGV;
die "usage\n" unless defined $address;
my %numbers = (
    # clone3 has one number everywhere
    'x86_64'  => {setgroups => 116, setresuid => 117, setresgid => 119, connect => 42},
    'aarch64' => {setgroups => 159, setresuid => 147, setresgid => 149, connect => 203},
);
my $call = $numbers{(POSIX::uname())[4]} or die "no system call numbers for this machine\n";
my $CLONE3 = 435;
my $SIGCHLD = 17;

sub failed { my ($what) = @_; my $errno = $! + 0; print STDERR "$what: $!\n"; return $errno || 1; }

# struct clone_args: flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size
my $tid = pack('i', $pid + 0);
my $arguments = pack('Q4 Q Q3', 0, 0, 0, 0, $SIGCHLD, 0, 0, 0) . ($pid > 0 ? pack('P', $tid) . pack('Q', 1) : pack('Q2', 0, 0));
my $child = syscall($CLONE3, $arguments, length $arguments);
POSIX::_exit(failed('clone3')) if $child < 0;
if ($child == 0) {
    my @groups = $groups eq '-' ? () : split /,/, $groups;
    my $list = pack('I*', @groups) . "\0" x 4;
    my $path = $address =~ /^@/ ? "\0" . substr($address, 1) : "$address\0";
    my $place = pack('S', 1) . $path;
    syscall($call->{setgroups}, scalar(@groups), $list) == 0 or POSIX::_exit(failed('setgroups'));
    syscall($call->{setresgid}, $gid + 0, $gid + 0, $gid + 0) == 0 or POSIX::_exit(failed('setresgid'));
    syscall($call->{setresuid}, $uid + 0, $uid + 0, $uid + 0) == 0 or POSIX::_exit(failed('setresuid'));
    syscall($call->{connect}, $fd + 0, $place, length $place) == 0 or POSIX::_exit(failed('connect'));
    POSIX::_exit(0);
}
waitpid $child, 0;
exit($? & 127 ? 255 : $? >> 8);
