import {existsSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {CheckpointStore} from '../../checkpoint/store.js';
import {escapeText} from '../../common/escape.js';
import {Fault} from '../../common/fault.js';
import {type LogReport, looksLikeLog, readLog} from '../../criu/log.js';
import {readLogFile} from '../../criu/log-file.js';
import {messages} from '../../i18n/index.js';
import {causeText} from '../../i18n/reason.js';
import type {Command, CommandContext} from '../context.js';
import {printJson} from '../report.js';

/** Why CRIU failed, in plain words, from the log that it wrote. Throws `bad-log`. */
export const run: Command<{log: string}> = async (context, {log}) => {
	const path = logOf(context, log);
	const text = read(path);
	if (!looksLikeLog(text)) throw new Fault('bad-log', {path, reason: 'not-criu'});
	const report = readLog(text);
	if (context.json) printJson(context, document(path, report));
	else context.stdout.write(`${page(report).join('\n')}\n`);
	return 0;
};

/** The named file; of a folder, or a checkpoint by its name, the log that was written last. */
function logOf(context: CommandContext, name: string): string {
	if (existsSync(name) && !statSync(name).isDirectory()) return name;
	const folder = existsSync(name) ? name : checkpointOf(context, name);
	const logs = ['dump.log', 'restore.log']
		.flatMap((file) => [join(folder, file), join(folder, 'images', file)])
		.filter((file) => existsSync(file))
		.sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
	if (logs[0] === undefined) throw new Fault('bad-log', {path: folder, reason: 'no-log'});
	return logs[0];
}

function checkpointOf({stateDir}: CommandContext, name: string): string {
	try {
		return new CheckpointStore(stateDir).find(name).dir;
	} catch (error) {
		if (!(error instanceof Fault)) throw error;
		throw new Fault('bad-log', {path: name, reason: 'ENOENT'}, {cause: error});
	}
}

function read(path: string): string {
	try {
		return readLogFile(path);
	} catch (error) {
		const {code, message} = error as NodeJS.ErrnoException;
		throw new Fault('bad-log', {path, reason: code ?? message}, {cause: error});
	}
}

function document(path: string, {succeeded, cause, known, telling}: LogReport) {
	const text = known && causeText(known.code, known.params);
	return {
		ok: true,
		log: path,
		succeeded,
		cause,
		known: known?.code ?? null,
		params: known?.params ?? {},
		message: text?.message ?? null,
		hint: text?.hint ?? null,
		lines: telling,
	};
}

function page({succeeded, known, telling}: LogReport): string[] {
	const text = messages().evidence.explain;
	if (succeeded) return [text.succeeded];
	const explained = known && causeText(known.code, known.params);
	return [
		...(explained ? [text.happened(explained.message), text.toDo(explained.hint)] : [text.unknown]),
		...(telling.length > 0 ? [text.lines] : []),
		...telling.map(({number, source = '', message}) => escapeText(text.line(number, source, message))),
	];
}
