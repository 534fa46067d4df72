#!/usr/bin/perl
# pid-namespace.pl new LABEL LAST [KIND=FILE...] -- PROGRAM ARGUMENT...
# pid-namespace.pl enter KIND=FILE... -- PROGRAM ARGUMENT...
#
# Runs PROGRAM in another pid namespace than ours and ends as it ends. Each FILE is a namespace to enter first.
#
# "new" makes one, with a mount namespace whose /proc shows it. Numbers are given out there from LAST + 1 on, so that
# those that PROGRAM wants to give out itself are free. Its first process stays when PROGRAM has ended, under the
# name "dbusfreeze-init LABEL": it reaps whoever has no parent any more, and ends when nobody else lives there. Its
# descriptor 3 is our root, so that /proc/1/fd/3/FILE is our FILE whatever is mounted inside. When we are killed, it
# kills PROGRAM, and nobody else: what PROGRAM has made may be complete.
#
# "enter" goes where "new" has been ("pid" among the KINDs). When we are killed, PROGRAM is.
#
# What goes wrong before PROGRAM runs is written into the file $DBUSFREEZE_LOG, in criu's form, else to standard error.
#
# Perl, because every Debian has it and it has one thread: setns(2) wants that. Nobody needs a compiler.
use strict;
use warnings;
use Fcntl;
use POSIX qw(:sys_wait_h);

my %numbers = (
    'x86_64'  => {unshare => 272, setns => 308, mount => 165, prctl => 157},
    'aarch64' => {unshare => 97, setns => 268, mount => 40, prctl => 167},
);
my $call = $numbers{(POSIX::uname())[4]} or die "no system call numbers for this machine\n";
my ($CLONE_NEWNS, $CLONE_NEWPID) = (0x20000, 0x20000000);
my ($MS_NOSUID, $MS_NODEV, $MS_NOEXEC, $MS_REMOUNT, $MS_REC, $MS_SLAVE) = (2, 4, 8, 32, 16384, 1 << 19);
my $PR_SET_PDEATHSIG = 1;
my $rootNumber = 3;
# Nobody but a shell that cannot find a program ends with it.
my $failed = 125;

my $log = \*STDERR;
# Before anything else can have that number. PROGRAM does not get it.
open my $root, '<', '/' or fail("/: $!");
if (fileno $root != $rootNumber) {
    POSIX::dup2(fileno $root, $rootNumber) or fail("dup2: $!");
    open $root, '<&=', $rootNumber or fail("/: $!");
}
fcntl $root, F_SETFD, FD_CLOEXEC;

# Now, for inside it may not be found.
if (defined $ENV{DBUSFREEZE_LOG} && open my $file, '>>', $ENV{DBUSFREEZE_LOG}) { $log = $file }

my $mode = shift // '';
my ($label, $last) = $mode eq 'new' ? splice(@ARGV, 0, 2) : ('', 0);
my %entered;
while (@ARGV && $ARGV[0] ne '--') {
    my ($kind, $file) = split /=/, shift, 2;
    open $entered{$kind}, '<', $file or fail("$file: $!");
}
shift;
fail('usage') unless @ARGV && $mode =~ /^(new|enter)$/;

$mode eq 'new' ? run_new() : run_entered();

sub fail { syswrite $log, "(00.000000) Error (pid-namespace.pl): $_[0]\n"; POSIX::_exit($failed) }

sub system_call {
    my ($name, @arguments) = @_;
    my $result = syscall($call->{$name}, @arguments);
    fail("$name: $!") if $result < 0;
    return $result;
}

sub enter_namespace { system_call('setns', fileno $entered{$_[0]}, 0) }

# The mount namespace last: those that follow it may not be found by their names any more, but they are open.
sub enter_all_but_pid { enter_namespace($_) for grep { $_ ne 'pid' } sort { $b cmp $a } keys %entered }

sub become { chdir '/'; exec {$_[0]} @_ or fail("$_[0]: $!") }

