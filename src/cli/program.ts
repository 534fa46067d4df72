import {Argument, CommanderError, InvalidArgumentError, Option, Command as Program} from 'commander';
import {defaultStateDir} from '../checkpoint/state-dir.js';
import {type Language, languageOf, messages, setLanguage} from '../i18n/index.js';
import type {Command, CommandContext} from './context.js';
import {reportError} from './report.js';

interface GlobalOptions {
	system?: boolean;
	session?: boolean;
	address?: string;
	stateDir?: string;
	criu?: string;
	json?: boolean;
	lang?: Language;
	readOnly?: boolean;
}

/**
 * Parses the command line and runs the command. Each command's code is loaded only when it runs, so that plain
 * ones start fast. @returns the exit code of the command contract.
 */
export async function runProgram(argv: string[]): Promise<number> {
	setLanguage(languageFrom(argv));
	let exitCode = 0;
	const program = build((context, command) => async (options) => {
		try {
			exitCode = await (await command())(context(), options);
		} catch (error) {
			exitCode = reportError(error, context());
		}
	});
	try {
		await program.parseAsync(argv, {from: 'user'});
	} catch (error) {
		if (!(error instanceof CommanderError)) throw error;
		// commander has printed its message already; help and version are no errors.
		exitCode = error.exitCode === 0 ? 0 : 2;
	}
	return exitCode;
}

/** Turns a lazily loaded command into commander's action. */
type Runner = <Options>(
	context: () => CommandContext,
	command: () => Promise<Command<Options>>,
) => (options: Options) => Promise<void>;

