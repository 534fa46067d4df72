import type {LineLabels} from '../../context/lines.js';
import type {DifferenceClass, Moment, StageMoment} from '../../context/model.js';
import type {ReasonParams, Thing} from '../../context/reasons.js';
import type {CauseParams, CriuCause} from '../../criu/log-causes.js';

export type ReasonTexts = {[Key in keyof ReasonParams]: (params: ReasonParams[Key]) => string};
export type LabelTexts = {[Key in keyof LineLabels]: (params: LineLabels[Key]) => string};
/** What criu's message means, and what to do. */
export type CauseTexts = Record<CriuCause, (params: CauseParams) => {message: string; hint: string}>;

const things: Record<Thing, string> = {
	process: 'process',
	thread: 'thread',
	fd: 'descriptor',
	connection: 'connection',
};

const changes = (set: string, cleared: string): string =>
	[set && `${set} was set`, cleared && `${cleared} was cleared`].filter(Boolean).join(' and ');

export const evidence = {
	moments: {
		before: 'before',
		image: 'image',
		'pre-resume': 'restored',
		after: 'after',
	} satisfies Record<Exclude<Moment, StageMoment>, string> as Record<string, string>,
	/** A stage at which somebody stopped to look. */
	atStage: (stage: string) => `at ${stage}`,
	classes: {
		same: 'same',
		expected: 'expected',
		changed: 'changed',
		broken: 'broken',
	} satisfies Record<DifferenceClass | 'same', string> as Record<DifferenceClass | 'same', string>,
	nothing: '–',
	labels: {
		process: ({pid}) => `process ${pid}`,
		thread: ({tid, comm}) => `thread ${tid} ${comm}`,
		fd: ({fd, kind}) => `fd ${fd} ${kind}`,
		connection: ({uniqueName}) => `connection ${uniqueName}`,
		names: () => 'names',
		rules: () => 'match rules',
		detail: ({path}) => path,
	} satisfies LabelTexts as LabelTexts,
	reasons: {
		'syscall-restarts': ({syscall}) => `the kernel enters ${syscall} again; the program does not notice`,
		'one-eintr': ({syscall}) => `the program sees one EINTR from ${syscall}`,
		'syscall-returned': ({syscall, result}) => `${syscall} ended as the freeze began (result ${result})`,
		'restart-syscall': () => 'the kernel goes on with an interrupted call as restart_syscall',
		'was-running': () => 'the thread was running when looked at, so it had no fixed place',
		'place-changed': () => 'the thread is not where it was',
		'register-changed': ({register}) => `register ${register} is not what was frozen`,
		'vectors-changed': ({part}) => `the ${part} registers are not what was frozen`,
		'left-stopped': () => 'the process was left stopped; SIGCONT lets it run',
		woken: () => 'the process was stopped when frozen and runs now',
		'runs-on': () => 'the program runs on since the thaw',
		'ran-before-freeze': () =>
			'the program ran on between the first look and the freeze; image and restored process agree',
		'ran-between': () => 'the program ran between the two looks',
		'in-criu': () => 'CRIU is still putting the process together at this stage',
		'time-namespace': () => 'CRIU gave it a time namespace of its own, so that its clocks go on',
		rebooted: () => 'the machine was started anew since',
		'other-machine': () => 'it was frozen on another machine',
		'other-hostname': () => 'programs that ask are told this name of the machine',
		'other-kernel': () => 'the kernel is another one here',
		'other-cpu': () => 'the processor is another model here',
		'start-time': () => 'the kernel counts it as a new process; the start time is that of the thaw',
		'locks-set-again': () => 'CRIU lost these locks; the process was made to take them again',
		reparented: ({ppid}) => `its parent is now process ${ppid}`,
		'own-pid-namespace': () => 'it was given a pid namespace of its own, with a /proc of that',
		'called-otherwise': () => 'others call it by this number; it has kept its own',
		'new-inode': () => 'made anew by the restore, so it has a new number',
		'daemon-forgot-pid': () =>
			'this bus daemon keeps a handle of the process that ended and cannot tell the pid any more',
		lost: ({what}) => `this ${things[what]} is missing`,
		'ended-after': ({what}) => `this ${things[what]} was restored; the program ended it after the thaw`,
		'added-after': ({what}) => `the program made this ${things[what]} after the thaw`,
		extra: ({what}) => `this ${things[what]} was not there before`,
		'held-closed': () => 'it was held and handed back, and was closed after the thaw',
		'flags-changed': ({set, cleared}) => changes(set, cleared),
		'open-only-flags': ({set, cleared}) => `${changes(set, cleared)}, which only mattered when it was opened`,
		'fd-replaced': () => 'this number is another open file now',
		'inode-split': () => 'descriptors that shared one pipe or socket no longer do',
		'stale-name': ({name, count, places}) =>
			`the program still has its old unique name ${name} in ${count} places of its memory (${places} …)`,
		reconnected: () =>
			'the connection was made anew; a daemon gives no unique name twice, and who kept the old one calls nobody',
		'held-inode-changed': () => 'a held descriptor must stay the same one, and did not',
		'position-changed': () => 'the file position is not what it was',
		'fd-content-changed': () => 'what it counts, watches or waits for is not what it was',
		'timer-stops': () =>
			'an expiration of this periodic timer was not read yet; CRIU restores it so that it stops after the next read',
		'socket-option-changed': ({option}) => `the socket option ${option} is not what it was`,
		'option-without-effect': ({option}) =>
			`CRIU does not set ${option} again on unix sockets, where it has no effect`,
		'socket-name-changed': () => 'the socket has another name',
		'socket-state-changed': () => 'the socket is in another state',
		'peer-changed': () => 'the other end of the connection is another one',
		'bytes-waiting': () => 'messages waited, and were handled',
		'process-changed': ({property}) => `${property} is not what it was`,
		'left-user-namespace': () =>
			'it lived in a user namespace (PrivateUsers=), which nobody can make anew around it: it runs outside of it now, as the same user and without capabilities, as was said before the freeze',
		'namespace-anew': ({kind}) =>
			`its ${kind} namespace ended with the boot or with its unit; it lives in the one that its unit has made now`,
		'namespace-changed': ({kind}) => `it lives in another ${kind} namespace`,
		'map-changed': () => 'this stretch of memory is not mapped as it was',
		'image-edited': () => 'the images were changed on the disk since the freeze',
		silent: () => 'it takes no messages from its connection since the thaw',
		'reads-without-answer': () =>
			'it takes its messages, but does not answer a Ping (org.freedesktop.DBus.Peer): not every program does',
		'ping-denied': () =>
			'the bus does not let us ask it whether it is there (org.freedesktop.DBus.Peer.Ping)',
		'unique-name-changed': () => 'it is another connection to the bus',
		'name-lost': ({name}) => `it no longer owns or waits for ${name}`,
		'name-demoted': ({name, position}) => `it has to wait for ${name} now (position ${position})`,
		'name-promoted': ({name}) => `it moved up in the queue for ${name}`,
		'name-added': ({name}) => `the program asked for ${name} after the thaw`,
		'rule-lost': ({rule}) => `the match rule ${rule} is gone`,
		'rules-untold': () => 'the bus daemon does not tell match rules (Debug.Stats): nothing to compare',
		'rule-added': ({rule}) => `the program added the match rule ${rule} after the thaw`,
		'memory-changed': ({bytes, place}) =>
			`${bytes} byte${bytes === 1 ? '' : 's'} at ${place} ${bytes === 1 ? 'is' : 'are'} not what was frozen`,
		'memory-missing': ({bytes}) => `nothing is mapped where ${bytes} bytes were frozen`,
		'memory-unreadable': ({bytes}) =>
			`the kernel does not let anybody read these ${bytes} bytes: not compared`,
		'memory-more': ({ranges}) => `${ranges} further ranges of memory differ`,
		'memory-kernel': ({bytes}) =>
			`the kernel itself writes the number of the CPU there (rseq, ${bytes} byte${bytes === 1 ? '' : 's'})`,
		'page-changed': ({bytes, place}) =>
			`${bytes} bytes at ${place} have another checksum than before the freeze`,
		'bus-credentials-changed': () => 'the bus daemon reports other credentials',
	} satisfies ReasonTexts as ReasonTexts,
	diff: {
		comparing: (before: string, after: string) => `${before} → ${after}`,
		header: {what: 'what', before: 'before', after: 'after'},
		preserved: (expected: number) =>
			expected === 0
				? 'Preserved: nothing differs.'
				: `Preserved: the same program at the same place (${expected} expected difference${expected === 1 ? '' : 's'}).`,
		notPreserved: (count: number) =>
			`Not preserved: ${count} difference${count === 1 ? '' : 's'} that matter${count === 1 ? 's' : ''}.`,
		noSnapshots: 'it has no snapshot of before',
		onlyBefore: 'it has a snapshot of before only: there is nothing to compare it with yet',
		notJson: 'it is no JSON document',
		notASnapshot: (where: string) => `${where} is missing or of another type`,
	},
	explain: {
		succeeded: 'CRIU succeeded; there is nothing to explain.',
		happened: (message: string) => `What happened: ${message}`,
		toDo: (hint: string) => `What to do:    ${hint}`,
		unknown:
			'What happened: unknown. This version does not know the cause; these lines of the log say most about it.',
		lines: 'The log says:',
		line: (number: number, source: string, message: string) =>
			`  line ${number}${source === '' ? '' : ` (${source})`}: ${message}`,
	},
	causes: {
		'vdso-mismatch': () => ({
			message: 'This CRIU is too old for the running kernel.',
			hint: 'Use CRIU 4.2 or newer: npm run setup, or --criu PATH.',
		}),
		'socket-option': () => ({
			message: 'CRIU before 4.2 cannot dump TCP and UDP sockets on kernels from 6.16 on.',
			hint: 'Use CRIU 4.2 or newer: npm run setup, or --criu PATH.',
		}),
		'rlimit-denied': () => ({
			message: 'The process belongs to another user, and reading its limits needs CAP_SYS_RESOURCE.',
			hint: 'Run with that capability (a plain root shell has it; many containers do not).',
		}),
		'file-locks': () => ({
			message: 'The process holds file locks.',
			hint: 'Dump and restore with --file-locks.',
		}),
		'ghost-too-large': ({path, size}) => ({
			message: `The process has the deleted file ${path} open, and it is too large to copy (${size} bytes).`,
			hint: 'Raise --ghost-limit above that size.',
		}),
		'outside-unix-socket': () => ({
			message: 'A unix socket is connected to a process outside the tree and was not held.',
			hint: 'Hold it (--external unix[INODE]); for datagram sockets use --ext-unix-sk.',
		}),
		'carried-descriptor': () => ({
			message: 'A message that carries a file descriptor was waiting unread; CRIU cannot restore that.',
			hint: 'Let the service read it before it is frozen.',
		}),
		'established-tcp': () => ({
			message: 'The process has an established TCP connection.',
			hint: 'Dump and restore with --tcp-established.',
		}),
		'network-lock': () => ({
			message: 'CRIU could not lock the network for the established TCP connections.',
			hint: 'Install iptables or nftables and load their kernel modules; for loopback only, --network-lock skip.',
		}),
		'mount-namespace': () => ({
			message: 'The process has a mount namespace of its own, with files CRIU cannot find from outside.',
			hint: 'Run CRIU inside of it, as "dbusfreeze-tui freeze" does, or freeze a process of the common one.',
		}),
		'not-dumpable': () => ({
			message: 'The kernel calls the process not dumpable (changed user, dropped capabilities, or chroot).',
			hint: 'Dump it as root without --unprivileged, as "dbusfreeze-tui freeze" does.',
		}),
		'network-device': () => ({
			message: 'The process has a tun or tap device open outside a network namespace of its own.',
			hint: 'Close the device first, or let "dbusfreeze-tui freeze" hold it.',
		}),
		device: ({fd, device}) => ({
			message: `Descriptor ${fd} is a device that CRIU cannot dump (${device}).`,
			hint: 'CRIU alone cannot dump it while that device is open; "dbusfreeze-tui freeze" holds it.',
		}),
		'other-kind': ({fd, object}) => ({
			message: `Descriptor ${fd} is of a kind that CRIU cannot dump (${object}).`,
			hint: 'Close it, or switch off the part of the program that opens it, before the freeze.',
		}),
		'special-mapping': ({object}) => ({
			message: `The process has mapped ${object}, which belongs to the kernel and is no file; CRIU cannot dump it.`,
			hint: 'Switch off the part of the program that maps it.',
		}),
		'socket-family': ({family}) => ({
			message: `The process has a socket of address family ${family} (linux/socket.h), which CRIU does not know.`,
			hint: 'Close it before the freeze.',
		}),
		'linked-file': ({path}) => ({
			message: `The open file ${path} was deleted under this name, but exists under another one.`,
			hint: 'Dump and restore with --link-remap.',
		}),
		'not-a-leader': ({pid}) => ({
			message: `Process ${pid} belongs to the session of another process, usually that of a shell.`,
			hint: 'Dump and restore with --shell-job, or start it with setsid.',
		}),
		'sysv-shm': () => ({
			message: 'The process maps System V shared memory and has no IPC namespace of its own.',
			hint: 'Start it in its own IPC namespace; X11 clients: switch MIT-SHM off.',
		}),
		'io-uring': () => ({
			message: 'The process uses io_uring, which CRIU cannot dump.',
			hint: 'Start it without: in its unit, SystemCallFilter=~io_uring_setup and SystemCallErrorNumber=ENOSYS.',
		}),
		'outside-pidfd': ({pid}) => ({
			message: `The process holds a pidfd of process ${pid}, which is not part of its tree.`,
			hint: 'CRIU alone cannot dump it while it watches a process outside; "dbusfreeze-tui freeze" holds the pidfd.',
		}),
		'bad-size': ({path, size, expected}) => ({
			message: `The file ${path} changed since the freeze: it has ${size} bytes and had ${expected}.`,
			hint: 'Put the old version back, then thaw again.',
		}),
		'bad-build-id': ({path}) => ({
			message: `The file ${path} is another build than at the freeze.`,
			hint: 'Put the old version back (for example by installing the former package), then thaw again.',
		}),
		'missing-file': ({path}) => ({
			message: `The file ${path}, which was open or mapped, is gone.`,
			hint: 'Put it back, then thaw again.',
		}),
		'no-images': () => ({
			message:
				'The folder has no complete set of images: the dump never finished, or the folder is another one.',
			hint: 'Choose a folder in which a dump succeeded.',
		}),
		'no-folder': ({path}) => ({
			message: `The folder for the images, ${path}, does not exist.`,
			hint: 'Make it, or name another one.',
		}),
		'damaged-image': ({path}) => ({
			message: `The image ${path} ends too early: it is damaged, or was not copied whole.`,
			hint: 'Copy the checkpoint again, or freeze anew; what is missing cannot be restored.',
		}),
		'pages-cut-short': () => ({
			message: 'A file with memory pages ends too early, and CRIU reads beyond its end for ever.',
			hint: 'Copy the checkpoint again, or freeze anew; what is missing cannot be restored.',
		}),
		'held-dgram': () => ({
			message: 'CRIU waits for ever for the other end of a datagram socket that was declared external.',
			hint: 'Never hold datagram sockets: dump with --ext-unix-sk and without --external for them; they are connected again by path.',
		}),
		'task-crashed': ({pid, signal}) => ({
			message:
				signal === '4'
					? `Process ${pid} died of an illegal instruction while it was restored: the images come from a machine whose processor can do more.`
					: `Process ${pid} crashed (signal ${signal}) while it was restored. Most often a descriptor that was external at the dump was not handed over.`,
			hint:
				signal === '4'
					? 'Dump with --cpu-cap=cpu, so that the restore refuses instead; thaw it on a like machine.'
					: 'Give each one with --inherit-fd, its key exactly fd[N]:socket:[INODE], fd[N]:pipe:[INODE] or fd[N]:/memfd:NAME; other spellings are ignored in silence.',
		}),
		'cut-short': () => ({
			message: 'The log ends without a result: CRIU was ended from outside, crashed, or could not write on.',
			hint: 'See dmesg for a crash or lack of memory, and whether the disk is full; then try again.',
		}),
		'pid-taken': ({pid}) => ({
			message: `The process number ${pid} is still in use, perhaps only by a group or session of that number, or by a zombie.`,
			hint: 'Wait until every process of the old tree is reaped, then thaw again.',
		}),
		traced: ({pid}) => ({
			message: `Process ${pid} cannot be traced: a debugger or strace traces it already, or it is a zombie.`,
			hint: 'End the tracer, then freeze again; a zombie cannot be frozen.',
		}),
		'no-process': ({pid}) => ({
			message: `Process ${pid} ended before it could be dumped.`,
			hint: 'Choose the target again.',
		}),
		'no-space': () => ({
			message: 'There is no space left for the images.',
			hint: 'Free some space, or choose another folder.',
		}),
		'stage-refused': () => ({
			message: 'The freeze or thaw was stopped at one of its stages.',
			hint: 'Nothing is wrong; start it again when you like.',
		}),
	} satisfies CauseTexts as CauseTexts,
};
