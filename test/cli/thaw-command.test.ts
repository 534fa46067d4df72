import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {type Call, thawCommand} from '../../src/cli/thaw-command.js';
import {temporaryFolder} from '../support/compile.js';

const inDefault = {stateDir: '/var/lib/dbusfreeze', isDefaultStateDir: true};
const elsewhere = {stateDir: "/srv/it's here", isDefaultStateDir: false};

/** As the shell starts a program that a package manager has linked into $PATH. */
function installed(folder: string, env: NodeJS.ProcessEnv = {}): Call {
	const entry = path.join(folder, 'main.js');
	fs.writeFileSync(entry, '');
	fs.symlinkSync(entry, path.join(folder, 'dbusfreeze-tui'));
	return {argv: [process.execPath, path.join(folder, 'dbusfreeze-tui')], env: {PATH: folder, ...env}};
}

test('an installed program is called by its name, a checkpoint in the default place by its own', (t) => {
	const call = installed(temporaryFolder(t));
	t.is(
		thawCommand(inDefault, '/var/lib/dbusfreeze/checkpoints/counter-1', call),
		'dbusfreeze-tui thaw counter-1',
	);
	t.is(thawCommand(inDefault, '/srv/images', call), 'dbusfreeze-tui thaw /srv/images');
});

test('another state dir is named, good for a shell', (t) => {
	const call = installed(temporaryFolder(t));
	t.is(
		thawCommand(elsewhere, "/srv/it's here/checkpoints/counter-1", call),
		String.raw`dbusfreeze-tui --state-dir '/srv/it'\''s here' thaw counter-1`,
	);
});

test('under sudo the user has no root rights, and maybe no Node in the path', (t) => {
	const call = installed(temporaryFolder(t), {SUDO_USER: 'jan'});
	t.is(thawCommand(inDefault, '/srv/images', call), 'sudo dbusfreeze-tui thaw /srv/images');
	const argv = ['/opt/node', '/srv/app/dist/cli/main.js'];
	t.is(
		thawCommand(inDefault, '/srv/images', {argv, env: {PATH: '/opt', SUDO_USER: 'jan'}}),
		'sudo /opt/node /srv/app/dist/cli/main.js thaw /srv/images',
	);
});

test('from a checkout it is called as it was, by the Node that ran it', (t) => {
	const folder = temporaryFolder(t);
	fs.symlinkSync(process.execPath, path.join(folder, 'node'));
	const argv = [process.execPath, '/srv/app/dist/cli/main.js'];
	t.is(
		thawCommand(inDefault, '/srv/images', {argv, env: {PATH: folder}}),
		'node /srv/app/dist/cli/main.js thaw /srv/images',
	);
	t.is(
		thawCommand(inDefault, '/srv/images', {argv, env: {PATH: '/nowhere'}}),
		`${process.execPath} /srv/app/dist/cli/main.js thaw /srv/images`,
	);
});
