import {z} from 'zod';
import type {SavedBus, SavedSocket} from '../dbus/reconnect/saved.js';

const socket = z.object({
	inode: z.number().int(),
	flags: z.number().int(),
	sendBuffer: z.number().int(),
	receiveBuffer: z.number().int(),
	passCredentials: z.number().int(),
	passSecurity: z.number().int(),
}) satisfies z.ZodType<SavedSocket>;

const bus = z.object({
	address: z.string(),
	peers: z.array(z.object({uniqueName: z.string(), names: z.array(z.string())})),
}) satisfies z.ZodType<SavedBus>;

/**
 * What a new connection in the place of a lost one must have, beside what the manifest says of it. Written with
 * every freeze, because nobody knows whether the held one will live.
 */
export const reconnectDataSchema = z.object({sockets: z.array(socket), buses: z.array(bus)});
export type ReconnectData = z.infer<typeof reconnectDataSchema>;
