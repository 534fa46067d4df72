import {createRequire} from 'node:module';
import {PassThrough, Writable} from 'node:stream';

/** Only what is used of blessed's untyped off-screen side. */
interface BlessedScreen {
	append(widget: unknown): void;
	render(): void;
	draw: () => void;
	/** Of the columns and rows [from, to). */
	screenshot(fromColumn: number, toColumn: number, fromRow: number, toRow: number): string;
	destroy(): void;
	program: {destroy?: () => void};
}

interface Blessed {
	Screen: (new (options: object) => BlessedScreen) & {_bound?: boolean; total: number};
	Program: (new (options: object) => {destroy?: () => void}) & {_bound?: boolean; total: number};
}

// Both packages are CommonJS without usable types.
const require = createRequire(import.meta.url);
let loaded: Blessed | undefined;

/** Loads blessed without letting it install its process-wide exit handlers. */
function blessed(): Blessed {
	if (!loaded) {
		const library = require('blessed') as Blessed;
		library.Screen._bound = true;
		library.Program._bound = true;
		// The last one to go takes away handlers that were never there: so none is ever the last.
		library.Screen.total = 1;
		library.Program.total = 1;
		loaded = library;
	}
	return loaded;
}

/** A terminal that shows nothing; blessed asks it for its size. */
class Sink extends Writable {
	readonly isTTY = false;

	constructor(
		readonly columns: number,
		readonly rows: number,
	) {
		super({write: (_chunk, _encoding, done) => done()});
	}
}

/** Widgets of blessed-contrib by their own module path: loading the whole package would take 24 MB. */
const widgets = {
	line: 'blessed-contrib/lib/widget/charts/line',
	bar: 'blessed-contrib/lib/widget/charts/bar',
} as const;

export type WidgetKind = keyof typeof widgets;

export interface LineSeries {
	title: string;
	x: string[];
	y: number[];
	style?: {line: string};
}

export interface LineWidget {
	setData(series: LineSeries[]): void;
}

export interface BarWidget {
	setData(bars: {titles: string[]; data: number[]}): void;
}

/** One widget of blessed-contrib, drawn into a string instead of a terminal. A new size needs a new one. */
export class OffscreenWidget<W> {
	readonly #screen: BlessedScreen;
	readonly #widget: W;

	constructor(kind: WidgetKind, columns: number, rows: number, options: object) {
		const {Program, Screen} = blessed();
		const program = new Program({
			input: new PassThrough(),
			output: new Sink(columns, rows),
			terminal: 'xterm-256color',
			tput: true,
			buffer: true,
			zero: true,
			forceUnicode: true,
			// Never look for a new size: the sink has none.
			resizeTimeout: 1e9,
		});
		this.#screen = new Screen({program, forceUnicode: true, fullUnicode: false, smartCSR: false});
		this.#screen.draw = () => undefined;
		const create = require(widgets[kind]) as (options: object) => W;
		this.#widget = create({top: 0, left: 0, width: columns, height: rows, ...options});
		this.#screen.append(this.#widget);
	}

	/** The upper left `columns` × `rows` as lines of text with SGR sequences. */
	frame(columns: number, rows: number, set: (widget: W) => void): string[] {
		set(this.#widget);
		this.#screen.render();
		return this.#screen.screenshot(0, columns, 0, rows).replace(/\n+$/, '').split('\n');
	}

	destroy(): void {
		this.#screen.destroy();
		this.#screen.program.destroy?.();
	}
}
