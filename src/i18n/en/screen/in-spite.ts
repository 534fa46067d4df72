/** Before a thaw that something speaks against, where the operator may insist. */
export const inSpite = {
	title: (name: string) => `Thaw ${name} in spite of this?`,
	/** Behind what speaks against it, where that is told. */
	offer: 'Or t in the list asks whether to thaw it in spite of that.',
	ask: 'space takes this risk · n or esc leaves it frozen',
	/** For keys that can do nothing now. */
	notYet: 'First see what speaks against it: space takes that risk, esc leaves it frozen.',
	nothing: 'Nothing speaks against it that could be overruled.',
	/** By what speaks against it: that in a few words, and what may come of it. */
	risks: {
		moved: {
			what: 'It was moved to another machine',
			risk: 'A second copy of the same service may live there, or be thawed there at any time. Both would act under the same names, with the same peers, and each would overwrite what the other does. Take this risk only if that copy is gone for good.',
		},
		'copy-lives': {
			what: 'Another copy of it is here',
			risk: 'There would be two of the same service on this machine: they compete for the same names, and each overwrites the files of the other. Take this risk only if the other one is gone for good.',
		},
		'unit-active': {
			what: 'Another instance of its systemd unit runs',
			risk: 'That instance is stopped first: what it has in memory and what it is being asked are lost. The frozen one, with its older state, comes back in its place.',
		},
		'cpu-lacks': {
			what: 'This processor lacks features',
			risk: 'A program that uses one of them dies of SIGILL, at once or hours later, and all that it has in memory is lost. Take this risk only if it was started with these features turned off (GLIBC_TUNABLES).',
		},
		'pid-taken': {
			what: 'Its process number is taken',
			risk: 'It can have its numbers in a pid namespace of its own. Others then call it by another number, its /proc shows only itself, and processes outside that the bus names to it by their pid it can neither look up nor send signals. Freeze and thaw keep it there; a new start of the service ends that.',
		},
	},
};
