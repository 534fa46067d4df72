/** Bytes that are no D-Bus message. The text is for logs and tests; it names what was wrong and where. */
export class WireError extends Error {
	override name = 'WireError';
}
