/** What a runtime calls its main thread, whatever program it runs. */
const meaninglessComm = 'MainThread';

/** The program as people know it: the kernel cuts its `comm` after 15 characters, argv[0] is whole. */
export function programName(comm: string, command = ''): string {
	const program = (command.split(' ')[0] ?? '').replace(/^.*\/|:$/g, '');
	return program !== '' && (program.startsWith(comm) || comm === meaninglessComm) ? program : comm;
}
