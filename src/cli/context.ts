import type {Language} from '../i18n/index.js';

/** Which bus the user asked for; `dbus/address.ts` turns it into addresses. */
export type BusChoice = {kind: 'system'} | {kind: 'session'} | {kind: 'address'; address: string};

/** The global options, resolved; what every command gets beside its own arguments. */
export interface CommandContext {
	bus: BusChoice;
	stateDir: string;
	/** False when the user named the state dir: hints must then name it too. */
	isDefaultStateDir: boolean;
	/** Path of a criu binary, when the user named one. */
	criu?: string;
	json: boolean;
	language: Language;
	/** Data only. */
	stdout: NodeJS.WriteStream;
	/** Messages, progress, questions. */
	stderr: NodeJS.WriteStream;
	stdin: NodeJS.ReadStream;
	env: NodeJS.ProcessEnv;
}

/** A command: parse → ask the keeper or a room → print. Returns the exit code; throws `Fault` on failure. */
export type Command<Options> = (context: CommandContext, options: Options) => Promise<number>;
