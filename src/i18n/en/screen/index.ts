import {checkpoints, whyNotCheckpoint} from './checkpoints.js';
import {details} from './details.js';
import {disabled} from './disabled.js';
import {evidence} from './evidence.js';
import {chart, connections, title, tooSmall} from './frame.js';
import {inSpite} from './in-spite.js';
import {docs, help, keys} from './keys.js';
import {message} from './message.js';
import {abort, freeze, quit, thaw} from './questions.js';
import {advice, context, diff, notice, stages} from './sessions.js';
import {statistics} from './statistics.js';
import {filter, traffic} from './traffic.js';
import {policy, waiting} from './waiting.js';

/** Everything the interactive screen says. Kept short: 80 columns is the smallest terminal. */
export const screen = {
	title,
	tooSmall,
	connections,
	traffic,
	statistics,
	filter,
	chart,
	stages,
	advice,
	context,
	diff,
	evidence,
	details,
	message,
	waiting,
	checkpoints,
	whyNotCheckpoint,
	policy,
	freeze,
	thaw,
	inSpite,
	abort,
	quit,
	help,
	keys,
	disabled,
	notice,
	docs,
};
