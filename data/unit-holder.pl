#!/usr/bin/perl
# unit-holder.pl UNIT PID START INTERVAL SIGN DROPIN SIGNALS ENDSIGNALS
#
# Is a unit's main process while the real one, PID (started at clock tick START), is frozen: systemd sees the unit as
# it was. Every INTERVAL milliseconds (0: never) it says SIGN to systemd. SIGNALS ("HUP,USR1", may be empty) are those
# that the real process would have got and that end nothing: each is told. ENDSIGNALS are those by which systemd ends
# the unit: told as "stopping", and this process ends by it when the keeper has let go of what it holds, or after two
# seconds.
#
# On descriptor 3, a socket, the keeper speaks: "enter FOLDER" means the cgroup of the unit and is answered by
# "ready"; "starting", "freezing", "frozen", "thawing", "running" say how far things are; "process PID" says that the
# restored process has this number; "end" is the way to leave in peace. "pid PID", "signal NAME" and "stopping NAME" are said to it, and the end of the connection tells it that
# this process has ended. When the connection ends from the other side, the keeper has: then whatever of PID is left
# becomes the main process again; if nothing is, this process fails like one that has crashed, the unit with it, and
# the unit's log says why. DROPIN is the file by which the unit may have been changed: it is removed.
#
# Perl, because every Debian has it and it is small. A process of its own, because a keeper that hangs or is
# killed must not take the unit with it without a word.
use strict;
use warnings;
use POSIX ();
use Socket;

my ($unit, $pid, $start, $interval, $sign, $dropin, $signals, $ends) = @ARGV;
die "usage\n" unless defined $ends;

# systemd must be our parent, to be told of our end.
open my $keeper, '+<&=', 3 or die "descriptor 3: $!\n";
exit 0 if fork // die "fork: $!\n";
POSIX::setsid();
exit 0 if fork // die "fork: $!\n";
$0 = "dbusfreeze-holder $unit";
chdir '/';
open STDERR, '>', '/dev/null';

my (@caught, $end);
for my $name (split /,/, $signals) { $SIG{$name} = sub { push @caught, $name } }
for my $name (split /,/, $ends) { $SIG{$name} = sub { $end //= $name } }
$SIG{PIPE} = 'IGNORE';

say_to_keeper("pid $$");

my $state = 'freezing';
my $input = '';
my $every = $interval > 0 ? $interval / 1000 : 3600;
my $next = time_now() + $every;
my $deadline;
for (;;) {
    say_to_keeper('signal ' . shift @caught) while @caught;
    if (defined $end) {
        say_to_keeper("stopping $end") unless defined $deadline;
        $deadline //= time_now() + 2;
        $next = $deadline if $deadline < $next;
        lost() if time_now() >= $deadline;
    }
    my $ready = '';
    vec($ready, 3, 1) = 1;
    my $left = $next - time_now();
    # A signal that comes just before the call does not end it: so it is short.
    my $count = select($ready, undef, undef, $left > 0.5 ? 0.5 : $left > 0 ? $left : 0);
    if (time_now() >= $next) {
        notify($sign) if $interval > 0;
        $next = time_now() + $every;
    }
    next if $count <= 0;
    my $read = sysread($keeper, $input, 4096, length $input);
    next if !defined $read && $!{EINTR};
    lost() unless $read;
    while ($input =~ s/^(.*)\n//) {
        leave() if $1 eq 'end';
        if ($1 =~ /^enter (.*)/) { enter($1) }
        elsif ($1 =~ /^process (\d+)/) { $pid = $1 }
        else { $state = $1 }
    }
}

sub say_to_keeper { syswrite $keeper, "$_[0]\n" }

sub enter {
    my ($cgroup) = @_;
    my $procs;
    my $entered = open($procs, '>', "$cgroup/cgroup.procs") && syswrite($procs, "$$\n");
    say_to_keeper($entered ? 'ready' : "failed $cgroup: $!");
}

# By the signal that was meant for the real process, if one was.
sub leave {
    exit 0 unless defined $end;
    $SIG{$end} = 'DEFAULT';
    kill $end, $$;
    exit 1;
}

# Monotonic: /proc/uptime needs no module.
sub time_now { return (split ' ', slurp('/proc/uptime'))[0] }

sub slurp {
    open my $file, '<', $_[0] or return '';
    local $/;
    return <$file> // '';
}

sub datagram {
    my ($path, $text) = @_;
    socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or return;
    send($socket, $text, 0, pack_sockaddr_un($path));
}

sub notify { datagram('/run/systemd/notify', $_[0]) }

# Into the unit's own log. OBJECT_SYSTEMD_UNIT, because the journal may look for us when we have ended.
sub record {
    my ($priority, $text) = @_;
    datagram('/run/systemd/journal/socket',
        "PRIORITY=$priority\nSYSLOG_IDENTIFIER=dbusfreeze\nOBJECT_SYSTEMD_UNIT=$unit\nMESSAGE=$text\n");
}

# The fields of /proc/PID/stat from the state on, or nothing.
sub stat_of { return (slurp("/proc/$_[0]/stat") =~ /^.*\) (.*)$/s) ? split(' ', $1) : () }

# The keeper has ended, or hangs. Whether the process is there is clear only when criu, which ends by itself, has ended.
sub lost {
    # Nothing becomes a main process of a unit that is being stopped, by the loss of its bus name for one.
    my $stopping = defined $end;
    my $main = $stopping ? 0 : $state eq 'running' ? restored() : $state =~ /^(starting|thawing)$/ ? 0 : original();
    if ($main) {
        record(4, "The keeper of the freeze has ended: process $pid runs and is the main process again");
        notify("MAINPID=$pid");
        for (1 .. 500) {
            last if `systemctl show -P MainPID $unit` =~ /^$pid$/;
            select(undef, undef, undef, 0.02);
        }
    } elsif ($state eq 'starting') {
        record(3, 'The keeper of the thaw has ended: the unit is not started');
        system 'systemctl', 'stop', '--no-block', $unit;
    } else {
        record(3, 'The keeper of the freeze has ended: the frozen service is given up');
    }
    clean();
    leave() if $stopping;
    exit($main ? 0 : 1);
}

# Still there, and criu has let go of it?
sub original {
    for (1 .. 300) {
        my @stat = stat_of($pid);
        return 0 if !@stat || $stat[19] ne $start || $stat[0] =~ /[ZX]/;
        return 1 if $stat[0] ne 't';
        select(undef, undef, undef, 0.01);
    }
    return 1;
}

# In the unit, and no longer criu's child but init's, or that of the first process of a pid namespace of ours?
sub restored {
    for (1 .. 300) {
        my @stat = stat_of($pid);
        return 0 if !@stat || $stat[0] =~ /[ZX]/ || slurp("/proc/$pid/cgroup") ne slurp('/proc/self/cgroup');
        return 1 if $stat[1] == 1 || slurp("/proc/$stat[1]/comm") eq "dbusfreeze-init\n";
        select(undef, undef, undef, 0.01);
    }
    return 1;
}

sub clean {
    return unless unlink $dropin, "$dropin.new";
    (my $folder = $dropin) =~ s{/[^/]*$}{};
    rmdir $folder;
    system 'systemctl', 'daemon-reload';
}
