import {createHash} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/**
 * Remembers what each step was done for, so that a second run only compares. One small file; losing it costs
 * time, nothing else.
 */
export class Stamps {
	#file;
	/** @type {Record<string, string>} */
	#known = {};

	/** @param {string} file */
	constructor(file) {
		this.#file = file;
		try {
			this.#known = JSON.parse(fs.readFileSync(file, 'utf8'));
		} catch {
			// No stamps yet, or a broken file: everything is done anew.
		}
	}

	/** @param {string} step @param {string} stamp */
	matches(step, stamp) {
		return this.#known[step] === stamp;
	}

	/** @param {string} step @param {string} stamp */
	set(step, stamp) {
		this.#known[step] = stamp;
		fs.mkdirSync(path.dirname(this.#file), {recursive: true});
		const temporary = `${this.#file}.${process.pid}`;
		fs.writeFileSync(temporary, `${JSON.stringify(this.#known, null, '\t')}\n`);
		fs.renameSync(temporary, this.#file);
	}
}

/** @returns {Generator<string>} the files below a file or folder, without folders named in `skip` */
function* filesBelow(file, skip) {
	const stat = fs.statSync(file, {throwIfNoEntry: false});
	if (!stat) return;
	if (!stat.isDirectory()) {
		yield file;
		return;
	}

	for (const name of fs.readdirSync(file).sort()) {
		if (!skip.includes(name)) yield* filesBelow(path.join(file, name), skip);
	}
}

/**
 * Changes whenever one of the files does: names, sizes and times, as make looks at them.
 * @param {string[]} files files and folders
 * @param {string[]} [skip] names of folders that do not count
 */
export function stampOf(files, skip = []) {
	const hash = createHash('sha256');
	for (const root of files) {
		for (const file of filesBelow(root, skip)) {
			const {size, mtimeMs} = fs.statSync(file);
			hash.update(`${file}\0${size}\0${mtimeMs}\0`);
		}
	}

	return hash.digest('hex');
}

/** Changes with what is in the file, not with when it was written. */
export function contentStamp(file) {
	return createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}