# As a shell's child would, so that whoever started us sees what became of the program.
sub end_as {
    my ($status) = @_;
    if (my $signal = $status & 127) { $SIG{$_} = 'DEFAULT' for keys %SIG; kill $signal, $$; sleep 1 }
    POSIX::_exit($status >> 8);
}

sub run_entered {
    enter_namespace('pid');
    my $child = fork // fail("fork: $!");
    if ($child == 0) {
        system_call('prctl', $PR_SET_PDEATHSIG, POSIX::SIGKILL(), 0, 0, 0);
        enter_all_but_pid();
        become(@ARGV);
    }
    waitpid $child, 0;
    end_as($?);
}

sub run_new {
    pipe my $life, my $our_life or fail("pipe: $!");
    pipe my $result, my $told or fail("pipe: $!");
    system_call('unshare', $CLONE_NEWPID);
    my $init = fork // fail("fork: $!");
    if ($init == 0) {
        close $_ for $our_life, $result;
        be_init($life, $told);
    }
    close $_ for $life, $told;
    my $status = <$result>;
    POSIX::_exit($failed) unless defined $status;
    end_as($status + 0);
}

sub be_init {
    my ($life, $told) = @_;
    POSIX::setsid();
    $0 = "dbusfreeze-init $label";
    prepare_proc();
    my $program = fork // fail("fork: $!");
    become(@ARGV) if $program == 0;
    # What PROGRAM inherits from us must end with those who have it.
    keep_only($rootNumber, fileno $life, fileno $told);
    my $status = outcome_of($program, $life);
    syswrite $told, "$status\n";
    keep_only($rootNumber);
    reap_until_alone();
    POSIX::_exit(0);
}

# Our own mounts with a /proc of this namespace, which has the same restrictions as the one that it covers.
sub prepare_proc {
    enter_all_but_pid();
    system_call('unshare', $CLONE_NEWNS);
    mount_at('none', '/', '', $MS_REC | $MS_SLAVE, '');
    my $restrictions = restrictions_of_proc();
    my $flags = $MS_NOSUID | $MS_NODEV | $MS_NOEXEC;
    mount_at('proc', '/proc', 'proc', $flags, '');
    open my $file, '>', '/proc/sys/kernel/ns_last_pid' or fail("ns_last_pid: $!");
    syswrite $file, $last or fail("ns_last_pid: $!");
    mount_at('proc', '/proc', 'proc', $flags | $MS_REMOUNT, $restrictions) if $restrictions ne '';
}

sub mount_at { my ($what, $where, $type, $flags, $data) = @_; system_call('mount', $what, $where, $type, $flags, $data) }

sub restrictions_of_proc {
    open my $mounts, '<', '/proc/self/mounts' or return '';
    my $options = '';
    while (<$mounts>) { my ($what, $where, $type, $found) = split ' '; $options = $found if $where eq '/proc' && $type eq 'proc' }
    return join ',', grep { /^(hidepid|gid|subset)=/ } split /,/, $options;
}

sub keep_only {
    my %kept = map { $_ => 1 } @_;
    opendir my $folder, '/proc/self/fd' or return;
    my @open = grep { /^\d+$/ && !$kept{$_} && $_ != fileno $folder } readdir $folder;
    closedir $folder;
    POSIX::close($_) for @open;
}

# Its wait status; everybody else who ends meanwhile is reaped. The end of the pipe tells that we were killed.
sub outcome_of {
    my ($program, $life) = @_;
    local $SIG{CHLD} = sub { };
    for (;;) {
        while ((my $ended = waitpid -1, WNOHANG) > 0) { return $? if $ended == $program }
        my $ready = '';
        vec($ready, fileno $life, 1) = 1;
        # A child that ends just before the call does not end it: so it is short.
        kill 'KILL', $program if select($ready, undef, undef, 0.2) > 0;
    }
}

sub reap_until_alone {
    for (;;) {
        1 while wait > 0;
        opendir my $folder, '/proc' or return;
        # Whoever was put here from outside, as a program that looks at this namespace, is nobody's child here.
        return unless grep { /^\d+$/ && $_ != 1 } readdir $folder;
        closedir $folder;
        select undef, undef, undef, 0.1;
    }
}
