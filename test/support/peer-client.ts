import type {ExecutionContext} from 'ava';
import {type Connection, openConnection} from '../../src/dbus/connection.js';
import {Header} from '../../src/dbus/wire/header.js';
import {encodeMessage} from '../../src/dbus/wire/writer.js';

/** A client of a service without a bus between them. */
export class PeerClient {
	readonly #answers = new Map<number, (value: unknown) => void>();
	#connection!: Connection;
	#serial = 0;
	isClosed = false;

	/** Resolves when the service has accepted and authenticated it. */
	static async connect(t: ExecutionContext, socketPath: string): Promise<PeerClient> {
		const client = new PeerClient();
		const header = new Header();
		client.#connection = await openConnection(
			{address: `unix:path=${socketPath}`},
			{
				onFrame(bytes, start, end) {
					const {replySerial} = header.load(bytes, start, end);
					client.#answers.get(replySerial)?.(header.body()[0]);
				},
				onEnd() {
					client.isClosed = true;
				},
			},
		);
		t.teardown(() => client.#connection.close());
		return client;
	}

	/** Add(amount) → the new value. */
	add(amount: number): Promise<unknown> {
		const serial = ++this.#serial;
		this.#connection.send(
			encodeMessage({
				type: 'call',
				serial,
				path: '/',
				interface: 'org.dbusfreeze.Test.Many',
				member: 'Add',
				signature: 'i',
				body: [amount],
			}),
		);
		return new Promise((resolve) => this.#answers.set(serial, resolve));
	}
}
