import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {type Connection, openConnection} from '../../src/dbus/connection.js';
import {demoServices} from '../../src/dbus/demo-services.js';
import {Drain, type DrainOptions} from '../../src/dbus/held/drain.js';
import {HeldReader} from '../../src/dbus/held/reader.js';
import {PutBack, type PutBackResult} from '../../src/dbus/held/reinject.js';
import {Stash} from '../../src/dbus/held/stash.js';
import {hold, letGo, outsideEnds} from '../../src/dbus/hold.js';
import type {PrivateBus} from '../../src/dbus/private-bus.js';
import {startService} from '../../src/dbus/start-service.js';
import {Header} from '../../src/dbus/wire/header.js';
import {encodeMessage, type MessageParts} from '../../src/dbus/wire/writer.js';
import {readStat} from '../../src/kernel/proc-stat.js';
import {snapshotProcesses} from '../../src/process/snapshot.js';
import {until} from './bus.js';

const {counter} = demoServices;
const control = 'org.dbusfreeze.Demo.Control';

/** A libdbus Counter that stands still (SIGSTOP: the bus sees the same as of a frozen one) and is held. */
export class StashedService {
	readonly reader: HeldReader;
	readonly stash: Stash;
	drain: Drain;
	putBack: PutBack | undefined;

	private constructor(
		readonly pid: number,
		readonly fd: number,
		dir: string,
		options: Partial<DrainOptions>,
	) {
		this.reader = new HeldReader(fd);
		this.stash = Stash.open(dir);
		this.drain = new Drain({...options, reader: this.reader, stash: this.stash});
	}

	static async stop(
		t: Pick<ExecutionContext, 'teardown'>,
		bus: PrivateBus,
		options: Partial<DrainOptions> & {dir?: string} = {},
	): Promise<StashedService> {
		const {pid} = await startService(bus, counter);
		process.kill(pid, 'SIGSTOP');
		await until(() => readStat(pid)?.state === 'T', 'it stands');
		const ends = outsideEnds(snapshotProcesses(pid)).filter(({peer}) => peer.includes(bus.dir));
		const held = hold(ends);
		const [end] = held;
		if (!end || held.length > 1) throw new Error(`${held.length} bus connections`);
		const service = new StashedService(pid, end.ourFd, options.dir ?? path.join(bus.dir, 'stash'), options);
		t.teardown(() => {
			service.drain.stop();
			service.stash.close();
			letGo(held);
		});
		return service;
	}

	/** Puts all back and lets it run. */
	async resume(): Promise<PutBackResult> {
		this.drain.stop();
		this.putBack = new PutBack({reader: this.reader, stash: this.stash});
		const result = await this.putBack.run();
		process.kill(this.pid, 'SIGCONT');
		this.putBack.finish();
		return result;
	}
}

/** A client that sends without waiting, and keeps every answer: a raw connection, so nothing is sorted for it. */
export class Flooder {
	/** Serial of a call → the values it was answered with, one each if all is well. */
	readonly answers = new Map<number, number[]>();
	errors = 0;
	#serial = 1;
	#daemonAnswers = 0;
	#connection!: Connection;

	static async connect(t: Pick<ExecutionContext, 'teardown'>, bus: PrivateBus): Promise<Flooder> {
		const flooder = new Flooder();
		const header = new Header();
		flooder.#connection = await openConnection(
			{address: bus.address},
			{
				onFrame: (bytes, start, end) => flooder.#take(header.load(bytes, start, end)),
				onEnd: () => {},
			},
		);
		t.teardown(() => flooder.close());
		flooder.#askDaemon('Hello');
		await flooder.routed();
		return flooder;
	}

	/** Add(amount) to the Counter. @returns its serial. */
	add(amount: number): number {
		return this.#send({
			type: 'call',
			destination: counter.name,
			...member('Add'),
			signature: 'i',
			body: [amount],
		});
	}

	get(): number {
		return this.#send({type: 'call', destination: counter.name, ...member('Get')});
	}

	/** A signal that adds, with so many bytes behind the number (the service does not look at them). */
	bump(amount: number, ballast?: Buffer, destination?: string): void {
		this.#send({
			type: 'signal',
			path: '/org/dbusfreeze/Demo/Control',
			interface: control,
			member: 'Bump',
			...(destination === undefined ? {} : {destination}),
			...(ballast ? {signature: 'iay', body: [amount, ballast]} : {signature: 'i', body: [amount]}),
		});
	}

	/** Resolves when the daemon has taken over everything that was sent. */
	async routed(seconds = 60): Promise<void> {
		const wanted = this.#daemonAnswers + 1;
		this.#askDaemon('GetId');
		await until(() => this.#daemonAnswers >= wanted, 'the daemon answers', seconds);
	}

	async answered(count: number, seconds = 60): Promise<void> {
		await until(() => this.answers.size >= count, `${count} answers, not ${this.answers.size}`, seconds);
	}

	close(): void {
		this.#connection.close();
	}

	#askDaemon(name: string): void {
		this.#daemonAnswers -= name === 'Hello' ? 1 : 0;
		this.#send({
			type: 'call',
			destination: 'org.freedesktop.DBus',
			path: '/org/freedesktop/DBus',
			interface: 'org.freedesktop.DBus',
			member: name,
		});
	}

	#send(parts: Omit<MessageParts, 'serial'>): number {
		const serial = this.#serial++;
		this.#connection.send(encodeMessage({...parts, serial}));
		return serial;
	}

	#take(header: Header): void {
		if (header.type === 'error') this.errors++;
		if (header.type !== 'return') return;
		const [value] = header.body();
		if (typeof value !== 'number') {
			this.#daemonAnswers++;
			return;
		}
		const values = this.answers.get(header.replySerial) ?? [];
		values.push(value);
		this.answers.set(header.replySerial, values);
	}
}

function member(name: string): Pick<MessageParts, 'path' | 'interface' | 'member'> {
	return {path: counter.path, interface: counter.name, member: name};
}

/** Sends numbered calls, in bursts so that neither memory nor event loop suffer. @returns what to expect. */
export async function callMany(flooder: Flooder, count: number, from = 0): Promise<Map<number, number>> {
	const expected = new Map<number, number>();
	let sum = from;
	for (let call = 0; call < count; call++) {
		const amount = (call % 97) + 1;
		sum += amount;
		expected.set(flooder.add(amount), sum);
		if (call % 1000 === 999) await flooder.routed();
	}
	await flooder.routed();
	return expected;
}
