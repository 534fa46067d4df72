import type {ImageDefect} from '../../common/fault.js';
import type {CriuCause} from '../../criu/log-causes.js';
import type {Catalogue} from '../index.js';
import {bus} from './bus.js';
import {evidence} from './evidence.js';
import {findings} from './findings.js';
import {moveFaults} from './move.js';
import {unit} from './unit.js';

const defects: Record<ImageDefect, string> = {
	missing: '文件不存在',
	unreadable: '无法读取',
	'too-large': '远大于任何真实的映像文件',
	empty: '没有任何条目',
	truncated: '文件提前结束',
	'bad-magic': '开头不是该类文件的魔数',
	'bad-message': '有条目不是有效的 protobuf 消息',
	'missing-field': '有条目缺少必需的字段',
	'unknown-machine': '由不受支持的处理器架构写成',
};
const captureDefects: Record<string, string> = {
	format: '它不是捕获文件',
	'no-dbus': '其中捕获的不是 D-Bus',
	'record-size': '某条记录比任何 D-Bus 消息都大',
	block: '某个数据块已损坏',
	ENOENT: '没有这个文件',
	EISDIR: '它是一个文件夹',
};
const reasons: Record<string, string> = {
	ENOENT: '没有这个目录，或其中没有 manifest.json',
	ENOTDIR: '路径中的某一部分不是目录',
	EACCES: '没有权限',
	EROFS: '文件系统只读',
	ENOSPC: '空间不足',
	'not-listed': '它不在检查点列表中',
	'no-before': '其中没有冻结前的快照',
	'foreign-socket': '其目录或套接字属于其他用户',
	'open-socket': '其目录或套接字对其他用户开放',
	'not-started': '它没有启动',
	ended: '它已结束',
};
const reasonOf = (reason: string) => (Object.hasOwn(reasons, reason) ? reasons[reason] : reason) ?? reason;

const logProblems: Record<string, string> = {
	ENOENT: '没有这个文件或检查点',
	'not-criu': '它不像 CRIU 的日志',
	'no-log': '该目录中没有 dump.log，也没有 restore.log',
};
const criuProblems = {
	missing: () => '不存在',
	broken: () => '无法运行',
	'too-old': (version = '?') => `版本 ${version} 太旧`,
} as const;
const notNow = {
	'no-gate': () => '当前没有阶段在等待决定',
	'not-abortable': (stage = '') => `阶段 ${stage} 已不能中止`,
	busy: () => '此检查点上正有另一操作在进行',
	used: () => '此会话已被使用过',
} as const;
const roles = {
	daemon: '总线守护进程本身',
	self: '本程序自身',
	ancestor: '本程序的祖先进程',
	keeper: '本程序的看守进程（已冻结的服务依赖它）',
} as const;
const notFrozen = {
	'left-running': '是用 --leave-running 制作的',
	aborted: '已被中止',
	'never-frozen': '在进程停下之前就中断了',
} as const;
const holdLost = {
	'keeper-gone': '其看守进程已结束',
	'daemon-gone': '总线守护进程已结束或关闭了该连接',
} as const;
const fileProblems = {
	missing: '不存在',
	'other-size': '大小不同',
	'other-build': '是另一个构建',
} as const;
const cannotRefuse = {
	unread: '总线守护进程还没有读完该服务写出的内容',
	half: '该服务停下时正在写',
	unproved: '无法确定该服务停下时是否正在写',
	boundary: '该服务只读了半条消息',
} as const;
const processLost = {
	recorded: '先前的操作已发现它丢失',
	dump: '它在转储过程中结束了',
	restore: '它在恢复过程中结束了',
	crash: '看守进程或 criu 被杀死时，它在映像写完之前就结束了',
	'after-thaw': '它已恢复完整，但随后立即自行结束',
} as const;
const unstoppable: Record<string, string> = {
	EPERM: '另有程序正在跟踪它，或权限不足',
	ESRCH: '它已结束',
	timeout: '它没有及时停下',
	changed: '它已不再拥有这个连接',
};
const op = {dump: '转储', restore: '恢复'} as const;
const operations = {freeze: '冻结', thaw: '解冻', pack: '打包', unpack: '解包', send: '发送'} as const;

function megabytes(bytes: number): number {
	return Math.ceil(bytes / 1e6);
}

