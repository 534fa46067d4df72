import {spawn} from 'node:child_process';
import fs from 'node:fs';
import readline from 'node:readline';
import {fileURLToPath} from 'node:url';
import type {Checkpoint} from '../checkpoint/folder.js';
import {Fault, type FaultData} from '../common/fault.js';
import {KeeperClient} from './client.js';
import {type KeeperConfig, readyLine} from './protocol.js';

/**
 * Starts a keeper for a fresh checkpoint, in a session of its own, and connects to it. Throws the fault that
 * kept it from starting (`bus-unreachable` …); then nothing was touched.
 */
export async function startKeeper(
	checkpoint: Checkpoint,
	config: Omit<KeeperConfig, 'checkpoint'>,
): Promise<KeeperClient> {
	const log = fs.openSync(checkpoint.keeperLog, 'a', 0o600);
	const entry = fileURLToPath(import.meta.resolve('./main.js'));
	const child = spawn(process.execPath, [...process.execArgv, entry], {
		detached: true,
		stdio: ['pipe', 'pipe', log],
	});
	fs.closeSync(log);
	const {stdin, stdout} = child;
	if (!stdin || !stdout) throw new Error('spawn gave no pipes');
	stdin.on('error', () => {}); // it died before it read: its log says why
	stdin.end(JSON.stringify({...config, checkpoint: checkpoint.dir} satisfies KeeperConfig));
	const first = await firstLine(stdout);
	stdout.destroy();
	child.unref();
	if (first === readyLine) return KeeperClient.connect(checkpoint.dir);
	if (first.startsWith('{')) throw Fault.from(JSON.parse(first) as FaultData);
	const reason = fs.readFileSync(checkpoint.keeperLog, 'utf8').trim().split('\n').at(-1) ?? '';
	throw new Fault('keeper-unreachable', {checkpoint: checkpoint.dir, reason: reason || 'not-started'});
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
	for await (const line of readline.createInterface({input: stream})) return line;
	return '';
}
