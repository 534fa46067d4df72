// The sentences of the repository's own commands. They run before anything is installed or built, so they
// cannot come from src/i18n. The last line of `npm test` is for programs and is the same in all languages.

const en = {
	usage:
		'usage: npm run setup | npm run demo [-- ARGS] | npm test [-- FILES] | npm run test:services [-- --rest | NAMES] | npm run fuzz [-- FRAMES [SEED]] | npm run soak [-- --count N --seed N] | npm run endurance [-- --count N] | npm run bench [-- ARGS] | npm run test:reboot',
	failed: 'failed',
	steps: {
		packages: (names) => `install Debian packages: ${names.join(' ')}`,
		node: (version) => `fetch Node 24 (this one is ${version})`,
		npm: 'install npm packages',
		build: 'build the program',
		fixtures: 'build the demo services',
		criu: 'fetch a private CRIU',
		broker: 'fetch a dbus-broker for the tests',
		check: (version) => `check CRIU ${version} on this kernel`,
		kernel: (name) => `fetch a kernel (${name})`,
		image: 'make the disk of a machine',
		root: (suite, names) => `make a Debian root (${suite}: ${names.join(' ')})`,
	},
	said: 'It said:',
	noRoot: (names, programs) =>
		`Missing on this machine: ${programs.join(', ')}.\nInstall them as root, then try again:\n  apt-get install ${names.join(' ')}`,
	noApt: (names, programs) =>
		`Missing on this machine: ${programs.join(', ')}. There is no apt-get here to install them.\nInstall with this system's package manager what Debian calls: ${names.join(' ')}`,
	aptFailed: (names) =>
		`apt-get could not install: ${names.join(' ')}.\nIs there a network, and do the files in /etc/apt name a mirror that can be reached? Once they do:\n  apt-get update && apt-get install ${names.join(' ')}`,
	npmFailed: (command) =>
		`npm could not install the packages. Is there a network or a registry that can be reached (npm config get registry)? Once there is:\n  ${command}`,
	noNpm: 'npm is missing. Install it (on Debian: apt-get install npm), then try again.',
	noNodeBuild: (version, arch) =>
		`Node ${version} is too old and there is no ready Node 24 for ${arch}. Install Node 24, then try again.`,
	buildFailed: 'The program could not be built.',
	fixturesFailed: 'The demo services could not be built.',
	noCriu: (found) =>
		`No usable CRIU: ${found}, and 4.2 or newer is needed.\nInstall one so that it is in PATH, or name a folder with an executable "criu" in DBUSFREEZE_CRIU_DIR.`,
	criuNone: 'there is none on this machine',
	criuOld: (file, version) => `${file} is version ${version}`,
	criuBad: (file) => `"${file} check" fails on this kernel`,
	noCriuApt: (found) =>
		`No usable CRIU (${found}), and there is no apt-get here to fetch 4.2 or newer.\nInstall CRIU >= 4.2 so that it is in PATH.`,
	noCriuMirror: (found) =>
		`No usable CRIU (${found}), and /etc/apt names no Debian mirror from which 4.2 or newer could be fetched.\nInstall CRIU >= 4.2 so that it is in PATH.`,
	criuFetchFailed: (suites) =>
		`CRIU 4.2 or newer could not be fetched from Debian's ${suites.join(', ')}.\nIs there a network, and can the mirror that /etc/apt names be reached? Otherwise install CRIU >= 4.2 so that it is in PATH.`,
	criuCheckFailed: (file) =>
		`This kernel cannot freeze and thaw: "${file} check" fails. A kernel with CONFIG_CHECKPOINT_RESTORE is needed, and enough capabilities (in a container: --privileged).`,
	noBroker:
		'There is no dbus-broker here and none could be fetched from Debian: its tests are skipped. To run them, install it or name the program in DBUSFREEZE_BROKER.',
	rootNoSuite: 'No Debian root can be made: /etc/os-release does not tell the release of this machine.',
	rootNoMirror: 'No Debian root can be made: /etc/apt names no Debian mirror.',
	rootFailed: (folder) =>
		`The Debian root ${folder} could not be made.\nIs there a network, can the mirror that /etc/apt names be reached, and is there room on the disk?`,
	rebootX64:
		'npm run test:reboot emulates x86-64 machines with the programs of this one, which is no x86-64.',
	rebootRoot: 'npm run test:reboot needs root, to make a Debian root.',
	kernelFailed: (name) => `The kernel ${name} could not be fetched from Debian. Is there a network?`,
	someSkipped: (programs) => `Not on this machine, so that some tests are skipped: ${programs.join(', ')}.`,
	testNames: {lint: 'lint (biome)', types: 'types (tsc)'},
};

