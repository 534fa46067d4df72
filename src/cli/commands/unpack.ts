import fs from 'node:fs';
import path from 'node:path';
import {parsePlace} from '../../checkpoint/move/oci/place.js';
import {readLayer} from '../../checkpoint/move/oci/unpack.js';
import {Placement} from '../../checkpoint/move/placement.js';
import {unpackInto} from '../../checkpoint/move/unpack.js';
import {CheckpointStore} from '../../checkpoint/store.js';
import {escapeText} from '../../common/escape.js';
import {Fault} from '../../common/fault.js';
import {messages} from '../../i18n/index.js';
import type {Command, CommandContext} from '../context.js';
import {interruptible} from '../move/interruptible.js';
import {keysFrom, type PassphraseOptions} from '../move/keys.js';
import {progressLine} from '../move/progress-line.js';
import {printJson} from '../report.js';
import {titleOf} from '../title.js';

export interface UnpackCommandOptions extends PassphraseOptions {
	file: string;
	output?: string;
	identity?: string[];
}

/** Unpacks a packed checkpoint, if all of it is as it must be. */
export const run: Command<UnpackCommandOptions> = async (context, {file, output, ...options}) => {
	const source = openArchive(file);
	const keys = await keysFrom(context, options);
	const placement = new Placement(new CheckpointStore(context.stateDir), output);
	const progress = progressLine(context);
	try {
		const {index, checkpoint} = await interruptible('unpack', async (signal) => {
			const how = {keys, signal, onProgress: progress.onProgress};
			const unpacked = await unpackInto(placement, source(), file, how);
			return {index: unpacked, checkpoint: await placement.commit(unpacked.name)};
		});
		progress.end();
		report(context, checkpoint.dir, index, titleOf(checkpoint.readManifest()));
		return 0;
	} finally {
		progress.end();
		placement.discard();
	}
};

function openArchive(file: string): () => AsyncIterable<Buffer> {
	const place = parsePlace(file);
	if (place) return () => readLayer(place);
	try {
		const fd = fs.openSync(file, 'r');
		if (fs.fstatSync(fd).isDirectory()) throw Object.assign(new Error(), {code: 'EISDIR'});
		return () => fs.createReadStream('', {fd, highWaterMark: 1024 * 1024});
	} catch (error) {
		const {code, message} = error as NodeJS.ErrnoException;
		throw new Fault('no-archive', {path: path.resolve(file), reason: code ?? message});
	}
}

interface Unpacked {
	id: string;
	hostname: string;
	packedAt: string;
	bytes: number;
	files: unknown[];
}

function report(context: CommandContext, dir: string, index: Unpacked, title: string): void {
	const {id, hostname, packedAt, bytes, files} = index;
	if (context.json) {
		printJson(context, {ok: true, checkpoint: dir, id, files: files.length, bytes, hostname, packedAt});
		return;
	}
	const say = messages().cli.move;
	const lines = [say.unpacked(title, dir), say.from(hostname, packedAt)];
	context.stdout.write(lines.map((line) => `${escapeText(line)}\n`).join(''));
}
