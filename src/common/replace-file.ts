import fs from 'node:fs';

/**
 * Replaces `file` in one step: whoever reads it sees the old content or the new one, never a half, however this
 * program ends. Mode 0600. It does not wait for the disk (`syncTree` does): a target may stand still meanwhile.
 */
export function replaceFile(file: string, content: string | Uint8Array): void {
	const temporary = `${file}.new`;
	fs.writeFileSync(temporary, content, {mode: 0o600});
	fs.renameSync(temporary, file);
}
