import fs from 'node:fs';
import path from 'node:path';
import {replaceFile} from '../src/common/replace-file.js';
import type {Finding} from './model.js';

/** Findings of this checkout's surveys, the last one of each service, so that a survey can be done in parts. */
export class Results {
	readonly #file: string;
	readonly #findings: Map<string, Finding>;

	constructor(file: string) {
		this.#file = file;
		const stored = fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Finding[]) : [];
		this.#findings = new Map(stored.map((one) => [one.key, one]));
	}

	get(key: string): Finding | undefined {
		return this.#findings.get(key);
	}

	/** Replaces the last finding about this service, on the disk, too. */
	put(finding: Finding): void {
		this.#findings.set(finding.key, finding);
		fs.mkdirSync(path.dirname(this.#file), {recursive: true});
		replaceFile(this.#file, `${JSON.stringify([...this.#findings.values()], undefined, '\t')}\n`);
	}
}
