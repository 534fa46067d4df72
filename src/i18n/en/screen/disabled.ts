/** Why a key can do nothing now. */
export const disabled = {
	readOnly: 'This screen is read-only: nothing can be frozen or thawed from here.',
	nothingSelected: 'No connection is selected.',
	busItself: 'The bus daemon itself cannot be frozen: everything on the bus hangs on it.',
	noPid: 'The daemon does not tell the process of this connection, so it cannot be frozen.',
	isKeeper: 'This is a keeper of ours: frozen services hang on it.',
	frozenAlready: 'It is frozen already; t thaws it.',
	underWay: (name: string, stage: string) =>
		stage
			? `First finish ${name}: it waits at ${stage} (n, c or a).`
			: `First let ${name} finish: CRIU is at work.`,
	noSession: 'Nothing is being frozen or thawed; f freezes the chosen service.',
	isFrozen: 'It is frozen: there is no further stage until t thaws it.',
	isOver: 'This session is over; f freezes the chosen service again.',
	criuWorks: 'CRIU is at work; the next stage will wait for you.',
	notAbortable: (stage: string) => `At ${stage} CRIU no longer lets anything be aborted; n goes on.`,
	nothingFrozen: 'Nothing is frozen.',
	notThisOne: 'This one is not frozen: select one marked ❄.',
	keeperGone: 'Its keeper is gone and with it the held connection; see "dbusfreeze-tui checkpoints".',
	oneSnapshot: 'There is only one snapshot so far, nothing to compare it with.',
	noSnapshot: 'There is no snapshot yet: freeze a service first.',
	noFilter: 'This pane has no filter; tab to connections or traffic.',
	nothingToClear: 'No filter is set.',
	noDetails: 'Nothing to show here.',
	noMessages: 'There is no message to show yet.',
	blocked: 'It cannot be frozen; the reasons are above.',
	checking: 'Still checking what would happen; wait a moment.',
	endOfStages: 'This is the end of the stage bar.',
	endOfMoments: 'There is no further snapshot in this direction.',
	unknownKey: (key: string) => `${key} does nothing here; ? shows the keys.`,
};
