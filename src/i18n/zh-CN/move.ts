import type {ArchiveDefect} from '../../common/fault.js';
import type {MoveFaultTexts} from '../en/move.js';
import type {Catalogue} from '../index.js';

const defects: Record<ArchiveDefect, (entry: string) => string> = {
	format: () => '它不是打包的检查点',
	version: (entry) => `其格式版本为 ${entry}，本程序不认识`,
	truncated: () => '数据提前结束',
	damaged: () => '数据已损坏',
	index: (entry) => `其索引不合规定（${entry}）`,
	name: (entry) => `其中有文件名不被允许：“${entry}”`,
	type: (entry) => `其中的“${entry}”不是普通文件`,
	owner: (entry) => `其中的“${entry}”带有属主`,
	mode: (entry) => `其中的“${entry}”的访问权限不是 0600`,
	duplicate: (entry) => `其中“${entry}”出现了两次`,
	unlisted: (entry) => `其中有“${entry}”，而索引的此处没有`,
	missing: () => '缺少索引中列出的文件',
	size: (entry) => `“${entry}”的大小与索引不符`,
	bomb: () => '解开后比索引所说的大',
	checksum: (entry) => `“${entry}”与校验和不符`,
	manifest: () => '其 manifest.json 不是检查点的清单',
	layout: (entry) => `它不是可读取的 OCI 映像布局（${entry}）`,
	'no-such-tag': (entry) => `其中没有名为“${entry}”的映像`,
	'not-ours': (entry) => `其中的“${entry}”不是本程序的检查点`,
};
const fileReasons: Record<string, string> = {
	ENOENT: '没有这个文件',
	EISDIR: '它是目录',
	EACCES: '权限不足',
};
const sendReasons: Record<string, string> = {
	'no-ssh': '没有安装 ssh 程序',
	'no-receiver': '对方没有 dbusfreeze-tui 应答',
	closed: '连接中断',
};
const keyKinds = {
	recipient: '接收者公钥（age1…）',
	identity: '私钥（AGE-SECRET-KEY-1…）',
	passphrase: '口令',
} as const;

function megabytes(bytes: number): string {
	return (bytes / 1e6).toFixed(1);
}

export const moveFaults: MoveFaultTexts = {
	'no-archive': ({path, reason}) => ({
		message: `无法读取 ${path}：${fileReasons[reason] ?? reason}。`,
		hint: '请指定“dbusfreeze-tui pack”写出的文件，或 oci:DIR[:TAG]。',
	}),
	'bad-archive': ({path, defect, entry}) => ({
		message: `无法解包 ${path}：${defects[defect](entry)}。`,
		hint: '其内容均未保留。请从打包之处重新完整复制；若仍不行，请不要信任它。',
	}),
	'archive-locked': ({path, why}) => ({
		message: why === 'no-key' ? `${path} 已加密，而没有给出密钥。` : `${path} 已加密，给出的密钥打不开它。`,
		hint: '请给出 --passphrase、--passphrase-file FILE、--passphrase-fd N 或 --identity FILE。',
	}),
	'bad-key': ({kind, key}) => ({
		message: key === '' ? `这不是有效的${keyKinds[kind]}。` : `“${key}”不是有效的${keyKinds[kind]}。`,
		hint: '密钥为 age 的密钥，可用 age-keygen 生成。口令不能为空。',
	}),
	'no-space': ({path, needed, free}) => ({
		message: `${path} 需要 ${megabytes(needed)} MB，而可用空间只有 ${megabytes(free)} MB。`,
		hint: '请腾出空间，或用 --output 或 --state-dir 选择其他目录。',
	}),
	unpackable: ({checkpoint, what}) => ({
		message: `无法打包 ${checkpoint}：${what} 缺失或不是普通文件。`,
		hint: '请重新冻结，以得到完整的检查点。',
	}),
	'checkpoint-changed': ({checkpoint}) => ({
		message: `${checkpoint} 在打包过程中发生了变化。`,
		hint: '未写出任何东西。请用“dbusfreeze-tui checkpoints”查看其状态，然后再试。',
	}),
	moved: ({checkpoint, to, thawed}) => ({
		message: thawed
			? `${checkpoint} 已移到 ${to} 并在那里解冻。`
			: `${checkpoint} 已移到 ${to}；在此处再解冻会变成两个。`,
		hint: '请在那里解冻。如果那里的副本已不复存在，可用 --force 解冻此处的。',
	}),
	'copy-lives': ({checkpoint, other, standing}) => ({
		message:
			standing === 'thawed'
				? `${checkpoint} 是 ${other} 的副本，而后者已经解冻。`
				: `${checkpoint} 是 ${other} 的副本，而后者连同其连接正冻结于此。`,
		hint:
			standing === 'thawed'
				? '第二个会以它的名义行事；如果第一个已不复存在，可用 --force。'
				: `请改为解冻 ${other}，这样能保住连接；或使用 --force。`,
	}),
	'send-failed': ({to, reason, sent, total}) => ({
		message: `发送到 ${to} 失败：${sendReasons[reason] ?? reason}${total > 0 ? `（已发送 ${megabytes(sent)} MB，共 ${megabytes(total)} MB）` : ''}。`,
		hint: '请再次运行同一命令，它会从中断处继续。此处的检查点保持原样。',
	}),
	'bad-peer': ({detail}) => ({
		message: `对方不懂“dbusfreeze-tui send”的协议：${detail}。`,
		hint: '“receive”由“send”通过 ssh 调用，无需手动运行。两端的版本必须相同。',
	}),
};

