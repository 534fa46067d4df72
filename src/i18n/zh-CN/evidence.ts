import type {Thing} from '../../context/reasons.js';
import type {Catalogue} from '../index.js';

const things: Record<Thing, string> = {process: '进程', thread: '线程', fd: '描述符', connection: '连接'};

const changes = (set: string, cleared: string): string =>
	[set && `${set} 被置位`, cleared && `${cleared} 被清除`].filter(Boolean).join('，');

export const evidence: Catalogue['evidence'] = {
	moments: {before: '冻结前', image: '映像', 'pre-resume': '已恢复', after: '解冻后'},
	atStage: (stage) => `${stage} 时`,
	classes: {same: '相同', expected: '预期', changed: '有变', broken: '损坏'},
	nothing: '–',
	labels: {
		process: ({pid}) => `进程 ${pid}`,
		thread: ({tid, comm}) => `线程 ${tid} ${comm}`,
		fd: ({fd, kind}) => `描述符 ${fd} ${kind}`,
		connection: ({uniqueName}) => `连接 ${uniqueName}`,
		names: () => '名称',
		rules: () => '匹配规则',
		detail: ({path}) => path,
	},
	reasons: {
		'syscall-restarts': ({syscall}) => `内核会重新进入 ${syscall}，程序不会察觉`,
		'one-eintr': ({syscall}) => `程序会从 ${syscall} 得到一次 EINTR`,
		'syscall-returned': ({syscall, result}) => `冻结开始时 ${syscall} 恰好结束（结果 ${result}）`,
		'restart-syscall': () => '内核以 restart_syscall 继续被打断的调用',
		'was-running': () => '查看时该线程正在运行，没有固定位置',
		'place-changed': () => '该线程已不在原来的位置',
		'register-changed': ({register}) => `寄存器 ${register} 与冻结时不同`,
		'vectors-changed': ({part}) => `${part} 寄存器与冻结时不同`,
		'left-stopped': () => '该进程按要求保持停止；发送 SIGCONT 即可运行',
		woken: () => '该进程冻结时处于停止状态，现在却在运行',
		'runs-on': () => '解冻后程序继续运行',
		'ran-before-freeze': () => '首次查看与冻结之间程序仍在运行；映像与恢复后的进程一致',
		'ran-between': () => '两次查看之间程序仍在运行',
		'in-criu': () => '在此阶段 CRIU 仍在重建该进程',
		'time-namespace': () => 'CRIU 为它建立了独立的时间命名空间，使其时钟得以连续',
		rebooted: () => '此后机器重新启动过',
		'other-machine': () => '它是在另一台机器上冻结的',
		'other-hostname': () => '程序若询问主机名，得到的是这个名称',
		'other-kernel': () => '这里的内核不同',
		'other-cpu': () => '这里的处理器型号不同',
		'start-time': () => '内核视其为新进程；启动时间即解冻的时间',
		'locks-set-again': () => 'CRIU 丢失了这些锁；已让该进程重新取得',
		reparented: ({ppid}) => `其父进程现为 ${ppid}`,
		'own-pid-namespace': () => '它被放入独立的 PID 命名空间，并有与之对应的 /proc',
		'called-otherwise': () => '其他进程以此编号称呼它；它自己的编号未变',
		'new-inode': () => '恢复时重新创建，因此编号不同',
		'daemon-forgot-pid': () => '此总线守护进程保存的是已结束进程的句柄，无法再给出其 pid',
		lost: ({what}) => `该${things[what]}丢失`,
		'ended-after': ({what}) => `该${things[what]}已恢复，解冻后由程序自行结束`,
		'added-after': ({what}) => `该${things[what]}是程序在解冻后新建的`,
		extra: ({what}) => `该${things[what]}原先不存在`,
		'held-closed': () => '它曾被持有并已交还，但在解冻后被关闭',
		'flags-changed': ({set, cleared}) => changes(set, cleared),
		'open-only-flags': ({set, cleared}) => `${changes(set, cleared)}，该标志仅在打开时起作用`,
		'fd-replaced': () => '此编号现在对应另一个打开的文件',
		'inode-split': () => '原先共用同一管道或套接字的描述符不再共用',
		'stale-name': ({name, count, places}) =>
			`程序内存中仍有 ${count} 处保存着旧的唯一名 ${name}（${places} …）`,
		reconnected: () => '连接是重新建立的；守护进程不会两次给出同一个唯一名，仍记着旧唯一名的一方将找不到它',
		'held-inode-changed': () => '被持有的描述符必须保持为同一个，现已不同',
		'position-changed': () => '文件位置与原先不同',
		'fd-content-changed': () => '其计数、监视或等待的内容与原先不同',
		'timer-stops': () => '此周期定时器有一次到期尚未读取；CRIU 恢复后，它在下一次读取后就会停止',
		'socket-option-changed': ({option}) => `套接字选项 ${option} 与原先不同`,
		'option-without-effect': ({option}) => `CRIU 不会为 unix 套接字重新设置 ${option}，该选项对其不起作用`,
		'socket-name-changed': () => '套接字的名称已不同',
		'socket-state-changed': () => '套接字的状态已不同',
		'peer-changed': () => '连接的对端已不是原来那个',
		'bytes-waiting': () => '等待的消息已被处理',
		'process-changed': ({property}) => `${property} 与原先不同`,
		'left-user-namespace': () =>
			'它原处于用户命名空间（PrivateUsers=），无人能在其外重建：如冻结前所述，它现在运行在该命名空间之外，用户不变，没有任何权能',
		'namespace-anew': ({kind}) => `它的 ${kind} 命名空间已随那次启动或其单元结束；它处于该单元新建的命名空间`,
		'namespace-changed': ({kind}) => `它处于另一个 ${kind} 命名空间`,
		'map-changed': () => '这段内存的映射与原先不同',
		'image-edited': () => '冻结之后，磁盘上的映像被改动过',
		silent: () => '解冻之后它没有从连接上读取任何消息',
		'reads-without-answer': () =>
			'它在读取消息，但不回应 Ping（org.freedesktop.DBus.Peer）：并非所有程序都会回应',
		'ping-denied': () => '总线不允许我们询问它是否在（org.freedesktop.DBus.Peer.Ping）',
		'unique-name-changed': () => '这是另一个总线连接',
		'name-lost': ({name}) => `它不再拥有、也不再等待 ${name}`,
		'name-demoted': ({name, position}) => `它现在须排队等待 ${name}（第 ${position} 位）`,
		'name-promoted': ({name}) => `它在 ${name} 的队列中前移`,
		'name-added': ({name}) => `程序在解冻后请求了 ${name}`,
		'rule-lost': ({rule}) => `匹配规则 ${rule} 已丢失`,
		'rules-untold': () => '总线守护进程不提供匹配规则（Debug.Stats），无从比较',
		'rule-added': ({rule}) => `程序在解冻后添加了匹配规则 ${rule}`,
		'memory-changed': ({bytes, place}) => `${place} 处有 ${bytes} 字节与冻结时不同`,
		'memory-missing': ({bytes}) => `冻结时有 ${bytes} 字节的位置，现在没有映射任何内存`,
		'memory-unreadable': ({bytes}) => `内核不允许读取这 ${bytes} 字节，未作比较`,
		'memory-more': ({ranges}) => `另有 ${ranges} 段内存不同`,
		'memory-kernel': ({bytes}) => `内核自身在此写入 CPU 编号（rseq，${bytes} 字节）`,
		'page-changed': ({bytes, place}) => `${place} 处的 ${bytes} 字节与冻结前的校验和不同`,
		'bus-credentials-changed': () => '总线守护进程给出的凭据已不同',
	},
	diff: {
		comparing: (before, after) => `${before} → ${after}`,
		header: {what: '项目', before: '之前', after: '之后'},
		preserved: (expected) =>
			expected === 0
				? '完整保留：没有任何差异。'
				: `完整保留：同一程序，处于同一位置（有 ${expected} 处预期的差异）。`,
		notPreserved: (count) => `未能保留：有 ${count} 处实质差异。`,
		noSnapshots: '其中没有冻结前的快照',
		onlyBefore: '其中只有冻结前的快照，暂无可比较的对象',
		notJson: '它不是 JSON 文档',
		notASnapshot: (where) => `${where} 缺失或类型不符`,
	},
	explain: {
		succeeded: 'CRIU 已成功，没有需要解释的问题。',
		happened: (message) => `发生了什么：${message}`,
		toDo: (hint) => `如何处理：  ${hint}`,
		unknown: '发生了什么：未知。本版本不认识此原因；日志中以下几行最能说明问题。',
		lines: '日志原文：',
		line: (number, source, message) => `  第 ${number} 行${source === '' ? '' : `（${source}）`}：${message}`,
	},
	causes: {
		'vdso-mismatch': () => ({
			message: '此 CRIU 对当前内核而言过旧。',
			hint: '请使用 CRIU 4.2 或更新版本：npm run setup，或 --criu PATH。',
		}),
		'socket-option': () => ({
			message: '在 6.16 及更新的内核上，4.2 之前的 CRIU 无法转储 TCP 与 UDP 套接字。',
			hint: '请使用 CRIU 4.2 或更新版本：npm run setup，或 --criu PATH。',
		}),
		'rlimit-denied': () => ({
			message: '该进程属于其他用户，读取其资源限制需要 CAP_SYS_RESOURCE。',
			hint: '请在具备该权能的环境中运行（普通 root shell 具备，许多容器不具备）。',
		}),
		'file-locks': () => ({message: '该进程持有文件锁。', hint: '转储与恢复时都请加 --file-locks。'}),
		'ghost-too-large': ({path, size}) => ({
			message: `该进程打开着已删除的文件 ${path}，其大小（${size} 字节）超过可复制的上限。`,
			hint: '请把 --ghost-limit 调到该大小以上。',
		}),
		'outside-unix-socket': () => ({
			message: '有一个 unix 套接字连接到进程树之外，且未被持有。',
			hint: '请持有它（--external unix[INODE]）；数据报套接字请用 --ext-unix-sk。',
		}),
		'carried-descriptor': () => ({
			message: '有一条携带文件描述符的消息尚未读取，CRIU 无法恢复它。',
			hint: '请让服务先读取该消息再冻结。',
		}),
		'established-tcp': () => ({
			message: '该进程有已建立的 TCP 连接。',
			hint: '转储与恢复时都请加 --tcp-established。',
		}),
		'network-lock': () => ({
			message: 'CRIU 无法为已建立的 TCP 连接锁定网络。',
			hint: '请安装 iptables 或 nftables 并加载其内核模块；若仅涉及环回，可用 --network-lock skip。',
		}),
		'mount-namespace': () => ({
			message: '该进程有自己的挂载命名空间，其中的文件 CRIU 从外部找不到。',
			hint: '请像 “dbusfreeze-tui freeze” 那样在该命名空间内运行 CRIU。',
		}),
		'not-dumpable': () => ({
			message: '内核认为该进程不可转储（更换过用户、放弃了权能，或处于 chroot 中）。',
			hint: '请像 “dbusfreeze-tui freeze” 那样以 root 身份转储，不加 --unprivileged。',
		}),
		'network-device': () => ({
			message: '该进程打开着 tun/tap 设备，却没有自己的网络命名空间。',
			hint: '请先关闭该设备，或由 “dbusfreeze-tui freeze” 持有它。',
		}),
		device: ({fd, device}) => ({
			message: `描述符 ${fd} 是 CRIU 无法转储的设备（${device}）。`,
			hint: '该设备打开期间 CRIU 单独无法转储此进程；“dbusfreeze-tui freeze” 会持有它。',
		}),
		'other-kind': ({fd, object}) => ({
			message: `描述符 ${fd} 属于 CRIU 无法转储的类型（${object}）。`,
			hint: '请在冻结前关闭它，或关掉程序中打开它的那部分功能。',
		}),
		'special-mapping': ({object}) => ({
			message: `该进程映射了 ${object}，它属于内核而不是文件，CRIU 无法转储。`,
			hint: '请关掉程序中映射它的那部分功能。',
		}),
		'socket-family': ({family}) => ({
			message: `该进程有一个地址族为 ${family}（见 linux/socket.h）的套接字，CRIU 不认识它。`,
			hint: '请在冻结前关闭它。',
		}),
		'linked-file': ({path}) => ({
			message: `打开的文件 ${path} 已在此名称下删除，但仍以另一名称存在。`,
			hint: '转储与恢复时都请加 --link-remap。',
		}),
		'not-a-leader': ({pid}) => ({
			message: `进程 ${pid} 属于另一进程的会话，通常是某个 shell 的会话。`,
			hint: '转储与恢复时都请加 --shell-job，或用 setsid 启动它。',
		}),
		'sysv-shm': () => ({
			message: '该进程映射了 System V 共享内存，却没有自己的 IPC 命名空间。',
			hint: '请在独立的 IPC 命名空间中启动它；X11 客户端请关闭 MIT-SHM。',
		}),
		'io-uring': () => ({
			message: '该进程使用 io_uring，CRIU 无法转储。',
			hint: '请在不提供 io_uring 的环境中启动它：在其单元中设置 SystemCallFilter=~io_uring_setup 和 SystemCallErrorNumber=ENOSYS。',
		}),
		'outside-pidfd': ({pid}) => ({
			message: `该进程持有进程 ${pid} 的 pidfd，而后者不在其进程树中。`,
			hint: '它在监视外部进程期间 CRIU 单独无法转储；“dbusfreeze-tui freeze” 会持有该 pidfd。',
		}),
		'bad-size': ({path, size, expected}) => ({
			message: `文件 ${path} 在冻结后有改动：现为 ${size} 字节，原为 ${expected} 字节。`,
			hint: '请恢复旧版本后再解冻。',
		}),
		'bad-build-id': ({path}) => ({
			message: `文件 ${path} 与冻结时不是同一次构建。`,
			hint: '请恢复旧版本（例如装回原来的软件包）后再解冻。',
		}),
		'missing-file': ({path}) => ({
			message: `曾打开或映射的文件 ${path} 已不存在。`,
			hint: '请将其放回原处后再解冻。',
		}),
		'no-images': () => ({
			message: '该目录中没有完整的映像：转储从未完成，或者目录不对。',
			hint: '请选择转储成功的目录。',
		}),
		'no-folder': ({path}) => ({
			message: `存放映像的目录 ${path} 不存在。`,
			hint: '请建立它，或改用其他目录。',
		}),
		'damaged-image': ({path}) => ({
			message: `映像 ${path} 过早结束：它已损坏，或没有复制完整。`,
			hint: '请重新复制检查点，或重新冻结；缺失的内容无法恢复。',
		}),
		'pages-cut-short': () => ({
			message: '某个内存页文件过早结束，CRIU 会永远在其末尾之后读取。',
			hint: '请重新复制检查点，或重新冻结；缺失的内容无法恢复。',
		}),
		'held-dgram': () => ({
			message: '有一个数据报套接字被声明为外部套接字，CRIU 会永远等待它的对端。',
			hint: '切勿持有数据报套接字：转储时用 --ext-unix-sk，且不要为它们加 --external；它们会按路径重新连接。',
		}),
		'task-crashed': ({pid, signal}) => ({
			message:
				signal === '4'
					? `进程 ${pid} 在恢复时因非法指令而终止：映像来自处理器指令集更多的机器。`
					: `进程 ${pid} 在恢复时崩溃（信号 ${signal}）。最常见的原因是：转储时声明为外部的某个描述符没有交给它。`,
			hint:
				signal === '4'
					? '请在转储时加 --cpu-cap=cpu，这样恢复时会直接拒绝；并在同类机器上解冻。'
					: '请用 --inherit-fd 逐个给出，键必须写作 fd[N]:socket:[INODE]、fd[N]:pipe:[INODE] 或 fd[N]:/memfd:NAME；其他写法会被静默忽略。',
		}),
		'cut-short': () => ({
			message: '日志没有结果就结束了：CRIU 被外部终止、崩溃，或无法继续写入。',
			hint: '请用 dmesg 查看是否崩溃或内存不足，并检查磁盘是否已满，然后重试。',
		}),
		'pid-taken': ({pid}) => ({
			message: `进程号 ${pid} 仍被占用，也可能只是同号的进程组、会话或僵尸进程。`,
			hint: '请等旧进程树的所有进程都被回收后再解冻。',
		}),
		traced: ({pid}) => ({
			message: `无法跟踪进程 ${pid}：它已被调试器或 strace 跟踪，或者是僵尸进程。`,
			hint: '请结束该跟踪者后再冻结；僵尸进程无法冻结。',
		}),
		'no-process': ({pid}) => ({message: `进程 ${pid} 在转储之前已结束。`, hint: '请重新选择目标。'}),
		'no-space': () => ({message: '存放映像的磁盘空间不足。', hint: '请腾出空间，或选择其他目录。'}),
		'stage-refused': () => ({message: '冻结或解冻在某个阶段被停止。', hint: '并无故障；可随时重新开始。'}),
	},
};
