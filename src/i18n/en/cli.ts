import type {LeftBehind} from '../../session/repair/left-behind.js';
import {announce} from './announce.js';
import {move} from './move.js';
import {unit} from './unit.js';
export const cli = {
	move,
	notANumber: (text: string) => `"${text}" is not a positive whole number`,
	help: {
		program:
			'Freeze a D-Bus service with CRIU, thaw it with its bus connection intact, and prove that its context is the same.\nWithout a command: the interactive screen.',
		system: 'the system bus (default)',
		session: 'the session bus; under sudo that of the user who called it',
		address: 'the bus at this D-Bus address',
		stateDir: 'where checkpoints are kept',
		criu: 'the criu binary to use',
		json: 'one JSON document on standard output',
		lang: 'language of the texts',
		readOnly: 'the screen can freeze and thaw nothing',
		step: 'ask at every stage',
		output: 'write the checkpoint to this new folder',
		whileFrozen: 'what callers get meanwhile: their calls wait, or are refused',
		hold: 'hold only what CRIU cannot rebuild, or everything with an outside end',
		portable: 'refuse to hold what a thaw elsewhere could not rebuild',
		capture: 'save the messages of the service from now until its thaw with the checkpoint (traffic.pcap)',
		leaveRunning: 'take the images and let the process run on',
		reconnect: 'make a new bus connection instead of the held one; --address: where the bus is now',
		otherCpu:
			'even if this processor lacks features of that of the freeze: for services that were started without them',
		pidNamespace:
			'in a pid namespace of its own, where it has its numbers although others have them here; /proc shows it its own processes only',
		leaveStopped: 'leave the process stopped after the restore (SIGCONT lets it run)',
		verifyMemory:
			'compare memory byte for byte, however large (always with --step; small images are compared anyway)',
		auto: 'play the whole story without a terminal',
		demo: 'a private bus with demo services, nothing to configure',
		doctor: 'can this machine do it? With a target: what would block or change',
		list: 'who is connected',
		watch: 'live traffic',
		match: 'only messages that match this D-Bus match rule (repeatable)',
		filter:
			'only messages that this filter lets through, e.g. "from:firefox member:Get slower:20ms", "type:error -to:Counter", is:unanswered, "text"; @NAME is a saved one',
		pcap: 'also write the messages to this capture file; - is standard output',
		quiet: 'no lines',
		body: 'show the arguments of each message',
		showSecrets: 'do not mask what passwords and keys may be in',
		count: 'end after so many messages',
		filters: 'the saved filters, for --filter @NAME',
		filterSave: 'save a filter under a name',
		filterRemove: 'forget a saved filter',
		open: 'show a capture: pcap, pcapng, or the lines of "watch --json"; - is standard input',
		snapshot: 'look at a process and its connections; nothing is frozen',
		freeze: 'freeze a service: a well-known name, a unique name (:1.42), UNIT.service or pid:N',
		thaw: 'thaw a checkpoint, then verify its context',
		cycle: 'freeze, thaw, verdict',
		diff: 'what changed between freeze and thaw, or between two snapshots, and whether it matters',
		policy: 'change what becomes of calls to a frozen service: they wait, or are refused',
		waiting: 'the messages that wait for a frozen service',
		listed: 'list so many',
		html: 'also write a report for a bug tracker: one page, without message bodies and environment',
		reportCapture:
			'for the report: another capture than the one that freeze --capture saved (pcap, pcapng, lines of watch --json)',
		withBodies: 'the report shows what is in the messages of the capture',
		withEnvironment: 'the report shows arguments and the values of environment variables',
		explain: 'why CRIU failed: a log that it wrote, or a checkpoint',
		checkpoints: 'what is frozen, and what was',
		repair: 'put right what a crash has left; nothing that is frozen is given up',
		remove: 'delete a checkpoint',
		force: 'even if a frozen process is lost by it',
		examples: `
Examples:
  dbusfreeze-tui demo                                    try it, on a private bus
  sudo dbusfreeze-tui                                    the screen, on the system bus
  sudo dbusfreeze-tui freeze --step org.example.Service  freeze, asking at every stage
  sudo dbusfreeze-tui checkpoints                        what is frozen?
  sudo dbusfreeze-tui thaw NAME                          thaw it and compare

Exit codes: 0 ok, 1 not preserved, 2 usage, 3 this machine cannot, 4 no such target or checkpoint,
5 refused and nothing touched, 6 failed but not lost, 7 lost, 130 interrupted.`,
	},
	step: {
		question: (stage: string, abortable: boolean) =>
			abortable
				? `${stage}: [n]ext, [c]ontinue to the end, [a]bort? `
				: `${stage}: [n]ext, [c]ontinue to the end? `,
		commitPoint: 'This is the commit point: after it the process is frozen.',
		notATerminal: '--step asks at every stage and needs a terminal, or answers on standard input',
		answers: 'Please answer n, c or a.',
		answersNoAbort: 'This stage cannot be aborted. Please answer n or c.',
	},
	stage: (name: string, ms: string) => `  ${name.padEnd(24)} ${ms.padStart(8)} ms`,
	progress: {
		unit: unit.takingPlace,
		reap: (detail) => `waiting until process ${detail} is reaped by its parent …`,
		memory: (detail) => `comparing memory: ${detail} …`,
	} as Record<string, (detail: string) => string>,
	freeze: {
		begin: (what: string, pid: number) => `Freezing ${what} (process ${pid})`,
		frozen: (what: string) => `${what} is frozen.`,
		leftRunning: (what: string) => `${what} runs on; its images are written.`,
		stillOwns: (uniqueName: string, names: string, notes: string) =>
			`  ${uniqueName} still owns ${names}${notes}; calls wait.`,
		stillConnected: (uniqueName: string, notes: string) =>
			`  ${uniqueName} is still on the bus${notes}; calls wait.`,
		notOnBus: '  It has no connection to this bus.',
		checkpoint: (dir: string, size: string) => `  Checkpoint: ${dir} (${size})`,
		held: (count: number) => `  Held open: ${count} descriptor${count === 1 ? '' : 's'}`,
		notPortable: (reasons: string) => `  Can be thawed only here and before a restart: ${reasons}`,
		thawWith: (command: string) => `  Thaw it with: ${command}`,
	},
	thaw: {
		begin: (what: string, pid: number) => `Thawing ${what} (process ${pid})`,
		done: (what: string, ms: string) => `${what} runs again (thawed in ${ms} ms).`,
		sameName: (name: string) => `  Same connection: ${name}`,
		nested: (here: number, own: number) =>
			`  It is process ${here} here, and ${own} in its own pid namespace`,
		otherName: (before: string, after: string) => `  Connection: ${before} before, ${after} after`,
	},
	verdict: {
		preserved: 'Verdict: preserved. The same program, at the same place.',
		notPreserved: (count: number) =>
			`Verdict: NOT preserved, ${count} difference${count === 1 ? '' : 's'} that matter:`,
		expected: (count: number) =>
			`  ${count} expected difference${count === 1 ? '' : 's'} (see "dbusfreeze-tui diff")`,
	},
	warnings: {
		'not-reaped': ({pid}) =>
			`process ${pid} was killed but its parent has not reaped it yet; the thaw must wait for that`,
		'dump-ended-badly': ({stage}) =>
			`criu ended with an error after the images were complete (stage ${stage})`,
		'restore-ended-badly': ({stage}) =>
			`criu ended with an error after the process was complete (stage ${stage}); it runs`,
		'pid-namespace': ({pid}) =>
			`it goes on in a pid namespace of its own: there it has its numbers (${pid}), here others, and its /proc shows only itself; processes outside that the bus names to it by their pid it can neither look up nor send signals`,
		'bus-names-other': ({uniqueName, pid, command}) =>
			`the bus still names pid ${pid} for ${uniqueName}, which is now ${command}: who asks the bus for it (polkit, for one) is told of the wrong process until it connects anew (thaw --reconnect)`,
		'bus-unreachable-after': ({reason}) => `the bus could not be asked after the thaw: ${reason}`,
		'not-refused': ({reason}) =>
			`calls are not refused but wait: the names could not be taken over (${reason})`,
		'stand-in-lost': ({uniqueName}) =>
			`the stand-in of ${uniqueName} lost its bus connection; calls are refused by the service's own connection until it is back`,
		'stand-in-back': ({uniqueName}) => `the stand-in of ${uniqueName} is back`,
		'rules-unknown': ({uniqueName}) =>
			`the bus did not tell which match rules ${uniqueName} had: the thawed service hears no broadcast signals until it asks for them again`,
		'stash-full': ({uniqueName}) =>
			`the disk is full: messages for ${uniqueName} wait in memory and with the bus daemon until there is room; nothing is lost`,
		'stash-room': ({uniqueName}) => `messages for ${uniqueName} are written to disk again`,
		'connection-ended': ({uniqueName}) =>
			`the bus daemon has closed ${uniqueName}: its names are free, and what is thawed now has no connection`,
		'locks-lost': ({pid, locks, reason}) =>
			`process ${pid} has lost ${locks} of its file locks and could not be made to take them again (${reason}): another program may change those files now`,
		'file-grew': ({path}) => `${path} has grown since the freeze; the program goes on with it as it is`,
		'cpu-unknown': () =>
			'whether this processor can all that the one of the freeze could is not known: the images do not tell',
		'cpu-ignored': ({features}) =>
			`this processor lacks ${features}: the program dies of SIGILL if it uses what it found at its start`,
		'kernel-complains': ({complaint}) => `criu finds this kernel wanting: ${complaint}`,
		'kernel-older': ({frozen, here}) =>
			`this kernel (${here}) is older than the one of the freeze (${frozen}): what the program used of that one may not exist here`,
		'no-time-namespaces': () =>
			'this kernel has no time namespaces: the program sees its monotonic clock jump',
		'clock-behind': ({seconds}) =>
			`the clock of this machine is ${seconds} s behind the moment of the freeze: for the program, time goes back`,
		'user-renamed': ({id, before, after}) =>
			after === ''
				? `user ${id}, which it runs as, was called ${before} there; nobody has this number here`
				: `user ${id}, which it runs as, was called ${before} there and is ${after} here`,
		'group-renamed': ({id, before, after}) =>
			after === ''
				? `group ${id}, in which it is, was called ${before} there; there is none of this number here`
				: `group ${id}, in which it is, was called ${before} there and is ${after} here`,
		'calls-given-up': ({messages: count}) =>
			`${count} calls that waited were not delivered: their callers got an error when the connection was lost`,
		undeliverable: ({messages: count}) =>
			`${count} messages were left out: the descriptors that they carried are lost`,
		'connection-guessed': ({uniqueName}) =>
			`which socket is ${uniqueName}'s could not be found out and is guessed by the order of connecting`,
		...unit.warnings,
		'copies-exist': ({places}) => move.copies(String(places)),
		'not-announced': ({name}) => announce.notAnnounced(String(name)),
		'not-written': ({reason}) =>
			`something could not be written to the checkpoint (${reason}); its files may be behind`,
		'image-differs': ({bytes}) =>
			`${bytes} bytes of the process are not what the images say; if another process shares this memory, it may have written them`,
		'memory-not-compared': ({reason}) => `memory could not be compared: ${reason}`,
	} as Record<string, (params: Record<string, string | number>) => string>,
	policy: {
		changed: {
			queue: (name: string) => `Calls to ${name} wait from now on.`,
			refuse: (name: string) => `Calls to ${name} are refused from now on.`,
		},
	},
	waiting: {
		header: ['SINCE', 'FROM', 'MESSAGE', 'BYTES'] as [string, string, string, string],
		total: (count: number, unlisted: number) =>
			`${count} messages wait${unlisted > 0 ? `; ${unlisted} of them are not listed (--count)` : ''}.`,
	},
	memory: {
		equal: (megabytes: string, speed: string) =>
			`  Memory: ${megabytes} MB compared byte for byte, all the same (${speed} MB/s)`,
		differs: (megabytes: string, bytes: number) =>
			`  Memory: ${megabytes} MB compared byte for byte, ${bytes} byte${bytes === 1 ? '' : 's'} different`,
		original: (megabytes: string) =>
			`  Against the process before the freeze, by checksums: ${megabytes} MB, unchanged file pages included`,
	},
	filters: {
		none: 'No filters are saved. Save one: dbusfreeze-tui filters save NAME TEXT',
		header: ['NAME', 'FILTER'] as [string, string],
		badName: (name: string) => `"${name}" cannot be the name of a filter: no spaces, brackets, quotes and @`,
		unknown: (name: string) => `no filter is saved as "${name}"`,
	},
	checkpoints: {
		none: 'There are no checkpoints.',
		removed: (name: string) => `${name} is deleted.`,
		states: {
			freezing: 'cut short',
			frozen: 'frozen',
			thawing: 'cut short',
			thawed: 'thawed',
			'left-running': 'images only',
			aborted: 'aborted',
			lost: 'lost',
		} as Record<string, string>,
		unreadable: 'unreadable',
		keeperGone: 'keeper gone: connection lost',
		connectionGone: 'frozen, but the bus has closed its connection',
		stillRuns: 'never frozen: the process runs',
		leftBehind: {
			'half-written': 'a folder that never became a checkpoint',
			processes: 'processes of criu',
			state: 'a state that is not so any more',
			'put-back': 'the note of a delivery that was cut short',
			socket: "a dead keeper's socket",
			gate: "a dead keeper's gate",
			temporary: 'files written by half',
			'dangling-link': 'a link to a folder that is gone',
			'unit-settings': unit.leftSettings,
		} satisfies Record<LeftBehind | 'dangling-link' | 'unit-settings', string>,
		repaired: (name: string, what: readonly string[]) => `${name}: repaired: ${what.join(', ')}.`,
		nothingToRepair: 'There is nothing to repair.',
		remains: (name: string) =>
			`${name} is frozen without a connection. Its images are intact: thaw it, and it gets a new one.`,
		header: ['NAME', 'STATE', 'PID', 'SERVICE', 'CREATED'],
	},
	snapshot: {
		process: (pid: number, comm: string, exe: string) => `process ${pid} ${comm} (${exe})`,
		thread: (tid: number, comm: string, state: string) => `  thread ${tid} ${comm} ${state}`,
		running: 'running',
		connection: (name: string, names: string) => `connection ${[name, names].join(' ').trim()}`,
		rules: (count: number | null) => (count === null ? 'match rules unknown' : `${count} match rules`),
	},
	connections: {
		on: (address: string) => `on ${address}`,
		of: (pid: number, comm: string) => `process ${pid} ${comm}`,
		byOrder: 'which of its sockets this is, is guessed by their order; the freeze finds out',
		notes: (notes: string[]) => ` (${notes.join('; ')})`,
	},
	doctor: {
		ok: 'ok',
		bad: 'NO',
		note: 'note',
		root: 'root rights',
		rootNeeded: 'CRIU and pidfd_getfd() need root; list and watch may work without',
		criu: 'CRIU 4.2 or newer',
		criuCheck: 'CRIU can work with this kernel',
		bus: 'the bus answers',
		monitor: 'the bus may be monitored',
		stats: 'match rules are readable (Debug.Stats)',
		statsMissing: 'the daemon does not tell match rules; everything else works',
		stateDir: 'checkpoints can be written',
		leftovers: 'no checkpoint is left in between',
		leftover: (names: string) => `unreadable: ${names}: see "dbusfreeze-tui checkpoints"`,
		toRepair: (what: string) => `${what}: repair with "dbusfreeze-tui checkpoints repair"`,
		alone: (names: string) =>
			`frozen, but the connection is gone: ${names}; the images are intact, and a thaw makes a new one`,
		target: (what: string, pid: number, processes: number, threads: number) =>
			`${what}: process ${pid}, ${processes} process${processes === 1 ? '' : 'es'}, ${threads} thread${threads === 1 ? '' : 's'}`,
		connection: (name: string, names: string) => `connection ${[name, names].join(' ').trim()} is held`,
		preload: 'library for what CRIU cannot dump alone',
		preloadMissing: {
			compiler: (detail: string) =>
				`not built, because there is no C compiler (${detail}): services with devices, pidfds of others, TCP connections and the like are refused until gcc is installed`,
			failed: (detail: string) => `it does not compile here: ${detail}`,
		},
		hereOnly:
			'what is held, CRIU cannot make anew: frozen, it can be thawed here only, as long as its keeper lives',
		canFreeze: 'It can be frozen.',
		cannotFreeze: 'It cannot be frozen.',
	},
	demo: {
		busLabel: 'demo bus',
		starting: 'Starting a private system bus with demo services (libdbus, sd-bus, GDBus, dbus-next) …',
		over: 'The demo is over: its bus, its services and its checkpoints are removed.',
		bus: (address: string) => `Bus: ${address}`,
		owner: (name: string, uniqueName: string) => `${name} is owned by ${uniqueName}`,
		answered: (value: number) => `A call to Add(41) is answered: ${value}`,
		freezing: (name: string, pid: number) => `Freezing ${name} (process ${pid}), stage by stage:`,
		gone: (pid: number, megabytes: string) =>
			`Process ${pid} is gone; ${megabytes} MB of images are on the disk.`,
		stillOwner: (name: string, uniqueName: string) =>
			`${name} is still owned by ${uniqueName}: the bus saw no disconnect.`,
		waits: 'A signal and a call to Add(1) were sent to the frozen service: the call waits.',
		doesNotWait: 'A call to Add(1) was answered by a frozen service: this must not happen.',
		thawing: 'Thawing, stage by stage:',
		waitedFor: (value: number, ms: string) =>
			`The call that waited was answered after ${ms} ms: ${value} (41, +100 by the signal, +1 by the call).`,
		places: 'Program counter of each thread:',
		thread: (tid: number, comm: string) => `  thread ${tid} ${comm}`,
		place: (moment: string, place: string) => `    ${moment.padEnd(10)} ${place}`,
		moments: {before: 'before', image: 'image', 'pre-resume': 'restored', after: 'after'},
	},
	tui: {
		systemBus: 'system bus',
		sessionBus: 'session bus',
		stillFrozen: 'Still frozen:',
		thawHint: (name: string, command: string) => `  ${name}: ${command}`,
	},
};
