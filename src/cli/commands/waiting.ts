import {CheckpointStore} from '../../checkpoint/store.js';
import {escapeText} from '../../common/escape.js';
import type {WaitingMessage} from '../../dbus/held/service.js';
import {messages} from '../../i18n/index.js';
import type {Command, CommandContext} from '../context.js';
import {connectToFrozen} from '../frozen.js';
import {printJson} from '../report.js';
import {renderTable} from '../table.js';

/** Messages that are listed when nobody says how many. */
const usualCount = 100;

/** What waits for a frozen service, in the order in which it will get it. */
export const run: Command<{checkpoint: string; count?: number}> = async (context, options) => {
	const found = new CheckpointStore(context.stateDir).find(options.checkpoint);
	const {client} = await connectToFrozen(found);
	try {
		const page = await client.waiting(0, options.count ?? usualCount);
		if (context.json) printJson(context, {ok: true, checkpoint: found.dir, ...page});
		else print(context, page.messages, page.total);
	} finally {
		client.close();
	}
	return 0;
};

function print({stdout, stderr}: CommandContext, listed: readonly WaitingMessage[], total: number): void {
	const text = messages().cli.waiting;
	if (listed.length > 0) {
		const [at, from, what, size] = text.header;
		const columns = [
			{title: at},
			{title: from},
			{title: what, least: 20},
			{title: size, align: 'right' as const},
		];
		stdout.write(`${renderTable(columns, listed.map(rowOf), stdout.columns)}\n`);
	}
	stderr.write(`${text.total(total, total - listed.length)}\n`);
}

function rowOf({
	at,
	sender,
	type,
	interface: ofInterface,
	member,
	errorName,
	size,
	fds,
}: WaitingMessage): string[] {
	const called = [ofInterface, member].filter(Boolean).join('.') || errorName;
	const withFds = fds > 0 ? ` +${fds} fd` : '';
	return [
		at === 0 ? '' : new Date(at).toISOString().slice(11, 23),
		sender ?? '',
		`${type ?? '?'} ${called ?? ''}${withFds}`,
		String(size),
	].map(escapeText);
}
