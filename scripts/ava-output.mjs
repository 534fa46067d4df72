import {stripVTControlCharacters} from 'node:util';

/**
 * Counts what ava's default reporter prints, line by line, so that people read ava's own words and programs get
 * numbers. (Its TAP reporter would be the obvious source, but ava 8.0.1's breaks down when a test file exits.)
 */
export class AvaOutput {
	passed = 0;
	failed = 0;
	/** Below ava's rule, where each failure is told once more, at length. */
	inSummary = false;

	/** @param {string} coloured */
	read(coloured) {
		const line = stripVTControlCharacters(coloured);
		if (line === '  ─') this.inSummary = true;
		if (this.inSummary) return;
		// On the kernel's console ava uses the second symbol of each pair. Files that crash or time out have a line too.
		if (/^ {2}[✔√] /.test(line)) this.passed++;
		else if (/^ {2}[✘×] /.test(line)) this.failed++;
	}

	/**
	 * What no line told, an unhandled rejection or ava's own end, still is one failure.
	 * @param {number | null} exitCode ava's
	 */
	end(exitCode) {
		if (exitCode !== 0 && this.failed === 0) this.failed = 1;
	}
}
