/** Whether a socket of that name is where journald takes the output of services; a unit may have a journal of its own. */
export function isJournalStream(name: string | undefined): boolean {
	return name !== undefined && /^\/run\/systemd\/journal(\.[^/]+)?\/stdout$/.test(name);
}