/** @type {typeof en} */
const zhCN = {
	usage:
		'用法：npm run setup | npm run demo [-- 参数] | npm test [-- 文件] | npm run test:services [-- --rest | 名称] | npm run fuzz [-- 帧数 [种子]] | npm run soak [-- --count 数目 --seed 种子] | npm run endurance [-- --count 数目] | npm run bench [-- 参数] | npm run test:reboot',
	failed: '失败',
	steps: {
		packages: (names) => `安装 Debian 软件包：${names.join(' ')}`,
		node: (version) => `下载 Node 24（当前版本为 ${version}）`,
		npm: '安装 npm 软件包',
		build: '构建程序',
		fixtures: '构建演示服务',
		criu: '下载专用的 CRIU',
		broker: '下载测试用的 dbus-broker',
		check: (version) => `检查 CRIU ${version} 能否在此内核上工作`,
		kernel: (name) => `下载内核（${name}）`,
		image: '制作虚拟机磁盘',
		root: (suite, names) => `制作 Debian 根目录（${suite}：${names.join(' ')}）`,
	},
	said: '它的输出：',
	noRoot: (names, programs) =>
		`这台机器缺少：${programs.join('、')}。\n请以 root 身份安装后重试：\n  apt-get install ${names.join(' ')}`,
	noApt: (names, programs) =>
		`这台机器缺少：${programs.join('、')}，也没有 apt-get 可用来安装。\n请用本系统的软件包管理器安装（Debian 中的包名）：${names.join(' ')}`,
	aptFailed: (names) =>
		`apt-get 未能安装：${names.join(' ')}。\n请检查网络，以及 /etc/apt 中配置的镜像能否访问。恢复之后执行：\n  apt-get update && apt-get install ${names.join(' ')}`,
	npmFailed: (command) =>
		`npm 未能安装软件包。请检查网络，以及软件源能否访问（npm config get registry）。恢复之后执行：\n  ${command}`,
	noNpm: '缺少 npm。请先安装（Debian 上：apt-get install npm），然后重试。',
	noNodeBuild: (version, arch) =>
		`Node ${version} 版本过低，且没有适用于 ${arch} 的 Node 24 成品。请安装 Node 24 后重试。`,
	buildFailed: '程序构建失败。',
	fixturesFailed: '演示服务构建失败。',
	noCriu: (found) =>
		`没有可用的 CRIU：${found}，而本程序需要 4.2 或更新的版本。\n请安装并使其位于 PATH 中，或用 DBUSFREEZE_CRIU_DIR 指定一个含有可执行文件 “criu” 的文件夹。`,
	criuNone: '这台机器上没有安装',
	criuOld: (file, version) => `${file} 的版本是 ${version}`,
	criuBad: (file) => `“${file} check” 在此内核上失败`,
	noCriuApt: (found) =>
		`没有可用的 CRIU（${found}），也没有 apt-get 可用来下载 4.2 或更新的版本。\n请安装 CRIU >= 4.2，并使其位于 PATH 中。`,
	noCriuMirror: (found) =>
		`没有可用的 CRIU（${found}），而 /etc/apt 中没有可供下载 4.2 或更新版本的 Debian 镜像。\n请安装 CRIU >= 4.2，并使其位于 PATH 中。`,
	criuFetchFailed: (suites) =>
		`未能从 Debian 的 ${suites.join('、')} 下载 CRIU 4.2 或更新的版本。\n请检查网络，以及 /etc/apt 中配置的镜像能否访问；也可以自行安装 CRIU >= 4.2，并使其位于 PATH 中。`,
	criuCheckFailed: (file) =>
		`此内核无法冻结和恢复进程：“${file} check” 失败。需要启用了 CONFIG_CHECKPOINT_RESTORE 的内核以及足够的权能（容器中请使用 --privileged）。`,
	noBroker:
		'这台机器没有 dbus-broker，也未能从 Debian 下载：相关测试将被跳过。若要运行，请安装它，或用 DBUSFREEZE_BROKER 指定其程序。',
	rootNoSuite: '无法制作 Debian 根目录：/etc/os-release 没有说明本机的发行版。',
	rootNoMirror: '无法制作 Debian 根目录：/etc/apt 中没有 Debian 镜像。',
	rootFailed: (folder) =>
		`未能制作 Debian 根目录 ${folder}。\n请检查网络、/etc/apt 中配置的镜像能否访问，以及磁盘空间是否足够。`,
	rebootX64: 'npm run test:reboot 用本机的程序模拟 x86-64 机器，而本机不是 x86-64。',
	rebootRoot: 'npm run test:reboot 需要 root 权限来制作 Debian 根目录。',
	kernelFailed: (name) => `未能从 Debian 下载内核 ${name}。请检查网络。`,
	someSkipped: (programs) => `本机没有以下程序，部分测试将跳过：${programs.join('、')}。`,
	testNames: {lint: '代码检查（biome）', types: '类型检查（tsc）'},
};

/** Chosen as the program itself does: any Chinese locale of the environment, in POSIX's order of precedence. */
export function messagesFor(env) {
	const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || '';
	return locale.startsWith('zh') ? zhCN : en;
}

export const messages = messagesFor(process.env);
