import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import {
	debianMirrors,
	parseDeb822,
	parseOneLine,
	readSources,
	releaseCodename,
	sourceFor,
} from '../../scripts/setup/apt-sources.mjs';

test('one-line sources: options, comments, other types', (t) => {
	const text = `# deb http://off.example/debian bookworm main
deb http://mirror.example/debian bookworm main contrib # remark
deb-src http://mirror.example/debian bookworm main
  deb [ arch=amd64,i386 signed-by=/k/debian.gpg ] https://other.example/debian trixie main
deb http://flat.example/ ./
`;
	t.deepEqual(parseOneLine(text), [
		{
			uris: ['http://mirror.example/debian'],
			suites: ['bookworm'],
			components: ['main', 'contrib'],
			signedBy: undefined,
		},
		{
			uris: ['https://other.example/debian'],
			suites: ['trixie'],
			components: ['main'],
			signedBy: '/k/debian.gpg',
		},
		{uris: ['http://flat.example/'], suites: ['./'], components: [], signedBy: undefined},
	]);
});

test('deb822 sources: several words, comments inside, disabled ones, keys in the file itself', (t) => {
	const text = `# about this file
Types: deb deb-src
# an older mirror
URIs: http://a.example/debian http://b.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
Components: main

types: deb\r
uris: http://c.example/debian\r
suites: trixie\r
components: main non-free\r
signed-by:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb-src
URIs: http://d.example/debian
Suites: trixie
Components: main
`;
	const [first, second, ...rest] = parseDeb822(text);
	t.deepEqual(first, {
		uris: ['http://a.example/debian', 'http://b.example/debian'],
		suites: ['bookworm', 'bookworm-updates'],
		components: ['main'],
		signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
	});
	t.is(
		second?.signedBy,
		'\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n -----END PGP PUBLIC KEY BLOCK-----',
	);
	t.deepEqual(second?.components, ['main', 'non-free']);
	t.deepEqual(rest, []);
});

test("only Debian's own whole releases are mirrors, those that look like Debian's first", (t) => {
	const source = (uri: string, suite: string, component = 'main') => ({
		uris: [uri],
		suites: [suite],
		components: [component],
		signedBy: undefined,
	});
	const mirrors = debianMirrors(
		[
			source('http://imitator.example/apt', 'bookworm'),
			source('http://security.example/debian-security', 'bookworm-security'),
			source('http://node.example/node_20.x', 'nodistro'),
			source('http://docker.example/linux/debian', 'bookworm', 'stable'),
			source('http://mirror.example/debian', 'bookworm'),
			source('http://mirror.example/debian', 'stable'),
			source('http://cache.example:3142/ftp.example/debian/', 'bookworm'),
		],
		'bookworm',
	);
	t.deepEqual(
		mirrors.map(({uri}) => uri),
		[
			'http://mirror.example/debian',
			'http://cache.example:3142/ftp.example/debian/',
			'http://imitator.example/apt',
		],
	);
});

test('a source for another suite says who signs it, and reads back', (t) => {
	for (const signedBy of ['/k.gpg', '\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc', undefined]) {
		const text = sourceFor({uri: 'http://mirror.example/debian', signedBy}, 'testing');
		t.deepEqual(parseDeb822(text), [
			{uris: ['http://mirror.example/debian'], suites: ['testing'], components: ['main'], signedBy},
		]);
	}
});

test('all files that apt reads are read, and no others', (t) => {
	const etc = fs.mkdtempSync(path.join(os.tmpdir(), 'dbusfreeze-test-'));
	t.teardown(() => fs.rmSync(etc, {recursive: true}));
	t.deepEqual(readSources(etc), []);
	fs.mkdirSync(path.join(etc, 'sources.list.d'));
	fs.writeFileSync(path.join(etc, 'sources.list'), 'deb http://1.example/debian bookworm main\n');
	const part = (name: string, text: string) => fs.writeFileSync(path.join(etc, 'sources.list.d', name), text);
	part('a.list', 'deb http://2.example/debian bookworm main\n');
	part('b.sources', 'Types: deb\nURIs: http://3.example/debian\nSuites: bookworm\nComponents: main\n');
	part('c.list.save', 'deb http://4.example/debian bookworm main\n');
	t.deepEqual(
		readSources(etc).flatMap(({uris}) => uris),
		[1, 2, 3].map((n) => `http://${n}.example/debian`),
	);
});

test("the release's code name comes from os-release", (t) => {
	t.is(releaseCodename('ID=debian\nVERSION_CODENAME=trixie\nID_LIKE=x\n'), 'trixie');
	t.is(releaseCodename('VERSION_CODENAME="noble"\n'), 'noble');
	t.is(releaseCodename('ID=arch\n'), undefined);
});
