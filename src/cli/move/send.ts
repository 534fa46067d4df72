import type {Checkpoint} from '../../checkpoint/folder.js';
import {type SendOptions, type Sent, send} from '../../checkpoint/move/remote/send.js';
import {isHost, SshConnection, type SshOptions} from '../../checkpoint/move/remote/ssh.js';
import {Fault} from '../../common/fault.js';
import {messages} from '../../i18n/index.js';
import {megabytes} from './progress-line.js';

/** Moves a frozen checkpoint over ssh. Throws as `send`, and `usage` for what is no host. */
export async function sendCheckpoint(
	checkpoint: Checkpoint,
	ssh: SshOptions,
	{signal, ...options}: SendOptions & {signal: AbortSignal},
): Promise<Sent> {
	const {host} = ssh;
	if (!isHost(host)) throw new Fault('usage', {detail: messages().cli.move.badHost(host)});
	let connection: SshConnection | undefined;
	const open = () => {
		signal.throwIfAborted();
		connection = new SshConnection(ssh);
		return connection.channel;
	};
	signal.addEventListener('abort', () => connection?.kill());
	try {
		return await send(checkpoint, host, open, {signal, ...options});
	} catch (error) {
		throw await explained(error, connection);
	} finally {
		await connection?.close();
	}
}

/** ssh's exit says more than the end of its output. */
async function explained(error: unknown, ssh: SshConnection | undefined): Promise<unknown> {
	if (!(error instanceof Fault) || error.code !== 'send-failed') return error;
	const params = error.params as Fault<'send-failed'>['params'];
	if (params.reason !== 'closed') return error;
	const reason = (await ssh?.close()) ?? ssh?.lastWords ?? 'closed';
	return new Fault('send-failed', {...params, reason});
}

/** What there is to say of it; not escaped yet. */
export function sentLines({outcome, name, cameBack, size}: Sent, title: string, to: string): string[] {
	const say = messages().cli.move;
	const there = cameBack ? say.cameBack(name) : say.sentThere(name);
	if (outcome === 'thawed') return [say.alreadyThawed(to), say.noLongerHere];
	if (outcome === 'there') return [say.already(to), say.sentThere(name), say.noLongerHere];
	return [say.sent(title, to, `${megabytes(size)} MB`), there, say.noLongerHere];
}
