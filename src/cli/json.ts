/** JSON escapes the first 32 control characters only; these too can fool a terminal. */
const unsafe = /[\u007f-\u009f]|[\p{Cf}\p{Zl}\p{Zp}]/gu;

/** One line of JSON that is safe to print: the characters that `escapeText` makes visible are `\uXXXX`. */
export function jsonText(value: unknown): string {
	return escapeJson(JSON.stringify(value));
}

function escapeJson(json: string): string {
	return json.replace(unsafe, (character) =>
		Array.from({length: character.length}, (_, unit) => {
			return `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`;
		}).join(''),
	);
}
