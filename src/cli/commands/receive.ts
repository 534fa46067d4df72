import {Channel, Closed} from '../../checkpoint/move/remote/protocol.js';
import {receive} from '../../checkpoint/move/remote/receive.js';
import {Fault} from '../../common/fault.js';
import type {Command} from '../context.js';
import {faultText} from '../report.js';

/** The other side of `send`: standard input and output are the conversation. */
export const run: Command<Record<string, never>> = async ({stdin, stdout, stateDir}) => {
	if (stdin.isTTY) throw new Fault('bad-peer', {detail: 'a terminal'});
	const channel = new Channel(stdin, stdout);
	try {
		await receive(channel, stateDir);
		return 0;
	} catch (error) {
		// What came is kept; the sender sees the broken line itself.
		if (error instanceof Closed) return 6;
		const fault = error instanceof Fault ? error : new Fault('internal', {detail: (error as Error).message});
		channel.say({fault: {code: fault.code, message: faultText(fault).message}});
		return fault.exitCode;
	} finally {
		stdin.destroy();
	}
};
