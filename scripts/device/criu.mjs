import fs from 'node:fs';
import path from 'node:path';
import {messages} from '../messages.mjs';
import {isGoodCriu} from '../setup/criu.mjs';
import {criuFolder} from '../setup/places.mjs';
import {fetchCriu} from '../setup/private-criu.mjs';

/**
 * The folder of a CRIU that works in any root, because it brings its libraries. Where the system's is good, the
 * set-up has fetched none.
 * @returns {Promise<string>}
 */
export async function deviceCriu() {
	const folder = criuFolder();
	if (!fs.existsSync(path.join(folder, 'criu'))) await fetchCriu(folder, messages.criuNone, isGoodCriu);
	return folder;
}
