import {readConfig} from '../../common/config/file.js';
import {Secrets} from '../../dbus/secrets.js';
import type {TrafficSettings} from '../../dbus/traffic.js';
import type {CommandContext} from '../context.js';

/** What the user's settings say about the memory of traffic. Throws Fault `bad-config`. */
export async function trafficSettings({
	env,
}: CommandContext): Promise<Required<Pick<TrafficSettings, 'limits' | 'secrets'>>> {
	const {memory, secrets} = await readConfig(env);
	const {messages, megabytes} = memory ?? {};
	return {
		limits: {
			...(messages === undefined ? {} : {messages}),
			...(megabytes === undefined ? {} : {bytes: megabytes * 1024 * 1024}),
		},
		secrets: new Secrets(secrets),
	};
}
