import type {FaultCode, FaultParams, ImageDefect, ProcessState} from '../../common/fault.js';
import type {CriuCause} from '../../criu/log-causes.js';
import {bus} from './bus.js';
import {evidence} from './evidence.js';
import {findings} from './findings.js';
import {moveFaults} from './move.js';
import {unit} from './unit.js';

/** One sentence that says what happened, and one that says what to do. */
export interface FaultText {
	message: string;
	hint: string;
}

export type FaultTexts = {[C in FaultCode]: (params: FaultParams[C]) => FaultText};

const defects: Record<ImageDefect, string> = {
	missing: 'the file is missing',
	unreadable: 'it cannot be read',
	'too-large': 'it is far larger than any real one',
	empty: 'it has no entry',
	truncated: 'it ends too early',
	'bad-magic': 'it does not begin with the magic number of its kind',
	'bad-message': 'an entry is no valid protobuf message',
	'missing-field': 'an entry lacks a required field',
	'unknown-machine': 'it was written on a processor architecture that is not supported',
};
const captureDefects: Record<string, string> = {
	format: 'it is no capture',
	'no-dbus': 'it was captured from something else than D-Bus',
	'record-size': 'a record is larger than any D-Bus message',
	block: 'a block is damaged',
	ENOENT: 'there is no such file',
	EISDIR: 'it is a folder',
};
/** Reasons that lower rooms give as codes; any other is somebody else's words. */
const reasons: Record<string, string> = {
	ENOENT: 'there is no such folder, or it has no manifest.json',
	ENOTDIR: 'a part of the path is no folder',
	EACCES: 'permission denied',
	EROFS: 'the file system is read-only',
	ENOSPC: 'no space left',
	'not-listed': 'it is not in the list of checkpoints',
	'no-before': 'it has no snapshot from before the freeze',
	'foreign-socket': 'its folder or socket belongs to another user',
	'open-socket': 'its folder or socket is open to other users',
	'not-started': 'it did not start',
	ended: 'it has ended',
};
const reasonOf = (reason: string) => (Object.hasOwn(reasons, reason) ? reasons[reason] : reason) ?? reason;

const logProblems: Record<string, string> = {
	ENOENT: 'there is no such file or checkpoint',
	'not-criu': 'it does not look like one',
	'no-log': 'the folder has neither dump.log nor restore.log',
};
const criuProblems = {
	missing: () => 'not there',
	broken: () => 'does not run',
	'too-old': (version = '?') => `version ${version} is too old`,
} as const;
const notNow = {
	'no-gate': () => 'No stage waits for a decision now',
	'not-abortable': (stage = '') => `Stage ${stage} cannot be aborted any more`,
	busy: () => 'Another operation is under way on this checkpoint',
	used: () => 'This session has been used already',
} as const;
const roles = {
	daemon: 'the bus daemon itself',
	self: 'this program',
	ancestor: 'an ancestor of this program',
	keeper: 'a keeper of this program, on which frozen services hang',
} as const;
const notFrozen = {
	'left-running': 'was made with --leave-running',
	aborted: 'was aborted',
	'never-frozen': 'was cut short before the process stopped',
} as const;
const holdLost = {
	'keeper-gone': 'its keeper has ended',
	'daemon-gone': 'the bus daemon has ended or closed it',
} as const;
const fileProblems = {
	missing: 'is missing',
	'other-size': 'has another size',
	'other-build': 'is another build',
} as const;
const cannotRefuse = {
	unread: 'the bus daemon has not read yet what the service wrote',
	half: 'the service was stopped while it was writing',
	unproved: 'nobody can tell whether the service was stopped while it was writing',
	boundary: 'the service had read only half of a message',
} as const;
const processLost = {
	recorded: 'an earlier operation found it lost',
	dump: 'it ended while it was dumped',
	restore: 'it ended while it was restored',
	crash: 'it ended before its images were complete, when the keeper or criu was killed',
	'after-thaw': 'it was put together and ended by itself, right after the restore',
} as const;
const unstoppable: Record<string, string> = {
	EPERM: 'another program traces it, or we may not',
	ESRCH: 'it has ended',
	timeout: 'it did not stand still in time',
	changed: 'it no longer has this connection',
};
const again = {freeze: 'Freeze', thaw: 'Thaw', pack: 'Pack', unpack: 'Unpack', send: 'Send'} as const;
const op = {dump: 'dump', restore: 'restore'} as const;

function megabytes(bytes: number): number {
	return Math.ceil(bytes / 1e6);
}

