import {CheckpointStore} from '../../checkpoint/store.js';
import {escapeText} from '../../common/escape.js';
import type {Policy} from '../../dbus/held/connection.js';
import {messages} from '../../i18n/index.js';
import type {Command} from '../context.js';
import {connectToFrozen} from '../frozen.js';
import {printJson} from '../report.js';
import {titleOf} from '../title.js';

/** Changes what becomes of calls to a frozen service: they wait, or are refused at once. */
export const run: Command<{checkpoint: string; policy: Policy}> = async (context, {checkpoint, policy}) => {
	const found = new CheckpointStore(context.stateDir).find(checkpoint);
	const {client, manifest} = await connectToFrozen(found);
	try {
		await client.setPolicy(policy);
	} finally {
		client.close();
	}
	if (context.json) printJson(context, {ok: true, checkpoint: found.dir, policy});
	else context.stderr.write(`${escapeText(messages().cli.policy.changed[policy](titleOf(manifest)))}\n`);
	return 0;
};
