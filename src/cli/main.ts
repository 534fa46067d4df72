#!/usr/bin/env node
import module from 'node:module';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
	// The libraries do not even load on older ones, so no catalogue of sentences either.
	process.stderr.write(
		`dbusfreeze-tui needs Node.js 22.15 or newer; this is ${process.versions.node}. 需要 Node.js 22.15 或更新版本。\n` +
			'In a checkout, "npm run demo" brings its own.\n',
	);
	process.exitCode = 3;
} else {
	// Compiled code is cached between runs: a third of the start-up time of a plain command.
	module.enableCompileCache();
	const {runProgram} = await import('./program.js');
	process.exitCode = await runProgram(process.argv.slice(2));
}
