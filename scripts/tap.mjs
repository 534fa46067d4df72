/**
 * Reads ava's TAP line by line: counts, and says what a person should see of it.
 * A file that crashed, or tests that never ended, are "not ok" points of their own.
 */
export class TapReader {
	passed = 0;
	failed = 0;
	skipped = 0;
	#inFailure = false;

	/**
	 * @param {string} line
	 * @returns {string | undefined} a line to print
	 */
	read(line) {
		const point = /^(not )?ok \d+ - (.*)$/.exec(line);
		if (!point) return this.#other(line);
		const [, not, title] = point;
		this.#inFailure = false;
		if (/# (SKIP|TODO)\b/i.test(title)) {
			this.skipped++;
			return `- ${title}`;
		}

		if (not) {
			this.failed++;
			this.#inFailure = true;
			return `✘ ${title}`;
		}

		this.passed++;
		return `✔ ${title}`;
	}

	/** Diagnostics, and what tests printed. */
	#other(line) {
		if (/^(TAP version|1\.\.|# (tests|pass|skip|fail|todo) )/.test(line)) return undefined;
		if (/^\s*(---|\.\.\.)$/.test(line)) return this.#inFailure ? '' : undefined;
		// ava writes each title once more as a comment before its point.
		if (/^# /.test(line)) return undefined;
		return line === '' && !this.#inFailure ? undefined : line;
	}
}
