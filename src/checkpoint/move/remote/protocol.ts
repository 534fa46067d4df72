import type {Readable, Writable} from 'node:stream';
import {z} from 'zod';
import {Fault} from '../../../common/fault.js';
import {ByteReader} from './byte-reader.js';

/*
 * Between `send` and `receive`: one line of JSON at a time, and the packed checkpoint in between.
 *
 *   receive: greeting
 *   send:    offer           what it is, how large, its digest
 *   receive: have            how much of it is here already, with the digest of that; or that all of it is here
 *   send:    begin           from which byte on it comes; then the bytes
 *   receive: ready           all of it is here, checked and unpacked, but in no place yet
 *   send:    commit          it is marked as moved there; only now may it be thawed here
 *   receive: done
 *
 * A break at any moment leaves at most one side that thaws it without --force; the same command then goes on.
 */

export const protocolVersion = 1;

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const bytes = z.number().int().nonnegative();

export const greetingSchema = z.object({receive: z.literal('dbusfreeze'), version: z.number()});
export const offerSchema = z.object({
	version: z.literal(protocolVersion),
	id: z.string().regex(/^[0-9a-f]{32}$/),
	size: bytes,
	digest,
});
export const haveSchema = z.union([
	z.object({offset: bytes, digest}),
	z.object({there: z.enum(['frozen', 'thawed']), name: z.string()}),
]);
export const beginSchema = z.object({from: bytes});
export const readySchema = z.object({ready: z.literal(true)});
export const commitSchema = z.object({commit: z.boolean()});
export const doneSchema = z.object({
	/** What it is called there. */
	name: z.string(),
	/** It had come from there and is there again, as it was. */
	cameBack: z.boolean(),
});
/** Instead of any answer. */
const refusalSchema = z.object({fault: z.object({code: z.string(), message: z.string()})});

export type Offer = z.infer<typeof offerSchema>;
export type Done = z.infer<typeof doneSchema>;

/** What the other side answered instead: its words. */
export class Refused extends Error {}
/** The stream ended where an answer was due. */
export class Closed extends Error {}

/** One side's end of the conversation. */
export class Channel {
	readonly reader: ByteReader;
	readonly #output: Writable;

	constructor(input: Readable, output: Writable) {
		this.reader = new ByteReader(input);
		this.#output = output;
		// A broken pipe shows as the end of the input, too.
		output.on('error', () => {});
	}

	say(message: unknown): void {
		this.#output.write(`${JSON.stringify(message)}\n`);
	}

	/** Resolves when it is on its way. Throws `Closed`. */
	async write(block: Buffer): Promise<void> {
		const failure = await new Promise((resolve) => this.#output.write(block, resolve));
		if (failure) throw new Closed();
	}

	/** The next message. Throws `Closed`, `Refused`, `bad-peer`. */
	async hear<T>(schema: z.ZodType<T>): Promise<T> {
		const line = await this.reader.line();
		if (line === undefined) throw new Closed();
		let value: unknown;
		try {
			value = JSON.parse(line);
		} catch {
			throw new Fault('bad-peer', {detail: line.slice(0, 100)});
		}
		const refusal = refusalSchema.safeParse(value);
		if (refusal.success) throw new Refused(refusal.data.fault.message);
		const parsed = schema.safeParse(value);
		if (!parsed.success) throw new Fault('bad-peer', {detail: line.slice(0, 100)});
		return parsed.data;
	}
}
