import {unit} from './unit.js';

type Params = Record<string, string | number>;

/** What a preflight has to say, by `Finding.finding`. */
export const findings: Record<string, (params: Params) => string> = {
	...unit.findings,
	// Blocks
	'io-uring': ({pid}) =>
		`process ${pid} uses io_uring, whose rings CRIU cannot dump; start it without (in its unit: SystemCallFilter=~io_uring_setup and SystemCallErrorNumber=ENOSYS)`,
	'bound-to-memory': ({pid, fd, target}) =>
		`process ${pid} has ${target} open (fd ${fd}), which belongs to its memory: nobody can keep it for another process; start it without`,
	'pid-namespace': ({pid}) =>
		`process ${pid} lives in a PID namespace of its own, or its children do: its processes have other numbers there than CRIU sees here; start it without (PrivatePIDs=no), or freeze it from inside`,
	'namespaces-apart': ({pid, kinds}) =>
		`process ${pid} lives in other namespaces than its parent (${kinds}): CRIU can be in one place only; freeze it alone (pid:${pid}), or start it without`,
	'bare-root': ({pid, files}) =>
		`the file system that process ${pid} sees lacks ${files}, without which CRIU cannot work there; bind them into it (BindReadOnlyPaths=)`,
	'sysv-memory': ({pid}) =>
		`process ${pid} uses System V shared memory, which CRIU dumps only together with a whole IPC namespace; X11 programs: start it without MIT-SHM`,
	'mapped-device': ({pid, target}) =>
		`process ${pid} has ${target} mapped into its memory, which CRIU cannot dump; start it without (e.g. without hardware acceleration)`,
	'mapped-hidden': ({pid, target}) =>
		`process ${pid} has ${target} mapped, and its mount is not in its own mount namespace: CRIU cannot find it again`,
	'unlinked-too-large': ({pid, target}) =>
		`process ${pid} has the deleted file ${target} mapped, which is too large to be copied (more than 256 MB)`,
	'leader-gone': ({pid}) =>
		`the first thread of process ${pid} has ended and others go on, which CRIU cannot dump`,
	traced: ({pid, tracer}) =>
		`process ${pid} is being traced by process ${tracer} (a debugger, strace), and there can be only one tracer; detach it`,
	'criu-not-loadable': ({path}) =>
		`${path} is neither a program nor the CRIU that "npm run setup" unpacks, so it cannot be started where this process lives; name another with --criu`,
	'preload-compiler': () =>
		'something that it has open must be hidden from CRIU by a small library of ours, which is built when it is first needed, and there is no C compiler; install gcc',
	'preload-failed': ({detail}) =>
		`something that it has open must be hidden from CRIU by a small library of ours, which does not compile here: ${detail}`,
	// Changes
	'leaves-user-namespace': ({pid}) =>
		`process ${pid} lives in a user namespace (PrivateUsers=): it comes back outside of it, as the same user and without capabilities`,
	'limits-above-ours': ({pid, limits}) =>
		`process ${pid} has limits above our own (${limits}), which only CAP_SYS_RESOURCE could give it again: it comes back with ours; raise ours first (ulimit, prlimit) if that matters`,
	'lock-let-go': ({pid, fd, target}) =>
		`process ${pid} has a lock on ${target} (fd ${fd}), which nobody can keep for it: it is free while it is frozen, and taken again at the thaw`,
	'hears-nothing': ({pid, fd}) =>
		`process ${pid} watches files (inotify, fd ${fd}): of changes while it is frozen, and of those that it has not read yet, it hears nothing`,
	'tcp-listener': ({pid, fd, target}) =>
		`process ${pid} listens on ${target} (fd ${fd}): who connects while it is frozen is refused`,
	'waits-cut-short': ({pid, calls}) =>
		`process ${pid} waits with a time limit (${calls}): the wait ends once, early, with EINTR, which a program that takes that for an error does not survive`,
	// Held
	'held-namespaces': ({pid, kinds}) =>
		`process ${pid} lives in namespaces of its own (${kinds}), which are kept: it can be thawed here only`,
	'held-pipe': ({pid, fd}) => `a pipe of process ${pid} (fd ${fd}) has its other end outside and is held`,
	'held-listener': ({pid, fd, peer}) =>
		`the listening socket ${peer} of process ${pid} (fd ${fd}) is held: who connects meanwhile, waits`,
	'held-socket': ({pid, fd, peer}) => `a socket of process ${pid} (fd ${fd}, to ${peer}) is held`,
	'held-file': ({pid, fd, peer}) =>
		`the file ${peer} of process ${pid} (fd ${fd}) is held, and so is a lock on it`,
	'held-directory': ({pid, fd, peer}) => `the folder ${peer} of process ${pid} (fd ${fd}) is held`,
	'held-fifo': ({pid, fd, peer}) =>
		`the named pipe ${peer} of process ${pid} (fd ${fd}) has its other end outside and is held`,
	'held-tty': ({pid, fd, peer}) =>
		`the terminal ${peer} of process ${pid} (fd ${fd}; left over from the shell that started it?) is held`,
	'held-device': ({pid, fd, peer}) => `the device ${peer} of process ${pid} (fd ${fd}) is held as it is`,
	'held-memfd': ({pid, fd, peer}) => `the memory file ${peer} of process ${pid} (fd ${fd}) is held`,
	'held-eventfd': ({pid, fd}) => `an eventfd of process ${pid} (fd ${fd}) is held`,
	'held-timerfd': ({pid, fd}) =>
		`a timer of process ${pid} (fd ${fd}) is held: it runs on while it is frozen`,
	'held-inotify': ({pid, fd}) => `an inotify descriptor of process ${pid} (fd ${fd}) is held`,
	'held-pidfd': ({pid, fd, peer}) => `the pidfd of process ${pid} (fd ${fd}) that means ${peer} is held`,
	'held-namespace': ({pid, fd, peer}) =>
		`the namespace ${peer} that process ${pid} has open (fd ${fd}) is held`,
	'held-tcp': ({pid, fd, peer}) =>
		`the TCP connection of process ${pid} (fd ${fd}, ${peer}) is held: the kernel keeps it alive, and what comes waits`,
	'held-udp': ({pid, fd, peer}) =>
		`the UDP socket of process ${pid} (fd ${fd}, ${peer}) is held: what comes waits`,
	'held-netlink': ({pid, fd}) =>
		`a netlink socket of process ${pid} (fd ${fd}) is held: what the kernel tells meanwhile waits`,
	'held-other': ({pid, fd, peer}) => `${peer} of process ${pid} (fd ${fd}) is held as it is`,
	// Notes
	stopped: ({pid}) => `process ${pid} is stopped (SIGSTOP); it comes back stopped and runs on after SIGCONT`,
	neighbours: ({pid, pids}) =>
		`other processes of the same unit as ${pid} are not its children and are not frozen: ${pids}`,
	'rules-untold': () =>
		'the bus daemon does not tell match rules (Debug.Stats): they stay as they are, but cannot be compared',
	'no-connection': () => 'it has no connection to this bus',
};
