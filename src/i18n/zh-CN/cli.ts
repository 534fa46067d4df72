import type {Catalogue} from '../index.js';
import {announce} from './announce.js';
import {move} from './move.js';
import {unit} from './unit.js';

export const cli: Catalogue['cli'] = {
	move,
	notANumber: (text) => `“${text}” 不是正整数`,
	help: {
		program:
			'用 CRIU 冻结 D-Bus 服务，解冻后总线连接完好如初，并证明其上下文未变。\n不带命令时打开交互界面。',
		system: '系统总线（默认）',
		session: '会话总线；在 sudo 下指调用者的会话总线',
		address: '位于此 D-Bus 地址的总线',
		stateDir: '存放检查点的目录',
		criu: '要使用的 criu 程序',
		json: '在标准输出上给出一个 JSON 文档',
		lang: '界面语言',
		readOnly: '交互界面不能冻结或解冻任何进程',
		step: '在每个阶段询问',
		output: '把检查点写入这个新目录',
		whileFrozen: '冻结期间调用者得到什么：调用等待，或被拒绝',
		hold: '只持有 CRIU 无法重建的描述符，或持有所有外端',
		portable: '拒绝持有在别处解冻时无法重建的东西',
		capture: '把服务从现在到解冻期间的消息随检查点一起保存（traffic.pcap）',
		leaveRunning: '写出映像后让进程继续运行',
		reconnect: '建立新的总线连接，而不用持有的连接；总线现在的地址由 --address 指定',
		otherCpu: '即使本机处理器缺少冻结时所在处理器的特性：仅适用于启动时已停用这些特性的服务',
		pidNamespace:
			'放入独立的 PID 命名空间：即使原编号在本机已被占用，它在其中仍保有原编号；/proc 只显示它自己的进程',
		leaveStopped: '恢复后让进程保持停止（用 SIGCONT 使其运行）',
		verifyMemory: '逐字节比较内存，不论大小（--step 时总会比较；较小的映像总会比较）',
		auto: '不用终端，自动演示整个过程',
		demo: '在私有总线上用演示服务体验，无需任何配置',
		doctor: '本机能否胜任？给出目标时：哪些会阻止冻结或发生变化',
		list: '谁连接在总线上',
		watch: '实时流量',
		match: '只看符合此 D-Bus 匹配规则的消息（可重复）',
		filter:
			'只看符合此过滤条件的消息，例如 "from:firefox member:Get slower:20ms"、"type:error -to:Counter"、is:unanswered、"文字"；@名称 表示已存的条件',
		pcap: '同时把消息写入此捕获文件；- 表示标准输出',
		quiet: '不输出各行',
		body: '显示每条消息的参数',
		showSecrets: '不遮盖可能含有密码和密钥的内容',
		filters: '已存的过滤条件，供 --filter @名称 使用',
		filterSave: '保存一个过滤条件',
		filterRemove: '删除一个已存的过滤条件',
		open: '查看捕获文件：pcap、pcapng 或 “watch --json” 输出的各行；- 表示标准输入',
		count: '收到这么多条消息后结束',
		snapshot: '查看进程及其连接；不冻结任何东西',
		freeze: '冻结服务：公认名、唯一名（:1.42）、UNIT.service 或 pid:N',
		thaw: '解冻检查点，然后核对上下文',
		cycle: '冻结、解冻、给出结论',
		diff: '冻结与解冻之间（或两个快照之间）有何变化，是否要紧',
		policy: '改变对已冻结服务的调用如何处理：等待，或拒绝',
		waiting: '等待已冻结服务的消息',
		listed: '列出这么多条',
		html: '同时写出供缺陷报告使用的单页报告，不含消息内容与环境变量的值',
		reportCapture:
			'用于报告：不用 freeze --capture 保存的捕获，而用此文件（pcap、pcapng 或 watch --json 的输出）',
		withBodies: '报告中显示所捕获消息的内容',
		withEnvironment: '报告中显示命令行参数与环境变量的值',
		explain: 'CRIU 为何失败：它写出的日志，或一个检查点',
		checkpoints: '现在和曾经冻结了什么',
		repair: '修复崩溃留下的问题；绝不放弃任何已冻结的进程',
		remove: '删除检查点',
		force: '即使会因此丢失被冻结的进程',
		examples: `
示例：
  dbusfreeze-tui demo                                    在私有总线上试用
  sudo dbusfreeze-tui                                    打开系统总线的交互界面
  sudo dbusfreeze-tui freeze --step org.example.Service  冻结，并在每个阶段询问
  sudo dbusfreeze-tui checkpoints                        有哪些被冻结？
  sudo dbusfreeze-tui thaw NAME                          解冻并比较

退出码：0 成功，1 上下文未保持，2 用法错误，3 本机无法做到，4 没有这样的目标或检查点，
5 被拒绝且未触动任何东西，6 失败但未丢失，7 丢失，130 被中断。`,
	},
	step: {
		question: (stage, abortable) =>
			abortable ? `${stage}：[n] 下一步，[c] 继续到底，[a] 中止？ ` : `${stage}：[n] 下一步，[c] 继续到底？ `,
		commitPoint: '这是提交点：过了这里进程就被冻结。',
		notATerminal: '--step 会在每个阶段询问，需要终端，或从标准输入读取回答',
		answers: '请回答 n、c 或 a。',
		answersNoAbort: '此阶段不能中止。请回答 n 或 c。',
	},
	stage: (name, ms) => `  ${name.padEnd(24)} ${ms.padStart(8)} ms`,
	progress: {
		unit: unit.takingPlace,
		reap: (detail) => `正在等待父进程回收进程 ${detail} …`,
		memory: (detail) => `正在比较内存：${detail} …`,
	},
	freeze: {
		begin: (what, pid) => `正在冻结 ${what}（进程 ${pid}）`,
		frozen: (what) => `${what} 已冻结。`,
		leftRunning: (what) => `${what} 继续运行；映像已写出。`,
		stillOwns: (uniqueName, names, notes) => `  ${uniqueName} 仍拥有 ${names}${notes}；调用在排队等待。`,
		stillConnected: (uniqueName, notes) => `  ${uniqueName} 仍在总线上${notes}；调用在排队等待。`,
		notOnBus: '  它没有连接到此总线。',
		checkpoint: (dir, size) => `  检查点：${dir}（${size}）`,
		held: (count) => `  持有的描述符：${count} 个`,
		notPortable: (reasons) => `  只能在本机、且在重启之前解冻：${reasons}`,
		thawWith: (command) => `  解冻命令：${command}`,
	},
	thaw: {
		begin: (what, pid) => `正在解冻 ${what}（进程 ${pid}）`,
		done: (what, ms) => `${what} 重新运行（解冻用时 ${ms} 毫秒）。`,
		sameName: (name) => `  连接未变：${name}`,
		nested: (here, own) => `  它在本机是进程 ${here}，在它自己的 PID 命名空间中是 ${own}`,
		otherName: (before, after) => `  连接：之前 ${before}，之后 ${after}`,
	},
	verdict: {
		preserved: '结论：保持。同一程序，同一位置。',
		notPreserved: (count) => `结论：未保持，有 ${count} 处要紧的差异：`,
		expected: (count) => `  另有 ${count} 处意料之中的差异（见 “dbusfreeze-tui diff”）`,
	},
	warnings: {
		'not-reaped': ({pid}) => `进程 ${pid} 已被终止，但其父进程尚未回收它；解冻须等待回收`,
		'dump-ended-badly': ({stage}) => `映像写完之后 criu 以错误结束（阶段 ${stage}）`,
		'restore-ended-badly': ({stage}) => `进程已完整恢复之后 criu 以错误结束（阶段 ${stage}）；它在运行`,
		'pid-namespace': ({pid}) =>
			`它将在独立的 PID 命名空间中继续运行：在其中保有原编号（${pid}），在本机则是另外的编号，它的 /proc 只显示它自己；总线以本机 pid 告知它的外部进程，它既查不到，也无法向其发送信号`,
		'bus-names-other': ({uniqueName, pid, command}) =>
			`总线仍以 pid ${pid} 称呼 ${uniqueName}，而该编号现属于 ${command}：向总线查询者（例如 polkit）会得到错误的进程，直到它重新连接（thaw --reconnect）`,
		'bus-unreachable-after': ({reason}) => `解冻之后无法询问总线：${reason}`,
		'not-refused': ({reason}) => `调用未被拒绝而是在等待：无法接管名称（${reason}）`,
		'stand-in-lost': ({uniqueName}) =>
			`${uniqueName} 的替身失去了总线连接；在它恢复之前，由服务自己的连接拒绝调用`,
		'stand-in-back': ({uniqueName}) => `${uniqueName} 的替身已恢复`,
		'rules-unknown': ({uniqueName}) =>
			`总线没有告知 ${uniqueName} 的匹配规则：解冻后的服务在重新订阅之前收不到广播信号`,
		'stash-full': ({uniqueName}) =>
			`磁盘已满：发给 ${uniqueName} 的消息暂存于内存和总线守护进程中，直到有空间为止；不会丢失`,
		'stash-room': ({uniqueName}) => `发给 ${uniqueName} 的消息又开始写入磁盘`,
		'connection-ended': ({uniqueName}) =>
			`总线守护进程关闭了 ${uniqueName}：它的名称已空出，现在解冻的进程将没有连接`,
		'locks-lost': ({pid, locks, reason}) =>
			`进程 ${pid} 丢失了 ${locks} 个文件锁，且无法让它重新取得（${reason}）：其他程序此刻可以修改那些文件`,
		'file-grew': ({path}) => `${path} 在冻结之后变大了；程序将按现状继续使用它`,
		'cpu-unknown': () => '映像中没有记录处理器特性，无法判断本机处理器是否具备冻结时所用的全部特性',
		'cpu-ignored': ({features}) =>
			`本机处理器缺少 ${features}：若程序使用启动时探测到的这些特性，将因 SIGILL 终止`,
		'kernel-complains': ({complaint}) => `criu 认为此内核有所欠缺：${complaint}`,
		'kernel-older': ({frozen, here}) =>
			`此内核（${here}）比冻结时的内核（${frozen}）旧：程序用到的功能在这里可能不存在`,
		'no-time-namespaces': () => '此内核没有时间命名空间：程序会看到单调时钟发生跳变',
		'clock-behind': ({seconds}) => `本机时钟比冻结时刻落后 ${seconds} 秒：对程序而言时间倒退了`,
		'user-renamed': ({id, before, after}) =>
			after === ''
				? `它所用的用户 ${id} 在原机器上名为 ${before}；本机没有这个编号的用户`
				: `它所用的用户 ${id} 在原机器上名为 ${before}，在本机名为 ${after}`,
		'group-renamed': ({id, before, after}) =>
			after === ''
				? `它所在的组 ${id} 在原机器上名为 ${before}；本机没有这个编号的组`
				: `它所在的组 ${id} 在原机器上名为 ${before}，在本机名为 ${after}`,
		'calls-given-up': ({messages: count}) => `有 ${count} 个等待中的调用未交付：连接丢失时其调用者已得到错误`,
		undeliverable: ({messages: count}) => `有 ${count} 条消息未能交付：它们携带的描述符已丢失`,
		'connection-guessed': ({uniqueName}) => `未能查明 ${uniqueName} 对应哪个套接字，按连接的先后顺序推测`,
		...unit.warnings,
		'copies-exist': ({places}) => move.copies(String(places)),
		'not-announced': ({name}) => announce.notAnnounced(String(name)),
		'not-written': ({reason}) => `有内容无法写入检查点（${reason}）；其文件可能不是最新的`,
		'image-differs': ({bytes}) =>
			`该进程有 ${bytes} 字节与映像不符；若有其他进程共享这块内存，可能是它写入的`,
		'memory-not-compared': ({reason}) => `无法比较内存：${reason}`,
	},
	memory: {
		equal: (megabytes, speed) => `  内存：逐字节比较 ${megabytes} MB，全部相同（${speed} MB/s）`,
		differs: (megabytes, bytes) => `  内存：逐字节比较 ${megabytes} MB，有 ${bytes} 字节不同`,
		original: (megabytes) => `  与冻结前的进程按校验和比较：${megabytes} MB（含未修改的文件页）`,
	},
	policy: {
		changed: {
			queue: (name) => `从现在起，对 ${name} 的调用将等待。`,
			refuse: (name) => `从现在起，对 ${name} 的调用将被拒绝。`,
		},
	},
	waiting: {
		header: ['自', '来自', '消息', '字节'],
		total: (count, unlisted) =>
			`${count} 条消息在等待${unlisted > 0 ? `，其中 ${unlisted} 条未列出（--count）` : ''}。`,
	},
	filters: {
		none: '尚未保存过滤条件。保存：dbusfreeze-tui filters save 名称 条件',
		header: ['名称', '过滤条件'],
		badName: (name) => `“${name}”不能作为过滤条件的名称：不可含空格、括号、引号和 @`,
		unknown: (name) => `没有名为“${name}”的已存过滤条件`,
	},
	checkpoints: {
		none: '没有检查点。',
		removed: (name) => `${name} 已删除。`,
		states: {
			freezing: '中途中断',
			frozen: '已冻结',
			thawing: '中途中断',
			thawed: '已解冻',
			'left-running': '仅有映像',
			aborted: '已中止',
			lost: '已丢失',
		},
		unreadable: '无法读取',
		keeperGone: '看守进程已结束：连接丢失',
		connectionGone: '已冻结，但总线关闭了它的连接',
		stillRuns: '从未冻结：进程仍在运行',
		leftBehind: {
			'half-written': '未成为检查点的目录',
			processes: 'criu 的残留进程',
			state: '已不属实的状态',
			'put-back': '中途中断的投递记录',
			socket: '已死看守进程的套接字',
			gate: '已死看守进程的关卡',
			temporary: '只写了一半的文件',
			'dangling-link': '指向已消失目录的链接',
			'unit-settings': unit.leftSettings,
		},
		repaired: (name, what) => `${name}：已修复：${what.join('、')}。`,
		nothingToRepair: '没有需要修复的内容。',
		remains: (name) => `${name} 处于冻结状态但没有连接。映像完好：解冻时会建立新连接。`,
		header: ['名称', '状态', '进程', '服务', '创建时间'],
	},
	snapshot: {
		process: (pid, comm, exe) => `进程 ${pid} ${comm}（${exe}）`,
		thread: (tid, comm, state) => `  线程 ${tid} ${comm} ${state}`,
		running: '运行中',
		connection: (name, names) => `连接 ${[name, names].join(' ').trim()}`,
		rules: (count) => (count === null ? '匹配规则未知' : `${count} 条匹配规则`),
	},
	connections: {
		on: (address) => `位于 ${address}`,
		of: (pid, comm) => `进程 ${pid} ${comm}`,
		byOrder: '按先后顺序推测对应的套接字，冻结时会查明',
		notes: (notes) => `（${notes.join('；')}）`,
	},
	doctor: {
		ok: '正常',
		bad: '不行',
		note: '提示',
		root: 'root 权限',
		rootNeeded: 'CRIU 与 pidfd_getfd() 需要 root；list 和 watch 可能无需',
		criu: 'CRIU 4.2 或更新版本',
		criuCheck: 'CRIU 能在此内核上工作',
		bus: '总线有应答',
		monitor: '总线允许监视',
		stats: '可以读取匹配规则（Debug.Stats）',
		statsMissing: '守护进程不提供匹配规则；其余功能照常',
		stateDir: '可以写入检查点',
		leftovers: '没有半途而废的检查点',
		leftover: (names) => `无法读取：${names}：参阅 “dbusfreeze-tui checkpoints”`,
		toRepair: (what) => `${what}：用 “dbusfreeze-tui checkpoints repair” 修复`,
		alone: (names) => `已冻结但连接已失：${names}；映像完好，解冻时会建立新连接`,
		target: (what, pid, processes, threads) =>
			`${what}：进程 ${pid}，共 ${processes} 个进程、${threads} 个线程`,
		connection: (name, names) => `将持有连接 ${[name, names].join(' ').trim()}`,
		preload: '用于 CRIU 单独无法转储之物的库',
		preloadMissing: {
			compiler: (detail) =>
				`尚未构建，因为没有 C 编译器（${detail}）：在安装 gcc 之前，打开了设备、他人的 pidfd、TCP 连接等的服务会被拒绝`,
			failed: (detail) => `它在此无法编译：${detail}`,
		},
		hereOnly: '所持有的东西 CRIU 无法重建：冻结后只能在此处、且在守护它的进程存活期间解冻',
		canFreeze: '可以冻结。',
		cannotFreeze: '不能冻结。',
	},
	demo: {
		busLabel: '演示总线',
		starting: '正在启动私有系统总线和演示服务（libdbus、sd-bus、GDBus、dbus-next）…',
		over: '演示结束：它的总线、服务和检查点都已清除。',
		bus: (address) => `总线：${address}`,
		owner: (name, uniqueName) => `${name} 由 ${uniqueName} 拥有`,
		answered: (value) => `调用 Add(41) 得到应答：${value}`,
		freezing: (name, pid) => `逐阶段冻结 ${name}（进程 ${pid}）：`,
		gone: (pid, megabytes) => `进程 ${pid} 已不在；磁盘上有 ${megabytes} MB 映像。`,
		stillOwner: (name, uniqueName) => `${name} 仍由 ${uniqueName} 拥有：总线没有察觉断开。`,
		waits: '已向被冻结的服务发出一个信号和 Add(1) 调用：调用正在等待。',
		doesNotWait: '被冻结的服务应答了 Add(1)：这不应该发生。',
		thawing: '逐阶段解冻：',
		waitedFor: (value, ms) => `等待的调用在 ${ms} 毫秒后得到应答：${value}（41，信号加 100，调用加 1）。`,
		places: '各线程的程序计数器：',
		thread: (tid, comm) => `  线程 ${tid} ${comm}`,
		place: (moment, place) => `    ${moment}  ${place}`,
		moments: {before: '冻结前', image: '映像', 'pre-resume': '已恢复', after: '解冻后'},
	},
	tui: {
		systemBus: '系统总线',
		sessionBus: '会话总线',
		stillFrozen: '仍处于冻结状态：',
		thawHint: (name, command) => `  ${name}：${command}`,
	},
};