export const move: Catalogue['cli']['move'] = {
	help: {
		pack: '把检查点打包成一个文件，以便在别处解冻（oci:DIR[:TAG]：写入 OCI 映像布局）',
		unpack: '全面检查后解开打包的检查点（oci:DIR[:TAG]：取自 OCI 映像布局）',
		send: '通过 ssh 把已冻结的服务移到另一台机器',
		receive: 'send 的另一端（由 ssh 调用）',
		recipient: '为此 age 公钥的所有者加密（可重复）',
		passphrase: '询问口令',
		passphraseFile: '从此文件的第一行读取口令',
		passphraseFd: '从此描述符读取口令',
		identity: '含有 age 私钥的文件（可重复）',
		sshOption: '传给 ssh 的选项，同其 -o（可重复）',
		remoteCommand: '在对方如何调用 dbusfreeze-tui，例如 "sudo dbusfreeze-tui"',
		forceThaw: '即使副本已移走或已解冻',
	},
	askPassphrase: '口令：',
	askAgain: '请再输入一次：',
	different: '两次输入的口令不同。',
	oneKey: '--recipient、--passphrase、--passphrase-file 和 --passphrase-fd 只能选其一',
	noTerminal: '--passphrase 会询问口令，需要终端；请改用 --passphrase-file 或 --passphrase-fd',
	badFd: (text) => `“${text}”不是可读取的描述符`,
	badHost: (text) => `“${text}”不是可以交给 ssh 的主机`,
	progress: {pack: '正在打包', send: '正在发送', receive: '正在接收', unpack: '正在解包'},
	packed: (name, file, before, after) => `${name} 已打包到 ${file}（${after}；原为 ${before}）。`,
	encrypted: '  它已加密。',
	secret: '  其中含有进程的内存且未加密：请当作机密保管。',
	connectionStays: (name) => `  总线连接留在此处：在别处 ${name} 会得到新连接，仍发到此处的消息在此处等待。`,
	notPortable: (reasons) => `  它不能在别处解冻：${reasons}`,
	unpacked: (name, dir) => `${name} 已解包：${dir}`,
	from: (hostname, time) => `  打包于 ${hostname}，${time}。`,
	sent: (name, to, size) => `${name} 现在位于 ${to}（已发送 ${size}）。`,
	sentThere: (name) => `  它在那里名为 ${name}；在那里运行“dbusfreeze-tui thaw”即可使其继续运行。`,
	noLongerHere: '  此处已标记为移走，只有用 --force 才会解冻。',
	already: (to) => `它已在 ${to} 上。`,
	alreadyThawed: (to) => `它已在 ${to} 上，并已在那里解冻。`,
	cameBack: (name) => `  它原本来自那里：${name} 又可在那里解冻。`,
	movedState: (to) => `已移到 ${to}`,
	copies: (places) => `它有副本，可能正在别处运行：${places}`,
};
