import {messages} from '../messages.mjs';
import {which} from './command.mjs';
import {SetupError} from './report.mjs';

/** The npm that started us, else the one in PATH; under the Node that runs now, as it is the one npm came with. */
export function npmCommand(env = process.env) {
	if (env.npm_execpath?.endsWith('.js')) return [process.execPath, env.npm_execpath];
	const npm = which('npm', env);
	if (npm === undefined) throw new SetupError(messages.noNpm);
	return [npm];
}
