import {Fault} from '../../common/fault.js';

const enter = new Set(['\r', '\n', '\u0004']);
const erase = new Set(['\u007f', '\b']);
const interrupt = '\u0003';

/** Asks on a terminal for one line that is not shown. Throws `aborted` after Ctrl-C. */
export async function askSecretly(
	stdin: NodeJS.ReadStream,
	stderr: NodeJS.WriteStream,
	question: string,
): Promise<string> {
	// Before the question: whoever reads it may type at once.
	stdin.setRawMode(true);
	stderr.write(question);
	stdin.setEncoding('utf8');
	try {
		return await new Promise<string>((resolve, reject) => {
			let line: string[] = [];
			const onData = (data: string) => {
				for (const character of data) {
					if (character === interrupt || enter.has(character)) stdin.removeListener('data', onData);
					if (character === interrupt) return reject(new Fault('aborted', {operation: 'pack', by: 'signal'}));
					if (enter.has(character)) return resolve(line.join(''));
					if (erase.has(character)) line = line.slice(0, -1);
					else line.push(character);
				}
			};
			stdin.on('data', onData);
		});
	} finally {
		stdin.setRawMode(false);
		stdin.pause();
		stderr.write('\n');
	}
}
