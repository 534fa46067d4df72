import {escapeText} from '../../common/escape.js';

/** Text that is HTML already; everything else is escaped where it is put in. */
export class Markup {
	constructor(readonly text: string) {}
}

type Part = Markup | string | number | undefined | readonly Part[];

const entities: Record<string, string> = {
	'&': '&amp;',
	'<': '&lt;',
	'>': '&gt;',
	'"': '&quot;',
	"'": '&#39;',
};

/**
 * HTML with values put in. Strings come from processes and the bus: they are escaped for a terminal first, so that
 * control and bidi characters are visible in a browser, too.
 */
export function html(texts: TemplateStringsArray, ...parts: Part[]): Markup {
	return new Markup(texts.map((text, index) => `${text}${render(parts[index])}`).join(''));
}

function render(part: Part): string {
	if (part === undefined) return '';
	if (part instanceof Markup) return part.text;
	if (Array.isArray(part)) return part.map(render).join('');
	return escapeText(String(part)).replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
