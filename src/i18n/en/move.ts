import type {ArchiveDefect, FaultCode, FaultParams} from '../../common/fault.js';
import type {FaultText} from './faults.js';

/** The faults of packing, unpacking and sending. */
export type MoveFaultCode =
	| 'no-archive'
	| 'bad-archive'
	| 'archive-locked'
	| 'bad-key'
	| 'no-space'
	| 'unpackable'
	| 'checkpoint-changed'
	| 'moved'
	| 'copy-lives'
	| 'send-failed'
	| 'bad-peer';
export type MoveFaultTexts = {[C in MoveFaultCode & FaultCode]: (params: FaultParams[C]) => FaultText};

const defects: Record<ArchiveDefect, (entry: string) => string> = {
	format: () => 'it is no packed checkpoint',
	version: (entry) => `it has format version ${entry}, which this program does not know`,
	truncated: () => 'it ends too early',
	damaged: () => 'its data is damaged',
	index: (entry) => `its index is not as it must be (${entry})`,
	name: (entry) => `it holds a file with the forbidden name "${entry}"`,
	type: (entry) => `"${entry}" in it is no plain file`,
	owner: (entry) => `"${entry}" in it has an owner`,
	mode: (entry) => `"${entry}" in it has other access rights than 0600`,
	duplicate: (entry) => `"${entry}" is in it twice`,
	unlisted: (entry) => `"${entry}" is in it, and not in its index at this place`,
	missing: () => 'a file that its index names is not in it',
	size: (entry) => `"${entry}" has another size than its index says`,
	bomb: () => 'it becomes larger than its index says',
	checksum: (entry) => `"${entry}" does not match its checksum`,
	manifest: () => 'its manifest.json is not that of a checkpoint',
	layout: (entry) => `it is no OCI image layout that can be read (${entry})`,
	'no-such-tag': (entry) => `it has no image called "${entry}"`,
	'not-ours': (entry) => `"${entry}" in it is no checkpoint of this program`,
};
const fileReasons: Record<string, string> = {
	ENOENT: 'there is no such file',
	EISDIR: 'it is a folder',
	EACCES: 'permission denied',
};
const sendReasons: Record<string, string> = {
	'no-ssh': 'the program ssh is not installed',
	'no-receiver': 'dbusfreeze-tui does not answer there',
	closed: 'the connection broke off',
};
const keyKinds = {
	recipient: 'recipient (age1…)',
	identity: 'identity (AGE-SECRET-KEY-1…)',
	passphrase: 'passphrase',
} as const;

function megabytes(bytes: number): string {
	return (bytes / 1e6).toFixed(1);
}

export const moveFaults: MoveFaultTexts = {
	'no-archive': ({path, reason}) => ({
		message: `${path} cannot be read: ${fileReasons[reason] ?? reason}.`,
		hint: 'Name the file that "dbusfreeze-tui pack" wrote, or oci:DIR[:TAG].',
	}),
	'bad-archive': ({path, defect, entry}) => ({
		message: `${path} cannot be unpacked: ${defects[defect](entry)}.`,
		hint: 'Nothing of it was kept. Copy it again, whole, from where it was packed; if that is of no use, do not trust it.',
	}),
	'archive-locked': ({path, why}) => ({
		message:
			why === 'no-key'
				? `${path} is encrypted, and no key was given.`
				: `${path} is encrypted, and the key that was given does not open it.`,
		hint: 'Give --passphrase, --passphrase-file FILE, --passphrase-fd N or --identity FILE.',
	}),
	'bad-key': ({kind, key}) => ({
		message: key === '' ? `This is no ${keyKinds[kind]}.` : `"${key}" is no ${keyKinds[kind]}.`,
		hint: 'Keys are those of age: age-keygen makes a pair of them. A passphrase must not be empty.',
	}),
	'no-space': ({path, needed, free}) => ({
		message: `${path} needs ${megabytes(needed)} MB, and only ${megabytes(free)} MB are free.`,
		hint: 'Free some space, or choose another folder with --output or --state-dir.',
	}),
	unpackable: ({checkpoint, what}) => ({
		message: `${checkpoint} cannot be packed: ${what} is missing or no plain file.`,
		hint: 'Freeze it again to get a complete checkpoint.',
	}),
	'checkpoint-changed': ({checkpoint}) => ({
		message: `${checkpoint} changed while it was packed.`,
		hint: 'Nothing was written. See "dbusfreeze-tui checkpoints" for where it stands, then try again.',
	}),
	moved: ({checkpoint, to, thawed}) => ({
		message: thawed
			? `${checkpoint} was moved to ${to} and thawed there.`
			: `${checkpoint} was moved to ${to}; thawing it here too would make two of it.`,
		hint: 'Thaw it there. If that copy is gone for good, thaw this one with --force.',
	}),
	'copy-lives': ({checkpoint, other, standing}) => ({
		message:
			standing === 'thawed'
				? `${checkpoint} is a copy of ${other}, which was thawed already.`
				: `${checkpoint} is a copy of ${other}, which is frozen here with its connection.`,
		hint:
			standing === 'thawed'
				? 'A second one would act in its name; if the first is gone for good, use --force.'
				: `Thaw ${other} instead, which keeps its connection; or use --force.`,
	}),
	'send-failed': ({to, reason, sent, total}) => ({
		message: `Sending to ${to} failed: ${sendReasons[reason] ?? reason}${total > 0 ? ` (${megabytes(sent)} of ${megabytes(total)} MB were sent)` : ''}.`,
		hint: 'Run the same command again: it goes on where it stopped. The checkpoint here is as it was.',
	}),
	'bad-peer': ({detail}) => ({
		message: `The other side does not speak the language of "dbusfreeze-tui send": ${detail}.`,
		hint: '"receive" is called by "send" over ssh; nobody need call it. Both sides must have the same version.',
	}),
};