export const faults: Catalogue['faults'] = {
	state: {
		untouched: '未触动任何东西。',
		running: '该进程仍照常运行。',
		frozen: '该进程处于冻结状态，可以解冻。',
		lost: '该进程已丢失。',
	},
	frozenAlone: '该进程处于冻结状态；映像完好，连接已失。',
	atStage: (stage) => `（阶段 ${stage}）`,
	texts: {
		usage: ({detail}) => ({message: detail, hint: '请参阅 dbusfreeze-tui --help。'}),
		'bad-config': ({path, reason}) => ({
			message: `无法使用 ${path} 中的设置：${reasonOf(reason)}。`,
			hint: '请改正此文件，或将其删除。',
		}),
		'no-tty': () => ({
			message: '交互界面需要终端，而标准输入或标准输出不是终端。',
			hint: '请改用普通命令：list、watch、freeze、thaw、cycle（均支持 --json）。',
		}),
		'not-now': ({why, stage}) => ({message: `${notNow[why](stage)}。`, hint: '请查看其当前状态后再试。'}),
		'not-live': () => ({
			message: '捕获文件只记录总线上传递过的内容：其背后的进程无法查看、冻结或解冻。',
			hint: '要操作运行中的总线，请不带 open 启动 dbusfreeze-tui。',
		}),
		'not-root': ({operation}) => ({
			message: `${operation} 需要 root 权限：CRIU 以及对其他进程调用 pidfd_getfd() 都有此要求。`,
			hint: '请用 sudo 运行同一命令。',
		}),
		'no-criu': ({tried}) => ({
			message: `找不到可用的 CRIU 4.2 或更新版本（已尝试：${tried.map(({path, problem, version}) => `${path}：${criuProblems[problem](version)}`).join('；') || '无'}）。`,
			hint: '请在源码目录运行 “npm run setup” 安装一份私有的 CRIU，或安装软件包 criu，或用 --criu PATH 指定。',
		}),
		'not-set-up': ({missing}) => ({
			message: `演示需要 ${missing}，但它不存在。`,
			hint: '请在源码目录运行 “npm run setup”，它会编译演示服务。',
		}),
		'bus-unreachable': ({address, reason}) => ({
			message: `无法连接总线 ${address}：${bus.reasons[reason] ?? reason}。`,
			hint: '请确认守护进程正在运行；可用 --system、--session 或 --address 选择其他总线。',
		}),
		'monitor-refused': ({reason}) => ({
			message: `该总线不允许监视：${reason}。`,
			hint: '请以 root 或总线所有者的身份运行。',
		}),
		'no-target': ({target}) => ({
			message: `此总线上没有名为 ${target} 的对象。`,
			hint: '用 “dbusfreeze-tui list” 查看已连接者。目标可以是公认名、唯一名（:1.42）、UNIT.service 或 pid:N。',
		}),
		'ambiguous-target': ({target, candidates}) => ({
			message: `${target} 可能指多个对象：${candidates.join('、')}。`,
			hint: '请写出其中一个的全名。',
		}),
		'dead-pid': ({pid}) => ({
			message: `没有正在运行的进程 ${pid}。`,
			hint: '用 “dbusfreeze-tui list” 查看总线上的进程。',
		}),
		'pid-reused': ({pid}) => ({
			message: `进程 ${pid} 已不是当初选定的那个：原进程已结束，其编号被另一个进程占用。`,
			hint: '请重新选择目标。',
		}),
		'own-process': ({pid, role}) => ({
			message: `进程 ${pid} 是${roles[role]}；冻结它会连本程序一起冻结。`,
			hint: '请选择其他目标。',
		}),
		'already-frozen': ({target, checkpoint}) => ({
			message: `${target} 已被冻结，检查点为 ${checkpoint}。`,
			hint: `用 “dbusfreeze-tui thaw ${checkpoint}” 解冻。`,
		}),
		'no-checkpoint': ({path, reason}) => ({
			message: `${path} 不是检查点：${reasonOf(reason)}。`,
			hint: '请查看 “dbusfreeze-tui checkpoints”。',
		}),
		'bad-snapshot': ({path, reason}) => ({
			message: `${path} 不是快照：${reasonOf(reason)}。`,
			hint: '可用 “dbusfreeze-tui snapshot TARGET --json” 生成快照。',
		}),
		'bad-capture': ({path, reason, offset}) => ({
			message: `无法读取捕获文件 ${path}${offset > 0 ? `（第 ${offset} 字节之后）` : ''}：${captureDefects[reason] ?? reasonOf(reason)}。`,
			hint: '支持内容为 D-Bus 消息的 pcap、pcapng 文件，以及 “watch --json” 输出的各行。',
		}),
		'bad-image': ({path, offset, reason}) => ({
			message: `映像文件 ${path} 无法使用：${defects[reason]}（第 ${offset} 字节处）。`,
			hint: '映像须由 CRIU 3.0 或更新版本写成。若检查点是拷贝而来，请重新完整拷贝。',
		}),
		'bad-log': ({path, reason}) => ({
			message: `${path} 中没有可解释的 CRIU 日志：${logProblems[reason] ?? reasonOf(reason)}。`,
			hint: '请给出 CRIU 用 -o 写出的日志（最好带 -v4），或一个失败的检查点。',
		}),
		'already-thawed': ({checkpoint, pid}) => ({
			message: `${checkpoint} 已经解冻过；进程 ${pid} 已从该处继续运行。`,
			hint: '再次冻结可得到新的检查点；“dbusfreeze-tui diff” 仍可比较此检查点。',
		}),
		'not-frozen': ({checkpoint, pid, reason}) => ({
			message: `没有可解冻的内容：${checkpoint} ${notFrozen[reason]}，进程 ${pid} 仍在运行。`,
			hint: '再次冻结即可得到可以解冻的检查点。',
		}),
		'still-frozen': ({checkpoint}) => ({
			message: `${checkpoint} 中有被冻结的进程，删除会使其丢失。`,
			hint: `请先用 “dbusfreeze-tui thaw ${checkpoint}” 解冻，或用 --force 放弃它。`,
		}),
		'output-unwritable': ({path, reason}) => ({
			message: `无法把检查点写入 ${path}：${reasonOf(reason)}。`,
			hint: '请用 --output 或 --state-dir 选择其他目录。',
		}),
		'output-exists': ({path}) => ({
			message: `${path} 已存在且不为空。`,
			hint: '请用 --output 指定新目录；本程序从不覆盖已有内容。',
		}),
		preflight: ({blockers}) => ({
			message: `无法冻结该进程：${blockers
				.map(({finding, params}) => findings[finding]?.(params) ?? finding)
				.join('；')}。`,
			hint: '完整报告请见 “dbusfreeze-tui doctor TARGET”。',
		}),
		'criu-not-loadable': ({path}) => ({
			message: `${path} 无法通过其动态加载器启动，而此处必须如此。`,
			hint: '请用 --criu 指定一个 CRIU 程序，或运行 “npm run setup” 获得私有的 CRIU。',
		}),
		'no-preload': ({detail}) => ({
			message: `该进程所需的库无法构建：${detail}。`,
			hint: '请安装 C 编译器（gcc）后重试。',
		}),
		'not-portable': ({reasons}) => ({
			message: `该检查点将不可移植：${reasons.join('；')}。`,
			hint: '去掉 --portable 即可在冻结期间持有它们；此时只能在本机、且在重启之前解冻。',
		}),
		'criu-failed': ({operation, cause, known, lines = [], log}) => {
			const explained = known && evidence.causes[known.code as CriuCause]?.(known.params);
			const unknown =
				lines.length > 1 ? `本程序不认识此原因，日志写道：${lines.join(' | ')}。` : '本程序不认识此原因。';
			return {
				message: `CRIU 无法${op[operation]}该进程：${cause}。`,
				hint: `${explained ? `${explained.message}${explained.hint}` : unknown}完整日志见 ${log}。`,
			};
		},
		'name-not-taken': ({name, reason}) => ({
			message: `总线不允许 dbusfreeze 在冻结期间接管名称 ${name}：${
				{forbidden: '总线策略禁止', timeout: '总线未及时应答', disconnected: '总线关闭了连接'}[reason]
			}。`,
			hint: '使用 --while-frozen queue 时，名称仍归被冻结的服务所有，调用会排队等待。',
		}),
		'cannot-refuse': ({uniqueName, reason}) => ({
			message: `无法拒绝对 ${uniqueName} 的调用：${cannotRefuse[reason]}。`,
			hint: '请重试，或用 --while-frozen queue 让调用等待。',
		}),
		'daemon-silent': ({uniqueName}) => ({
			message: `总线守护进程在保持的连接 ${uniqueName} 上没有应答。`,
			hint: '请在守护进程空闲一些时再次解冻，不会丢失任何内容。',
		}),
		'criu-timeout': ({operation, seconds, known, log}) => {
			const explained = known && evidence.causes[known.code as CriuCause]?.(known.params);
			return {
				message: `CRIU 未能在 ${seconds} 秒内完成${op[operation]}，已被终止。`,
				hint: `${explained ? `${explained.message}${explained.hint}` : ''}日志见 ${log}。`,
			};
		},
		'criu-killed': ({operation, signal, log}) => ({
			message: `CRIU 在${op[operation]}过程中被外部终止（${signal}）。`,
			hint: `请重试。若无人这样做过，可能是内核内存不足，见 dmesg。日志在 ${log}。`,
		}),
		'connection-closed': ({address}) => ({
			message: `位于 ${address} 的总线守护进程已结束，或关闭了该服务的连接，因此没有冻结。`,
			hint: '请查看该服务是否已重新连接，然后再次冻结。',
		}),
		'hold-lost': ({checkpoint, reason}) => ({
			message: `${checkpoint} 的总线连接已不再被持有：${holdLost[reason]}。`,
			hint: '映像完好：“dbusfreeze-tui thaw” 会建立新的连接来代替它。',
		}),
		'held-ends-lost': ({checkpoint, ends}) => ({
			message: `${checkpoint} 除总线连接外还需要由已结束的看守进程持有的：${ends.join('；')}。`,
			hint: '这些无法重建。请重新启动该服务；下次冻结时用 --portable 可事先得知。',
		}),
		'name-owned': ({name, owner}) => ({
			message: `${name} 现在属于其他连接：${owner}。`,
			hint: '若那是该服务的第二个实例，请先停止它，然后再次解冻。',
		}),
		'bus-refused': ({address, reason}) => ({
			message: `${address} 上的总线不给予新连接与原连接相同的权限：${reason}。`,
			hint: '请检查总线策略是否有变，然后再次解冻。',
		}),
		'files-changed': ({files}) => ({
			message: `程序所需的文件与当时不同：${files.map(({path, problem}) => `${path} ${fileProblems[problem]}`).join('；')}。`,
			hint: '请放回当时的文件（软件包则安装当时的版本），或重新启动该服务。未触动任何内容。',
		}),
		'other-architecture': ({frozen, here}) => ({
			message: `它是在 ${frozen} 上冻结的，而本机是 ${here}。`,
			hint: '请在相同架构的机器上解冻。',
		}),
		'cpu-lacks': ({features, frozen, here}) => ({
			message: `它冻结时所在的处理器（${frozen}）具备本机处理器（${here}）所没有的特性：${features.join('、')}。`,
			hint: '请在具备这些特性的机器上解冻，或在本机重新启动该服务。需要自由迁移的服务，应以 GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,… 限定为各机器共有的特性后启动；只有这样的服务才可用 --other-cpu 解冻，其他服务会因 SIGILL 而终止。未触动任何内容。',
		}),
		'pid-taken': ({pid, command}) => ({
			message: `映像所需的进程号 ${pid} 现被 ${command} 占用。`,
			hint: '请结束该进程后再解冻，或使用 --pid-namespace：它将在独立的 PID 命名空间中保有原编号。',
		}),
		'keeper-unreachable': ({checkpoint, reason}) => ({
			message: `${checkpoint} 的看守进程没有应答：${reasonOf(reason)}。`,
			hint: '用 “dbusfreeze-tui checkpoints” 查看其残留状态。',
		}),
		'process-lost': ({pid, reason}) => ({
			message: `进程 ${pid} 已不存在：${processLost[reason]}。`,
			hint: '请重新启动该服务。检查点已保留，详情见其日志。',
		}),
		'disk-full': ({path}) => ({
			message: `${path} 所在磁盘空间不足。`,
			hint: '请腾出空间，或用 --state-dir 选择其他目录。',
		}),
		'daemon-unstoppable': ({pid, reason}) => ({
			message: `放回等待中的消息时须让总线守护进程（进程 ${pid}）停顿片刻，但做不到：${unstoppable[reason] ?? reason}。`,
			hint: '若有调试器或 strace 正附着于它，请先结束，然后再次解冻。',
		}),
		'stash-too-large': ({bytes, capacity}) => ({
			message: `有 ${megabytes(bytes)} MB 消息在等待，而一次最多只能放回 ${megabytes(capacity)} MB。`,
			hint: '请腾出更多内存，然后再次解冻。',
		}),
		...moveFaults,
		...unit.faults,
		aborted: ({operation, by}) => ({
			message:
				by === 'operator'
					? `已按要求中止${operations[operation]}。`
					: by === 'signal'
						? `${operations[operation]}被中断。`
						: `发起${operations[operation]}的程序已消失，操作已中止。`,
			hint: `可随时再次${operations[operation]}。`,
		}),
		internal: ({detail}) => ({
			message: `意外错误：${detail}。`,
			hint: '这是 dbusfreeze-tui 的缺陷：请附上检查点的日志（events.jsonl）报告给我们。',
		}),
	},
};
