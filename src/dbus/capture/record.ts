import type {ByteQueue} from '../held/byte-queue.js';

/** What is wrong with a capture; `i18n` knows the sentences. */
export type CaptureDefect = 'format' | 'no-dbus' | 'record-size' | 'block';

/** A file that is no capture, or no longer one from here on. */
export class CaptureError extends Error {
	override name = 'CaptureError';

	constructor(readonly defect: CaptureDefect) {
		super(defect);
	}
}

/**
 * One message of a file, captured at `at` (milliseconds since the epoch); `whole` is its true size where the
 * capture kept less of it. The bytes stay valid.
 */
export type RecordListener = (bytes: Buffer, at: number, whole: number) => void;

/** Reads one file format. */
export interface RecordReader {
	/** Takes all whole records from the queue, and leaves the rest. Throws CaptureError. */
	read(queue: ByteQueue): void;
}