function build(run: Runner): Program {
	const text = {...messages().cli.help, move: messages().cli.move.help};
	const program = new Program('dbusfreeze-tui').description(text.program).exitOverride();
	const context = () => contextOf(program.opts<GlobalOptions>());
	program
		.addOption(new Option('--system', text.system).conflicts(['session', 'address']))
		.addOption(new Option('--session', text.session).conflicts(['system', 'address']))
		.addOption(new Option('--address <address>', text.address).conflicts(['system', 'session']))
		.option('--state-dir <dir>', text.stateDir)
		.option('--criu <path>', text.criu)
		.option('--json', text.json)
		.addOption(new Option('--lang <language>', text.lang).choices(['en', 'zh-CN']))
		.option('--read-only', text.readOnly)
		.addHelpText('after', text.examples)
		.action(() =>
			run(context, async () => (await import('./commands/tui.js')).run)({readOnly: program.opts().readOnly}),
		);

	const stepping = (command: Program) =>
		command.option('--step', text.step).option('--verify-memory', text.verifyMemory);
	const freezing = (command: Program) =>
		stepping(command)
			.option('--output <dir>', text.output)
			.addOption(
				new Option('--while-frozen <policy>', text.whileFrozen).choices(['queue', 'refuse']).default('queue'),
			)
			.addOption(new Option('--hold <what>', text.hold).choices(['needed', 'all']).default('needed'))
			.option('--portable', text.portable)
			.option('--capture', text.capture);

	program
		.command('demo')
		.description(text.demo)
		.option('--auto', text.auto)
		.action((options) => run(context, async () => (await import('./commands/demo.js')).run)(options));
	program
		.command('doctor [target]')
		.description(text.doctor)
		.action((target) => run(context, async () => (await import('./commands/doctor.js')).run)({target}));
	program
		.command('list')
		.description(text.list)
		.action((options) => run(context, async () => (await import('./commands/list.js')).run)(options));
	const traffic = (command: Program) =>
		command
			.option('--match <rule>', text.match, (rule: string, rules: string[]) => [...rules, rule], [])
			.option('--filter <text>', text.filter)
			.option('--pcap <file>', text.pcap)
			.option('--quiet', text.quiet)
			.option('--body', text.body)
			.option('--show-secrets', text.showSecrets)
			.option('--count <n>', text.count, positiveInteger);
	traffic(program.command('watch').description(text.watch)).action((options) =>
		run(context, async () => (await import('./commands/watch.js')).run)(options),
	);
	traffic(program.command('open <file>').description(text.open)).action((file, options) =>
		run(context, async () => (await import('./commands/open.js')).run)({file, ...options}),
	);
	const filters = program.command('filters').description(text.filters);
	filters.action(() => run(context, async () => (await import('./commands/filters.js')).run)({}));
	filters
		.command('save <name> <text>')
		.description(text.filterSave)
		.action((name, filter) =>
			run(context, async () => (await import('./commands/filters.js')).save)({name, text: filter}),
		);
	filters
		.command('remove <name>')
		.description(text.filterRemove)
		.action((name) => run(context, async () => (await import('./commands/filters.js')).remove)({name}));
	program
		.command('snapshot <target>')
		.description(text.snapshot)
		.action((target) => run(context, async () => (await import('./commands/snapshot.js')).run)({target}));
	freezing(program.command('freeze <target>').description(text.freeze))
		.option('--leave-running', text.leaveRunning)
		.action((target, options) =>
			run(context, async () => (await import('./commands/freeze.js')).run)({target, ...options}),
		);
	stepping(program.command('thaw <checkpoint>').description(text.thaw))
		.option('--reconnect', text.reconnect)
		.option('--leave-stopped', text.leaveStopped)
		.option('--stop-unit', messages().unit.options.stopUnit)
		.option('--other-cpu', text.otherCpu)
		.option('--pid-namespace', text.pidNamespace)
		.option('--force', text.move.forceThaw)
		.action((checkpoint, options) =>
			run(context, async () => (await import('./commands/thaw.js')).run)({checkpoint, ...options}),
		);
	freezing(program.command('cycle <target>').description(text.cycle)).action((target, options) =>
		run(context, async () => (await import('./commands/cycle.js')).run)({target, ...options}),
	);
	program
		.command('diff <checkpoint> [other]')
		.description(text.diff)
		.option('--html <file>', text.html)
		.option('--capture <file>', text.reportCapture)
		.option('--with-bodies', text.withBodies)
		.option('--with-environment', text.withEnvironment)
		.action((checkpoint, other, options) =>
			run(context, async () => (await import('./commands/diff.js')).run)({checkpoint, other, ...options}),
		);
	program
		.command('policy <checkpoint>')
		.description(text.policy)
		.addArgument(new Argument('<policy>', text.whileFrozen).choices(['queue', 'refuse']))
		.action((checkpoint, policy) =>
			run(context, async () => (await import('./commands/policy.js')).run)({checkpoint, policy}),
		);
	program
		.command('waiting <checkpoint>')
		.description(text.waiting)
		.option('--count <n>', text.listed, positiveInteger)
		.action((checkpoint, options) =>
			run(context, async () => (await import('./commands/waiting.js')).run)({checkpoint, ...options}),
		);
	program
		.command('explain <log>')
		.description(text.explain)
		.action((log) => run(context, async () => (await import('./commands/explain.js')).run)({log}));
	const many = (value: string, values: string[]) => [...values, value];
	const unlocking = (command: Program) =>
		command
			.option('--passphrase', text.move.passphrase)
			.option('--passphrase-file <file>', text.move.passphraseFile)
			.option('--passphrase-fd <n>', text.move.passphraseFd);
	unlocking(program.command('pack <checkpoint> <file>').description(text.move.pack))
		.option('--recipient <key>', text.move.recipient, many, [])
		.action((checkpoint, file, options) =>
			run(context, async () => (await import('./commands/pack.js')).run)({checkpoint, file, ...options}),
		);
	unlocking(program.command('unpack <file>').description(text.move.unpack))
		.option('--identity <file>', text.move.identity, many, [])
		.option('--output <dir>', text.output)
		.action((file, options) =>
			run(context, async () => (await import('./commands/unpack.js')).run)({file, ...options}),
		);
	program
		.command('send <checkpoint> <host>')
		.description(text.move.send)
		.option('-o, --ssh-option <option>', text.move.sshOption, many, [])
		.option('--remote-command <command>', text.move.remoteCommand, 'dbusfreeze-tui')
		.action((checkpoint, host, options) =>
			run(context, async () => (await import('./commands/send.js')).run)({checkpoint, host, ...options}),
		);
	program
		.command('receive')
		.description(text.move.receive)
		.action(() => run(context, async () => (await import('./commands/receive.js')).run)({}));
	const checkpoints = program.command('checkpoints').description(text.checkpoints);
	checkpoints.action(() => run(context, async () => (await import('./commands/checkpoints.js')).run)({}));
	checkpoints
		.command('repair')
		.description(text.repair)
		.action(() => run(context, async () => (await import('./commands/checkpoints.js')).repairAll)({}));
	checkpoints
		.command('remove <name>')
		.description(text.remove)
		.option('--force', text.force)
		.action((name, options) =>
			run(context, async () => (await import('./commands/checkpoints.js')).remove)({name, ...options}),
		);
	return program;
}

function contextOf(options: GlobalOptions): CommandContext {
	const {env, stdin, stdout, stderr} = process;
	return {
		bus: options.address
			? {kind: 'address', address: options.address}
			: {kind: options.session ? 'session' : 'system'},
		stateDir: options.stateDir ?? defaultStateDir(env),
		isDefaultStateDir: options.stateDir === undefined,
		...(options.criu === undefined ? {} : {criu: options.criu}),
		json: options.json ?? false,
		language: options.lang ?? languageOf(env),
		stdin,
		stdout,
		stderr,
		env,
	};
}

/** The help is printed while commander parses, so the language must be known before. */
function languageFrom(argv: string[]): Language {
	const at = argv.findIndex((argument) => argument === '--lang' || argument.startsWith('--lang='));
	const named = argv[at]?.split('=')[1] ?? (at >= 0 ? argv[at + 1] : undefined);
	return named === 'en' || named === 'zh-CN' ? named : languageOf(process.env);
}

function positiveInteger(text: string): number {
	if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError(messages().cli.notANumber(text));
	return Number(text);
}
