import type {Catalogue} from '../index.js';
import {unit} from './unit.js';

export const findings: Catalogue['findings'] = {
	...unit.findings,
	'io-uring': ({pid}) =>
		`进程 ${pid} 使用 io_uring，其环形队列 CRIU 无法转储；请在不用 io_uring 的情况下启动它（单元文件中：SystemCallFilter=~io_uring_setup 与 SystemCallErrorNumber=ENOSYS）`,
	'bound-to-memory': ({pid, fd, target}) =>
		`进程 ${pid} 打开了 ${target}（fd ${fd}），它属于该进程的内存，无人能替另一个进程保留；请在不用它的情况下启动`,
	'pid-namespace': ({pid}) =>
		`进程 ${pid}（或其子进程）处于自己的 PID 命名空间：其中的进程号与 CRIU 在此看到的不同；请不用该命名空间启动（PrivatePIDs=no），或在其内部冻结`,
	'namespaces-apart': ({pid, kinds}) =>
		`进程 ${pid} 与其父进程处于不同的命名空间（${kinds}）：CRIU 只能在一处工作；请单独冻结它（pid:${pid}），或在不用命名空间的情况下启动`,
	'bare-root': ({pid, files}) =>
		`进程 ${pid} 所见的文件系统缺少 ${files}，CRIU 在其中无法工作；请把它们绑定进去（BindReadOnlyPaths=）`,
	'sysv-memory': ({pid}) =>
		`进程 ${pid} 使用 System V 共享内存，CRIU 只能连同整个 IPC 命名空间一起转储；X11 程序请不用 MIT-SHM 启动`,
	'mapped-device': ({pid, target}) =>
		`进程 ${pid} 把 ${target} 映射到了内存中，CRIU 无法转储；请在不用它的情况下启动（例如关闭硬件加速）`,
	'mapped-hidden': ({pid, target}) =>
		`进程 ${pid} 映射了 ${target}，而其挂载不在该进程自己的挂载命名空间中：CRIU 无法再找到它`,
	'unlinked-too-large': ({pid, target}) =>
		`进程 ${pid} 映射了已删除的文件 ${target}，它太大而无法复制（超过 256 MB）`,
	'leader-gone': ({pid}) => `进程 ${pid} 的第一个线程已结束而其他线程仍在运行，CRIU 无法转储`,
	traced: ({pid, tracer}) =>
		`进程 ${pid} 正被进程 ${tracer} 跟踪（调试器、strace），而跟踪者只能有一个；请先使其脱离`,
	'criu-not-loadable': ({path}) =>
		`${path} 既不是程序，也不是 “npm run setup” 解包的 CRIU，因此无法在该进程所在之处启动；请用 --criu 指定另一个`,
	'preload-compiler': () =>
		'它打开的某些东西必须由我们的一个小库向 CRIU 隐藏；该库在首次需要时构建，而这里没有 C 编译器；请安装 gcc',
	'preload-failed': ({detail}) =>
		`它打开的某些东西必须由我们的一个小库向 CRIU 隐藏，而该库在此无法编译：${detail}`,
	'leaves-user-namespace': ({pid}) =>
		`进程 ${pid} 处于用户命名空间（PrivateUsers=）中：解冻后它在该命名空间之外，用户不变，但没有任何权能`,
	'limits-above-ours': ({pid, limits}) =>
		`进程 ${pid} 的资源限制高于我们自己的（${limits}），只有 CAP_SYS_RESOURCE 才能再次给予：解冻后它的限制与我们的相同；如有影响，请先提高我们的限制（ulimit、prlimit）`,
	'lock-let-go': ({pid, fd, target}) =>
		`进程 ${pid} 对 ${target} 持有锁（fd ${fd}），无人能代为保留：冻结期间该锁是空闲的，解冻时重新取得`,
	'hears-nothing': ({pid, fd}) =>
		`进程 ${pid} 监视着文件（inotify，fd ${fd}）：冻结期间的变化，以及它尚未读取的变化，它都不会得知`,
	'tcp-listener': ({pid, fd, target}) =>
		`进程 ${pid} 在 ${target} 上监听（fd ${fd}）：冻结期间的连接会被拒绝`,
	'waits-cut-short': ({pid, calls}) =>
		`进程 ${pid} 正在限时等待（${calls}）：该等待会提前结束一次并返回 EINTR；把它当作错误的程序会因此退出`,
	'held-namespaces': ({pid, kinds}) =>
		`进程 ${pid} 处于自己的命名空间（${kinds}）中，它们将被保留：只能在此处解冻`,
	'held-pipe': ({pid, fd}) => `进程 ${pid} 的管道（fd ${fd}）另一端在外部，将被持有`,
	'held-listener': ({pid, fd, peer}) =>
		`进程 ${pid} 的监听套接字 ${peer}（fd ${fd}）将被持有：其间连接的客户端会等待`,
	'held-socket': ({pid, fd, peer}) => `进程 ${pid} 的套接字（fd ${fd}，通往 ${peer}）将被持有`,
	'held-file': ({pid, fd, peer}) => `进程 ${pid} 的文件 ${peer}（fd ${fd}）及其上的锁将被持有`,
	'held-directory': ({pid, fd, peer}) => `进程 ${pid} 的目录 ${peer}（fd ${fd}）将被持有`,
	'held-fifo': ({pid, fd, peer}) => `进程 ${pid} 的命名管道 ${peer}（fd ${fd}）另一端在外部，将被持有`,
	'held-tty': ({pid, fd, peer}) => `进程 ${pid} 的终端 ${peer}（fd ${fd}；启动它的 shell 遗留？）将被持有`,
	'held-device': ({pid, fd, peer}) => `进程 ${pid} 的设备 ${peer}（fd ${fd}）将原样持有`,
	'held-memfd': ({pid, fd, peer}) => `进程 ${pid} 的内存文件 ${peer}（fd ${fd}）将被持有`,
	'held-eventfd': ({pid, fd}) => `进程 ${pid} 的 eventfd（fd ${fd}）将被持有`,
	'held-timerfd': ({pid, fd}) => `进程 ${pid} 的定时器（fd ${fd}）将被持有：冻结期间它继续走时`,
	'held-inotify': ({pid, fd}) => `进程 ${pid} 的 inotify 描述符（fd ${fd}）将被持有`,
	'held-pidfd': ({pid, fd, peer}) => `进程 ${pid} 的 pidfd（fd ${fd}，指向 ${peer}）将被持有`,
	'held-namespace': ({pid, fd, peer}) => `进程 ${pid} 打开的命名空间 ${peer}（fd ${fd}）将被持有`,
	'held-tcp': ({pid, fd, peer}) =>
		`进程 ${pid} 的 TCP 连接（fd ${fd}，${peer}）将被持有：内核使其保持连接，到达的数据会等待`,
	'held-udp': ({pid, fd, peer}) => `进程 ${pid} 的 UDP 套接字（fd ${fd}，${peer}）将被持有：到达的数据会等待`,
	'held-netlink': ({pid, fd}) => `进程 ${pid} 的 netlink 套接字（fd ${fd}）将被持有：内核其间的通知会等待`,
	'held-other': ({pid, fd, peer}) => `进程 ${pid} 的 ${peer}（fd ${fd}）将原样持有`,
	stopped: ({pid}) => `进程 ${pid} 处于停止状态（SIGSTOP）；解冻后仍是停止的，收到 SIGCONT 后才继续运行`,
	neighbours: ({pid, pids}) => `与 ${pid} 同属一个单元的其他进程不是它的子进程，不会被冻结：${pids}`,
	'rules-untold': () => '总线守护进程不提供匹配规则（Debug.Stats）：规则保持不变，但无法比较',
	'no-connection': () => '它没有连接到此总线',
};