export const move = {
	help: {
		pack: 'pack a checkpoint into one file, to thaw it elsewhere (oci:DIR[:TAG]: into an OCI image layout)',
		unpack: 'unpack a packed checkpoint, after checking all of it (oci:DIR[:TAG]: from an OCI image layout)',
		send: 'move a frozen service to another machine, over ssh',
		receive: 'the other side of send (ssh calls it)',
		recipient: 'encrypt for the owner of this age public key (repeatable)',
		passphrase: 'ask for a passphrase',
		passphraseFile: 'read the passphrase from the first line of this file',
		passphraseFd: 'read the passphrase from this descriptor',
		identity: 'a file with age secret keys (repeatable)',
		sshOption: 'an option for ssh, as after its -o (repeatable)',
		remoteCommand: 'how dbusfreeze-tui is called there, for example "sudo dbusfreeze-tui"',
		forceThaw: 'even if a copy was moved away or thawed already',
	},
	askPassphrase: 'Passphrase: ',
	askAgain: 'The same again: ',
	different: 'These are two different passphrases.',
	oneKey: 'Choose one of --recipient, --passphrase, --passphrase-file and --passphrase-fd',
	noTerminal: '--passphrase asks for it and needs a terminal; use --passphrase-file or --passphrase-fd',
	badFd: (text: string) => `"${text}" is no descriptor that can be read`,
	badHost: (text: string) => `"${text}" is no host that ssh can be given`,
	progress: {
		pack: 'packing',
		send: 'sending',
		receive: 'receiving',
		unpack: 'unpacking',
	},
	packed: (name: string, file: string, before: string, after: string) =>
		`${name} is packed into ${file} (${after}; ${before} before).`,
	encrypted: '  It is encrypted.',
	secret: '  It holds the memory of a process and is not encrypted: treat it as a secret.',
	connectionStays: (name: string) =>
		`  The bus connection stays here: elsewhere ${name} gets a new one, and messages that still come here wait here.`,
	notPortable: (reasons: string) => `  It cannot be thawed elsewhere: ${reasons}`,
	unpacked: (name: string, dir: string) => `${name} is unpacked: ${dir}`,
	from: (hostname: string, time: string) => `  Packed on ${hostname}, ${time}.`,
	sent: (name: string, to: string, size: string) => `${name} is now on ${to} (${size} sent).`,
	sentThere: (name: string) => `  It is called ${name} there; "dbusfreeze-tui thaw" there makes it run.`,
	noLongerHere: '  Here it is marked as moved, and is thawed only with --force.',
	already: (to: string) => `It is on ${to} already.`,
	alreadyThawed: (to: string) => `It is on ${to} already, and was thawed there.`,
	cameBack: (name: string) => `  It had come from there: ${name} can be thawed there again.`,
	movedState: (to: string) => `moved to ${to}`,
	copies: (places: string) => `copies of it were made and may run elsewhere: ${places}`,
};