export const faults = {
	state: {
		untouched: 'Nothing was touched.',
		running: 'The process is running as before.',
		frozen: 'The process is frozen and can be thawed.',
		lost: 'The process is lost.',
	} satisfies Record<ProcessState, string>,
	/** Of a frozen process whose connection is gone. */
	frozenAlone: 'The process is frozen; its images are intact, its connection is not.',
	atStage: (stage: string) => `at stage ${stage}`,
	texts: {
		usage: ({detail}) => ({message: detail, hint: 'See dbusfreeze-tui --help.'}),
		'bad-config': ({path, reason}) => ({
			message: `The settings in ${path} cannot be used: ${reasonOf(reason)}.`,
			hint: 'Correct the file, or delete it.',
		}),
		'no-tty': () => ({
			message: 'The interactive screen needs a terminal, and standard input or output is none.',
			hint: 'Use the plain commands instead: list, watch, freeze, thaw, cycle (each has --json).',
		}),
		'not-now': ({why, stage}) => ({
			message: `${notNow[why](stage)}.`,
			hint: 'Look where it stands, then try again.',
		}),
		'not-live': () => ({
			message:
				'A capture tells only what was on the bus: nothing behind it can be looked at, frozen or thawed.',
			hint: 'Start dbusfreeze-tui without "open" to work on a bus that runs.',
		}),
		'not-root': ({operation}) => ({
			message: `${operation} needs root: CRIU and pidfd_getfd() of other processes ask for it.`,
			hint: 'Run the same command with sudo.',
		}),
		'no-criu': ({tried}) => ({
			message: `No working CRIU 4.2 or newer was found (tried: ${tried.map(({path, problem, version}) => `${path}: ${criuProblems[problem](version)}`).join('; ') || 'nothing'}).`,
			hint: 'Run "npm run setup" in the checkout to install a private one, install the package criu, or name one with --criu PATH.',
		}),
		'not-set-up': ({missing}) => ({
			message: `The demo needs ${missing}, which is not there.`,
			hint: 'Run "npm run setup" in the checkout; it builds the demo services.',
		}),
		'bus-unreachable': ({address, reason}) => ({
			message: `The bus at ${address} cannot be reached: ${bus.reasons[reason] ?? reason}.`,
			hint: 'Check that the daemon runs; choose another bus with --system, --session or --address.',
		}),
		'monitor-refused': ({reason}) => ({
			message: `The bus does not allow monitoring: ${reason}.`,
			hint: 'Run as root, or as the user who owns the bus.',
		}),
		'no-target': ({target}) => ({
			message: `Nothing on this bus is called ${target}.`,
			hint: 'See "dbusfreeze-tui list" for what is connected. A target is a well-known name, a unique name (:1.42), UNIT.service or pid:N.',
		}),
		'ambiguous-target': ({target, candidates}) => ({
			message: `${target} can mean several: ${candidates.join(', ')}.`,
			hint: 'Name one of them in full.',
		}),
		'dead-pid': ({pid}) => ({
			message: `There is no running process ${pid}.`,
			hint: 'See "dbusfreeze-tui list" for the processes on the bus.',
		}),
		'pid-reused': ({pid}) => ({
			message: `Process ${pid} is not the one that was chosen: it ended, and its number was given to another.`,
			hint: 'Choose the target again.',
		}),
		'own-process': ({pid, role}) => ({
			message: `Process ${pid} is ${roles[role]}; freezing it would freeze this program too.`,
			hint: 'Choose another target.',
		}),
		'already-frozen': ({target, checkpoint}) => ({
			message: `${target} is frozen already, in ${checkpoint}.`,
			hint: `Thaw it with "dbusfreeze-tui thaw ${checkpoint}".`,
		}),
		'no-checkpoint': ({path, reason}) => ({
			message: `${path} is not a checkpoint: ${reasonOf(reason)}.`,
			hint: 'See "dbusfreeze-tui checkpoints".',
		}),
		'bad-snapshot': ({path, reason}) => ({
			message: `${path} is not a snapshot: ${reasonOf(reason)}.`,
			hint: 'Make one with "dbusfreeze-tui snapshot TARGET --json".',
		}),
		'bad-capture': ({path, reason, offset}) => ({
			message: `The capture ${path} cannot be read${offset > 0 ? ` beyond byte ${offset}` : ''}: ${captureDefects[reason] ?? reasonOf(reason)}.`,
			hint: 'Captures are pcap or pcapng files of D-Bus messages, and the lines of "watch --json".',
		}),
		'bad-image': ({path, offset, reason}) => ({
			message: `The image file ${path} cannot be used: ${defects[reason]} (at byte ${offset}).`,
			hint: 'Images are written by CRIU 3.0 or newer. If this checkpoint was copied, copy it again, whole.',
		}),
		'bad-log': ({path, reason}) => ({
			message: `There is no log of CRIU to explain in ${path}: ${logProblems[reason] ?? reasonOf(reason)}.`,
			hint: 'Give a log that CRIU wrote with -o (best with -v4), or a checkpoint that failed.',
		}),
		'already-thawed': ({checkpoint, pid}) => ({
			message: `${checkpoint} was thawed already; its process ${pid} went on from there.`,
			hint: 'Freeze it again to get a new checkpoint; "dbusfreeze-tui diff" still compares this one.',
		}),
		'not-frozen': ({checkpoint, pid, reason}) => ({
			message: `There is nothing to thaw: ${checkpoint} ${notFrozen[reason]}, and process ${pid} runs on.`,
			hint: 'Freeze it again to get a checkpoint that can be thawed.',
		}),
		'still-frozen': ({checkpoint}) => ({
			message: `${checkpoint} holds a frozen process, which would be lost.`,
			hint: `Thaw it first with "dbusfreeze-tui thaw ${checkpoint}", or give it up with --force.`,
		}),
		'output-unwritable': ({path, reason}) => ({
			message: `The checkpoint cannot be written to ${path}: ${reasonOf(reason)}.`,
			hint: 'Choose another folder with --output or --state-dir.',
		}),
		'output-exists': ({path}) => ({
			message: `${path} exists and is not empty.`,
			hint: 'Choose a new folder with --output; nothing is ever overwritten.',
		}),
		preflight: ({blockers}) => ({
			message: `This process cannot be frozen: ${blockers
				.map(({finding, params}) => findings[finding]?.(params) ?? finding)
				.join('; ')}.`,
			hint: 'See "dbusfreeze-tui doctor TARGET" for the whole report.',
		}),
		'criu-not-loadable': ({path}) => ({
			message: `${path} cannot be started through its dynamic loader, which is needed here.`,
			hint: 'Name a CRIU program with --criu, or run "npm run setup" to get a private one.',
		}),
		'no-preload': ({detail}) => ({
			message: `The library that is needed for this process could not be built: ${detail}.`,
			hint: 'Install a C compiler (gcc), then try again.',
		}),
		'not-portable': ({reasons}) => ({
			message: `The checkpoint would not be portable: ${reasons.join('; ')}.`,
			hint: 'Leave out --portable to hold these while frozen; it can then be thawed on this machine only, until it restarts.',
		}),
		'criu-failed': ({operation, cause, known, lines = [], log}) => {
			const explained = known && evidence.causes[known.code as CriuCause]?.(known.params);
			const unknown =
				lines.length > 1
					? `The cause is unknown to this program; the log says: ${lines.join(' | ')}. `
					: 'The cause is unknown to this program. ';
			return {
				message: `CRIU could not ${op[operation]} the process: ${cause}.`,
				hint: `${explained ? `${explained.message} ${explained.hint} ` : unknown}The whole log is in ${log}.`,
			};
		},
		'name-not-taken': ({name, reason}) => ({
			message: `The bus did not let dbusfreeze take over ${name} for the time of the freeze: ${
				{
					forbidden: 'its policy forbids that',
					timeout: 'it did not answer in time',
					disconnected: 'it closed the connection',
				}[reason]
			}.`,
			hint: 'With --while-frozen queue the name stays with the frozen service, and calls wait for it.',
		}),
		'cannot-refuse': ({uniqueName, reason}) => ({
			message: `Calls to ${uniqueName} cannot be refused: ${cannotRefuse[reason]}.`,
			hint: 'Try it again, or let calls wait with --while-frozen queue.',
		}),
		'daemon-silent': ({uniqueName}) => ({
			message: `The bus daemon does not answer on the held connection ${uniqueName}.`,
			hint: 'Thaw it again when the daemon is less busy; nothing is lost.',
		}),
		'criu-timeout': ({operation, seconds, known, log}) => {
			const explained = known && evidence.causes[known.code as CriuCause]?.(known.params);
			return {
				message: `CRIU did not finish the ${op[operation]} within ${seconds} s and was stopped.`,
				hint: `${explained ? `${explained.message} ${explained.hint} ` : ''}The log is in ${log}.`,
			};
		},
		'criu-killed': ({operation, signal, log}) => ({
			message: `CRIU was ended from outside (${signal}) during the ${op[operation]}.`,
			hint: `Try it again. If nobody did that, the kernel may have lacked memory: see dmesg. The log is in ${log}.`,
		}),
		'connection-closed': ({address}) => ({
			message: `The bus daemon at ${address} has ended or closed the connection of the service, so it was not frozen.`,
			hint: 'Look whether the service has connected anew; then freeze it again.',
		}),
		'hold-lost': ({checkpoint, reason}) => ({
			message: `The bus connection of ${checkpoint} is no longer held: ${holdLost[reason]}.`,
			hint: 'Its images are intact: "dbusfreeze-tui thaw" makes a new connection in its place.',
		}),
		'held-ends-lost': ({checkpoint, ends}) => ({
			message: `${checkpoint} needs more than bus connections that were held by its keeper, which has ended: ${ends.join('; ')}.`,
			hint: 'Nobody can make these anew. Start the service again; next time freeze it with --portable to be told before.',
		}),
		'name-owned': ({name, owner}) => ({
			message: `${name} belongs to somebody else by now: ${owner}.`,
			hint: 'If that is a second instance of the service, stop it; then thaw again.',
		}),
		'bus-refused': ({address, reason}) => ({
			message: `The bus at ${address} does not grant a new connection what the old one had: ${reason}.`,
			hint: 'See whether the policy of the bus has changed; then thaw again.',
		}),
		'files-changed': ({files}) => ({
			message: `Files that the program needs are not what they were: ${files
				.map(({path, problem}) => `${path} ${fileProblems[problem]}`)
				.join('; ')}.`,
			hint: 'Put the files of that time back (of a package: install the version of then), or start the service anew. Nothing was touched.',
		}),
		'other-architecture': ({frozen, here}) => ({
			message: `It was frozen on ${frozen}, and this machine is ${here}.`,
			hint: 'Thaw it on a machine of the same architecture.',
		}),
		'cpu-lacks': ({features, frozen, here}) => ({
			message: `It was frozen on a processor (${frozen}) that can what this one (${here}) cannot: ${features.join(', ')}.`,
			hint: 'Thaw it on a machine that has these features, or start the service anew here. A service that shall move freely is started with GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,… set to what all machines share; such a one may be thawed with --other-cpu, while any other would die of SIGILL. Nothing was touched.',
		}),
		'pid-taken': ({pid, command}) => ({
			message: `Process number ${pid}, which the image needs, is now used by ${command}.`,
			hint: 'End that process and thaw again, or thaw with --pid-namespace: it then has its numbers in a pid namespace of its own.',
		}),
		'keeper-unreachable': ({checkpoint, reason}) => ({
			message: `The keeper of ${checkpoint} does not answer: ${reasonOf(reason)}.`,
			hint: 'See "dbusfreeze-tui checkpoints" for what is left of it.',
		}),
		'process-lost': ({pid, reason}) => ({
			message: `Process ${pid} is gone: ${processLost[reason]}.`,
			hint: 'Start the service again. The checkpoint is kept; its logs say more.',
		}),
		'disk-full': ({path}) => ({
			message: `There is no space left for ${path}.`,
			hint: 'Free some space, or choose another folder with --state-dir.',
		}),
		'daemon-unstoppable': ({pid, reason}) => ({
			message: `The bus daemon (process ${pid}) cannot be stopped for the instant in which the waiting messages are put back: ${unstoppable[reason] ?? reason}.`,
			hint: 'If a debugger or strace is attached to it, end that; then thaw again.',
		}),
		'stash-too-large': ({bytes, capacity}) => ({
			message: `${megabytes(bytes)} MB of messages wait, and only ${megabytes(capacity)} MB can be put back at once.`,
			hint: 'Make more memory available, then thaw again.',
		}),
		...moveFaults,
		...unit.faults,
		aborted: ({operation, by}) => ({
			message:
				by === 'operator'
					? `The ${operation} was aborted as you asked.`
					: by === 'signal'
						? `The ${operation} was interrupted.`
						: `The ${operation} was aborted because the program that asked for it went away.`,
			hint: `${again[operation]} it again when you like.`,
		}),
		internal: ({detail}) => ({
			message: `An unexpected error: ${detail}.`,
			hint: 'This is a defect of dbusfreeze-tui: please report it with the journal (events.jsonl) of the checkpoint.',
		}),
	} satisfies FaultTexts as FaultTexts,
};
