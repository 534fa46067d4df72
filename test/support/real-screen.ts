import path from 'node:path';
import type {ExecutionContext} from 'ava';
import type {PrivateBus} from '../../src/dbus/private-bus.js';
import {program} from './cli.js';
import {openPty, type Pty, type PtyOptions} from './pty.js';

/** Milliseconds that a machine under load may take to show what comes next. */
const patience = 30_000;

/** The built program's screen on a terminal of its own, with a real bus and a real CRIU behind it. */
export class RealScreen {
	constructor(readonly pty: Pty) {}

	/** The state dir has a space in its name: whatever is said of it must be good for a shell. */
	static stateDir(bus: PrivateBus): string {
		return path.join(bus.dir, 'its state');
	}

	/** On a bus of the test; returns when the connections are there. */
	static async on(
		t: ExecutionContext,
		bus: PrivateBus,
		options: PtyOptions & {args?: readonly string[]} = {},
	): Promise<RealScreen> {
		const {args = [], env, ...rest} = options;
		const words = ['--address', bus.address, '--state-dir', RealScreen.stateDir(bus), ...args];
		const screen = RealScreen.start(t, words, {...rest, env: {...bus.env, ...env}});
		await screen.see(/Demo\.Counter/);
		return screen;
	}

	static start(t: ExecutionContext, args: readonly string[], options: PtyOptions = {}): RealScreen {
		const pty = openPty([process.execPath, program, ...args], options);
		t.teardown(() => pty.kill());
		return new RealScreen(pty);
	}

	see(pattern: RegExp): Promise<string> {
		return this.pty.until(pattern, patience);
	}

	seeNoMore(pattern: RegExp): Promise<string> {
		return this.pty.untilNot(pattern, patience);
	}

	/** Types, and waits for what must follow. */
	async press(keys: string, expected: RegExp): Promise<string> {
		this.pty.write(keys);
		return this.see(expected);
	}

	/** `f`, `y`: the freeze of the chosen service waits at its first stage. */
	async beginFreeze(): Promise<void> {
		await this.press('f', /y freezes it/);
		await this.press('y', /◉ snapshot/);
	}

	/** The whole freeze of the chosen service. */
	async freeze(): Promise<void> {
		await this.beginFreeze();
		await this.press('c', /is frozen, its names still owned/);
	}

	/** `t`, `y`: the thaw of the chosen service waits at its first stage. */
	async beginThaw(): Promise<void> {
		await this.press('t', /y thaws it/);
		await this.press('y', /◉ pre-restore/);
	}

	/** What was printed after the screen was left. */
	afterwards(): string {
		return this.pty.output().split('\u001b[?1049l').at(-1) ?? '';
	}
}
